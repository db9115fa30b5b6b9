"""Decisions: only policy makes them, everybody can check them."""

from datetime import UTC, datetime, timedelta, timezone
from enum import StrEnum
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, ValidationError

from shared.decision import Decision, Schedule, SignedDecision, Signer, Verifier, canonical, new_seed
from shared.errors import SignatureInvalid

SEED = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="
SIGNER = Signer(SEED)
VERIFIER = Verifier(SIGNER.public_key)
SCHEDULE = Schedule(
    delay_min_s=7200, delay_max_s=72_000, quiet_from="20:00", quiet_to="08:00", weekends=False
)
BOUNDED = SCHEDULE.model_copy(update={"not_after": datetime(2026, 3, 31, 12, tzinfo=UTC)})
DECISION = Decision(
    case="c-1",
    tenant="acme",
    verdict="approve",
    version="v1",
    digest="d1",
    codes=("consent.ok",),
    at=datetime(2026, 3, 1, 12, 0, 0, 123456, tzinfo=UTC),
    schedule=SCHEDULE,
)
DECISIONS = st.builds(
    Decision,
    case=st.text(),
    tenant=st.text(),
    codes=st.lists(st.text()).map(tuple),
    at=st.datetimes(timezones=st.just(UTC)),
    schedule=st.sampled_from([None, SCHEDULE, BOUNDED]),
)


@given(DECISIONS)
def test_what_policy_signed_is_believed(decision: Decision) -> None:
    """Also after a way over the bus and through the database, which keeps milliseconds."""
    signed = SIGNER.sign(decision)
    travelled = SignedDecision.model_validate_json(signed.model_dump_json())
    assert VERIFIER.verify(travelled) == decision
    assert travelled == SIGNER.sign(decision)


@pytest.mark.parametrize(
    "change",
    [
        {"case": "c-2"},
        {"tenant": "other"},
        {"verdict": "hold"},
        {"version": "v2"},
        {"digest": "d2"},
        {"codes": ()},
        {"at": DECISION.at + timedelta(milliseconds=1)},
        {"schedule": None},
        {"schedule": SCHEDULE.model_copy(update={"delay_min_s": 0})},
        {"schedule": SCHEDULE.model_copy(update={"not_after": DECISION.at})},
    ],
    ids=lambda change: next(iter(change)),
)
def test_a_changed_decision_is_not_believed(change: dict[str, Any]) -> None:
    """Every field is signed."""
    signed = SIGNER.sign(DECISION)
    forged = signed.model_copy(update={"decision": DECISION.model_copy(update=change)})
    with pytest.raises(SignatureInvalid, match="not signed by the policy"):
        VERIFIER.verify(forged)


@pytest.mark.parametrize(
    "signature",
    ["", "AAAA", "not base64!", Signer(new_seed()).sign(DECISION).signature],
    ids=["none", "too short", "not base64", "of another key"],
)
def test_another_s_signature_is_not_believed(signature: str) -> None:
    """Whether rubbish or another key's."""
    with pytest.raises(SignatureInvalid):
        VERIFIER.verify(SignedDecision(decision=DECISION, signature=signature))


def test_the_signature_never_changes() -> None:
    """Decisions signed by this version are believed by the next: the written form is pinned."""
    assert canonical(DECISION) == (
        b'{"at":"2026-03-01T12:00:00.123000Z","case":"c-1","codes":["consent.ok"],"digest":"d1",'
        b'"schedule":{"delay_max_s":72000,"delay_min_s":7200,"quiet_from":"20:00","quiet_to":"08:00",'
        b'"weekends":false},"tenant":"acme","verdict":"approve","version":"v1"}'
    )
    bounded = DECISION.model_copy(update={"schedule": BOUNDED})
    assert b'"delay_min_s":7200,"not_after":"2026-03-31T12:00:00.000000Z","quiet_from"' in canonical(bounded)
    assert SIGNER.public_key == "A6EHv/POEL4dcN0Y50vAmWfk1jCbpQ1fHdyGZBJVMbg="


class Colour(StrEnum):
    """Something to write."""

    RED = "red"


class Anything(BaseModel):
    """More kinds of values than a decision has."""

    at: datetime
    names: frozenset[str] = frozenset()
    colour: Colour = Colour.RED
    share: float = 0.5


def test_the_written_form_knows_no_zone_and_no_order() -> None:
    """The same instant in another zone and the same set in another order are the same bytes."""
    noon = datetime(2026, 3, 1, 12, tzinfo=UTC)
    one = Anything(at=noon, names=frozenset("abcdefgh"))
    other = Anything(at=noon.astimezone(timezone(timedelta(hours=5))), names=frozenset("hgfedcba"))
    assert canonical(one) == canonical(other)
    assert b'"names":["a","b","c","d","e","f","g","h"]' in canonical(one)


@pytest.mark.parametrize(
    "model", [Anything(at=DECISION.at.replace(tzinfo=None)), Anything(at=DECISION.at, share=float("nan"))]
)
def test_what_has_no_one_form_is_refused(model: Anything) -> None:
    """A time without a zone, a number that JSON cannot write."""
    with pytest.raises(ValueError, match=r"zone|JSON"):
        canonical(model)


@pytest.mark.parametrize(
    "change", [{"quiet_from": "24:00"}, {"quiet_to": "8:00"}, {"delay_min_s": -1}, {"delay_max_s": 1}]
)
def test_a_schedule_makes_sense(change: dict[str, Any]) -> None:
    """Hours of the day, and a delay whose bounds are in order."""
    with pytest.raises(ValidationError):
        Schedule.model_validate(SCHEDULE.model_dump() | change)
