"""Where the next page begins: behind one (time, id).

So what arrives meanwhile neither repeats nor hides anything.
"""

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from shared.encoding import b64url, from_b64url
from shared.errors import Invalid

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)
#: Longer than any cursor there is.
_LONGEST = 300
#: 13 digits of milliseconds reach the year 2286.
_PLAIN = re.compile(r"(\d{1,13})\.([A-Za-z0-9_:.-]{1,200})", re.ASCII)


@dataclass(frozen=True, slots=True)
class Cursor:
    """The last row of a page: its time (in UTC, to the millisecond) and its id."""

    at: datetime
    id: str

    def text(self) -> str:
        """The cursor as callers carry it."""
        return b64url(f"{(self.at - _EPOCH) // _MILLISECOND}.{self.id}".encode())

    @classmethod
    def parse(cls, text: str) -> "Cursor":
        """The cursor of `text`, checked whole: nothing else of it can reach a query.

        Raises Invalid for a text that no page could have given out.
        """
        try:
            plain = from_b64url(text[: _LONGEST + 1]).decode("ascii")
        except ValueError:
            plain = ""
        found = _PLAIN.fullmatch(plain)
        if found is None:
            raise Invalid.at("", "query parameter cursor: expected the `next` of an earlier page")
        return cls(_EPOCH + int(found[1]) * _MILLISECOND, found[2])

    def after(self, time_field: str) -> dict[str, Any]:
        """The query for what follows in the order newest first, ids descending within one time."""
        return {
            time_field: {"$lte": self.at},
            "$or": [{time_field: {"$lt": self.at}}, {"_id": {"$lt": self.id}}],
        }
