"""The body of a request, read as a bounded stream: never more than agreed, never for longer than agreed."""

import asyncio
import re
from collections.abc import Mapping
from types import TracebackType
from typing import Self

from starlette.requests import ClientDisconnect
from starlette.types import Receive

from services.intake import problems
from services.intake.limits import Full, Share

#: From the first byte to the last; a sender that trickles is cut.
READ_TIMEOUT_S = 10.0
#: A body up to so many times too large is read to its end and thrown away, for a sender that is still writing
#: when the line is closed would not see the answer.
PATIENCE = 8
#: So much of each body is held whoever sends it, for the headers before it may cost as much. Most deliveries
#: are shorter: they go in however much strangers hold under the same name.
UNCOUNTED_BYTES = 16 * 1024
#: JSON, and the formats that are written in it (RFC 6839, section 3.1).
_JSON = re.compile(r"application/(json|[a-z0-9.!#$&^_-]+\+json)", re.ASCII)
#: One mail, which says of itself what its letters are (RFC 2046, section 5.2.1; RFC 6532, section 3.7).
_MAIL = frozenset({"message/rfc822", "message/global"})


def check_headers(headers: Mapping[str, str], max_bytes: int) -> None:
    """Raises the Problem of a body that need not be read at all. Headers are `folded`."""
    length = headers.get("content-length", "0")
    if not length.isascii() or not length.isdigit() or int(length[:20]) > max_bytes * PATIENCE:
        raise problems.body_too_large(max_bytes, close=True)
    if headers.get("transfer-encoding") is None and not length.strip("0"):
        # an empty body is of no type; there are platforms that greet with one
        return
    if _first(headers, "content-encoding", "identity").strip().lower() not in {"", "identity"}:
        raise problems.not_json("A body without content coding is expected.")
    media_type, *parameters = _first(headers, "content-type", "").lower().split(";")
    if media_type.strip() in _MAIL:
        return
    if not _JSON.fullmatch(media_type.strip()):
        raise problems.not_json("application/json is expected, or message/rfc822 of a source of mail.")
    for parameter in parameters:
        name, _, value = parameter.strip().partition("=")
        if name.strip() == "charset" and value.strip().strip('"') not in {"utf-8", "utf8"}:
            raise problems.not_json("The charset utf-8, or none, is expected.")


def _first(headers: Mapping[str, str], name: str, default: str) -> str:
    """The value that counts of a header that came twice."""
    return headers.get(name, default).partition("\n")[0]


class Held:
    """What has come of a body, given back to its bounds at the end of a ``with``.

    It must find room in ``share``. Where there is a ``spare``, nobody can have signed it: what finds no room
    there is let go, and zeros stand for it, so that it costs the time that it would have cost.
    """

    def __init__(self, share: Share, spare: Share | None = None) -> None:
        self._share = share
        self._spare = spare
        self._chunks: list[bytes] = []
        self._size = 0
        self._counted = 0
        self._let_go = False

    def add(self, chunk: bytes) -> None:
        """Holds one part more. Raises Full where it finds no room."""
        self._size += len(chunk)
        if self._size > UNCOUNTED_BYTES:
            more = self._size - self._counted
            self._share.grow(more)
            self._counted = self._size
            self._spare_room(more)
        if not self._let_go:
            self._chunks.append(chunk)

    def whole(self) -> bytes:
        """All of it."""
        return bytes(self._size) if self._let_go else b"".join(self._chunks)

    def _spare_room(self, more: int) -> None:
        if self._spare is None or self._let_go:
            return
        try:
            self._spare.grow(more)
        except Full:
            self._let_go = True
            self._spare.release()
            self._chunks.clear()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._share.release()
        if self._spare is not None:
            self._spare.release()


async def read_body(receive: Receive, held: Held, max_bytes: int, timeout_s: float = READ_TIMEOUT_S) -> bytes:
    """The whole body, held in ``held``. Raises the Problem of one too large, too slow, or one too many, and
    ClientDisconnect where its sender left.
    """
    size, more = 0, True
    try:
        async with asyncio.timeout(timeout_s):
            while more:
                message = await receive()
                if message["type"] == "http.disconnect":
                    raise ClientDisconnect
                chunk, more = message.get("body", b""), message.get("more_body", False)
                size += len(chunk)
                if size > max_bytes * PATIENCE:
                    raise problems.body_too_large(max_bytes, close=True)
                if size <= max_bytes:
                    held.add(chunk)
    except TimeoutError:
        raise problems.body_too_slow(timeout_s) from None
    except Full:
        raise problems.overloaded() from None
    if size > max_bytes:
        raise problems.body_too_large(max_bytes, close=False)
    return held.whole()
