"""What was said, kept without its words: what a reply was read as, and what is to be said against a message.
Pure.
"""

from dataclasses import dataclass

from services.policy.context import Finding
from services.policy.facts import Intent
from services.policy.text import conduct
from services.policy.text.content import examine
from services.policy.text.lexicon import Lexicon
from services.policy.text.reply import understand
from services.policy.text.thread import standing
from shared.events import Data, DeclineReceived, InteractionRecorded, Person
from shared.store.client import Document

#: A wish to be left alone, friendly or not.
LEAVE_ME_ALONE: frozenset[Intent | None] = frozenset({"declined_permanent_optout", "hostile_optout"})


@dataclass(frozen=True, slots=True)
class Heard:
    """One text as it was read. The words themselves stay sealed; a mark names the rule that saw them."""

    intent: Intent | None = None
    marks: tuple[Finding, ...] = ()

    def stored(self) -> Document:
        """As it is kept with a message or a case; nothing where nothing was read."""
        kept: Document = {}
        if self.intent is not None:
            kept["intent"] = self.intent
        if self.marks:
            kept["marks"] = [
                {
                    "code": mark.code,
                    "severity": mark.severity,
                    "rule": str(mark.evidence.get("rule", "")),
                    "says": mark.says,
                }
                for mark in self.marks
            ]
        return kept


NOTHING = Heard()


class Hearing:
    """Reads the texts of events."""

    def __init__(self, lexicon: Lexicon) -> None:
        self._lexicon = lexicon

    def of(self, data: Data) -> Heard:
        """What the text in these data says; NOTHING where there is none, or none of a conversation."""
        match data:
            case InteractionRecorded(direction="outreach", text=str() as text) if text.strip():
                return Heard(marks=tuple(conduct.findings(text, self._lexicon, where="")))
            case InteractionRecorded(text=str() as text) if text.strip():
                return self._answer(text, now=False)
            case DeclineReceived(text=str() as text) if text.strip():
                return self._answer(text, now=True)
            case _:
                return NOTHING

    def fit(self, person: Person) -> Person:
        """The person as a mail may name them: without a name that is more than one, a pitch in letters
        alone.
        """
        if person.name is None or examine(person.name, "name", self._lexicon).ok:
            return person
        return person.model_copy(update={"name": None})

    def _answer(self, text: str, *, now: bool) -> Heard:
        reply = understand(text, self._lexicon)
        return Heard(reply.intent, tuple(standing(reply, now=now)))
