"""What is sealed in a person's card: who they are as a source told it, under the card's own data key.

The card's id is bound in, so that what is sealed cannot be moved to another person's card.
"""

import json

from shared.errors import Invalid
from shared.store.client import Document
from shared.vault import Vault


def seal_details(details: Document, card: Document, vault: Vault) -> bytes:
    """The details of a person, for their card."""
    clear = json.dumps(details, ensure_ascii=False).encode("utf-8", "surrogatepass")
    return vault.open(card["data_key"]).seal(clear, card["_id"].encode())


def open_details(card: Document, vault: Vault) -> Document:
    """The details sealed in a card.

    Raises Destroyed after an erasure, NotFound where its key is not among ours, Invalid where it was altered.
    """
    details = json.loads(vault.open(card["data_key"]).open(card["sealed"], card["_id"].encode()))
    if not isinstance(details, dict):
        raise Invalid.at("/sealed", "expected an object of details")
    return details
