"""Waiting callers share one piece of work: alone an item is a set of one and waits for nobody, under load
the sets grow.
"""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Iterable, Sequence
from typing import Generic, TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")


class _Call(Generic[Result]):
    """One caller: how many results it waits for, and those that are there."""

    def __init__(self, expected: int, answer: asyncio.Future[list[Result]]) -> None:
        self._expected = expected
        self._results: list[Result] = []
        self.answer = answer

    def take(self, result: Result) -> None:
        """The next result; with the last one the caller goes on, if it still waits."""
        self._results.append(result)
        if len(self._results) == self._expected and not self.answer.done():
            self.answer.set_result(self._results)

    def fail(self, error: BaseException) -> None:
        """Raises the error to the caller, if it still waits."""
        if self.answer.done():
            return
        if isinstance(error, asyncio.CancelledError):
            self.answer.cancel()
        else:
            self.answer.set_exception(error)


class Gatherer(Generic[Item, Result]):
    """Gives items that wait at the same moment to ``process`` as one set, at most ``limit`` of them, one set
    at a time.

    ``process`` returns one result an item, in order. What it raises is raised to every caller of that set.
    A caller that is cancelled does not disturb the set that its items are in. What of its items was not begun
    by then never is: while a server is away callers come and give up, and what they leave would grow without
    end and go out long after. Nothing is lost by it, for who gave up was told of no success: a sender comes
    again, a message is redelivered, and the desk keeps a wish in another way.
    """

    def __init__(self, process: Callable[[Sequence[Item]], Awaitable[Sequence[Result]]], limit: int) -> None:
        self._process = process
        self._limit = limit
        self._waiting: deque[tuple[Item, _Call[Result]]] = deque()
        self._worker: asyncio.Task[None] | None = None

    async def submit(self, items: Sequence[Item]) -> list[Result]:
        """The results of these items, in order, once their sets are done."""
        if not items:
            return []
        loop = asyncio.get_running_loop()
        call: _Call[Result] = _Call(len(items), loop.create_future())
        self._waiting.extend([(item, call) for item in items])
        if self._worker is None or self._worker.done():
            self._worker = loop.create_task(self._work())
        return await call.answer

    async def drain(self) -> None:
        """Returns when nothing waits and nothing is at work."""
        if self._worker is not None and not self._worker.done():
            await asyncio.wait({self._worker})

    async def _work(self) -> None:
        while self._waiting:
            taken = self._take()
            if not taken:
                return
            try:
                results = _checked(len(taken), await self._process([item for item, _ in taken]))
            except BaseException as error:
                _fail(taken, error)
                if not isinstance(error, Exception):
                    _fail(self._waiting, error)
                    self._waiting.clear()
                    raise
            else:
                for (_, call), result in zip(taken, results, strict=True):
                    call.take(result)

    def _take(self) -> list[tuple[Item, _Call[Result]]]:
        """The next set, of callers that still wait; empty where nobody does."""
        taken: list[tuple[Item, _Call[Result]]] = []
        while self._waiting and len(taken) < self._limit:
            item, call = self._waiting.popleft()
            if not call.answer.done():
                taken.append((item, call))
        return taken


def _checked(taken: int, results: Sequence[Result]) -> Sequence[Result]:
    if len(results) != taken:
        raise RuntimeError(f"{taken} items went in, {len(results)} results came out")
    return results


def _fail(items: Iterable[tuple[Item, _Call[Result]]], error: BaseException) -> None:
    for _, call in items:
        call.fail(error)
