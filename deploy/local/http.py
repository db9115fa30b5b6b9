"""HTTP to what runs on this machine."""

from functools import cache

import httpx


@cache
def http() -> httpx.Client:
    """The one client of this process: to make one, ready for TLS too, takes longer than a request does.

    It keeps no connection: what it talks to is stopped and killed at any time.
    """
    return httpx.Client(limits=httpx.Limits(max_keepalive_connections=0), trust_env=False)
