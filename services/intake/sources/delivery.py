"""What comes to a source and what it is read as."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from shared.events import Data


@dataclass(frozen=True, slots=True)
class Delivery:
    """One HTTP request to a source: headers by lower-case name, as latin-1 text, and the body untouched."""

    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True, slots=True)
class Sent:
    """One event as the source sent it: the source's own id, when it happened (UTC, to the ms), and what."""

    id: str
    time: datetime
    data: Data
