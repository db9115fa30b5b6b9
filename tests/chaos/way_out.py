"""Our port to the mail server: it says what it is told to, and whatever arrives is judged."""

import re
from dataclasses import dataclass, field

from services.notifier.handover import Accepted, Deferred, Refused, Unknown
from services.notifier.letter import Letter
from tests.chaos.judge import Judge
from tests.chaos.stepping import gate

_CASE = re.compile(rb"<(case_[a-z2-7]{32})@")


@dataclass(slots=True)
class WayOut:
    """In place of the notifier's channel; what it is to say next is set from outside."""

    judge: Judge
    next_begin: list[Accepted | Refused | Deferred] = field(default_factory=list)
    next_finish: list[tuple[bool, Accepted | Refused | Deferred | Unknown]] = field(default_factory=list)

    def be_well(self) -> None:
        """Forget what it was to say."""
        self.next_begin.clear()
        self.next_finish.clear()

    async def begin(self, letter: Letter) -> Accepted | Refused | Deferred:
        """MAIL and RCPT."""
        await gate("channel.begin")
        return self.next_begin.pop() if self.next_begin else Accepted("250 ok")

    async def finish(self, letter: Letter, *, within_s: float) -> Accepted | Refused | Deferred | Unknown:
        """DATA."""
        await gate("channel.finish")
        plan = self.next_finish
        arrives, said = plan.pop() if plan else (True, Accepted("250 kept"))
        found = _CASE.search(letter.raw)
        assert found is not None
        await self.judge.mail(found[1].decode(), arrived=arrives or isinstance(said, Unknown))
        await gate("channel.finished")
        return said

    async def drop(self) -> None:
        """RSET."""

    async def close(self) -> None:
        """QUIT."""
