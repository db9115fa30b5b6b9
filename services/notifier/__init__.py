"""The one voice: keeps the schedule, looks once more, sends once, records what became of it."""
