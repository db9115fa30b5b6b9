"""Free TCP ports on the loopback address."""

import secrets
import socket

#: Below the range from which systems draw outgoing ports: a client that knocks again and again at a stopped
#: server's port could otherwise be given that very port, talk to itself, and keep the server from coming
#: back.
_LOWEST, _HIGHEST = 20_000, 29_999
_TRIES = 200


def free_port() -> int:
    """A port that nobody listens on now, drawn at random so that two checkouts seldom choose the same at the
    same moment.
    """
    for _ in range(_TRIES):
        port = _LOWEST + secrets.randbelow(_HIGHEST - _LOWEST + 1)
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
    raise RuntimeError(f"no free TCP port between {_LOWEST} and {_HIGHEST} in {_TRIES} tries")


def free_ports(count: int) -> list[int]:
    """So many different free ports."""
    found: set[int] = set()
    while len(found) < count:
        found.add(free_port())
    return sorted(found)


def listens(port: int) -> bool:
    """Whether somebody takes connections there."""
    with socket.socket() as caller:
        return caller.connect_ex(("127.0.0.1", port)) == 0
