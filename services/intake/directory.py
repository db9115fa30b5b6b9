"""The sources' configuration as intake holds it: read by sets, fresh, and kept while MongoDB is away."""

import asyncio
import re
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import structlog

from services.intake.limits import Rate, rate_of
from services.intake.sources import SOURCES, Config, configured
from shared.clock import Clock
from shared.errors import AfterwordError, Transient
from shared.gatherer import Gatherer
from shared.store.client import AWAY, Database
from shared.vault import Keyring

NAME = re.compile(r"[a-z0-9-]{1,64}")
#: Names that are no source, remembered so that asking for them again reads nothing.
MAX_UNKNOWN = 10_000
#: Names asked for in one read.
MAX_READ = 500
#: How long a request waits for a read: then the last known configuration serves.
READ_TIMEOUT_S = 1.0
#: How long an answer is held while changes are told: they end it earlier.
TOLD_CACHE_S = 60.0

#: Says that MongoDB is away, or as good as.
_AWAY: tuple[type[Exception], ...] = (*AWAY, TimeoutError)

Read = Callable[[Sequence[str]], Awaitable[Mapping[str, Mapping[str, Any]]]]

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Source:
    """A source that takes deliveries, with its secrets in clear."""

    name: str
    tenant: str
    kind: str
    current: str
    previous: str | None
    previous_until: datetime | None
    rate: Rate
    config: Config
    #: Whether the platform can be asked what came before a decline: somebody stored the right to.
    looks_up: bool

    def secrets(self, now: datetime, filler: str) -> tuple[str, str]:
        """Both candidates, always two: how many there are must not show in the time it takes to try them."""
        valid = self.previous is not None and self.previous_until is not None and now < self.previous_until
        return self.current, self.previous if valid and self.previous is not None else filler


@dataclass(frozen=True, slots=True)
class _Known:
    source: Source | None
    fresh_until: datetime


def stored_sources(database: Database) -> Read:
    """Reads enabled sources by name."""

    async def read(names: Sequence[str]) -> Mapping[str, Mapping[str, Any]]:
        found = database["sources"].find({"_id": {"$in": list(names)}, "enabled": True})
        return {document["_id"]: document async for document in found}

    return read


class Directory:
    """Which sources there are. Concurrent questions share one read, whichever names they ask for.

    An answer is held for ``cache_s``; for longer while somebody tells which sources changed.
    """

    def __init__(self, read: Read, keyring: Keyring, clock: Clock, cache_s: float) -> None:
        self._read = read
        self._keyring = keyring
        self._clock = clock
        self._cache = timedelta(seconds=cache_s)
        self._told = False
        #: Rises with each change, so that what was read before one is not held as if it were read after it.
        self._changes = 0
        self._known: dict[str, _Known] = {}
        self._unknown: OrderedDict[str, datetime] = OrderedDict()
        self._waited_for: dict[str, datetime] = {}
        self._gatherer: Gatherer[str, Source | Transient | None] = Gatherer(self._ask, MAX_READ)
        self.away = False

    @property
    def warm(self) -> bool:
        """Whether deliveries of some source can be taken even while MongoDB is away."""
        return any(known.source for known in self._known.values())

    def listen(self, *, told: bool) -> None:
        """Says whether changes are told from now on. What changed until now may have been missed."""
        self._told = told
        self._changes += 1
        self._unknown.clear()
        for name in self._known:
            self.changed(name)

    def changed(self, name: str) -> None:
        """Says that a source was added, changed or taken away: it is read again before it is used."""
        self._changes += 1
        self._unknown.pop(name, None)
        if name in self._known:
            self._known[name] = _Known(self._known[name].source, self._clock.now())

    async def find(self, name: str) -> Source | None:
        """The source of this name, None where there is none or it is disabled.

        Raises Transient where MongoDB is away and nothing is known of the name.
        """
        now = self._clock.now()
        fresh, known = self._fresh(name, now), self._known.get(name)
        if fresh is not None:
            return fresh.source
        if not NAME.fullmatch(name):
            return None
        if self.away and known is not None:
            # one request at a time waits for the absent server; the others do not
            if self._waited_for.get(name, now) > now:
                return known.source
            self._waited_for[name] = now + self._cache
        try:
            async with asyncio.timeout(READ_TIMEOUT_S):
                (found,) = await self._gatherer.submit([name])
        except _AWAY as error:
            return self._last_known(name, known, error)
        if isinstance(found, Transient):
            raise found
        return found

    def _last_known(self, name: str, known: _Known | None, error: Exception) -> Source | None:
        if known is None:
            raise Transient(f"the sources cannot be read: {type(error).__name__}") from error
        if not self.away:
            log.warning("sources cannot be read, the last known serve", error=type(error).__name__)
        self.away = True
        self._known[name] = _Known(known.source, self._clock.now() + self._cache)
        return known.source

    def _fresh(self, name: str, now: datetime) -> _Known | None:
        """What is known of a name and need not be read again yet."""
        known = self._known.get(name)
        if known is None and self._unknown.get(name, now) > now:
            return _Known(None, self._unknown[name])
        return known if known is not None and now < known.fresh_until else None

    async def _ask(self, names: Sequence[str]) -> Sequence[Source | Transient | None]:
        """Reads what nobody has read while these waited: a source is read once in its cache's time."""
        answers: dict[str, Source | Transient | None] = {}
        for name in names:
            known = self._fresh(name, self._clock.now())
            if known is not None:
                answers[name] = known.source
        stale = [name for name in dict.fromkeys(names) if name not in answers]
        if stale:
            changes = self._changes
            found = await self._read(stale)
            self.away = False
            held = timedelta(seconds=TOLD_CACHE_S) if self._told and changes == self._changes else self._cache
            fresh_until = self._clock.now() + held
            answers |= {name: self._learn(name, found.get(name), fresh_until) for name in stale}
        return [answers[name] for name in names]

    def _learn(
        self, name: str, document: Mapping[str, Any] | None, fresh_until: datetime
    ) -> Source | Transient | None:
        try:
            source = None if document is None else opened_source(document, self._keyring)
        except (AfterwordError, LookupError, TypeError, ValueError) as error:
            # an operator's slip (a key that is missing here) must not make senders give their events up
            log.error(  # noqa: TRY400
                "a source cannot be used; check its configuration and AFTERWORD_SOURCE_KEYS",
                source=name,
                error=str(error),
            )
            return Transient(f"the configuration of source {name} cannot be read")
        if source is None and name not in self._known:
            self._unknown[name] = fresh_until
            self._unknown.move_to_end(name)
            if len(self._unknown) > MAX_UNKNOWN:
                self._unknown.popitem(last=False)
        else:
            self._unknown.pop(name, None)
            self._known[name] = _Known(source, fresh_until)
        return source


def opened_source(document: Mapping[str, Any], keyring: Keyring) -> Source:
    """The source of this document. Raises an error where it is none that can be used."""
    name, secrets = str(document["_id"]), document["secrets"]
    aad = name.encode()
    previous = secrets.get("previous")
    kind = _kind(str(document["kind"]))
    return Source(
        name=name,
        tenant=str(document["tenant"]),
        kind=kind,
        current=keyring.open(bytes(secrets["current"]), aad).decode(),
        previous=keyring.open(bytes(previous), aad).decode() if previous else None,
        previous_until=secrets.get("previous_until"),
        rate=rate_of(document["rate"]),
        config=configured(kind, document.get("config")),
        looks_up="credentials" in document,
    )


def _kind(kind: str) -> str:
    if kind not in SOURCES:
        raise ValueError(f"the kind {kind!r} is not one of {', '.join(SOURCES)}")
    return kind
