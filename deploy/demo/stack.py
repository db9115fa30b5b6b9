"""What the stories need of a running Afterword, and what can be seen of it from outside."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any, Protocol, Self

import httpx

from deploy.demo.platform import Source

#: Signatures, timelines and judgments of every case are right, or what `afterword case verify` found.
Verified = tuple[bool, str]


@dataclass(frozen=True, slots=True)
class Finding:
    """What a rule said."""

    code: str
    severity: str
    says: str
    #: What it rests on.
    evidence: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Step:
    """A line of a case's timeline."""

    at: datetime
    to: str
    by: str
    why: str = ""


@dataclass(frozen=True, slots=True)
class Case:
    """A case as it stands."""

    id: str
    state: str
    findings: tuple[Finding, ...] = ()
    steps: tuple[Step, ...] = ()

    @classmethod
    def read(cls, case: str, stored: Mapping[str, Any]) -> Self:
        """From the desk's API or from the database, which name these fields alike."""
        decision = stored.get("recheck") or stored.get("decision") or {}
        findings = (
            Finding(f["code"], f["severity"], f["says"], f["evidence"]) for f in decision.get("findings", ())
        )
        steps = (Step(_moment(s["at"]), s["to_state"], s["by"], s.get("why", "")) for s in stored["timeline"])
        return cls(case, stored["state"], tuple(findings), tuple(steps))

    def reached(self, state: str) -> datetime | None:
        """When it last came to a state."""
        return next((step.at for step in reversed(self.steps) if step.to == state), None)


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text)


@dataclass(frozen=True, slots=True)
class Mail:
    """A mail as the mail server has it; `content` is None where the server tells only some of it."""

    case: str
    to: tuple[str, ...]
    subject: str
    shown: str
    content: bytes | None = None

    @classmethod
    def parse(cls, content: bytes, recipients: Iterable[str]) -> Self:
        """From the bytes that arrived."""
        message = message_from_bytes(content, policy=policy.default)
        if not isinstance(message, EmailMessage):
            raise TypeError("not an e-mail message")
        text = message.get_body(("plain",))
        headers = [f"{name}: {value}" for name, value in message.items()]
        shown = "\n".join([*headers, "", text.get_content().rstrip() if text else ""])
        return cls(case_of(message["Message-ID"]), tuple(recipients), str(message["Subject"]), shown, content)

    @property
    def texts(self) -> tuple[str, ...]:
        """What a reader may see, in each form that it was sent in."""
        if self.content is None:
            return (self.shown,)
        parts = message_from_bytes(self.content, policy=policy.default).walk()
        return tuple(part.get_content() for part in parts if part.get_content_maintype() == "text")

    @property
    def one_click(self) -> str | None:
        """The address that RFC 8058 has mail programs post to."""
        if self.content is None:
            return None
        header = message_from_bytes(self.content, policy=policy.default)["List-Unsubscribe"]
        return None if header is None else str(header).strip().strip("<>")


def case_of(message_id: str) -> str:
    """The case that a mail is for: its Message-ID is made of it."""
    return message_id.strip().strip("<>").partition("@")[0]


class Stack(Protocol):
    """A running Afterword."""

    #: Where it runs, in a few words.
    where: str
    http: httpx.Client
    #: A tenant's source, and one of another tenant.
    source: Source
    other_source: Source
    desk_key: str

    @property
    def desk_url(self) -> str:
        """The desk, as people reach it."""
        ...

    def case(self, case: str) -> Case | None:
        """A case from its state in the database; None where there is none."""
        ...

    def knows(self, event_id: str) -> bool:
        """Whether anything is stored of an event."""
        ...

    def mails(self) -> Sequence[Mail]:
        """Every mail that the mail server took, in order."""
        ...

    def one_click(self, mail: Mail) -> str:
        """The one-click address of a mail, as far as possible from the mail itself."""
        ...

    def kill_policy(self) -> str:
        """Kill -9 of the policy service; returns what was killed."""
        ...

    def start_policy(self) -> None:
        """Start the policy service again, and return once it is ready."""
        ...

    def verify(self) -> Verified:
        """`afterword case verify` over all cases."""
        ...

    def left_over(self) -> Mapping[str, int]:
        """Messages that still lie in a queue although no story waits for anything, by queue."""
        ...
