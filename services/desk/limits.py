"""How much the desk takes: from one address in a time, and in one body."""

import ipaddress
from collections import OrderedDict
from collections.abc import Callable

from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from shared.problems import Problem, problem_response

#: A mail provider presses for many of its users from few addresses (RFC 8058): this stops floods only.
RATE_PER_S = 10.0
BURST = 60.0
#: Addresses remembered at once, a few MB; the one that was silent longest is forgotten first.
MAX_ADDRESSES = 20_000

MAX_BODY_BYTES = 64 * 1024
#: What a candidate's button or a mail provider's one-click sends is a few bytes.
MAX_PUBLIC_BODY_BYTES = 4 * 1024
PUBLIC_PREFIX = "/c/"


class TokenBuckets:
    """One bucket an address, in this process: `burst` at once, then `rate_per_s`. Memory is bounded.

    In: ``monotonic``, a clock in seconds that never goes back.
    """

    def __init__(
        self,
        monotonic: Callable[[], float],
        *,
        rate_per_s: float = RATE_PER_S,
        burst: float = BURST,
        max_addresses: int = MAX_ADDRESSES,
    ) -> None:
        self._monotonic = monotonic
        self._rate_per_s = rate_per_s
        self._burst = burst
        self._max_addresses = max_addresses
        self._buckets: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def __len__(self) -> int:
        return len(self._buckets)

    def wait_s(self, address: str | None) -> float:
        """Takes a token for this address: 0 where there was one, else the seconds until there is."""
        now = self._monotonic()
        name = _neighbourhood(address)
        left, since = self._buckets.pop(name, (self._burst, now))
        left = min(self._burst, left + (now - since) * self._rate_per_s)
        wait_s = 0.0 if left >= 1 else (1 - left) / self._rate_per_s
        self._buckets[name] = (left if wait_s else left - 1, now)
        if len(self._buckets) > self._max_addresses:
            self._buckets.popitem(last=False)
        return wait_s


def _neighbourhood(address: str | None) -> str:
    """An IPv4 address is one client; an IPv6 client has a /64 to itself (RFC 6177), so that is one too."""
    try:
        parsed = ipaddress.ip_address((address or "").partition("%")[0])
    except ValueError:
        return address or "unknown"
    if isinstance(parsed, ipaddress.IPv4Address):
        return str(parsed)
    if parsed.ipv4_mapped is not None:
        return str(parsed.ipv4_mapped)
    return str(ipaddress.IPv6Network((parsed, 64), strict=False))


class BodyLimit:
    """Refuses a body that is too large: at once where its length is announced, else when it grows beyond."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Passes all on that stays within the limit."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        limit = MAX_PUBLIC_BODY_BYTES if scope["path"].startswith(PUBLIC_PREFIX) else MAX_BODY_BYTES
        if _announced(scope) > limit:
            await problem_response(too_large(limit))(scope, receive, send)
            return
        received = 0

        async def counted() -> Message:
            nonlocal received
            message = await receive()
            received += len(message.get("body", b""))
            if received > limit:
                # FastAPI wraps every other exception of a body that is being read
                raise HTTPException(413, too_large(limit).detail)
            return message

        await self._app(scope, counted, send)


def too_large(limit: int) -> Problem:
    """413, naming the limit."""
    return Problem(413, "content-too-large", "Content Too Large", f"At most {limit} bytes are taken here.")


def _announced(scope: Scope) -> int:
    lengths = [value for name, value in scope["headers"] if name == b"content-length"]
    return int(lengths[0]) if lengths and lengths[0].isdigit() else 0
