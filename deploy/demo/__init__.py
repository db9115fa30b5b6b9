"""The demo: fifteen stories told to a running Afterword, and what must become of each."""
