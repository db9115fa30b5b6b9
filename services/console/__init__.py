"""The `afterword` command: the one place that may import more than one service."""
