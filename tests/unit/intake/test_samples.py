"""Samples: each kind has one that its own adapter believes and reads, and that is surely about nobody."""

from datetime import UTC, datetime
from typing import Any

import pytest

from services.intake.probe import sample
from services.intake.registry import new_secret
from services.intake.samples import SAMPLES, Try
from services.intake.sources import SOURCES
from shared.checked import checked
from shared.errors import Invalid, SignatureInvalid
from shared.events import DeclineReceived, people_of
from shared.sample import is_sample

NOW = datetime(2026, 5, 4, 9, 12, 30, 123000, tzinfo=UTC)
#: What the platform of a kind sends where it is not a decline.
OTHERS = {"email": ["interaction.recorded"], "linkedin": []}
#: As an operator may describe another platform.
MAPPING: dict[str, Any] = {
    "signature": {
        "header": "x-hook",
        "encoding": "base64",
        "prefix": "v1=",
        "signed": "{id}.{timestamp}.{body}",
        "timestamp_header": "x-time",
        "timestamp_unit": "ms",
        "id_header": "x-id",
        "algorithm": "sha512",
    },
    "types": {"said-no": "decline.received", "wrote": "interaction.recorded"},
    "map": {"events": "hook.data", "type": "what", "id": "key", "person": {"email": "who.mail"}, "who": "by"},
}


def tried(kind: str, config: dict[str, Any] | None = None, *, secret: str | None = None) -> Try:
    """One try of a source of this kind."""
    told = checked(SOURCES[kind].CONFIG, config or {})
    return Try("T_r-1", NOW, secret or new_secret(), told)


def source(kind: str) -> dict[str, Any]:
    """The source as it is stored, as far as it matters here."""
    return {"_id": "ats", "tenant": "acme", "kind": kind}


def test_every_kind_has_one() -> None:
    """A kind that cannot be tried is one that nobody trusts."""
    assert set(SAMPLES) == set(SOURCES)


@pytest.mark.parametrize("kind", SOURCES)
def test_its_own_adapter_believes_and_reads_it(kind: str) -> None:
    """Signed by this secret and no other; one event, of now, about nobody."""
    one = tried(kind)
    made = sample(source(kind), one)
    assert [event.kind for event in made.events] == OTHERS.get(kind, ["decline.received"])
    for event in made.events:
        assert abs((event.time - NOW).total_seconds()) < 1
        people = people_of(event.data)
        assert people
        assert all(is_sample(person) for person in people)
    other = [new_secret()]
    with pytest.raises(SignatureInvalid):
        SOURCES[kind].verify(made.delivery, other, one.config, now=NOW, tolerance_s=300)


def test_two_tries_are_two_events() -> None:
    """Or the second would be a repeat of the first, and prove nothing."""
    for kind in SAMPLES:
        first = sample(source(kind), tried(kind)).events
        other = Try("another", NOW, new_secret(), tried(kind).config)
        assert not {event.id for event in first} & {event.id for event in sample(source(kind), other).events}


def test_a_mapping_by_paths_is_followed() -> None:
    """Headers, words and places as the operator described them."""
    made = sample(source("generic"), tried("generic", MAPPING))
    (event,) = made.events
    assert isinstance(event.data, DeclineReceived)
    assert event.data.who == "candidate"
    assert made.delivery.headers["x-hook"].startswith("v1=")


@pytest.mark.parametrize(
    "where",
    [
        {"person": {"email": "people[0].mail"}},
        {"person": {"email": "'ada@example.org'"}},
        {"type": "'decline.received'", "id": "a", "time": "a.b"},
    ],
)
def test_a_mapping_that_no_sample_fits_is_told(where: dict[str, Any]) -> None:
    """Never sent with somebody's name in it."""
    with pytest.raises(Invalid):
        sample(source("generic"), tried("generic", {"map": where}))


def test_the_accounts_of_a_source_are_heeded() -> None:
    """A source of Merge that takes one linked account gets its test as from that."""
    assert sample(source("merge"), tried("merge", {"linked_accounts": ["la-1"]})).events
