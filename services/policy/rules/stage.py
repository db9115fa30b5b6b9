"""Stage: is a form letter the right answer to a no that came this far into the conversation?"""

from collections.abc import Iterable

from services.policy.context import Context, Finding
from services.policy.document import Policy

#: Decisions before that were made without asking, and stay what they were.
_SINCE_EDITION = 4
_SAYS = {
    "hold": "Whom the person spoke to may know a better answer to a no at this stage than a form letter.",
    "deny": "This tenant thanks for no no at this stage by a form letter.",
}


def thanked_for(context: Context, policy: Policy, /) -> Iterable[Finding]:
    """A no after interviews, or to an offer, is another than one to a first message: the document says."""
    treatment = policy.document.stages.of(context.stage)
    if context.edition >= _SINCE_EDITION and treatment != "thank":
        yield Finding(
            code="stage.set_apart",
            severity=treatment,
            evidence={"stage": context.stage, "treatment": treatment},
            says=_SAYS[treatment],
        )
