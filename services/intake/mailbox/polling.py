"""Which folders are looked into, and when. What one of them lacks is its own trouble and no other's.

A mail is marked once the broker has confirmed what it tells. Whoever dies between the two, or looks at the
same moment as another worker, brings the same events under the same ids.
"""

import asyncio
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import structlog

from services.intake.directory import Source, opened_source
from services.intake.enrichment.credentials import opened
from services.intake.enrichment.gate import Gate
from services.intake.mailbox.credentials import KIND, MailboxCredentials
from services.intake.mailbox.folder import Folder, Unreadable
from services.intake.mailbox.opening import open_folder
from services.intake.mailbox.taking import Taking
from services.intake.mailbox.tokens import Tokens
from shared.clock import Clock
from shared.errors import AfterwordError
from shared.store.client import AWAY, Database
from shared.telemetry import Metrics
from shared.vault import Keyring

#: Mails on the bus as one set, and of one folder until its next turn.
SET, MAX_MAILS = 20, 500
#: Folders at a time, and how long one may take.
AT_ONCE, TURN_TIMEOUT_S = 4, 300.0

log = structlog.get_logger()


@dataclass(slots=True)
class _Mailbox:
    """What is known of one source's folder, as long as the process lives."""

    gate: Gate = field(default_factory=Gate)
    trouble: str | None = None
    at_work: bool = False


class Polling:
    """Looks into the folder of each enabled source that has one."""

    def __init__(
        self,
        database: Database,
        keyring: Keyring,
        taking: Taking,
        tokens: Tokens,
        *,
        clock: Clock,
        metrics: Metrics,
    ) -> None:
        self._sources = database["sources"]
        self._keyring = keyring
        self._taking = taking
        self._tokens = tokens
        self._clock = clock
        self._metrics = metrics
        self._mailboxes: defaultdict[str, _Mailbox] = defaultdict(_Mailbox)
        self._places = asyncio.Semaphore(AT_ONCE)

    async def run(self, interval_s: float) -> None:
        """Looks for ever; a folder that takes longer is not looked into twice at a time."""
        async with asyncio.TaskGroup() as turns:
            while True:
                try:
                    await self._start(turns)
                except AWAY as error:
                    log.warning("mailboxes are not looked into", error=type(error).__name__)
                except Exception:
                    log.exception("mailboxes are not looked into")
                await asyncio.sleep(interval_s)

    async def _start(self, turns: asyncio.TaskGroup) -> None:
        query = {"kind": KIND, "enabled": True, "credentials": {"$exists": True}}
        async for document in self._sources.find(query):
            mailbox = self._mailboxes[document["_id"]]
            if not mailbox.at_work and not mailbox.gate.closed_for(self._clock.now()):
                mailbox.at_work = True
                turns.create_task(self._turn(document, mailbox))

    async def _turn(self, document: Mapping[str, Any], mailbox: _Mailbox) -> None:
        name, trouble = str(document["_id"]), None
        try:
            async with self._places, asyncio.timeout(TURN_TIMEOUT_S):
                await self._look(document)
        except TimeoutError:
            trouble = "the server is slow"
        except (Unreadable, AfterwordError) as error:
            trouble = str(error)
        except Exception as error:
            log.exception("a mailbox was not read", source=name)
            trouble = f"unexpected {type(error).__name__}"
        finally:
            mailbox.at_work = False
        self._tell(name, mailbox, trouble)

    def _tell(self, name: str, mailbox: _Mailbox, trouble: str | None) -> None:
        self._metrics.mailboxes.labels("failed" if trouble else "read").inc()
        if trouble:
            mailbox.gate.fail(self._clock.now(), self._clock.random())
        else:
            mailbox.gate.succeed()
        if trouble and trouble != mailbox.trouble:
            log.warning("a mailbox cannot be read", source=name, why=trouble)
        elif mailbox.trouble and not trouble:
            log.info("a mailbox is read again", source=name)
        mailbox.trouble = trouble

    async def _look(self, document: Mapping[str, Any]) -> None:
        source = opened_source(document, self._keyring)
        stored = bytes(document["credentials"])
        credentials = opened(MailboxCredentials, stored, source.name, self._keyring)
        async with open_folder(credentials, self._tokens) as folder:
            uids = (await folder.unseen())[:MAX_MAILS]
            taken = [
                await self._take(source, folder, uids[start : start + SET])
                for start in range(0, len(uids), SET)
            ]
        if sum(taken) < len(uids):
            raise Unreadable("the server does not give a mail that it lists")

    async def _take(self, source: Source, folder: Folder, uids: list[int]) -> int:
        """How many of them the server gave; they are on the bus, and marked."""
        fetched = {uid: mail for uid in uids if (mail := await folder.fetch(uid)) is not None}
        read = dict(zip(fetched, await self._taking.take(source, list(fetched.values())), strict=True))
        await folder.mark([uid for uid, could in read.items() if could], "\\Seen")
        await folder.mark([uid for uid, could in read.items() if not could], "\\Seen", "\\Flagged")
        return len(fetched)
