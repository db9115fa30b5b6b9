"""HTTP as every service speaks it: uvicorn's, and what comes before a request is bounded in size and in time.

Uvicorn collects the headers of a request for as long as any come, and asks the service only once they are
complete.
"""

import asyncio
import json
from http import HTTPStatus
from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from shared.problems import MEDIA_TYPE, Problem, body_of

#: The request line and the headers; what stands between the parts of a body and after it is held to the same.
MAX_HEAD_BYTES = 32 * 1024
#: Headers of one request; platforms send about ten, and each proxy on the way adds a few.
MAX_FIELDS = 100
#: From a connection, or the first byte of a later request on it, until the headers are complete.
HEAD_TIMEOUT_S = 10.0


def _written(status: HTTPStatus, slug: str, detail: str) -> bytes:
    body = json.dumps(body_of(Problem(status, slug, status.phrase, detail))).encode()
    return (
        f"HTTP/1.1 {status} {status.phrase}\r\n"
        f"content-type: {MEDIA_TYPE}\r\ncontent-length: {len(body)}\r\nconnection: close\r\n\r\n"
    ).encode() + body


_TOO_LARGE = _written(
    HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE,
    "headers-too-large",
    f"At most {MAX_FIELDS} headers are expected, and {MAX_HEAD_BYTES} bytes with the request line.",
)
_TOO_SLOW = _written(
    HTTPStatus.REQUEST_TIMEOUT,
    "headers-too-slow",
    f"The headers are expected to be here within {HEAD_TIMEOUT_S:g} s.",
)


class _TooManyFields(Exception):
    """Ends the parsing of a request."""


class BoundedHttp(HttpToolsProtocol):
    """One connection; for uvicorn's ``http=``. Speaks no WebSocket."""

    def __init__(self, *given: Any, **named: Any) -> None:
        super().__init__(*given, **named)
        #: Bytes that may come until headers are complete, or a part of a body.
        self._left = MAX_HEAD_BYTES
        self._deadline: asyncio.TimerHandle | None = None

    def connection_made(  # type: ignore[override] # uvicorn names the transport more narrowly
        self, transport: asyncio.Transport
    ) -> None:
        """Whoever connects has something to ask."""
        super().connection_made(transport)
        self._hurry()

    def connection_lost(self, exc: Exception | None) -> None:
        """Nothing is waited for any more."""
        self._relax()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Parses no more at a time than may come, so that the bound holds however the bytes are packed."""
        while len(data) > self._left and not self.transport.is_closing():
            piece, data = data[: self._left], data[self._left :]
            self._parse(piece)
        if not self.transport.is_closing():
            self._parse(data)
        if not self._answering():
            self._hurry()

    def on_headers_complete(self) -> None:
        """From here on the service has its own bounds."""
        if len(self.headers) > MAX_FIELDS:
            raise _TooManyFields
        self._left = MAX_HEAD_BYTES
        self._relax()
        super().on_headers_complete()
        # what follows the body would be added to what the service reads, past a proxy that minds headers
        self.headers = []

    def on_body(self, body: bytes) -> None:
        """A part of a body, which is the service's to bound."""
        self._left = MAX_HEAD_BYTES
        super().on_body(body)

    def send_400_response(self, msg: str) -> None:
        """The answer to what could not be parsed, or was not to be."""
        if self.headers and len(self.headers) > MAX_FIELDS:
            self._refuse(_TOO_LARGE)
        else:
            super().send_400_response(msg)

    def _parse(self, piece: bytes) -> None:
        self._left -= len(piece)
        super().data_received(piece)
        if not self._left:
            self._refuse(_TOO_LARGE)

    def _answering(self) -> bool:
        # there is no cycle before the first request, whatever its type says
        return bool(self.cycle) and not self.cycle.response_complete

    def _hurry(self) -> None:
        if self._deadline is None:
            self._deadline = self.loop.call_later(HEAD_TIMEOUT_S, self._too_slow)

    def _relax(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None

    def _too_slow(self) -> None:
        # who sent nothing asked nothing, and may take an answer for that to what it is about to ask
        self._refuse(_TOO_SLOW if self._left < MAX_HEAD_BYTES else b"")

    def _refuse(self, answer: bytes) -> None:
        """Closes the connection; with these words, unless an answer to an earlier request is on its way."""
        if self.transport.is_closing():
            return
        if not self._answering():
            self.transport.write(answer)
        self.transport.close()
