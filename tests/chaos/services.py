"""The services' own code, put together as their `app.py` does, on a database behind gates."""

from dataclasses import dataclass, field
from typing import cast

from prometheus_client import CollectorRegistry

from services.notifier.announce import Announcer
from services.notifier.channels.smtp import SmtpChannel
from services.notifier.due import Due
from services.notifier.handlers import Scheduler
from services.notifier.handover import Channel
from services.notifier.look import Look
from services.notifier.loop import DueLoop
from services.notifier.prepare import Prepare
from services.notifier.record import Record, Terms
from services.notifier.render import Renderer
from services.notifier.send import Sending
from services.policy.document import load_base
from services.policy.filing import Filing
from services.policy.handlers import Handlers
from services.policy.hearing import Hearing
from services.policy.record import Recorder
from services.policy.rulebook import Rulebook
from services.policy.settle import Settler
from services.policy.sweep import Sweep
from services.policy.text.lexicon import lexicon
from shared.backlog import Backlog
from shared.bus import Bus
from shared.clock import FixedClock
from shared.decision import Signer, Verifier, new_seed
from shared.identity import Fingerprints
from shared.links import LinkSigner
from shared.store.cases import Cases
from shared.store.client import Database
from shared.store.people import People
from shared.telemetry import Metrics
from shared.vault import Keyring, Vault, new_key

LEASE_S = 7200
PEPPER = b"p" * 32
MAX_ATTEMPTS_OF_A_SEND = 3
POLICY = """
schedule:
  courtesy_delay_min_minutes: 0
  courtesy_delay_max_minutes: 0
  quiet_from: "00:00"
  quiet_to: "00:00"
  weekends: true
velocity: {recruiter_per_hour: 1000, recruiter_per_day: 1000, spray_min_declines: 1000}
"""
SIGNER = Signer(new_seed())
RENDERER, LINKS = Renderer(), LinkSigner(new_key())


@dataclass(slots=True)
class Services:
    """Makes a replica of each; what they publish goes to `bus`, what they send to `channel`."""

    database: Database
    clock: FixedClock
    bus: Bus
    channel: Channel
    vault: Vault = field(default_factory=lambda: Vault(Keyring.parse(f"k1:{new_key()}")))
    rulebook: Rulebook = field(default_factory=lambda: Rulebook(load_base(POLICY, "test"), {}))

    def handlers(self) -> Handlers:
        filing = Filing(Fingerprints(PEPPER), self.vault, Hearing(lexicon()))
        recorder = Recorder(self.database, filing, self.vault, self.clock)
        metrics = Metrics(CollectorRegistry())
        settler = Settler(self.database, self.rulebook, SIGNER, self.clock, metrics, Backlog())
        return Handlers(self.database, recorder, settler, self.bus, self.clock, metrics)

    def scheduler(self) -> Scheduler:
        verifier = Verifier(SIGNER.public_key)
        people = People(self.database)
        return Scheduler(
            Cases(self.database), people, self.database["tenants"], self.vault, verifier, self.clock
        )

    def due_loop(self) -> DueLoop:
        cases, metrics = Cases(self.database), Metrics(CollectorRegistry())
        due = Due(cases, self.clock, lease_s=LEASE_S, limit=50)
        prepare = Prepare(Verifier(SIGNER.public_key), self.vault, RENDERER, LINKS, "https://desk.example")
        terms = Terms(LEASE_S, (60,) * (MAX_ATTEMPTS_OF_A_SEND - 1))
        sending = Sending(
            due,
            Look(self.database),
            prepare,
            Record(cases, due, terms, self.clock, metrics),
            self.channel,
            clock=self.clock,
            metrics=metrics,
            lease_s=LEASE_S,
        )
        announcer = Announcer(cases, self.bus)
        return DueLoop(due, sending, announcer, cast("SmtpChannel", self.channel), metrics, interval_s=1)

    def sweep(self) -> Sweep:
        """Policy's look at held cases that nobody reviewed."""
        return Sweep(self.database, self.bus, self.clock)
