import hashlib
import json
from datetime import datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from services.policy.context import HISTORY_LIMIT, Context, digest
from services.policy.facts import Claim, EarlierDecline
from services.policy.judge import judge
from tests.unit.policy.building import DECLINED, DEFAULTS, NOW, PLAIN, but, message, standing, tally
from tests.unit.policy.strategies import CONTEXTS

#: What every context has, whenever it was stored.
FIRST_EDITION = {
    *("case", "tenant", "source", "source_kind", "event_id", "now", "received_at", "declined_at", "who"),
    *("stage", "reason", "recruiter", "keys", "messages", "earlier_declines", "withdrawn_at", "stops"),
    *("claims", "contacts", "volume", "review", "not_before", "follow_up_wanted", "tangled"),
}


@settings(max_examples=60)
@given(CONTEXTS)
def test_a_stored_context_is_the_context(context: Context) -> None:
    """What a decision stores reads back as what was judged, digest included."""
    again = Context.model_validate_json(context.model_dump_json())
    assert again == context
    assert digest(again) == digest(context)


@settings(max_examples=60)
@given(CONTEXTS, st.randoms(use_true_random=False))
def test_the_order_and_repeats_of_a_history_do_not_matter(context: Context, chance: object) -> None:
    """The database may return a history in any order; it stays the same context."""
    assert hasattr(chance, "shuffle")
    changed = {}
    for name in ("keys", "messages", "earlier_declines", "stops", "claims", "contacts"):
        entries = [*getattr(context, name)] * 2
        chance.shuffle(entries)
        changed[name] = tuple(entries)
    assert Context.model_validate({**context.model_dump(), **changed}) == context


def test_the_digest_changes_with_what_was_looked_at() -> None:
    """A decision cannot claim to have looked at something else."""
    others = [
        but(now=NOW + timedelta(seconds=1)),
        but(keys=("acme/e2",)),
        but(tangled=True),
        but(reason="far"),
    ]
    assert len({digest(context) for context in [PLAIN, *others]}) == 5


def test_times_are_kept_in_utc_to_the_millisecond() -> None:
    """Another zone or the database's precision makes no other context."""
    shifted = datetime.fromisoformat("2026-03-10T14:00:00.000999+02:00")
    assert digest(but(now=shifted)) == digest(PLAIN)


@pytest.mark.parametrize(
    "changes",
    [
        {"now": datetime(2026, 3, 10)},  # noqa: DTZ001 - the fault under test
        {"who": "recruiter"},
        {"surprise": 1},
        {
            "messages": (
                {"id": "m", "at": NOW, "direction": "sideways", "channel": "email", "recruiter": None},
            )
        },
    ],
)
def test_what_is_not_agreed_is_refused(changes: dict[str, object]) -> None:
    """A time without a zone, an unknown word or field never reaches a rule."""
    with pytest.raises(ValidationError):
        but(**changes)


def test_nothing_may_be_forgotten() -> None:
    """A context without its stops would approve; each field of the first edition must be given."""
    for name in FIRST_EDITION:
        facts = PLAIN.model_dump()
        del facts[name]
        with pytest.raises(ValidationError, match=name):
            Context.model_validate(facts)


def test_histories_are_bounded_and_keep_what_weighs_most() -> None:
    """The newest messages, the claims that last longest, and the very first no."""
    hours = [timedelta(hours=number) for number in range(HISTORY_LIMIT + 5)]
    context = but(
        messages=tuple(message(f"m{number}", ago) for number, ago in enumerate(hours)),
        claims=tuple(
            Claim(case=f"c{number}", at=NOW, until=NOW + ago, recruiter=None)
            for number, ago in enumerate(hours)
        ),
        earlier_declines=tuple(
            EarlierDecline(case=f"c{number}", at=NOW - ago, recruiter=None)
            for number, ago in enumerate(hours)
        ),
    )
    assert len(context.messages) == len(context.claims) == len(context.earlier_declines) == HISTORY_LIMIT
    assert context.messages[-1].at == DECLINED
    assert context.claims[-1].until == NOW + hours[-1]
    assert context.earlier_declines[0].at == NOW - hours[-1]


def test_of_two_messages_under_one_id_the_earlier_stands() -> None:
    """History cannot be rewritten by telling a message again with another date."""
    told = (message("m", timedelta(days=1)), message("m", timedelta(days=2)), message("n", timedelta(days=1)))
    assert [(m.id, m.at) for m in but(messages=told).messages] == [
        ("m", DECLINED - timedelta(days=2)),
        ("n", DECLINED - timedelta(days=1)),
    ]


def test_a_context_of_the_first_edition_keeps_its_digest() -> None:
    """What was stored before a field came reads as it did, to the letter of its digest."""
    told = PLAIN.model_dump(mode="json", include=FIRST_EDITION)
    of_a_message = ("id", "at", "direction", "channel", "recruiter")
    told["messages"] = [{name: each[name] for name in of_a_message} for each in told["messages"]]
    written = json.dumps(told, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    first = Context.model_validate(told)
    assert digest(first) == hashlib.sha256(written.encode()).hexdigest()
    assert (first.edition, first.standing, first.reply_intent) == (1, None, None)
    assert judge(first, DEFAULTS).findings == ()


def test_a_standing_of_before_teams_were_counted_keeps_its_digest() -> None:
    """It names no team, so nothing is said of one, and it is judged again as it was."""
    bad = but(standing=standing(tally(declines=20, opt_outs=14)))
    told = bad.model_dump(mode="json", exclude_defaults=True)
    assert "team" not in told["standing"]
    before = Context.model_validate(told)
    assert before.standing is not None
    assert before.standing.team is None
    assert (before, digest(before)) == (bad, digest(bad))
    assert [finding.code for finding in judge(before, DEFAULTS).findings] == ["reputation.recruiter"]
    assert digest(but(standing=standing(team=tally("acme/t1")))) != digest(PLAIN)
