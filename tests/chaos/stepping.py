"""Handlers that run one operation at a time: before each of its operations an actor can be stopped, and there
be resumed, killed, or told that the server is away.

Only one actor runs at any moment, so a history is the list of steps that led to it, and can be had again.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from contextvars import ContextVar
from typing import Any, ClassVar, Literal, Self, cast

from pymongo.errors import AutoReconnect

from shared.store.client import Collection, Database, Document

#: What happens to an actor where it stands: nothing, or the server is gone before or after it did its part.
Fault = Literal["away", "answer lost"] | None


class Killed(BaseException):
    """Kill -9, as far as a coroutine can feel it: nothing that follows has any effect."""


class Actor:
    """A handler at work. ``where`` names the operation before which it stands; None once it has ended."""

    #: Every operation that any actor came to, so that a name nobody meets any more is found out.
    met: ClassVar[set[str]] = set()

    def __init__(self, name: str, work: Coroutine[Any, Any, None], pause_at: str | None) -> None:
        self.name = name
        self.where: str | None = None
        self._pause_at = pause_at
        self._dead = False
        self._parked: asyncio.Future[None] | None = None
        self._order: asyncio.Future[Fault] | None = None
        self._task = asyncio.get_running_loop().create_task(self._run(work))

    async def _run(self, work: Coroutine[Any, Any, None]) -> None:
        _actor.set(self)
        await work

    async def until_parked(self) -> None:
        """Returns when it stands somewhere or has ended; raises what ended it, unless that was a kill."""
        self._parked = asyncio.get_running_loop().create_future()
        await asyncio.wait({self._task, self._parked}, return_when=asyncio.FIRST_COMPLETED)
        if self._task.done():
            self.where = None
            try:
                self._task.result()
            except Killed:
                return

    async def resume(self, pause_at: str | None, fault: Fault = None) -> None:
        """Goes on, until it comes before an operation of this name."""
        self._pause_at = pause_at
        if self._order is not None:
            self._order.set_result(fault)
        await self.until_parked()

    async def kill(self) -> None:
        """Ends it where it stands."""
        self._dead = True
        await self.resume(None)

    async def gate(self, label: str) -> Fault:
        """Called by operations: returns when this one may go on."""
        fault: Fault = None
        self.met.add(label)
        if label == self._pause_at and not self._dead:
            self.where = label
            self._order = asyncio.get_running_loop().create_future()
            if self._parked is not None and not self._parked.done():
                self._parked.set_result(None)
            fault = await self._order
            self._order = None
        if self._dead:
            raise Killed
        return fault


_actor: ContextVar[Actor | None] = ContextVar("actor", default=None)


async def gate(label: str) -> Fault:
    """Stops the actor that calls it here, if that is wanted."""
    actor = _actor.get()
    return await actor.gate(label) if actor is not None else None


async def operate(label: str, operation: Callable[[], Awaitable[Any]]) -> Any:
    """One operation behind its gate."""
    fault = await gate(label)
    if fault == "away":
        raise AutoReconnect("away")
    result = await operation()
    if fault == "answer lost":
        raise AutoReconnect("the answer was lost")
    return result


class _Cursor:
    """A cursor whose reading is one operation."""

    def __init__(self, label: str, cursor: Any) -> None:
        self._label, self._cursor = label, cursor

    def sort(self, *how: Any) -> Self:
        self._cursor = self._cursor.sort(*how)
        return self

    def limit(self, count: int) -> Self:
        self._cursor = self._cursor.limit(count)
        return self

    async def to_list(self, length: int | None) -> list[Document]:
        found: list[Document] = await operate(self._label, lambda: self._cursor.to_list(length))
        return found

    async def __aiter__(self) -> AsyncIterator[Document]:
        for document in await self.to_list(None):
            yield document


class _Collection:
    """A collection whose every operation is behind a gate."""

    def __init__(self, real: Collection, after: Callable[[str], Awaitable[None]]) -> None:
        self._real, self._after = real, after

    def find(self, *query: Any, **options: Any) -> _Cursor:
        return _Cursor(f"{self._real.name}.find", self._real.find(*query, **options))

    def aggregate(self, *query: Any, **options: Any) -> _Cursor:
        return _Cursor(f"{self._real.name}.find", self._real.aggregate(*query, **options))

    def __getattr__(self, method: str) -> Callable[..., Awaitable[Any]]:
        label = f"{self._real.name}.{method}"

        async def call(*arguments: Any, **options: Any) -> Any:
            async def operation() -> Any:
                try:
                    return await getattr(self._real, method)(*arguments, **options)
                finally:
                    await self._after(label)

            return await operate(label, operation)

        return call


def stepped(database: Database, after: Callable[[str], Awaitable[None]]) -> Database:
    """The database with a gate before each operation; ``after`` hears of each that was not a read."""

    class Stepped:
        def __getitem__(self, name: str) -> _Collection:
            return _Collection(database[name], after)

    return cast("Database", Stepped())
