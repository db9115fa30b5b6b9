"""What a person's card says, once opened: only what a mail and its hour need."""

from dataclasses import dataclass

from shared.cards import open_details
from shared.store.client import Document
from shared.vault import Vault


@dataclass(frozen=True, slots=True)
class Details:
    """A candidate as the source named them. Never logged, never stored elsewhere."""

    name: str | None = None
    email: str | None = None
    timezone: str | None = None


def open_card(card: Document, vault: Vault) -> Details:
    """The details sealed in a card.

    Raises Destroyed after an erasure, NotFound where its key is not among ours, Invalid where it was altered.
    """
    said = open_details(card, vault)
    texts = {name: value for name, value in said.items() if isinstance(value, str) and value}
    return Details(texts.get("name"), texts.get("email"), texts.get("timezone"))
