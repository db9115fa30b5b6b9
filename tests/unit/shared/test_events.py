"""Events: stored examples stay readable, ids repeat, and the codec loses nothing and trusts nothing."""

import base64
import json
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared import events
from shared.batch import SEALED_TYPE, Unreadable, decode, encode
from shared.errors import AfterwordError, Invalid
from shared.events import Event
from shared.reasons import NamedReason, Reading, Side, Who
from shared.vault import Sealer, new_key

EXAMPLES = sorted((Path(__file__).parents[2] / "fixtures" / "events").glob("*.json"))
SEALER = Sealer(new_key())
AT = datetime(2026, 1, 31, 12, tzinfo=UTC)

names = st.text(min_size=1, max_size=20).filter(lambda text: text.strip() == text)
moments = st.datetimes(datetime(1900, 1, 2), datetime(2200, 1, 1)).map(  # noqa: DTZ001 - made aware here
    lambda at: at.replace(tzinfo=timezone(timedelta(hours=-5)))
)
persons = st.builds(events.Person, name=st.none() | names, email=st.none() | names, external_id=names)
data = st.one_of(
    st.builds(events.DeclineReceived, person=persons, text=st.none() | st.text(max_size=200)),
    st.builds(events.OptOutReceived, person=persons),
    st.builds(events.DeclineWithdrawn, decline=names),
    st.builds(events.PreferenceSet, person=persons, not_before=st.none() | moments),
)


def event(of: events.Data, **changed: Any) -> Event:
    """An event around these data."""
    fields: dict[str, Any] = {
        "id": events.event_id("acme", "ats", "1"),
        "type": events.type_of(type(of)),
        "source": "/sources/ats",
        "time": AT,
        "tenant": "acme",
        "receivedat": AT,
        "data": of,
    }
    return Event(**(fields | changed))


some = st.lists(st.builds(event, data, time=moments), max_size=5)


def test_every_kind_has_a_stored_example() -> None:
    """A kind without one could change its form unnoticed."""
    assert {f"afterword.{path.stem}" for path in EXAMPLES} >= set(events.TYPES)


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_a_stored_example_is_still_read(path: Path) -> None:
    """What an older writer wrote says today what it said then, and a newer writer's fields are ignored."""
    stored = json.loads(path.read_text())
    newer = stored | {"newattribute": "x", "data": stored["data"] | {"new_field": {"a": 1}}}
    for raw in (stored, newer):
        (read,) = decode(json.dumps([sealed(raw)]).encode(), SEALER)
        assert isinstance(read, Event)
        assert read.data.model_dump(mode="json", exclude_none=True) == stored["data"]
        assert (read.id, read.subject, read.digest) == (
            stored["id"],
            stored.get("subject"),
            stored.get("digest"),
        )


def sealed(raw: dict[str, Any]) -> dict[str, Any]:
    """A stored example, in clear, as it travels."""
    if not events.TYPES[raw["type"]].sealed:
        return raw
    envelope = {name: value for name, value in raw.items() if name != "data"}
    envelope |= {"datacontenttype": SEALED_TYPE}
    attributes = json.dumps(sorted(envelope.items()), separators=(",", ":")).encode()
    data = SEALER.seal(json.dumps(raw["data"]).encode(), attributes)
    return envelope | {"data_base64": base64.b64encode(data).decode()}


@given(some)
def test_what_is_encoded_is_decoded(written: list[Event]) -> None:
    """Every event comes back as it was, in order."""
    assert decode(encode(written, SEALER), SEALER) == written


def test_a_name_does_not_travel_in_clear() -> None:
    """Data that name people are sealed, and cannot be moved to another event."""
    opted_out = event(events.OptOutReceived(person=events.Person(email="ada@example.org")))
    body = encode([opted_out], SEALER)
    assert b"ada@" not in body
    (raw,) = json.loads(body)
    assert raw["datacontenttype"] == SEALED_TYPE
    assert "data" not in raw
    assert isinstance(decode(body, Sealer(new_key()))[0], Unreadable)
    with pytest.raises(AfterwordError, match="BUS_KEY"):
        encode([opted_out], None)


@pytest.mark.parametrize(
    "change",
    [
        {"id": "evt_other"},
        {"type": "afterword.preference.set.v1"},
        {"source": "/desk"},
        {"subject": "case_" + "b" * 32},
        {"time": "2031-01-01T00:00:00Z"},
        {"tenant": "other"},
        {"receivedat": "2031-01-01T00:00:00Z"},
        {"digest": "d2"},
        {"sourcekind": "email"},
        {"traceparent": "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"},
        {"lookup": True},
        {"digest": None},
        {"added": "x"},
        {"data": {}},
        {"added": json.loads("[" * 900 + "]" * 900)},
        {"added": "\ud800"},
    ],
    ids=lambda change: next(iter(change)),
)
def test_sealed_data_belong_to_their_envelope(change: dict[str, Any]) -> None:
    """Whoever can publish but does not hold the bus key cannot say them of another house, hour or source."""
    data = events.OptOutReceived(person=events.Person(email="ada@example.org"))
    (raw,) = json.loads(encode([event(data, digest="d1", subject="case_" + "a" * 32)], SEALER))
    (shuffled,) = decode(json.dumps([dict(reversed(raw.items()))]).encode(), SEALER)
    assert isinstance(shuffled, Event)
    (altered,) = decode(json.dumps([raw | change]).encode(), SEALER)
    assert isinstance(altered, Unreadable)


def test_what_must_be_sealed_is_not_believed_in_clear() -> None:
    """Whoever may publish but does not hold the bus key cannot speak for a platform or a person."""
    opted_out = event(events.OptOutReceived(person=events.Person(email="ada@example.org")))
    clear = opted_out.model_dump(mode="json", exclude_none=True)
    (read,) = decode(json.dumps([clear]).encode(), SEALER)
    assert isinstance(read, Unreadable)


@pytest.mark.parametrize(
    "bad",
    [
        {"type": "afterword.nothing.v1"},
        {"type": ["unhashable"]},
        {"time": "2026-01-31T12:00:00"},  # no zone: nobody knows when that was
        {"time": "0001-01-01T00:00:00+14:00"},  # no such time in UTC
        {"data": {"case": "no case"}},
        {"datacontenttype": SEALED_TYPE, "data_base64": "?"},
        {"datacontenttype": SEALED_TYPE},
    ],
)
def test_one_bad_event_does_not_harm_its_neighbours(bad: dict[str, Any]) -> None:
    """It alone is unreadable, and the reason does not quote it."""
    (good,) = json.loads(encode([event(events.FollowupSent(case="case_" + "a" * 32))], None))
    first, second, third = decode(json.dumps([good, good | bad, good]).encode(), SEALER)
    assert isinstance(first, Event)
    assert isinstance(third, Event)
    assert isinstance(second, Unreadable)
    assert "no case" not in second.why


@pytest.mark.parametrize("body", [b"", b"{}", b"\xff", b"[", b"7", b"[" * 100_000])
def test_what_is_no_batch_is_invalid(body: bytes) -> None:
    """The message as a whole goes to the dead letters."""
    with pytest.raises(Invalid):
        decode(body, SEALER)


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(),
        lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    )
)
def test_any_json_in_a_batch_is_unreadable_and_nothing_worse(raw: Any) -> None:
    """No exception leaves the codec for one event's sake."""
    assert isinstance(decode(json.dumps([raw]).encode(), SEALER)[0], Unreadable)


@given(names, names, names)
def test_ids_repeat_and_do_not_run_together(tenant: str, source: str, sent_id: str) -> None:
    """The same delivery has the same id; moving a letter across a border gives another."""
    assert events.event_id(tenant, source, sent_id) == events.event_id(tenant, source, sent_id)
    assert events.event_id(tenant + source, "", sent_id) != events.event_id(tenant, source, sent_id)
    assert len(events.event_id(tenant, source, sent_id)) <= 64


def test_a_digest_is_of_the_content_alone() -> None:
    """Defaults said aloud change nothing; content does."""
    person = events.Person(email="ada@example.org")
    quiet = events.OptOutReceived(person=person)
    aloud = events.OptOutReceived(person=person, scope="tenant")
    other = events.OptOutReceived(person=person, scope="installation")
    digest = events.content_digest("opt_out.received", AT, quiet)
    assert (
        events.content_digest("opt_out.received", AT.astimezone(timezone(timedelta(hours=3))), aloud)
        == digest
    )
    assert events.content_digest("opt_out.received", AT, other) != digest
    assert events.content_digest("opt_out.received", AT + timedelta(milliseconds=1), quiet) != digest


def test_digests_and_ids_are_what_they_always_were() -> None:
    """They are stored: another form of the same content would turn every repeat into a conflict."""
    person = events.Person(name="Zo\u00eb \U0001f600", email="ada@example.org")
    data = events.DeclineReceived(person=person, who="candidate", text='"no"\n\x7f')
    digest = "e045d0a4ff501c5fd013dbeed1e64d42ada2814b9ab25c4c77bce84e4996b952"
    assert events.content_digest("decline.received", AT, data) == digest
    own_id = events.event_id("acme", "ats", "1")
    assert own_id == "evt_oyp57bzeueagwopkhx7adkirplauc7q7"
    assert events.case_id(own_id) == "case_od4tbq2xtqvu66tmtjc2uy4bej4zim64"


def test_a_digest_is_of_what_was_sent_however_it_was_read() -> None:
    """A map that changes between two deliveries makes no conflict of them; the sender's other word does."""
    person = events.Person(email="ada@example.org")

    def digest(who: Who, told: Who | None = None, side: Side | None = None) -> str:
        named = (NamedReason(name="timing", side=side),)
        reading = Reading(told=told, reasons=named) if told else None
        data = events.DeclineReceived(person=person, who=who, reason="timing", reading=reading)
        return events.content_digest(data.kind, AT, data)

    assert digest("unknown") == digest("unknown", "unknown") == digest("candidate", "unknown", "candidate")
    assert digest("unknown", "company", "candidate") == digest("company") != digest("unknown")


@pytest.mark.parametrize(
    "header", ["", "00-zz", "00-4BF92F3577B34DA6A3CE929D0E0E4736-00f067aa0ba902b7-01", "x" * 1000]
)
def test_a_malformed_trace_is_dropped(header: str) -> None:
    """As W3C Trace Context asks; the event is none the worse for it."""
    assert event(events.FollowupSent(case="case_" + "a" * 32), traceparent=header).traceparent is None
