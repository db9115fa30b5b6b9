"""Mails for tests."""


def written(*lines: str) -> bytes:
    """A mail of these lines."""
    return "\r\n".join(lines).encode()
