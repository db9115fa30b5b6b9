"""What is heeded of an event whose id came before with other content. Pure.

The first word stands, for nobody can tell which of the two is true. But a wish to be let alone is obeyed
under whatever id it comes, and a no that its own source calls the company's by now is not the candidate's.
"""

from services.policy.hearing import Heard
from services.policy.stopping import stop_kind
from shared import events
from shared.events import Event
from shared.topology import STOP_KINDS


def takes_back(event: Event) -> bool:
    """Whether such an event tells of a no that it was not the candidate's."""
    return isinstance(event.data, events.DeclineReceived) and event.data.who == "company"


def stop_in(event: Event, heard: Heard) -> Event | None:
    """The stop that such an event tells, as an event of its own; None where it tells none."""
    own_id, kind = events.contrary_id(event.id, event.digest), stop_kind(event, heard)
    if event.kind in STOP_KINDS or kind == "bounce":
        return event.model_copy(update={"id": own_id})
    person = getattr(event.data, "person", None)
    if kind is None or person is None:
        return None
    # the words alone: it opens no case, and counts as no message
    said = events.OptOutReceived(person=person)
    told = {"id": own_id, "type": events.type_of(type(said)), "subject": None, "data": said}
    return event.model_copy(update=told)
