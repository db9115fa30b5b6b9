"""Provenance, by whose no it is: the candidate's, the company's, nobody's, or one that nobody can tell."""

from collections.abc import Iterable

from services.policy.context import Context, Evidence, Finding
from services.policy.document import Policy


def who_declined(context: Context, _policy: Policy, /) -> Iterable[Finding]:
    """Only the candidate's own no counts: the company's denies, an unclear one holds."""
    reading, known = context.reading, context.known
    if known is not None and known.who is None:
        yield Finding(
            code="provenance.not_declined",
            severity="deny",
            evidence={"source": context.source, "why": known.why},
            says="The platform says that what was reported here is no decline.",
        )
    elif reading is not None and reading.who is None:
        yield Finding(
            code="provenance.no_decline",
            severity="deny",
            evidence=_read_from(context),
            says="The operator of this source says that this reason is no decline.",
        )
    elif context.who == "company":
        yield Finding(
            code="provenance.declined_by_company",
            severity="deny",
            evidence={"who": context.who, "source": context.source, **_read_from(context)},
            says="The company said no here, not the candidate; there is nothing to thank for.",
        )
    elif context.who == "unknown":
        yield _nobody_knows(context)


def _nobody_knows(context: Context) -> Finding:
    evidence = {"who": context.who, "source": context.source, **_read_from(context)}
    if context.reading is None:
        return Finding(
            code="provenance.unclear_who",
            severity="hold",
            evidence=evidence,
            says="The source does not say who declined; a person must see that it was the candidate.",
        )
    if any(reason.side for reason in context.reading.reasons):
        return Finding(
            code="provenance.ambiguous_reason",
            severity="hold",
            evidence=evidence,
            says="What is said of whose no this is contradicts itself; a person must see who declined.",
        )
    return Finding(
        code="provenance.unmapped_reason",
        severity="hold",
        evidence=evidence,
        says="Neither the source nor its map of reasons says whose no this reason is.",
    )


def _read_from(context: Context) -> Evidence:
    """What whose no it is was read from, where a reason was named."""
    if context.reading is None:
        return {"reason": context.reason} if context.known is not None and context.reason else {}
    return {
        "told": context.reading.told,
        "reasons": [reason.name for reason in context.reading.reasons],
        "mapped_to": [reason.side for reason in context.reading.reasons],
        "mapped_by": [reason.by for reason in context.reading.reasons],
    }


def somebodys(context: Context, _policy: Policy, /) -> Iterable[Finding]:
    """A person who does not exist, by whom somebody tries a source, is thanked for nothing."""
    if context.sample:
        yield Finding(
            code="provenance.test",
            severity="deny",
            evidence={"source": context.source},
            says="This is a test of the source, about nobody; it has arrived, and ends here.",
        )


def not_the_companys(context: Context, _policy: Policy, /) -> Iterable[Finding]:
    """A company's no and then the candidate's to the same messages: somebody may have changed the label."""
    before = [no for no in context.earlier_declines if no.who == "company" and no.at <= context.declined_at]
    if not before or any(before[-1].at < message.at < context.declined_at for message in context.outreach):
        return
    yield Finding(
        code="provenance.company_declined_first",
        severity="hold",
        evidence={"case": before[-1].case, "at": before[-1].at.isoformat()},
        says="The company had said no to this person, and nobody wrote between that and this no.",
    )
