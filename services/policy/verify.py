"""Is a stored case what it says? The chain of its timeline, the signatures of its decisions, and each judged
again.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from services.policy.context import Context
from services.policy.document import load_stored
from services.policy.judge import judge
from shared.decision import SignedDecision, Verifier
from shared.errors import SignatureInvalid
from shared.states import State, chain_faults
from shared.store.client import Document

#: Where a case keeps decisions: the one in force, the one that held it before, the look after a new fact.
DECISIONS = ("held_decision", "decision", "recheck")
_JUDGED = {
    State.HELD: "hold",
    State.EXPIRED: "hold",
    State.DENIED: "deny",
    State.APPROVED: "approve",
    State.SCHEDULED: "approve",
    State.SENDING: "approve",
    State.SENT: "approve",
    State.FAILED: "approve",
    State.UNCERTAIN: "approve",
    State.CANCELLED: "approve",
}


def faults(case: Document, verifier: Verifier, policies: Mapping[str, str]) -> Iterable[str]:
    """What is wrong with a case: nothing, or sentences. ``policies`` are the texts of the policies by
    version.
    """
    yield from chain_faults(case["_id"], case["state"], case["head"], case["timeline"])
    expected = _JUDGED.get(State(case["state"]))
    if expected is not None and case.get("decision", {}).get("verdict") != expected:
        yield f"the case is {case['state']}, but its decision is not to {expected}"
    for name in DECISIONS:
        if name in case:
            yield from (
                f"{name}: {fault}" for fault in _decision_faults(case, case[name], verifier, policies)
            )


def _decision_faults(
    case: Document, stored: Mapping[str, Any], verifier: Verifier, policies: Mapping[str, str]
) -> Iterable[str]:
    signed = SignedDecision.model_validate(stored["signed"])
    decision = signed.decision
    try:
        verifier.verify(signed)
    except SignatureInvalid:
        yield "the signature is not the policy's"
    if (decision.case, decision.tenant) != (case["_id"], case["tenant"]):
        yield "it was made for another case"
    if (decision.verdict, decision.version, decision.digest) != tuple(
        stored[part] for part in ("verdict", "version", "digest")
    ):
        yield "what is stored beside it is not what was signed"
    if decision.version not in policies:
        yield f"the policy {decision.version} is not stored, so it cannot be judged again"
        return
    policy = load_stored(policies[decision.version], decision.version)
    if policy.version != decision.version:
        yield "the policy stored under its version is another one"
        return
    again = judge(Context.model_validate_json(stored["inputs"]), policy)
    if (again.verdict, again.digest) != (decision.verdict, decision.digest):
        yield f"judged again it is {again.verdict}, not {decision.verdict}"
    if sorted({finding.code for finding in again.findings}) != list(decision.codes):
        yield "judged again other rules speak"
    if [finding.model_dump(mode="json") for finding in again.findings] != stored["findings"]:
        yield "the findings are not those of the judgment"
