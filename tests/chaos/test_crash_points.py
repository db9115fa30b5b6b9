"""Kill -9 before and after each write, publish, acknowledgement and word to the mail server, in each service.

A point is found by counting, so none is forgotten when code changes; the enumeration of a service ends when a
whole workload passes without reaching the point.
"""

import asyncio
import sys
import time
from collections import Counter

import aio_pika
import pytest

from shared import topology
from shared.states import State
from tests.chaos.stage import SERVICES, Stage

#: Not more than any service does in one workload; a runaway is noticed and does not count for ever.
MOST_POINTS = 200


def check(stage: Stage, cases: dict[str, str]) -> None:
    """Nothing lost, nothing twice, every line provable, and a doubt only where there is one."""
    states = {who: stage.state(case) for who, case in cases.items()}
    unsure = (
        {State.UNCERTAIN} if stage.point.startswith("notifier") and doubtful(stage.point) else set[State]()
    )
    assert states["no"] is State.DENIED, stage.point
    for who in ("plain", "held"):
        assert states[who] in {State.SENT} | unsure, (stage.point, states)
    assert states["stop"] in {State.SENT, State.CANCELLED, State.DENIED} | unsure, (stage.point, states)
    mails = stage.mails()
    sent = {who for who, state in states.items() if state is State.SENT}
    assert set(mails.values()) <= {1}, (stage.point, mails)
    assert sent <= set(mails) <= sent | {w for w, s in states.items() if s is State.UNCERTAIN}, (
        stage.point,
        mails,
    )
    assert stage.faults() == [], stage.point


def doubtful(point: str) -> bool:
    """Whether a kill there may come between the word that a send begins and the record of its end.

    A permit is acknowledged while letters of others are on their way.
    """
    return any(part in point for part in ("smtp data", "write bulk_write cases", "ack"))


@pytest.mark.timeout(1500)
@pytest.mark.parametrize("service", SERVICES)
def test_no_kill_loses_or_repeats_anything(
    service: str, stage: Stage, amqp_url: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """At each point of one service, while the others run on."""
    began, reached = time.monotonic(), Counter[str]()
    for point in range(MOST_POINTS):
        stage.smtp.reset()
        stage.platform._recruiter = f"r{point}@acme.example"  # an honest recruiter thanks but a few an hour
        stage.arm(service, point)
        cases = stage.workload(f"{service}{point}")
        killed = stage.armed is None
        check(stage, cases)
        if not killed:
            break
        reached[stage.point] += 1
    else:
        pytest.fail(f"{service} does more than {MOST_POINTS // 2} things in one workload")
    assert asyncio.run(dead_letters(amqp_url)) == 0
    assert reached
    with capsys.disabled():
        took = time.monotonic() - began
        sys.stdout.write(f"\n{service}: {reached.total()} points in {took:.0f} s\n")


async def dead_letters(amqp_url: str) -> int:
    """How many there are."""
    async with await aio_pika.connect(amqp_url) as connection:
        channel = await connection.channel()
        queue = await channel.declare_queue(topology.DEAD_QUEUE, passive=True)
        return queue.declaration_result.message_count or 0
