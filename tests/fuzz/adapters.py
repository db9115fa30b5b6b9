"""One spoilt delivery given to an adapter: events or faults, never another exception, and soon."""

import random
import time
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

from services.intake.envelope import Sender, enveloped
from services.intake.sources import SOURCES, Delivery
from shared.checked import checked
from shared.errors import Invalid, SignatureInvalid
from tests.fuzz.mutations import spoilt
from tests.unit.intake.sources.deliveries import NOW, body_of, headers_of, stored

#: Seconds of the processor that one delivery may cost, of up to 200,000 bytes.
BOUND_S = 2.0
SENDER = Sender("ats", "standard", "acme")
SECRETS = ("whsec_" + "QUFB" * 8, "another")


class Broken(AssertionError):
    """An adapter did with a delivery what it must not; the seed and number of it bring the same again."""


def fuzz(kind: str, seed: int) -> Iterator[int]:
    """Tries one delivery after the other, without end; yields how many. Raises Broken."""
    adapter, cases = SOURCES[kind], list(stored(kind).values())
    bodies = [body_of(case) for case in cases]
    number = 0
    while True:
        lots = random.Random(f"{seed}/{kind}/{number}")  # noqa: S311 - the same again for the same seed
        position = lots.randrange(len(cases))
        case = cases[position]
        left = spoilt(bodies[position], headers_of(case), bodies, lots)
        config = checked(adapter.CONFIG, case.get("config", {}))
        delivery = Delivery(left.headers, left.body, lots.choice(("POST", "POST", "GET", "OPTIONS")))
        began = time.process_time()
        try:
            _tried(kind, delivery, config)
        except Exception as error:
            raise Broken(f"{kind}, seed {seed}, delivery {number}: {error!r}") from error
        if time.process_time() - began > BOUND_S:
            raise Broken(f"{kind}, seed {seed}, delivery {number}: more than {BOUND_S:g} s")
        number += 1
        yield number


def _tried(kind: str, delivery: Delivery, config: Any) -> None:
    adapter = SOURCES[kind]
    try:
        adapter.verify(delivery, SECRETS, config, now=NOW, tolerance_s=300)
    except SignatureInvalid:
        pass
    else:
        raise AssertionError("what nobody signed was taken for genuine")
    with suppress(Invalid):
        adapter.handshake(delivery, SECRETS, config)
    adapter.delivery_id(delivery, config)
    try:
        mapped = adapter.map_events(delivery, config)
    except Invalid as error:
        if not error.errors:
            raise AssertionError("refused without a fault") from None
        return
    for sent in mapped.events:
        # what is accepted has to reach the bus: in its envelope, encoded
        enveloped(sent, SENDER, datetime(2026, 5, 4, tzinfo=UTC)).model_dump_json().encode()
