"""`make clues`: works out which words each rule cannot do without; no service does. watch.py reads the result."""
