"""What an operator writes of sources and tenants: the console's side of what intake reads."""

import re
import secrets
from base64 import b64encode
from collections.abc import Mapping
from datetime import datetime, timedelta
from zoneinfo import available_timezones

from pydantic import BaseModel
from pymongo.errors import DuplicateKeyError

from services.intake.directory import NAME
from services.intake.enrichment.credentials import sealed
from services.intake.enrichment.platforms import PLATFORMS
from services.intake.mailbox import credentials as mailbox
from services.intake.sources import SOURCES, configured
from services.intake.sources.standard_webhooks import SECRET_PREFIX
from shared.checked import checked
from shared.clock import Clock
from shared.errors import Conflict, Invalid, NotFound
from shared.identity import canonical_email
from shared.store.client import Database, Document
from shared.vault import Keyring

#: What credentials are, by kind of source: of an API that is asked, or of a folder that is polled.
CREDENTIALS: Mapping[str, type[BaseModel]] = {
    **{kind: platform.CREDENTIALS for kind, platform in PLATFORMS.items()},
    mailbox.KIND: mailbox.MailboxCredentials,
}
SECRET_BYTES = 32
_MAX_LINE = 200
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")


def new_secret() -> str:
    """A fresh secret of a source, from the operating system's randomness."""
    return SECRET_PREFIX + b64encode(secrets.token_bytes(SECRET_BYTES)).decode("ascii")


def use_of(kind: str) -> str:
    """What a source of this kind is, by its credentials."""
    return "polled" if kind == mailbox.KIND else "looked up"


def checked_name(name: str) -> str:
    """The name of a source or tenant. Raises Invalid for one that is no slug."""
    if not NAME.fullmatch(name):
        raise Invalid.at("", f"the name {name!r}: 1 to 64 of a-z, 0-9 and '-' are expected")
    return name


class Tenants:
    """The collection `tenants`: who writes, and in whose name."""

    def __init__(self, database: Database) -> None:
        self._tenants = database["tenants"]

    async def add(self, name: str, company: str, from_name: str, from_email: str, timezone: str) -> Document:
        """The new tenant. Raises Invalid naming the option at fault, Conflict where the name is taken."""
        document = {
            "_id": checked_name(name),
            "company": _line(company, "--company"),
            "from_name": _line(from_name, "--from-name"),
            "from_email": _line(from_email, "--from-email"),
            "timezone": timezone,
        }
        if canonical_email(from_email) is None:
            raise Invalid.at("", "--from-email: an e-mail address is expected")
        if timezone not in available_timezones():
            raise Invalid.at("", f"--timezone: a name like Europe/Berlin is expected, not {timezone!r}")
        try:
            await self._tenants.insert_one(document)
        except DuplicateKeyError:
            raise Conflict(f"there is a tenant {name!r} already") from None
        return document

    async def all(self) -> list[Document]:
        """Every tenant, by name."""
        return [document async for document in self._tenants.find().sort("_id")]


class Sources:
    """The collection `sources`. Secrets lie there sealed, bound to the source's name."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._sources = database["sources"]
        self._clock = clock

    async def add(
        self,
        name: str,
        tenant: str,
        kind: str,
        rate: Mapping[str, float],
        keyring: Keyring,
        *,
        secret: str | None = None,
        config: Mapping[str, object] | None = None,
    ) -> tuple[Document, str]:
        """The new source and its secret, a fresh one where the platform did not give it.

        Raises Invalid, or Conflict where the name is taken.
        """
        if kind not in SOURCES:
            raise Invalid.at("", f"KIND: one of {', '.join(SOURCES)} is expected, not {kind!r}")
        configured(kind, config)
        secret = secret or new_secret()
        document = {
            "_id": checked_name(name),
            "tenant": tenant,
            "kind": kind,
            "enabled": True,
            "secrets": {"current": keyring.seal(secret.encode(), name.encode())},
            "rate": dict(rate),
            "config": dict(config or {}),
            "created_at": self._clock.now(),
        }
        try:
            await self._sources.insert_one(document)
        except DuplicateKeyError:
            raise Conflict(f"there is a source {name!r} already") from None
        return document, secret

    async def all(self, tenant: str | None) -> list[Document]:
        """Every source, or a tenant's, by name."""
        chosen = {} if tenant is None else {"tenant": tenant}
        return [document async for document in self._sources.find(chosen).sort("_id")]

    async def get(self, name: str) -> Document:
        """The source of this name. Raises NotFound."""
        document = await self._sources.find_one({"_id": name})
        if document is None:
            raise NotFound(f"there is no source {name!r}; `afterword source list` shows those there are")
        return document

    async def rotate(
        self, name: str, grace: timedelta, keyring: Keyring, *, secret: str | None = None
    ) -> tuple[datetime, str]:
        """Until when the secret so far is still taken, and the new one, fresh where the platform gave none.

        A third, older one ends at once. Raises Invalid where the new one is the one so far.
        """
        old = (await self.get(name))["secrets"]["current"]
        if secret is not None and keyring.open(old, name.encode()) == secret.encode():
            raise Invalid.at("", f"{name} has this secret already; another one is expected")
        secret, until = secret or new_secret(), self._clock.now() + grace
        sealed = keyring.seal(secret.encode(), name.encode())
        changed = await self._sources.update_one(
            {"_id": name, "secrets.current": old},
            {"$set": {"secrets": {"current": sealed, "previous": old, "previous_until": until}}},
        )
        if not changed.matched_count:
            raise Conflict(f"somebody else rotated {name!r} at the same moment; its secret is theirs")
        return until, secret

    async def keep_credentials(self, name: str, given: Mapping[str, object], keyring: Keyring) -> str:
        """Stores what opens the platform's API, or the mailbox. Returns what it is for.

        Raises NotFound, or Invalid where it is none for the kind.
        """
        kind = str((await self.get(name))["kind"])
        if kind not in CREDENTIALS:
            expected = f"a source of one of the kinds {', '.join(CREDENTIALS)} is expected"
            raise Invalid.at("", f"{name} is of the kind {kind}, which is not looked up; {expected}")
        stored = sealed(checked(CREDENTIALS[kind], given), name, keyring)
        await self._sources.update_one({"_id": name}, {"$set": {"credentials": stored}})
        return use_of(kind)

    async def forget_credentials(self, name: str) -> str:
        """Takes it away. Returns what it was for. Raises NotFound."""
        kind = str((await self.get(name))["kind"])
        await self._sources.update_one({"_id": name}, {"$unset": {"credentials": ""}})
        return use_of(kind)

    async def enable(self, name: str, *, enabled: bool) -> None:
        """Lets a source send, or no longer. Raises NotFound."""
        await self.get(name)
        await self._sources.update_one({"_id": name}, {"$set": {"enabled": enabled}})


def _line(text: str, option: str) -> str:
    line = text.strip()
    if not 1 <= len(line) <= _MAX_LINE or _CONTROL.search(line):
        raise Invalid.at("", f"{option}: one line of 1 to {_MAX_LINE} characters is expected")
    return line
