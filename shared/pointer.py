"""JSON pointers (RFC 6901): how the place of a fault is told."""

from collections.abc import Sequence


def pointer(path: Sequence[str | int]) -> str:
    """The pointer to what lies at this path of names and positions; "" for the whole."""
    return "".join("/" + str(part).replace("~", "~0").replace("/", "~1") for part in path)
