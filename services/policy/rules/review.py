"""Review: what a person decided about a case.

A yes lifts holds and never a deny; a no is a deny, and so is a cancel.
"""

from collections.abc import Iterable

from services.policy.context import Context, Finding
from services.policy.document import Policy


def decided(context: Context, _policy: Policy, /) -> Iterable[Finding]:
    """A reviewer's no denies; a reviewer's yes is noted, and the judge lifts the holds because of it."""
    given = context.review
    if given is None:
        return
    evidence = {"by": given.by, "reason": given.reason, "at": given.at.isoformat()}
    if given.decision == "deny":
        says = "A reviewer looked at this case and decided that nothing is sent."
        yield Finding(code="review.denied", severity="deny", evidence=evidence, says=says)
    else:
        says = "A reviewer looked at this case and approved it, which lifts whatever held it."
        yield Finding(code="review.approved", severity="note", evidence=evidence, says=says)


def not_cancelled(context: Context, _policy: Policy, /) -> Iterable[Finding]:
    """Whoever may review may stop a follow-up as long as its send has not begun, whatever was decided."""
    wish = context.cancel
    if wish is not None:
        yield Finding(
            code="review.cancelled",
            severity="deny",
            evidence={"by": wish.by, "reason": wish.reason, "at": wish.at.isoformat()},
            says="A reviewer cancelled this, so nothing is sent.",
        )
