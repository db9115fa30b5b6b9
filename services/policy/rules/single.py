"""Single: one thank-you for one no, one for one person within the cool-down, and not from everybody at once.

The claim in the database is what holds the promise under races; these rules say the reason beforehand.
"""

from collections.abc import Iterable
from datetime import timedelta

from services.policy.context import Context, Finding
from services.policy.document import Policy


def no_claim_stands(context: Context, policy: Policy, /) -> Iterable[Finding]:
    """A permit given at or after this no has thanked for it, for ever; an earlier one covers the cool-down.

    The cool-down is the longer of the permit's own and the one in force now, counted from when the mail may
    have gone out at the latest; at its very end it is over.
    """
    cooldown = timedelta(days=policy.document.single.cooldown_days)
    for claim in context.claims:
        if claim.case == context.case:
            continue
        until = max(claim.until, (claim.latest or claim.at) + cooldown)
        evidence = {"case": claim.case, "at": claim.at.isoformat(), "until": until.isoformat()}
        if claim.at >= context.declined_at:
            says = "A thank-you was permitted after this no already; there is never a second."
            yield Finding(code="single.already_thanked", severity="deny", evidence=evidence, says=says)
        elif context.now < until:
            says = "This person was thanked by this tenant not long ago."
            yield Finding(code="single.cooldown", severity="deny", evidence=evidence, says=says)


def few_other_tenants(context: Context, policy: Policy, /) -> Iterable[Finding]:
    """When several other tenants thanked this person lately, somebody should look: it adds up on one side."""
    rules = policy.document.single
    since = context.now - timedelta(days=rules.other_tenants_within_days)
    tenants = {contact.tenant for contact in context.contacts if contact.at >= since}
    tenants.discard(context.tenant)
    if len(tenants) >= rules.other_tenants_hold_at:
        yield Finding(
            code="single.many_tenants",
            severity="hold",
            evidence={
                "other_tenants": len(tenants),
                "hold_at": rules.other_tenants_hold_at,
                "within_days": rules.other_tenants_within_days,
            },
            says="Several others wrote to this person lately.",
        )


def one_person(context: Context, _policy: Policy, /) -> Iterable[Finding]:
    """Identifiers that lead to more people than one can be are not trusted to say who was thanked before."""
    if context.tangled:
        yield Finding(
            code="single.identity_tangled",
            severity="hold",
            evidence={"keys": len(context.keys)},
            says="The identifiers of this person are shared with too many others to tell who it is.",
        )
