"""How Afterword is brought up: on one machine for demo and tests, or as a deployment of containers."""
