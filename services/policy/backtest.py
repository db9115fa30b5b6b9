"""Judges what was decided once more under another policy, from the stored inputs. Pure.

Every stored decision carries the whole context that it looked at, so nothing is read but the cases.
"""

from collections.abc import Iterable

from pydantic import ValidationError

from services.policy.compare import Difference, Tally, spoken
from services.policy.context import Context
from services.policy.document import Policy
from services.policy.judge import weigh
from services.policy.rulebook import Rulebook
from shared.store.client import Document

#: What a replay needs of a case.
NEEDED = {
    "tenant": 1,
    "decision.inputs": 1,
    "decision.verdict": 1,
    "decision.findings.code": 1,
    "decision.findings.severity": 1,
}


def replay(cases: Iterable[Document], draft: Rulebook, tally: Tally) -> None:
    """Counts into `tally` what each decided case would be under `draft`, beside what it was."""
    policies: dict[str, Policy] = {}
    for case in cases:
        stored, tenant = case["decision"], case["tenant"]
        try:
            context = Context.model_validate_json(stored["inputs"])
        except ValidationError:
            tally.unreadable.append(case["_id"])
            continue
        policy = policies.get(tenant) or policies.setdefault(tenant, draft.of(tenant))
        verdict, findings, _ = weigh(context, policy)
        before = frozenset((found["code"], found["severity"]) for found in stored["findings"])
        after = spoken(findings)
        if (verdict, after) == (stored["verdict"], before):
            tally.same(verdict)
        else:
            tally.differs(
                Difference(case["_id"], tenant, stored["verdict"], verdict, before - after, after - before)
            )
