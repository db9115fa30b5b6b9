"""The directory: fresh, cheap to ask, and useful while the database is away."""

import asyncio
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from pymongo.errors import AutoReconnect

from services.intake import directory
from services.intake.directory import Directory
from services.intake.sources import Config
from services.intake.sources.config import Erasing
from shared.clock import FixedClock
from shared.errors import Transient
from shared.vault import Keyring, new_key

KEYRING = Keyring({"k": bytes(32)})


def stored(name: str, **changed: Any) -> dict[str, Any]:
    """A source as it is stored."""
    return {
        "_id": name,
        "tenant": "acme",
        "kind": "standard",
        "enabled": True,
        "secrets": {"current": KEYRING.seal(b"whsec_current", name.encode())},
        "rate": {"per_second": 5, "burst": 10},
    } | changed


class Store:
    """The collection, as far as the directory goes; counts what it is asked."""

    def __init__(self, *documents: dict[str, Any]) -> None:
        self.documents = {document["_id"]: document for document in documents}
        self.asked: list[list[str]] = []
        self.error: Exception | None = None
        self.reading = asyncio.Event()
        self.go = asyncio.Event()
        self.go.set()

    async def __call__(self, names: Sequence[str]) -> Mapping[str, Mapping[str, Any]]:
        self.asked.append(list(names))
        self.reading.set()
        await self.go.wait()
        if self.error is not None:
            raise self.error
        return {name: self.documents[name] for name in names if name in self.documents}


@pytest.fixture
def clock() -> FixedClock:
    """Time that moves when told to."""
    return FixedClock(datetime(2026, 1, 31, 12, tzinfo=UTC))


def open_directory(store: Store, clock: FixedClock) -> Directory:
    """A directory of this store that holds answers for a second."""
    return Directory(store, KEYRING, clock, 1)


async def test_an_answer_is_held_for_its_time_and_no_longer(clock: FixedClock) -> None:
    """Known and unknown names alike: one read a second, and a disabled source is gone with the next."""
    store = Store(stored("ats"))
    sources = open_directory(store, clock)
    for _ in range(5):
        assert await sources.find("ats") is not None
        assert await sources.find("nobody") is None
    assert store.asked == [["ats"], ["nobody"]]
    store.documents = {"nobody": stored("nobody")}
    clock.advance(timedelta(seconds=1))
    assert await sources.find("ats") is None
    assert await sources.find("nobody") is not None


async def test_while_changes_are_told_an_answer_is_held_until_its_change(clock: FixedClock) -> None:
    """Of the source that changed, and of a name that became one; the others need no read."""
    store = Store(stored("ats"), stored("crm"))
    sources = open_directory(store, clock)
    sources.listen(told=True)
    for name in ("ats", "crm", "nobody"):
        await sources.find(name)
    clock.advance(timedelta(seconds=directory.TOLD_CACHE_S - 1))
    store.documents = {"crm": stored("crm"), "nobody": stored("nobody")}
    assert await sources.find("ats") is not None
    sources.changed("ats")
    sources.changed("nobody")
    assert await sources.find("ats") is None
    assert await sources.find("nobody") is not None
    assert await sources.find("crm") is not None
    assert store.asked == [["ats"], ["crm"], ["nobody"], ["ats"], ["nobody"]]


async def test_what_was_read_before_a_change_is_not_held_as_if_after_it(clock: FixedClock) -> None:
    """It serves who asked, and is read again a second later."""
    store = Store(stored("ats"))
    sources = open_directory(store, clock)
    sources.listen(told=True)
    store.go.clear()
    asked = asyncio.create_task(sources.find("ats"))
    await store.reading.wait()
    sources.changed("ats")
    store.go.set()
    await asked
    clock.advance(timedelta(seconds=1))
    await sources.find("ats")
    assert store.asked == [["ats"], ["ats"]]


@pytest.mark.parametrize("told", [True, False])
async def test_a_change_that_may_have_been_missed_is_looked_for(clock: FixedClock, told: bool) -> None:  # noqa: FBT001
    """Whenever the telling begins or ends; what is known still serves while the database is away."""
    store = Store(stored("ats"))
    sources = open_directory(store, clock)
    sources.listen(told=not told)
    await sources.find("ats")
    await sources.find("nobody")
    sources.listen(told=told)
    store.error = AutoReconnect("away")
    assert await sources.find("ats") is not None
    with pytest.raises(Transient):
        await sources.find("nobody")


async def test_a_question_during_a_read_of_the_same_name_needs_no_other(clock: FixedClock) -> None:
    """So of one source there is at most one read in the time that its answer is held, whatever comes in."""
    store = Store(stored("ats"))
    store.go.clear()
    sources = open_directory(store, clock)
    first = [asyncio.create_task(sources.find(name)) for name in ("ats", "nobody")]
    await store.reading.wait()
    late = [asyncio.create_task(sources.find(name)) for name in ("ats", "nobody", "other", "ats")]
    await asyncio.sleep(0)
    store.go.set()
    found = await asyncio.gather(*first, *late)
    assert [one and one.name for one in found] == ["ats", None, "ats", None, None, "ats"]
    assert store.asked == [["ats", "nobody"], ["other"]]


async def test_questions_at_one_moment_share_one_read(clock: FixedClock) -> None:
    """Also for different names: a flood of invented names is one read."""
    store = Store(stored("ats"))
    sources = open_directory(store, clock)
    store.go.clear()
    names = ["ats", "ats", *(f"no-{n}" for n in range(50))]
    tasks = [asyncio.create_task(sources.find(name)) for name in names]
    while not store.asked:  # noqa: ASYNC110 - the first read begins
        await asyncio.sleep(0)
    store.go.set()
    found = await asyncio.gather(*tasks)
    assert [source.name for source in found if source] == ["ats", "ats"]
    assert len(store.asked) == 1


async def test_a_name_that_is_none_is_never_read(clock: FixedClock) -> None:
    """It cannot be in the collection."""
    store = Store()
    for name in ("", "A", "a b", "../x", "$where", "a" * 65, "ü"):
        assert await open_directory(store, clock).find(name) is None
    assert not store.asked


async def test_invented_names_do_not_fill_the_memory(
    clock: FixedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The oldest is forgotten first."""
    monkeypatch.setattr(directory, "MAX_UNKNOWN", 3)
    store = Store()
    sources = open_directory(store, clock)
    for name in ("a", "b", "c", "d", "d", "b", "a"):
        await sources.find(name)
    assert [names for (names,) in store.asked] == ["a", "b", "c", "d", "a"]


async def test_the_last_known_serves_while_the_database_is_away(clock: FixedClock) -> None:
    """What is not known is not guessed; and when it is back it is asked again."""
    store = Store(stored("ats"))
    sources = open_directory(store, clock)
    await sources.find("ats")
    clock.advance(timedelta(hours=1))
    store.error = AutoReconnect("away")
    assert await sources.find("ats") is not None
    with pytest.raises(Transient):
        await sources.find("crm")
    store.error, store.documents = None, {}
    clock.advance(timedelta(seconds=1))
    assert await sources.find("ats") is None


async def test_a_database_that_hangs_is_not_waited_for_long(
    clock: FixedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The last known serves."""
    monkeypatch.setattr(directory, "READ_TIMEOUT_S", 0.01)
    store = Store(stored("ats"))
    sources = open_directory(store, clock)
    await sources.find("ats")
    clock.advance(timedelta(seconds=2))
    store.go.clear()
    assert await sources.find("ats") is not None
    with pytest.raises(Transient):
        await sources.find("crm")


@pytest.mark.parametrize(
    "broken",
    [
        {"secrets": {"current": Keyring.parse(f"k:{new_key()}").seal(b"x", b"broken")}},
        {"secrets": {"current": KEYRING.seal(b"x", b"another source")}},
        {"secrets": {}},
        {"kind": "of-a-newer-version"},
        {"config": {"of-a-newer-version": 1}},
    ],
)
async def test_a_source_that_cannot_be_used_harms_no_other(clock: FixedClock, broken: dict[str, Any]) -> None:
    """Its senders are told to come again, for the slip is ours."""
    store = Store(stored("ats"), stored("broken", **broken))
    sources = open_directory(store, clock)
    good, bad = await asyncio.gather(sources.find("ats"), sources.find("broken"), return_exceptions=True)
    assert isinstance(good, directory.Source)
    assert isinstance(bad, Transient)


async def test_a_source_comes_with_what_its_kind_was_told(clock: FixedClock) -> None:
    """Read once, when it is learnt; one that was told nothing has the defaults."""
    told = {"reasons": {"Withdrew": "candidate"}, "erase_deleted": True}
    sources = open_directory(Store(stored("ats"), stored("gh", kind="greenhouse", config=told)), clock)
    ats, gh = await sources.find("ats"), await sources.find("gh")
    assert ats is not None
    assert gh is not None
    assert ats.config == Config()
    assert gh.config == Erasing(reasons={"withdrew": "candidate"}, erase_deleted=True)


async def test_the_previous_secret_counts_until_its_end(clock: FixedClock) -> None:
    """And there are always two to try, so that a rotation does not show in the time taken."""
    until = clock.now() + timedelta(hours=1)
    secrets = stored("ats")["secrets"] | {
        "previous": KEYRING.seal(b"whsec_previous", b"ats"),
        "previous_until": until,
    }
    source = await open_directory(Store(stored("ats", secrets=secrets)), clock).find("ats")
    assert source is not None
    assert source.secrets(until - timedelta(milliseconds=1), "filler") == ("whsec_current", "whsec_previous")
    assert source.secrets(until, "filler") == ("whsec_current", "filler")


async def test_it_is_warm_once_it_knows_a_source(clock: FixedClock) -> None:
    """Then deliveries can be taken even without the database."""
    sources = open_directory(Store(stored("ats")), clock)
    cold = sources.warm
    await sources.find("nobody")
    still_cold = sources.warm
    await sources.find("ats")
    assert (cold, still_cold, sources.warm) == (False, False, True)
