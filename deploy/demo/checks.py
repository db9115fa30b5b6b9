"""What must have become of a story. Pure: they look at cases, mails and answers, and raise Unexpected."""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta

from deploy.demo.stack import Case, Finding, Mail, Verified


class Unexpected(AssertionError):
    """A story ended otherwise than it must."""

    def __init__(self, expected: str, found: str) -> None:
        super().__init__(f"expected {expected}; found {found}")
        self.expected = expected
        self.found = found


def answered(expected: int, status: int, what: str) -> None:
    """An HTTP status is the expected one."""
    if status != expected:
        raise Unexpected(f"{what} to be answered {expected}", str(status))


def mailed(case: Case, mails: Sequence[Mail], times: int) -> None:
    """There are so many mails of this case."""
    found = sum(mail.case == case.id for mail in mails)
    if found != times:
        raise Unexpected(f"{times} mail(s) of {case.id}", str(found))


def thanked(case: Case, mails: Sequence[Mail], address: str) -> None:
    """Sent: one mail, to this address, and to nobody else."""
    _state(case, "sent")
    mailed(case, mails, 1)
    to = next(mail.to for mail in mails if mail.case == case.id)
    if to != (address,):
        raise Unexpected(f"the mail of {case.id} to go to {address}", ", ".join(to))


def denied(case: Case, mails: Sequence[Mail], code: str) -> Finding:
    """Denied, with no mail, by a finding of this code (or family, where it ends in a full stop)."""
    _state(case, "denied")
    mailed(case, mails, 0)
    for finding in case.findings:
        if finding.severity == "deny" and (
            finding.code.startswith(code) if code.endswith(".") else finding.code == code
        ):
            return finding
    raise Unexpected(f"{case.id} to be denied for {code}", _codes(case))


def held(case: Case, code: str) -> Finding:
    """Waiting for a person, because of this finding."""
    _state(case, "held")
    for finding in case.findings:
        if finding.code == code:
            return finding
    raise Unexpected(f"{case.id} to be held for {code}", _codes(case))


def rests_on(case: Case, message: str, rules: Collection[tuple[str, str]]) -> None:
    """What is said against a recruiter's words names this message, and just these rules of language."""
    said = [finding for finding in case.findings if "rule" in finding.evidence]
    elsewhere = [one.code for one in said if one.evidence.get("message") != message]
    if elsewhere:
        raise Unexpected(
            f"{case.id} to be judged by the words of {message}", f"{', '.join(elsewhere)} elsewhere"
        )
    found = {(one.code, str(one.evidence["rule"])) for one in said}
    if found != set(rules):
        raise Unexpected(f"{case.id} to rest on {sorted(rules)}", f"{sorted(found)}")


def opted_out_by(case: Case, event: str) -> None:
    """The wish that denies it is the one that this event brought."""
    wishes = [finding for finding in case.findings if finding.code == "consent.opted_out"]
    if not any(event in finding.evidence.get("events", ()) for finding in wishes):
        raise Unexpected(f"{case.id} to be denied for the wish of {event}", _codes(case))


def unnamed(mail: Mail, name: str) -> None:
    """In whatever form the mail is read, it greets without a name, and nowhere says this one."""
    for text in mail.texts:
        if "Hello," not in text or name in text:
            raise Unexpected(f"the mail of {mail.case} to name nobody", text)


def waited(case: Case, since: datetime, grace_s: float) -> None:
    """Nothing was decided before the grace was over."""
    decided = case.reached("denied")
    if decided is None or decided < since + timedelta(seconds=grace_s):
        raise Unexpected(f"no decision on {case.id} within {grace_s:g} s of {since}", f"one at {decided}")


def by_reviewer(case: Case, name: str) -> None:
    """A person's approval is what moved it."""
    who = [step.by for step in case.steps if step.to == "approved"]
    if who != [f"reviewer {name}"]:
        raise Unexpected(f"{case.id} to be approved by {name}", f"by {who}")


def never_after(case: Case, mails: Sequence[Mail], answered_at: datetime) -> bool:
    """Whether it was sent; if so, the send began before the opt-out was answered."""
    began = case.reached("sending")
    if case.state == "sent" and began is not None:
        mailed(case, mails, 1)
        if began > answered_at:
            raise Unexpected(f"no send of {case.id} after the answer at {answered_at}", f"one at {began}")
        return True
    if case.state not in {"cancelled", "denied"}:
        raise Unexpected(f"{case.id} to be sent, cancelled or denied", case.state)
    mailed(case, mails, 0)
    # the notifier's last look may see the wish before the policy has cancelled for it
    seen = case.steps and case.steps[-1].by == "notifier" and "opt_out" in case.steps[-1].why
    if not seen and not any(finding.code == "consent.opted_out" for finding in case.findings):
        raise Unexpected(f"{case.id} to be {case.state} for consent.opted_out", _codes(case))
    return False


def nothing_doubled(expected: Mapping[str, int], mails: Sequence[Mail]) -> None:
    """Looked at once more when all is quiet: everybody has exactly the mails that the stories say."""
    found = Counter(address for mail in mails for address in mail.to)
    wrong = {
        address: (expected.get(address, 0), found[address])
        for address in {*expected, *found}
        if expected.get(address, 0) != found[address]
    }
    if wrong:
        address, (wanted, there) = min(wrong.items())
        raise Unexpected(f"{wanted} mail(s) to {address} at the end", str(there))


def nothing_left(left_over: Mapping[str, int]) -> None:
    """No message lies in any queue, the dead letters included."""
    lying = {queue: count for queue, count in left_over.items() if count}
    if lying:
        raise Unexpected(
            "every queue to be empty", ", ".join(f"{n} in {queue}" for queue, n in lying.items())
        )


def verified(result: Verified) -> None:
    """Every timeline, signature and judgment stood the test."""
    faultless, words = result
    if not faultless:
        raise Unexpected("`afterword case verify` to find no fault", words)


def _state(case: Case, state: str) -> None:
    if case.state != state:
        raise Unexpected(f"{case.id} to be {state}", f"{case.state} ({_codes(case)})")


def _codes(case: Case) -> str:
    return ", ".join(finding.code for finding in case.findings) or "no finding"
