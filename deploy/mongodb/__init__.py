"""The database's replica set, roles and users, and its backups."""
