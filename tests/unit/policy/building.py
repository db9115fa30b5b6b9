"""Contexts for the tests: a plain decline that is approved, and whatever a test changes about it."""

from datetime import UTC, datetime, timedelta

from services.policy.context import EDITION, Context
from services.policy.document import Policy, load_base
from services.policy.facts import AGES, Direction, Message, Review, Sameness, Standing, Tally, Volume
from services.policy.rules import Rule

NOW = datetime(2026, 3, 10, 12, 0, tzinfo=UTC)
DECLINED = NOW - timedelta(hours=1)
MILLISECOND = timedelta(milliseconds=1)
DEFAULTS = load_base("", "defaults")
NO_VOLUME = Volume(
    recruiter_day=0,
    tenant_day=0,
    source_day=0,
    recruiter_hour=0,
    recruiter_declines_30d=0,
    recruiter_outreach_30d=0,
)


def standing(
    recruiter: Tally = Tally(subject="r-one"),  # noqa: B008 - immutable
    tenant: Tally = Tally(subject="acme"),  # noqa: B008
    source: Tally = Tally(subject="ats"),  # noqa: B008
    team: Tally | None = None,
) -> Standing:
    """What is known of a recruiter, a tenant and a source; a recruiter whom nobody knows, of no team, by
    default.
    """
    return Standing(recruiter=recruiter, tenant=tenant, source=source, team=team)


def tally(subject: str = "r-one", **today: int) -> Tally:
    """A tally whose counts are all of today."""
    return aged(0, subject, **today)


def aged(bucket: int, subject: str = "r-one", **counts: int) -> Tally:
    """A tally whose counts are all in one bucket of `AGES`."""
    places = range(len(AGES))
    return Tally.model_validate(
        {
            "subject": subject,
            **{kind: tuple(n if at == bucket else 0 for at in places) for kind, n in counts.items()},
        }
    )


def same(**others: int) -> Sameness:
    """Words that belong to so many other people."""
    return Sameness(**others)


def message(
    identity: str,
    before: timedelta,
    direction: Direction = "outreach",
    channel: str = "email",
    recruiter: str | None = "r-one",
) -> Message:
    """A message sent `before` the decline; negative: after it."""
    return Message(
        id=identity, at=DECLINED - before, direction=direction, channel=channel, recruiter=recruiter
    )


PLAIN = Context(
    case="case-this",
    tenant="acme",
    source="ats",
    source_kind="standard",
    event_id="event-this",
    now=NOW,
    received_at=NOW,
    declined_at=DECLINED,
    who="candidate",
    stage="outreach",
    reason=None,
    recruiter="r-one",
    keys=("acme/e1", "acme/u1"),
    messages=(message("first", timedelta(days=5)),),
    earlier_declines=(),
    withdrawn_at=None,
    stops=(),
    claims=(),
    contacts=(),
    volume=NO_VOLUME,
    review=None,
    not_before=None,
    follow_up_wanted=None,
    tangled=False,
    edition=EDITION,
    standing=standing(),
    sameness=Sameness(),
)


def but(**changes: object) -> Context:
    """The plain decline but for `changes`, validated like any other."""
    return Context.model_validate({**PLAIN.model_dump(), **changes})


def reviewed(context: Context, decision: str) -> Context:
    """`context` after a reviewer's decision."""
    review = Review.model_validate({"by": "key-7", "decision": decision, "reason": "seen", "at": NOW})
    return context.model_copy(update={"review": review})


def spoken(rule: Rule, context: Context, policy: Policy = DEFAULTS) -> list[tuple[str, str]]:
    """Code and severity of what `rule` finds."""
    return [(finding.code, finding.severity) for finding in rule(context, policy)]


def written(*hours_before: float) -> tuple[Message, ...]:
    """Outreach on one channel, so many hours before the decline."""
    return tuple(message(f"m{n}", timedelta(hours=hours)) for n, hours in enumerate(hours_before))
