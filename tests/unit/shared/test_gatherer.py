"""The gatherer: sets grow under load, nobody waits alone, and a failure stays within its set."""

import asyncio
from collections.abc import Sequence

import pytest

from shared.gatherer import Gatherer


class Work:
    """Doubles numbers once it is let go, and remembers the sets it was given."""

    def __init__(self) -> None:
        self.sets: list[list[int]] = []
        self.began = asyncio.Event()
        self.go = asyncio.Event()
        self.go.set()

    async def __call__(self, items: Sequence[int]) -> Sequence[int]:
        self.sets.append(list(items))
        self.began.set()
        await self.go.wait()
        if -1 in items:
            raise LookupError("minus one")
        return [item * 2 for item in items]


async def test_alone_an_item_is_a_set_of_one() -> None:
    """Nothing waits for company."""
    work = Work()
    assert await Gatherer(work, 10).submit([4]) == [8]
    assert work.sets == [[4]]


async def test_items_that_wait_at_the_same_moment_share_a_set() -> None:
    """While one set is at work the next one grows, up to the limit, and each caller gets its own results."""
    work = Work()
    gatherer = Gatherer(work, 3)
    work.go.clear()
    first = asyncio.create_task(gatherer.submit([0]))
    await work.began.wait()
    others = [asyncio.create_task(gatherer.submit([n, n + 10])) for n in (1, 2, 3)]
    await asyncio.sleep(0)
    work.go.set()
    assert await first == [0]
    assert await asyncio.gather(*others) == [[2, 22], [4, 24], [6, 26]]
    assert work.sets == [[0], [1, 11, 2], [12, 3, 13]]


async def test_a_failure_fails_all_of_its_set_and_no_other() -> None:
    """Every caller of the failed set hears of it; the set after it is not touched."""
    work = Work()
    gatherer = Gatherer(work, 2)
    work.go.clear()
    tasks = [asyncio.create_task(gatherer.submit([n])) for n in (7, -1, 1, 2)]
    await work.began.wait()
    work.go.set()
    results = await asyncio.gather(*tasks, return_exceptions=True)
    assert [type(result) for result in results] == [LookupError, LookupError, list, list]
    assert results[2:] == [[2], [4]]


async def test_a_caller_that_is_cancelled_does_not_disturb_its_set() -> None:
    """Its neighbours get their results."""
    work = Work()
    gatherer = Gatherer(work, 10)
    work.go.clear()
    gone, stays = (asyncio.create_task(gatherer.submit([n])) for n in (1, 2))
    await work.began.wait()
    gone.cancel()
    await asyncio.wait({gone})
    work.go.set()
    assert await stays == [4]
    assert work.sets == [[1, 2]]


async def test_what_nobody_waits_for_any_more_is_not_begun() -> None:
    """Callers that gave up while a set was at work leave nothing behind; who comes after them is next."""
    work = Work()
    gatherer = Gatherer(work, 2)
    work.go.clear()
    first = asyncio.create_task(gatherer.submit([1]))
    await work.began.wait()
    gone = [asyncio.create_task(gatherer.submit([n, n])) for n in range(10, 20)]
    stays = asyncio.create_task(gatherer.submit([2]))
    await asyncio.sleep(0)
    for caller in gone:
        caller.cancel()
    await asyncio.wait(gone)
    work.go.set()
    assert [await first, await stays] == [[2], [4]]
    assert work.sets == [[1], [2]]


async def test_the_rest_of_what_failed_in_part_is_not_begun() -> None:
    """Its caller was told of a failure and comes again with all of it."""
    work = Work()
    gatherer = Gatherer(work, 2)
    with pytest.raises(LookupError):
        await gatherer.submit([1, -1, 3])
    await gatherer.drain()
    assert work.sets == [[1, -1]]


async def test_when_all_gave_up_nothing_is_done() -> None:
    """And the next caller is served as if nobody had been there."""
    work = Work()
    gatherer = Gatherer(work, 10)
    gone = asyncio.create_task(gatherer.submit([1]))
    await asyncio.sleep(0)
    gone.cancel()
    await asyncio.wait({gone})
    await gatherer.drain()
    assert await gatherer.submit([2]) == [4]
    assert work.sets == [[2]]


async def test_results_that_do_not_match_the_items_are_an_error() -> None:
    """A result must never reach the wrong caller."""

    async def forgetful(items: Sequence[int]) -> Sequence[int]:
        return items[1:]

    with pytest.raises(RuntimeError, match="2 items went in, 1 results came out"):
        await Gatherer(forgetful, 10).submit([1, 2])


async def test_drained_means_that_nothing_is_at_work() -> None:
    """What is waiting is worked off first."""
    work = Work()
    gatherer = Gatherer(work, 1)
    work.go.clear()
    tasks = [asyncio.create_task(gatherer.submit([n])) for n in (1, 2)]
    await work.began.wait()
    draining = asyncio.create_task(gatherer.drain())
    await asyncio.sleep(0)
    assert not draining.done()
    work.go.set()
    await draining
    assert work.sets == [[1], [2]]
    assert await asyncio.gather(*tasks) == [[2], [4]]


async def test_an_idle_gatherer_is_drained() -> None:
    """Even one that never worked."""
    await Gatherer(Work(), 1).drain()
