"""Samples: each kind has one that its own adapter believes and reads, and that is surely about nobody."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from services.intake.probe import sample
from services.intake.registry import new_secret
from services.intake.samples import SAMPLES, Try
from services.intake.sources import SOURCES
from shared.checked import checked
from shared.errors import Invalid, SignatureInvalid
from shared.events import DeclineReceived, Person, people_of
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


def documented() -> dict[str, Any]:
    """The configuration that the page of this kind shows."""
    page = (Path(__file__).parents[3] / "docs/sources/generic.md").read_text()
    shown = page[page.index("       {\n") :]
    config: dict[str, Any] = json.loads(shown[: shown.index("\n\n")])
    return config


def test_a_mapping_by_expressions_is_followed_in_its_example() -> None:
    """Of the person in it nothing is left, for it may be a real payload."""
    config = documented()
    person = config["example"]["changes"][0]["person"]
    person |= {"phone": "+49 30 901820", "note": "Ada called twice"}
    config["map"]["person"]["phone"] = "person.phone"
    config["example"]["changes"].append(config["example"]["changes"][0] | {"ref": "r-2"})
    one = tried("generic", config)
    made = sample(source("generic"), one)
    (event,) = made.events
    assert isinstance(event.data, DeclineReceived)
    assert (event.data.who, event.data.person) == ("candidate", Person(email=one.email))
    assert abs((event.time - NOW).total_seconds()) < 1
    assert json.loads(made.delivery.body) == {
        "changes": [
            {"kind": "applicant.withdrawn", "ref": one.id, "at": one.at, "person": {"mail": one.email}}
        ]
    }


@pytest.mark.parametrize(
    ("where", "told"),
    [
        ({"id": "'always'"}, "makes another event"),
        ({"person": {"phone": "person.phone", "email": "none"}}, "neither by address"),
    ],
)
def test_an_example_that_can_be_about_nobody_alone_is_told(where: dict[str, Any], told: str) -> None:
    """Nothing is sent that says nothing, or that is somebody's."""
    example: dict[str, Any] = {
        "id": "r",
        "type": "decline.received",
        "timestamp": "2026-05-04T09:12:00Z",
        "who": "candidate",
    }
    example |= {"person": {"email": "ada@example.org", "phone": "+49 30 901820"}}
    with pytest.raises(Invalid, match=told):
        sample(source("generic"), tried("generic", {"map": where, "example": example}))


def test_a_sample_that_is_ignored_is_no_sample() -> None:
    """But of a kind that is ignored as a whole."""
    with pytest.raises(Invalid, match="no sample fits"):
        sample(source("generic"), tried("generic", {"map": {"events": "changes[]"}}))


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
