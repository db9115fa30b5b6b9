"""Which no is judged: the one that was sent, or the one that its platform knows."""

from datetime import timedelta
from typing import Any

import pytest

from services.policy import noes
from services.policy.facts import Known, Lookup, Reading, Reason
from services.policy.lookups import lookup_of
from tests.unit.policy.building import DECLINED, NOW

HOUR = timedelta(hours=1)
CASE = {
    "_id": "case-this",
    "tenant": "acme",
    "source": "ats",
    "declined_at": DECLINED,
    "who": "unknown",
    "stage": "application",
    "reason": None,
}
SENT = noes.No(declined_at=DECLINED, who="unknown", stage="application", reason=None)


def ended(tenant: str = "acme", **known: Any) -> dict[str, Any]:
    """What came of a lookup, as it is stored."""
    told = Known.model_validate(known).model_dump() if known else None
    return {"tenant": tenant, "found": True, "why": None, "known": told}


def remembered(case: str = "case-other", who: str = "unknown") -> dict[str, Any]:
    """A no of the same person."""
    return {"case": case, "at": DECLINED - HOUR, "recruiter": "r-one", "who": who}


@pytest.mark.parametrize("lookup", [None, Lookup(state="pending"), Lookup(state="found")])
def test_what_was_sent_stands_where_the_platform_says_nothing_of_it(lookup: Lookup | None) -> None:
    """And is read by its reason, where that is mapped."""
    assert noes.own(CASE, None, lookup) == SENT
    reading = Reading(told="unknown", reasons=(Reason(name="Timing", side="candidate"),))
    assert noes.own(CASE, reading, lookup)["who"] == "candidate"


def test_what_the_platform_knows_counts_over_what_was_sent() -> None:
    """Each part where it has it; where it was none, nobody said it."""
    known = Known(who="candidate", at=DECLINED - HOUR, stage="interview", reason="Timing")
    assert noes.own(CASE, None, Lookup(state="found", known=known)) == noes.No(
        declined_at=DECLINED - HOUR, who="candidate", stage="interview", reason="Timing"
    )
    bare = Lookup(state="found", known=Known(who="company"))
    assert noes.own(CASE, None, bare) == {**SENT, "who": "company"}
    none = Lookup(state="found", known=Known(who=None, why="the status became NEW"))
    assert noes.own(CASE, None, none) == SENT


def test_earlier_noes_are_what_their_platform_knows_of_them() -> None:
    """One that was none is left out, and so is the case's own; another tenant's word counts for nothing."""
    memory = [remembered(case) for case in ("case-this", "none", "theirs", "sent", "strange")]
    lookups = {
        "none": ended(who=None, why="the status became INTERVIEW"),
        "theirs": ended(who="company", at=DECLINED - 2 * HOUR),
        "sent": ended(),
        "strange": ended("other", who=None),
    }
    found = [(one.case, one.who, one.at) for one in noes.others(CASE, memory, lookups, {}, {})]
    assert found == [
        ("theirs", "company", DECLINED - 2 * HOUR),
        ("sent", "unknown", DECLINED - HOUR),
        ("strange", "unknown", DECLINED - HOUR),
    ]


def test_an_earlier_no_whose_reason_is_no_decline_is_left_out() -> None:
    """As the operator of its source says by now; until somebody says so it counts."""
    reading = {"told": "unknown", "reasons": [{"name": "Duplicate", "key": "duplicate", "side": None}]}
    memory = [{**remembered(), "tenant": "acme", "source": "ats", "reading": reading}]
    assert [one.who for one in noes.others(CASE, memory, {}, {}, {})] == ["unknown"]
    word = {"side": "ignore", "by": "Rita", "at": DECLINED, "event_id": "e"}
    assert list(noes.others(CASE, memory, {}, {"acme|ats|duplicate": word}, {})) == []


def test_an_earlier_no_that_was_taken_back_says_so() -> None:
    """Not what came to the same id after that."""
    words = {"case-other": [{"at": NOW, "until": DECLINED - HOUR, "event_id": "e"}]}
    (back,) = noes.others(CASE, [remembered()], {}, {}, words)
    assert back.withdrawn_at == NOW
    (again,) = noes.others(CASE, [remembered() | {"at": DECLINED}], {}, {}, words)
    assert again.withdrawn_at is None


def test_a_lookup_that_was_kept_before_it_could_tell_reads_as_it_did() -> None:
    """What came with this version is missing there."""
    kept = {"tenant": "acme", "found": True, "why": None}
    assert lookup_of(CASE, kept) == Lookup(state="found")
