"""The contract: what is read, and how each fault is told by its place and never by its value."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.intake.examples import REQUESTS
from services.intake.sources.contract import KINDS, STOPS
from services.intake.sources.delivery import Delivery, Sent
from services.intake.sources.standard import CONFIG, map_events
from shared import events, strict_json
from shared.errors import Invalid
from shared.events import MAX_TEXT

DECLINE: dict[str, Any] = REQUESTS["decline.received"]
SECRET_WORD = "aphasia"  # in the values at fault; no answer may hold it

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=20,
)
#: Nearly right: the contract's own fields with anything in them.
nearly = st.fixed_dictionaries(
    {
        "id": st.just("1") | json_values,
        "type": st.sampled_from(sorted(KINDS)) | json_values,
        "timestamp": st.just("2026-01-31T12:00:00Z")
        | st.from_regex(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d[+-]\d\d:\d\d")
        | json_values,
        "data": st.fixed_dictionaries(
            {},
            optional={
                "person": st.fixed_dictionaries(
                    {},
                    optional={
                        key: st.just("x") | st.emails() | json_values
                        for key in ("email", "phone", "external_id", "profile_urls", "region", "name")
                    },
                )
                | json_values,
                "case": json_values,
                "decline": json_values,
                "direction": st.just("reply") | json_values,
                "not_before": st.just("0001-01-01T00:00:00+14:00") | json_values,
                "text": json_values,
            },
        )
        | json_values,
    }
)


def parse(delivery: Delivery) -> tuple[Sent, ...]:
    """The events of a delivery to a source without configuration."""
    return map_events(delivery, CONFIG()).events


def read(value: Any) -> tuple[Sent, ...]:
    """What a delivery of this value holds."""
    return parse(Delivery({}, json.dumps(value).encode()))


def faults(body: Any) -> dict[str, str]:
    """The faults of a body, by pointer."""
    with pytest.raises(Invalid) as error:
        parse(Delivery({}, body if isinstance(body, bytes) else json.dumps(body).encode()))
    told = {fault.pointer: fault.detail for fault in error.value.errors}
    assert SECRET_WORD not in str(told)
    return told


def without(path: str, value: dict[str, Any] = DECLINE) -> dict[str, Any]:
    """The value without what lies at this path."""
    first, _, rest = path.partition(".")
    if not rest:
        return {name: item for name, item in value.items() if name != first}
    return value | {first: without(rest, value[first])}


@pytest.mark.parametrize("kind", KINDS)
def test_every_inbound_kind_is_read(kind: str) -> None:
    """The example of the documentation, with fields that we do not know."""
    (sent,) = read(REQUESTS[kind] | {"new": 1, "data": REQUESTS[kind]["data"] | {"new": {"deep": [1]}}})
    assert sent.data.kind == kind
    assert sent.id == REQUESTS[kind]["id"]
    assert sent.time == datetime(2026, 1, 31, 12, tzinfo=UTC)
    assert (
        sent.data.as_sent().model_dump(mode="json", exclude_unset=True, exclude={"reading"})
        == REQUESTS[kind]["data"]
    )


@pytest.mark.parametrize("kind", sorted({kind.kind for kind in STOPS} - {"decline.withdrawn"}))
def test_a_stop_counts_however_much_is_said_with_it(kind: str) -> None:
    """Its text is cut; of anything else too much is refused, for half of it may say otherwise."""
    long = {"person": {"email": "ada@example.org"}, "text": "x" * (MAX_TEXT + 1)}
    (sent,) = read(DECLINE | {"type": kind, "data": long})
    assert isinstance(sent.data, STOPS)
    assert getattr(sent.data, "text", "x" * MAX_TEXT) == "x" * MAX_TEXT
    assert list(faults(DECLINE | {"data": DECLINE["data"] | {"text": long["text"]}})) == ["/data/text"]


def test_a_batch_is_read_in_order() -> None:
    """Up to 500 events of any kinds."""
    batch = [DECLINE | {"id": str(number)} for number in range(500)]
    assert [sent.id for sent in read(batch)] == [str(number) for number in range(500)]


@pytest.mark.parametrize(
    "moment",
    [
        "2026-01-31T12:00:00.123456789Z",
        "2026-01-31T14:00:00.123+02:00",
        "2026-01-31 12:00:00.123z",
        "2026-01-31t12:00:00.1239Z",
    ],
)
def test_a_time_is_read_in_every_spelling_of_the_standard(moment: str) -> None:
    """RFC 3339; kept to the millisecond, in UTC."""
    (sent,) = read(DECLINE | {"timestamp": moment})
    assert sent.time == datetime(2026, 1, 31, 12, 0, 0, 123_000, tzinfo=UTC)


@pytest.mark.parametrize(
    "moment",
    [
        "2026-01-31T12:00:00",  # no zone
        "2026-02-30T12:00:00Z",
        "2026-01-31",
        "yesterday",
        1_769_860_800,
        None,
        "",
        "0001-01-01T00:00:00+14:00",  # no such time in UTC
        "9999-12-31T23:59:59-14:00",
        "٢٠٢٦-01-31T12:00:00Z",
        "2026-01-31T12:00:00+99:99",
    ],
)
def test_a_time_that_is_none_is_told(moment: Any) -> None:
    """Without its zone nobody knows when it was."""
    assert faults(DECLINE | {"timestamp": moment}).keys() == {"/timestamp"}


def test_all_faults_are_told_at_once() -> None:
    """Of every event, each by the pointer to its field, none by its value."""
    batch = [
        DECLINE | {"id": f" {SECRET_WORD}", "timestamp": SECRET_WORD},
        DECLINE | {"data": DECLINE["data"] | {"who": SECRET_WORD, "channel": SECRET_WORD.upper()}},
        DECLINE | {"data": DECLINE["data"] | {"person": {"email": SECRET_WORD, "name": "Ada"}}},
        DECLINE | {"type": f"{SECRET_WORD}.received"},
        SECRET_WORD,
        DECLINE | {"data": [SECRET_WORD]},
        DECLINE
        | {
            "data": DECLINE["data"] | {"person": {"profile_urls": ["https://a.example/b", SECRET_WORD * 100]}}
        },
    ]
    assert faults(batch).keys() == {
        "/0/id",
        "/0/timestamp",
        "/1/data/who",
        "/1/data/channel",
        "/2/data/person/email",
        "/3/type",
        "/4",
        "/5/data",
        "/6/data/person/profile_urls/1",
    }


@pytest.mark.parametrize("path", ["id", "type", "timestamp", "data", "data.person"])
def test_what_is_missing_is_told(path: str) -> None:
    """By the pointer to where it should be."""
    assert "/" + path.replace(".", "/") in faults(without(path))


@pytest.mark.parametrize(
    "person", [{}, {"name": "Ada Lovelace"}, {"email": "", "external_id": None}, {"phone": "030 1234567"}]
)
def test_a_person_without_an_identifier_is_told(person: dict[str, Any]) -> None:
    """A name is shared by many, and a national number means nothing without its country."""
    assert faults(DECLINE | {"data": {"person": person}}).keys() == {"/data/person"}


@pytest.mark.parametrize(
    "person",
    [
        {"email": "ada@example.org"},
        {"phone": "+44 20 7946 0958"},
        {"phone": "020 7946 0958", "region": "GB"},
        {"profile_urls": ["https://www.linkedin.com/in/ada-example"]},
        {"external_id": "42"},
        {"email": "", "external_id": "42"},
    ],
)
def test_one_identifier_is_enough(person: dict[str, Any]) -> None:
    """Platforms know people by different ones."""
    assert read(DECLINE | {"data": {"person": person}})


def test_a_stop_names_a_person_or_a_case() -> None:
    """One of both is enough, none is told."""
    stop = {"id": "1", "type": "opt_out.received", "timestamp": "2026-01-31T12:00:00Z"}
    assert faults(stop | {"data": {}}).keys() == {"/data"}
    (sent,) = read(stop | {"data": {"case": "case_" + "a" * 32}})
    assert isinstance(sent.data, events.OptOutReceived)


def test_one_id_cannot_say_two_things_in_one_batch() -> None:
    """Which of the two to take nobody could tell; saying the same twice is harmless."""
    other = DECLINE | {"timestamp": "2026-01-31T12:00:01Z"}
    assert faults([DECLINE, DECLINE, other]).keys() == {"/2/id"}
    assert len(read([DECLINE, DECLINE])) == 2


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        (b"", ""),
        (b"{", ""),
        (b"\xff\xfe{}", ""),  # another encoding
        (b"\xef\xbb\xbf{}", ""),  # a byte order mark
        (b"[]", ""),
        (b"null", ""),
        (b"[" * 100_000, ""),
        (b'{"x":' * 40 + b"1" + b"}" * 40, "/x" * strict_json.MAX_DEPTH),
        (b"[" * 40 + b"]" * 40, "/0" * strict_json.MAX_DEPTH),
        (b'{"id": NaN}', "/id"),
        (b'{"a": [1, -Infinity]}', "/a/1"),
        (b'{"a": 1e999}', "/a"),
        (b'{"a": ' + b"9" * 5000 + b"}", ""),
        (b'{"a": {"b": 1, "b": 1}}', "/a/b"),
        (b'{"a/b~c": "\\ud800"}', "/a~1b~0c"),
        (b'{"\\udfff": 1}', ""),
        (b'{"' + b"k" * 201 + b'": 1}', ""),
        (b'{"a": 1, "a": 2', ""),  # what is in doubt may turn out to be no JSON
        (b"[" * 33 + b"]" * 33, "/0" * strict_json.MAX_DEPTH),
    ],
)  # fmt: skip
def test_json_that_two_readers_could_read_differently_is_told(body: bytes, pointer: str) -> None:
    """By its place, and a name that is no text by the place of its object."""
    assert faults(body).keys() == {pointer}


def test_a_pair_of_surrogates_is_one_letter() -> None:
    """Only a lone one is no text."""
    body = json.dumps(DECLINE | {"id": "😀"}).encode()
    assert b"\\ud83d" in body
    assert parse(Delivery({}, body))[0].id == "😀"


def test_501_events_are_too_many() -> None:
    """One more than agreed."""
    assert faults([DECLINE] * 501).keys() == {""}


@given(json_values | nearly | st.lists(nearly, max_size=3))
def test_any_json_is_read_or_refused(value: Any) -> None:
    """No other exception, and every fault has a pointer that leads somewhere."""
    body = json.dumps(value).encode("utf-8", "surrogatepass")
    try:
        assert all(isinstance(sent, Sent) for sent in parse(Delivery({}, body)))
    except Invalid as refused:
        pointers = [error.pointer for error in refused.errors]
    else:
        pointers = [""]
    assert pointers
    assert all(not pointer or pointer.startswith("/") for pointer in pointers)
    json.dumps(pointers, ensure_ascii=False).encode()


@given(st.binary())
def test_any_bytes_are_read_or_refused(body: bytes) -> None:
    """A body is a stranger's until it is read."""
    with pytest.raises(Invalid):
        parse(Delivery({}, body))
