"""The services: intake, policy, notifier and desk, and the console that starts them."""
