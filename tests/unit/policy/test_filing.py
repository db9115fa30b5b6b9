"""What is kept of an event: whom it names, merged candidates too, and as what it counts."""

from datetime import UTC, datetime

from services.policy.filing import Filing
from services.policy.hearing import Hearing
from services.policy.text.lexicon import lexicon
from shared.events import Data, DeclineReceived, ErasureRequested, Event, Person, PersonChanged, type_of
from shared.identity import Fingerprints
from shared.vault import Keyring, Vault, new_key

AT = datetime(2026, 1, 31, 12, tzinfo=UTC)
FILING = Filing(Fingerprints(b"p" * 32), Vault(Keyring.parse(f"k1:{new_key()}")), Hearing(lexicon()))


def around(data: Data) -> Event:
    """An event around these data."""
    return Event(
        id="e",
        type=type_of(type(data)),
        source="/sources/ats",
        time=AT,
        tenant="acme",
        receivedat=AT,
        data=data,
    )


def keys(data: Data) -> frozenset[str]:
    """The keys of an event around these data."""
    return FILING.keys(around(data))


def test_a_merge_links_the_keys_of_all_that_were_merged() -> None:
    """So that what is remembered of one candidate holds for the person, and no second letter goes out."""
    kept, gone = (keys(ErasureRequested(person=Person(external_id=name))) for name in ("42", "41"))
    merged = PersonChanged(person=Person(external_id="42", email="ada@example.org"), formerly=("41",))
    assert keys(merged) > kept | gone
    assert not kept & gone


def test_a_no_of_nobody_is_counted_nowhere() -> None:
    """A source that is tried often makes no recruiter look as if most people said no to them."""
    real, made_up = (
        FILING.filed(around(DeclineReceived(person=Person(email=email), who="candidate")), {}, {})
        for email in ("ada@example.org", "afterword-test-1@example.invalid")
    )
    assert (real["counts_as"], made_up["counts_as"]) == ("decline", None)
