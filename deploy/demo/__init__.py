"""The demo: about ten stories told to a running Afterword, and what must become of each."""
