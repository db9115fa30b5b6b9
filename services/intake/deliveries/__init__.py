"""Raw deliveries: copied at the door, kept sealed by the worker for a while, shown by commands."""
