"""A notifier on real servers, and approved cases as policy leaves them."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import aio_pika
from faststream.rabbit import RabbitBroker
from prometheus_client import CollectorRegistry

from services.notifier.app import due_loop
from services.notifier.handlers import Scheduler
from services.notifier.loop import DueLoop
from shared import topology
from shared.bus import Bus
from shared.clock import FixedClock
from shared.decision import Decision, Schedule, SignedDecision, Signer, Verifier
from shared.events import Event, FollowupApproved, case_id, event_id, outcome_id, type_of
from shared.settings import NotifierSettings
from shared.states import State, chain_faults
from shared.store.cases import Cases, Move, opened
from shared.store.client import Database, Document
from shared.store.people import People, card_id
from shared.store.suppressions import Kind, Suppressions, suppression
from shared.telemetry import Metrics
from shared.vault import Keyring, Vault

#: A Wednesday, at noon in UTC.
NOON = datetime(2026, 6, 3, 12, tzinfo=UTC)
AT_ONCE = Schedule(delay_min_s=0, delay_max_s=0, quiet_from="00:00", quiet_to="00:00", weekends=True)
TENANT = "acme"
COOLDOWN = timedelta(days=180)


async def eventually(condition: Callable[[], Awaitable[bool]], what: str, timeout_s: float = 60) -> None:
    """Returns as soon as the condition holds. Raises TimeoutError, naming `what`."""
    try:
        async with asyncio.timeout(timeout_s):
            while not await condition():  # noqa: ASYNC110 - the condition is on a server
                await asyncio.sleep(0.02)
    except TimeoutError:
        raise TimeoutError(f"{what}: not within {timeout_s:g} s") from None


async def rounds(loop: DueLoop) -> None:
    """Rounds until there is nothing left to do at this moment."""
    while await loop.round():
        pass


@dataclass
class Stage:
    """Everything around the notifier that a test sets up and looks at."""

    settings: NotifierSettings
    database: Database
    broker: RabbitBroker
    bus: Bus
    signer: Signer
    clock: FixedClock
    cases: Cases = field(init=False)
    vault: Vault = field(init=False)

    def __post_init__(self) -> None:
        self.cases = Cases(self.database)
        self.vault = Vault(Keyring.parse(self.settings.vault_keys.get_secret_value()))

    def replica(self, bus: Bus | None = None) -> DueLoop:
        """Another notifier's due loop; run its rounds with `round()`."""
        return due_loop(
            self.settings, self.database, bus or self.bus, self.clock, Metrics(CollectorRegistry())
        )

    def scheduler(self) -> Scheduler:
        """The handler of permits."""
        return Scheduler(
            self.cases,
            People(self.database),
            self.database["tenants"],
            self.vault,
            Verifier(self.settings.verify_key),
            self.clock,
        )

    async def tenant(self, name: str = TENANT, timezone: str = "UTC") -> None:
        """A company."""
        await self.database["tenants"].insert_one(
            {
                "_id": name,
                "company": f"{name.title()} Ltd",
                "from_name": "Ada",
                "from_email": f"ada@{name}.example",
                "timezone": timezone,
            }
        )

    async def approved(
        self, who: str, *, schedule: Schedule = AT_ONCE, tenant: str = TENANT, **details: str | None
    ) -> str:
        """An approved case of a person of this key and, unless told otherwise, address."""
        case = case_id(event_id(tenant, "ats", who))
        keys = [f"{tenant}/e{who}"]
        card = card_id(tenant, keys)
        data_key = self.vault.new_data_key()
        said = {"name": "Grace Hopper", "email": f"{who}@example.org", **details}
        sealed = self.vault.open(data_key).seal(
            json.dumps({name: value for name, value in said.items() if value is not None}).encode(),
            card.encode(),
        )
        await self.database["people"].insert_one(
            {
                "_id": card,
                "tenant": tenant,
                "keys": keys,
                "data_key": data_key,
                "sealed": sealed,
                "erased_at": None,
            }
        )
        now = self.clock.now()
        fields = {"tenant": tenant, "source": "ats", "keys": keys, "card": card}
        document = opened(case, now, by="policy", event_id=event_id(tenant, "ats", who), fields=fields)
        await self.cases.open([document])
        await self.claimed(case, keys, now)
        signed = self.permit(case, schedule=schedule, tenant=tenant)
        decision = {"signed": signed.model_dump(mode="json"), "verdict": "approve"}
        await self.cases.move(
            [Move(document, State.APPROVED, now, by="policy", why="approved", set={"decision": decision})]
        )
        return case

    async def claimed(self, case: str, keys: list[str], at: datetime) -> None:
        """The permit in the database, as policy claims it."""
        document = {"_id": case, "keys": keys, "at": at, "until": at + COOLDOWN}
        await self.database["permits"].insert_one(document)

    def permit(self, case: str, *, signer: Signer | None = None, **changes: Any) -> SignedDecision:
        """A signed decision on a case; by default as policy would make it."""
        parts: dict[str, Any] = {
            "case": case,
            "tenant": TENANT,
            "verdict": "approve",
            "version": "v1",
            "digest": "d1",
            "codes": ("consent.given",),
            "at": self.clock.now(),
            "schedule": AT_ONCE,
        }
        return (signer or self.signer).sign(Decision(**(parts | changes)))

    def permit_event(self, permit: SignedDecision, tenant: str = TENANT) -> Event:
        """What policy publishes."""
        now = self.clock.now()
        return Event(
            id=outcome_id(permit.decision.case, "followup.approved"),
            type=type_of(FollowupApproved),
            source="/policy",
            subject=permit.decision.case,
            time=now,
            tenant=tenant,
            receivedat=now,
            data=FollowupApproved(permit=permit),
        )

    async def scheduled(self, who: str, *, schedule: Schedule = AT_ONCE, **parts: Any) -> str:
        """A case that its own permit scheduled."""
        case = await self.approved(who, schedule=schedule, **parts)
        stored = SignedDecision.model_validate((await self.case(case))["decision"]["signed"])
        outcomes = await self.scheduler().handle([self.permit_event(stored)])
        assert [type(outcome).__name__ for outcome in outcomes] == ["Done"]
        return case

    async def case(self, case: str) -> Document:
        """The case as it is stored; its history must hold together."""
        stored = (await self.cases.by_ids([case]))[case]
        assert list(chain_faults(case, stored["state"], stored["head"], stored["timeline"])) == []
        return stored

    async def state(self, case: str) -> State:
        """Where the case stands."""
        return State((await self.case(case))["state"])

    async def why(self, case: str) -> str:
        """The last line's reason."""
        return str((await self.case(case))["timeline"][-1]["why"])

    async def stop(self, who: str, kind: Kind = "opt_out", scope: str = TENANT) -> None:
        """A fact against writing, as policy records it: the suppression, then the mark on open cases."""
        document = suppression(scope, f"e{who}", kind, self.clock.now(), "evt_stop")
        await Suppressions(self.database).add([document])
        await self.cases.touch([f"{TENANT}/e{who}"])

    async def linked(self, who: str, other: str) -> None:
        """A card that says that both are one person."""
        keys = [f"{TENANT}/e{who}", f"{TENANT}/e{other}"]
        await self.database["people"].insert_one(
            {"_id": card_id(TENANT, keys), "tenant": TENANT, "keys": keys, "data_key": None, "sealed": None}
        )

    def later(self, seconds: float) -> None:
        """Moves the clock of all replicas on."""
        self.clock.advance(timedelta(seconds=seconds))

    async def taken(self, queue: str) -> list[aio_pika.abc.AbstractIncomingMessage]:
        """All messages of a queue, taken from it."""
        messages = []
        async with await aio_pika.connect(self.settings.amqp_url.get_secret_value()) as connection:
            channel = await connection.channel()
            source = await channel.get_queue(queue)
            while (message := await source.get(fail=False)) is not None:
                await message.ack()
                messages.append(message)
        return messages

    async def waiting(self, queue: str) -> int:
        """How many messages of a queue no consumer has."""
        async with await aio_pika.connect(self.settings.amqp_url.get_secret_value()) as connection:
            channel = await connection.channel()
            declared = await channel.declare_queue(queue, passive=True)
            return declared.declaration_result.message_count or 0

    async def told(self) -> list[tuple[str, str]]:
        """The outcomes published since the last look: type and event id."""
        return [
            (event["type"], event["id"])
            for message in await self.taken(topology.OUTCOMES_QUEUE)
            for event in json.loads(message.body)
        ]
