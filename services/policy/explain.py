"""A stored decision explained: what was looked at, what spoke, what would have to differ, and the proof that
judging it again gives the same. Pure.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from pydantic import ValidationError

from services.policy.context import Context, Finding, Verdict
from services.policy.distance import Distance, distance
from services.policy.document import Policy, load_stored
from services.policy.facts import Reason
from services.policy.judge import judge
from services.policy.rollout import Release, Step
from services.policy.verify import faults
from shared.decision import SignedDecision, Verifier
from shared.errors import Invalid, NotFound, SignatureInvalid
from shared.store.client import Document


@dataclass(frozen=True, slots=True)
class Proof:
    """One thing that must be the same again, as it is stored and as it is now."""

    what: str
    stored: str
    again: str
    holds: bool


@dataclass(frozen=True, slots=True)
class Explanation:
    """Everything that the page says. `decisive` are the codes without which the verdict would be milder."""

    case: str
    state: str
    verdict: str
    version: str
    at: str
    released: Step | None
    looked_at: Mapping[str, str]
    findings: Sequence[tuple[Finding, Distance | None]]
    decisive: Sequence[str]
    proofs: Sequence[Proof]
    faults: Sequence[str]

    @property
    def holds(self) -> bool:
        """Whether everything proved to be as it is stored."""
        return not self.faults and all(proof.holds for proof in self.proofs)


def explain(
    case: Document, verifier: Verifier, policies: Mapping[str, str], releases: Iterable[Release]
) -> Explanation:
    """The newest decision on a case. Raises NotFound where there is none yet or its policy is not stored, and
    Invalid where this version cannot read its inputs.
    """
    stored = case.get("recheck") or case.get("decision")
    if stored is None:
        raise NotFound(f"case {case['_id']} is {case['state']}: nothing was decided on it yet")
    if stored["version"] not in policies:
        raise NotFound(
            f"the policy {stored['version']} is not stored, so the decision cannot be judged again"
        )
    policy = load_stored(policies[stored["version"]], stored["version"])
    try:
        context = Context.model_validate_json(stored["inputs"])
        findings = [Finding.model_validate(found) for found in stored["findings"]]
    except ValidationError as error:
        raise Invalid.at("/decision", f"this version cannot read it: {error.error_count()} faults") from None
    again = judge(context, policy)
    return Explanation(
        case=case["_id"],
        state=case["state"],
        verdict=stored["verdict"],
        version=stored["version"],
        at=_at(stored["at"]),
        released=_released(stored["version"], context.tenant, stored["at"], releases),
        looked_at=looked_at(context),
        findings=[(found, _distance(found, context, policy)) for found in together(findings)],
        decisive=_decisive(stored["verdict"], findings),
        proofs=_proofs(stored, again, verifier),
        faults=list(faults(case, verifier, policies)),
    )


def together(findings: Iterable[Finding]) -> list[Finding]:
    """The findings with one for each code of each message, which names all the rules that saw it there: an
    insult that is one in four languages is one insult.
    """
    merged: dict[object, Finding] = {}
    for found in findings:
        message, rule = found.evidence.get("message"), found.evidence.get("rule")
        if message is None or rule is None:
            merged[len(merged)] = found
            continue
        first = merged.setdefault((found.code, found.severity, message), found)
        if first is not found:
            evidence = {"message": message, "rule": [*rules_of(first), str(rule)]}
            merged[found.code, found.severity, message] = first.model_copy(update={"evidence": evidence})
    return list(merged.values())


def rules_of(finding: Finding) -> list[str]:
    """The rules of language that saw what a finding is about; one without a name where none did."""
    rule = finding.evidence.get("rule")
    return [str(one) for one in rule] if isinstance(rule, list | tuple) else [str(rule or "")]


def looked_at(context: Context) -> dict[str, str]:
    """What the rules were given, a line each: numbers, times and kinds, and nothing of what anybody wrote."""
    sent = context.outreach
    volume = context.volume
    lines = {
        "the no": f"of {_at(context.declined_at)} by {context.who}, received {_at(context.received_at)}",
        "judged": _at(context.now),
        "messages": f"{len(sent)} to the person, {len(context.messages) - len(sent)} from the person"
        + (f", {_at(sent[0].at)} to {_at(sent[-1].at)}" if sent else ""),
        "earlier noes": str(len(context.earlier_declines)),
        "standing wishes": ", ".join(f"{stop.kind} ({stop.scope})" for stop in context.stops) or "none",
        "earlier permits here": str(len(context.claims)),
        "other tenants lately": str(len(context.contacts)),
        "follow-ups": f"recruiter {volume.recruiter_hour} an hour, {volume.recruiter_day} a day; "
        f"tenant {volume.tenant_day}, source {volume.source_day} a day",
        "in 30 days": f"{volume.recruiter_declines_30d} declines to {volume.recruiter_outreach_30d} messages",
        "identifiers": f"{len(context.keys)}" + (", tangled" if context.tangled else ""),
        "review": f"{context.review.decision} by {context.review.by}" if context.review else "none",
    }
    if context.reading is not None:
        lines["reason"] = "; ".join(map(_reason, context.reading.reasons))
    if context.lookup is not None:
        none = context.known.why if context.known is not None else None
        told = (context.lookup.state, context.lookup.why, none)
        lines["asked of the platform"] = ", ".join(filter(None, told))
    if context.reply_intent is not None:
        lines["words of the no"] = context.reply_intent
    return lines


def _reason(reason: Reason) -> str:
    by = f" by {reason.by} at {_at(reason.at)}" if reason.at else ""
    return f"{reason.name!r} {f'mapped to {reason.side}' if reason.side else 'not mapped'}{by}"


def _distance(found: Finding, context: Context, policy: Policy) -> Distance | None:
    return None if found.severity == "note" else distance(found, context, policy)


def _decisive(verdict: str, findings: Sequence[Finding]) -> list[str]:
    """All of these would have to differ at once for the verdict to be milder."""
    return sorted({found.code for found in findings if found.severity == verdict})


def _proofs(stored: Mapping[str, Any], again: Verdict, verifier: Verifier) -> list[Proof]:
    signed = SignedDecision.model_validate(stored["signed"])
    try:
        verifier.verify(signed)
        signature = "the policy's"
    except SignatureInvalid:
        signature = "not the policy's"
    pairs = (
        ("verdict", signed.decision.verdict, again.verdict),
        ("digest of the inputs", signed.decision.digest, again.digest),
        ("rules that spoke", _joined(signed.decision.codes), _joined({f.code for f in again.findings})),
        ("policy", signed.decision.version, again.version),
        ("signature", "the policy's", signature),
    )
    return [Proof(what, before, now, before == now) for what, before, now in pairs]


def _joined(codes: Iterable[str]) -> str:
    return ", ".join(sorted(codes)) or "none"


def _released(version: str, tenant: str, at: datetime, releases: Iterable[Release]) -> Step | None:
    """The step that put this policy in force, where it was released and not read from a file: the newest live
    step before the decision, of the document itself or of the tenant's override.
    """
    steps = [
        step
        for release in releases
        for step in release.steps
        if step.stage == "live" and step.at <= at and (release.version == version or release.tenant == tenant)
    ]
    return max(steps, key=lambda step: step.number, default=None)


def _at(moment: datetime) -> str:
    return moment.isoformat(timespec="seconds").replace("+00:00", "Z")
