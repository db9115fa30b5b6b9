"""A client that costs little: requests written beforehand, sent over connections that are kept open."""

import asyncio
import time
from collections.abc import Iterator, Sequence
from contextlib import suppress
from typing import NamedTuple, cast


class Load(NamedTuple):
    """What came of a run: answers a second, how long each took in seconds, and how often which status."""

    rate: float
    took: list[float]
    statuses: dict[int, int]

    def percentile(self, percent: float) -> float:
        """So many per cent of all answers came within these milliseconds."""
        ranked = sorted(self.took)
        return 1000 * ranked[min(len(ranked) - 1, int(len(ranked) * percent / 100))]


class _Connection(asyncio.Protocol):
    """One request at a time; the answer is its status, once it is here in full."""

    def __init__(self) -> None:
        self._buffer = b""
        self._answer: asyncio.Future[int] | None = None
        self._transport: asyncio.Transport

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)  # uvloop's is one by shape, not by name

    def connection_lost(self, exc: Exception | None) -> None:
        if self._answer is not None and not self._answer.done():
            self._answer.set_exception(ConnectionError("closed before its answer"))

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        head, end, rest = self._buffer.partition(b"\r\n\r\n")
        if not end or self._answer is None:
            return
        length = int(head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0])
        if len(rest) >= length:
            self._buffer = b""
            self._answer.set_result(int(head[9:12]))

    def send(self, request: bytes) -> "asyncio.Future[int]":
        self._answer = asyncio.get_running_loop().create_future()
        self._transport.write(request)
        return self._answer


async def run(port: int, requests: Sequence[bytes], connections: int, per_second: float = 0) -> Load:
    """Sends all of them: as fast as answers come, or so many a second, whether answers come or not.

    At a given rate an answer's time counts from when its request was due, so that a stall counts in full.
    """
    loop = asyncio.get_running_loop()
    left = iter(enumerate(requests))
    load = Load(0.0, [], {})
    began = time.perf_counter()

    async def worker(left: Iterator[tuple[int, bytes]]) -> None:
        transport, connection = await loop.create_connection(_Connection, "127.0.0.1", port)
        for position, request in left:
            due = began + position / per_second if per_second else time.perf_counter()
            if (early_s := due - time.perf_counter()) > 0:
                await asyncio.sleep(early_s)
            status = await connection.send(request)
            load.took.append(time.perf_counter() - due)
            load.statuses[status] = load.statuses.get(status, 0) + 1
        with suppress(OSError):
            transport.close()

    await asyncio.gather(*(worker(left) for _ in range(connections)))
    return load._replace(rate=len(requests) / (time.perf_counter() - began))
