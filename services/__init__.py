"""The services: intake (with its worker), policy, notifier and desk, and the console that starts them."""
