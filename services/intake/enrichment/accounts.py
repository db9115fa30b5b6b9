"""Whose platform is asked, and with what: read from the sources by sets, in clear only here."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import structlog

from services.intake.enrichment.credentials import Credentials, opened
from services.intake.enrichment.platforms import PLATFORMS, Platform
from shared.errors import AfterwordError
from shared.store.client import Database
from shared.vault import Keyring

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Account:
    """A source whose platform can be asked."""

    source: str
    platform: Platform[Any]
    credentials: Credentials = field(repr=False)


class Accounts:
    """The sources' accounts at their platforms."""

    def __init__(self, database: Database, keyring: Keyring) -> None:
        self._sources = database["sources"]
        self._keyring = keyring

    async def of(self, names: Iterable[str]) -> dict[str, Account]:
        """The accounts of these sources. One that cannot be used is left out, and told of."""
        query = {"_id": {"$in": list(set(names))}, "enabled": True, "credentials": {"$exists": True}}
        read = [self._opened(document) async for document in self._sources.find(query)]
        return {account.source: account for account in read if account is not None}

    def _opened(self, document: Mapping[str, Any]) -> Account | None:
        name = str(document["_id"])
        try:
            platform = PLATFORMS[document["kind"]]
            stored = bytes(document["credentials"])
            return Account(name, platform, opened(platform.CREDENTIALS, stored, name, self._keyring))
        except (AfterwordError, LookupError, TypeError, ValueError) as error:
            log.error(  # noqa: TRY400 - the words of the error say it all
                "a source's credentials cannot be used; check AFTERWORD_SOURCE_KEYS",
                source=name,
                error=str(error),
            )
            return None
