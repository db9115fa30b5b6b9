"""The routes, a file for each thing: each is a function of the ports it needs that returns a router."""
