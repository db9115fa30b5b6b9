"""What the containers need besides the services: derived secrets, the health check."""
