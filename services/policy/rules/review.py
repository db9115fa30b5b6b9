"""Review: what a person decided about a held case. A yes lifts holds and never a deny; a no is a deny."""

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
