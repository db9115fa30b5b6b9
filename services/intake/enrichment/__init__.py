"""What came before a decline, asked of the platform that reported it: a step of its own, after the door."""
