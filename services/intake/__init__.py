"""Where machines come in: knows each source's signature and payload, and says yes to what the bus has."""
