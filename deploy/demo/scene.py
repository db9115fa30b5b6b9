"""One story's view of a running Afterword: it sends, waits for what becomes of it, and has it checked."""

import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

from deploy.demo import checks
from deploy.demo.checks import Unexpected
from deploy.demo.platform import Answer, Json, Platform
from deploy.demo.stack import Case, Finding, Mail, Stack
from deploy.local.waiting import wait_until
from shared.clock import Clock
from shared.encoding import from_b64url
from shared.states import TERMINAL, State

ACCEPTED, OK, UNAUTHORIZED = 202, 200, 401
REVIEWER = "Robin of the demo"
_WITHIN_S = 20
_TOKEN_BYTES = 5


@dataclass(frozen=True, slots=True)
class Ending:
    """What became of a story, for people: in a few words, and why."""

    became: str
    why: str


@dataclass
class Scene:
    """The stage of one story. Its people are fresh, so that no run meets those of an earlier one."""

    stack: Stack
    clock: Clock
    run: str
    name: str
    #: Mails that each address must have in the end, of all stories together.
    expected: Counter[str] = field(default_factory=Counter)

    @property
    def platform(self) -> Platform:
        """The platform where the story's recruiter writes."""
        return self._platform(other=False)

    @property
    def other_platform(self) -> Platform:
        """Another company's."""
        return self._platform(other=True)

    def _platform(self, *, other: bool) -> Platform:
        source = self.stack.other_source if other else self.stack.source
        recruiter = f"{self.name}.{self.run}@{source.tenant}.example"
        return Platform(source, recruiter, self.stack.http, self.clock)

    def person(self, name: str, *, at: str = "mail.example", **more: str) -> Json:
        """A candidate, with an address of their own in this run."""
        address = f"{name.lower().replace(' ', '.')}.{self.run}@{at}"
        return {"name": name, "email": address, **more}

    def phone(self) -> str:
        """A German mobile number, fresh in this run."""
        drawn = int.from_bytes(from_b64url(self.clock.token(_TOKEN_BYTES))) % 10**8
        return f"+49 151 {drawn:08}"

    def send(self, *events: Json, platform: Platform | None = None) -> Answer:
        """Post these events in one signed delivery, which must be taken."""
        platform = platform or self.platform
        answer = platform.post(platform.sign(events))
        checks.answered(ACCEPTED, answer.status, "a signed delivery")
        return answer

    def case(self, case: str) -> Case:
        """The case, once it has come to an end."""
        return self.wait(case, lambda found: found.state in TERMINAL, "come to an end")

    def wait(self, case: str, until: Callable[[Case], bool], what: str) -> Case:
        """The case, once the condition holds."""
        last: list[Case | None] = [None]

        def holds() -> bool:
            last[0] = self.stack.case(case)
            return last[0] is not None and until(last[0])

        try:
            wait_until(holds, timeout_s=_WITHIN_S, what=what)
        except TimeoutError:
            found = last[0]
            state = "no such case" if found is None else f"{found.state}"
            raise Unexpected(f"{case} to {what} within {_WITHIN_S} s", state) from None
        if last[0] is None:
            raise LookupError(case)
        return last[0]

    def thanked(self, case: str, person: Json) -> Case:
        """The case must end with one mail to this person."""
        ended = self.case(case)
        checks.thanked(ended, self.stack.mails(), person["email"])
        self.expected[person["email"]] += 1
        return ended

    def denied(self, case: str, code: str) -> Ending:
        """The case must be denied for this reason, with no mail."""
        finding = checks.denied(self.case(case), self.stack.mails(), code)
        return Ending("denied, no mail", f"{finding.code}: {finding.says}")

    def held(self, case: str, code: str) -> Finding:
        """The case must wait for a person, for this reason, with no mail."""
        waiting = self.wait(case, lambda found: found.state != State.RECEIVED, "be judged")
        checks.mailed(waiting, self.stack.mails(), 0)
        return checks.held(waiting, code)

    def mail_of(self, case: Case) -> Mail:
        """The case's one mail."""
        return next(mail for mail in self.stack.mails() if mail.case == case.id)

    def press_never_again(self, mail: Mail) -> None:
        """What a mail program does on "unsubscribe" (RFC 8058); returns once it is in force."""
        form = {"List-Unsubscribe": "One-Click"}
        answer = self.stack.http.post(self.stack.one_click(mail), data=form, timeout=_WITHIN_S)
        checks.answered(OK, answer.status_code, "the one-click never again")

    def opt_out(self, person: Json) -> datetime:
        """The platform reports "never again"; returns when it was answered, and so in force."""
        self.send(self.platform.opt_out(person))
        return self.clock.now()

    def approve(self, case: str, reason: str) -> None:
        """The reviewer approves it in the desk."""
        answer = self.stack.http.post(
            f"{self.stack.desk_url}/v1/cases/{case}/review",
            json={"decision": "approve", "reason": reason},
            headers={"authorization": f"Bearer {self.stack.desk_key}"},
            timeout=_WITHIN_S,
        )
        checks.answered(OK, answer.status_code, "the reviewer's approval")

    @staticmethod
    def pause(seconds: float) -> None:
        """Let time pass where the story is about time."""
        time.sleep(seconds)
