"""The broker's users, rights and policies, as its definitions files."""
