"""An attempt as it is drawn: what is sent when, and what the design allows to come of it. Pure.

The truth is written down by whoever invents the attack, before anything is sent; no rule is asked for it.
"""

import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Literal

from shared import events
from shared.events import Data, Person, Recruiter

#: A Monday. Plots are told in time after it.
START = datetime(2026, 6, 1, 6, tzinfo=UTC)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
#: Everything arrives at one of these times of the simulated clock.
TICK = timedelta(hours=3)
DESK = "/desk"

DECENT = (
    "Hello, your work on compilers caught my eye. We have an opening in Leeds; would you like to hear more?",
    "Good morning, I recruit for a small team that builds railway software. May I tell you about the role?",
    "Hi, I came across your talk. If you are open to a change, I would be glad to describe our position.",
)
SOFT = (
    "Thank you, but I am not interested.",
    "Thanks for writing. I am happy where I am, so it is a no from me.",
    "No, thank you. All the best with your search.",
    "That is kind, but I have to decline.",
)
Replay = Literal["again", "forged", "borrowed"]


@dataclass(frozen=True, slots=True)
class Step:
    """One thing that is sent.

    `due` is the tick at which it arrives, `at` when it happened by the sender's word. With `replay` nothing
    new is said: a permit of the case goes to the notifier's lane. After a step that `ends` has been answered,
    no mail may go out any more.
    """

    due: datetime
    at: datetime
    tenant: str
    source: str
    sent_id: str
    data: Data | None
    case: str = ""
    replay: Replay | None = None
    ends: bool = False


@dataclass(slots=True)
class Attempt:
    """What an attacker does to reach one person (or, in the control, what an honest recruiter does).

    `most` is how many mails the person may get from one tenant, `most_tenants` from how many; `beyond` says
    that no machine could tell it from honest work, so it is counted apart. No mail of it may hold `canary`.
    `crowd` names those with whom it shares a limit of `crowd_most` approvals.
    """

    strategy: str
    number: int
    steps: list[Step] = field(default_factory=list)
    cases: dict[str, str] = field(default_factory=dict)
    most: int = 0
    most_tenants: int = 99
    beyond: bool = False
    canary: str = ""
    crowd: str = ""
    crowd_most: int = 0


class Plot:
    """Draws one attempt. Times are hours after the attempt's own beginning; `arrives` is rounded to a
    tick.
    """

    def __init__(self, rng: random.Random, attempt: Attempt, tenant: str, recruiter: str) -> None:
        self.rng = rng
        self.attempt = attempt
        self.tenant = tenant
        self.recruiter = recruiter
        self.key = f"{attempt.strategy}-{attempt.number}"
        self.begins = START + rng.randrange(8) * TICK
        self._ids: Iterator[int] = iter(range(10_000))

    def person(self, **parts: Any) -> Person:
        """The target, by a mailbox that is nobody else's."""
        given = {"name": "Grace Hopper", "email": f"{self.key}@example.org", **parts}
        return Person(**given)

    def wrote(
        self,
        person: Person,
        at: float,
        *,
        arrives: float = 0,
        by: str | None = "",
        ends: bool = False,
        **parts: Any,
    ) -> Step:
        """A recruiter's message; without a name by the plot's own."""
        where = {name: parts.pop(name) for name in ("tenant", "source", "sent_id") if name in parts}
        said = {"text": self.rng.choice(DECENT), **parts}
        data = events.InteractionRecorded(
            person=person, recruiter=self._recruiter(by), **{"direction": "outreach", **said}
        )
        return self.say(data, at, arrives=arrives, ends=ends, **where)

    def no(
        self, person: Person, at: float, *, arrives: float | None = None, by: str | None = "", **parts: Any
    ) -> str:
        """A reported decline; returns its case."""
        where = {name: parts.pop(name) for name in ("tenant", "source", "sent_id") if name in parts}
        said = {"who": "candidate", "stage": "outreach", "text": self.rng.choice(SOFT), **parts}
        data = events.DeclineReceived(person=person, recruiter=self._recruiter(by), **said)
        step = self.say(data, at, arrives=max(at, 0) if arrives is None else arrives, **where)
        case = events.case_id(events.event_id(step.tenant, step.source, step.sent_id))
        self.attempt.cases[case] = step.tenant
        return case

    def review(
        self, case: str, arrives: float, decision: Literal["approve", "deny", "cancel"], tenant: str = ""
    ) -> Step:
        """A reviewer's word, as the desk publishes it."""
        data = events.ReviewDecided(case=case, decision=decision, reason="looks fine", by="key-7")
        return self.say(data, arrives, arrives=arrives, source=DESK, tenant=tenant)

    def say(
        self,
        data: Data | None,
        at: float,
        *,
        arrives: float,
        ends: bool = False,
        tenant: str = "",
        source: str = "ats",
        sent_id: str = "",
        case: str = "",
        replay: Replay | None = None,
    ) -> Step:
        """Anything else."""
        step = Step(
            due=self._tick(arrives),
            at=self.begins + at * HOUR,
            tenant=tenant or self.tenant,
            source=source,
            sent_id=sent_id or f"{self.key}-{next(self._ids)}",
            data=data,
            case=case,
            replay=replay,
            ends=ends,
        )
        self.attempt.steps.append(step)
        return step

    def replay(self, case: str, arrives: float, how: Replay) -> None:
        """A permit of this case on the notifier's lane: as it was, signed by somebody else, or another's."""
        self.say(None, arrives, arrives=arrives, case=case, replay=how)

    def allow(self, most: int, *, beyond: bool = False, tenants: int = 99) -> None:
        """What may come of it. Nothing may where this is not said."""
        self.attempt.most, self.attempt.beyond, self.attempt.most_tenants = most, beyond, tenants

    def crowd(self, name: str, most: int) -> None:
        """All of this name together may have so many follow-ups."""
        self.attempt.crowd, self.attempt.crowd_most = name, most

    def _recruiter(self, by: str | None) -> Recruiter | None:
        return None if by is None else Recruiter(email=f"{by or self.recruiter}@house.example")

    def _tick(self, hours: float) -> datetime:
        ticks = -(-(self.begins - START + hours * HOUR) // TICK)
        return START + max(0, ticks) * TICK
