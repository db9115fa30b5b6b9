"""Waiting callers share one piece of work: alone an item is a set of one and waits for nobody, under load
the sets grow.
"""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from typing import Generic, TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")


class Gatherer(Generic[Item, Result]):
    """Gives items that wait at the same moment to ``process`` as one set, at most ``limit`` of them, one set
    at a time.

    ``process`` returns one result an item, in order. What it raises is raised to every caller of that set.
    A caller that is cancelled does not disturb the set that its items are in.
    """

    def __init__(self, process: Callable[[Sequence[Item]], Awaitable[Sequence[Result]]], limit: int) -> None:
        self._process = process
        self._limit = limit
        self._waiting: deque[tuple[Item, asyncio.Future[Result]]] = deque()
        self._worker: asyncio.Task[None] | None = None

    async def submit(self, items: Sequence[Item]) -> list[Result]:
        """The results of these items, in order, once their sets are done."""
        loop = asyncio.get_running_loop()
        futures: list[asyncio.Future[Result]] = [loop.create_future() for _ in items]
        self._waiting.extend(zip(items, futures, strict=True))
        if self._worker is None or self._worker.done():
            self._worker = loop.create_task(self._work())
        return await asyncio.gather(*futures)

    async def drain(self) -> None:
        """Returns when nothing waits and nothing is at work."""
        if self._worker is not None and not self._worker.done():
            await asyncio.wait({self._worker})

    async def _work(self) -> None:
        while self._waiting:
            taken = [self._waiting.popleft() for _ in range(min(self._limit, len(self._waiting)))]
            try:
                results = _checked(len(taken), await self._process([item for item, _ in taken]))
            except BaseException as error:
                _settle_error([future for _, future in taken], error)
                if not isinstance(error, Exception):
                    _settle_error([future for _, future in self._waiting], error)
                    self._waiting.clear()
                    raise
            else:
                for (_, future), result in zip(taken, results, strict=True):
                    if not future.done():
                        future.set_result(result)


def _checked(taken: int, results: Sequence[Result]) -> Sequence[Result]:
    if len(results) != taken:
        raise RuntimeError(f"{taken} items went in, {len(results)} results came out")
    return results


def _settle_error(futures: Sequence[asyncio.Future[Result]], error: BaseException) -> None:
    for future in futures:
        if future.done():
            continue
        if isinstance(error, asyncio.CancelledError):
            future.cancel()
        else:
            future.set_exception(error)
