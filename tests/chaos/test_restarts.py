"""Broker or database go away in the middle of a run, in an orderly way or by kill -9; nothing is lost."""

from collections.abc import Callable

import pytest

from deploy.local.servers import Servers
from shared.states import TERMINAL, State
from tests.chaos.stage import Stage

PEOPLE = 8
WITHIN_S = 60
HOW: dict[str, Callable[[Servers], None]] = {
    "broker, restarted": lambda servers: servers.rabbitmq.restart(),
    "broker, killed": lambda servers: _kill(
        servers.rabbitmq.settle, servers.rabbitmq.kill, servers.rabbitmq.start
    ),
    "database, restarted": lambda servers: servers.mongodb.restart(),
    "database, killed": lambda servers: _kill(servers.mongodb.kill, servers.mongodb.start),
}


def _kill(*steps: Callable[[], None]) -> None:
    for step in steps:
        step()


@pytest.mark.timeout(180)
@pytest.mark.parametrize("what", HOW)
def test_a_server_that_goes_away_in_the_middle_loses_and_repeats_nothing(
    what: str, own_servers: Servers, stage: Stage
) -> None:
    """Declines before, during and after; each ends once, each stop holds, every line is provable."""
    stage.point = what
    cases: dict[str, str] = {}
    for number in range(PEOPLE):
        if number == PEOPLE // 2:
            HOW[what](own_servers)
        stage.platform._recruiter = f"r{number}@acme.example"
        person = {"email": f"p{number}.x@mail.example", "name": "Ada"}
        said = (stage.platform.outreach(person), stage.platform.decline(person))
        cases[f"p{number}"] = stage.take(*said, within_s=WITHIN_S).cases[0]
    last = {"email": "never.x@mail.example"}
    stage.take(stage.platform.opt_out(last), within_s=WITHIN_S)
    cases["never"] = stage.take(stage.platform.outreach(last), stage.platform.decline(last)).cases[0]
    stage.until(
        lambda: all(stage.state(case) in TERMINAL for case in cases.values()), "all came to an end", WITHIN_S
    )
    states = {who: stage.state(case) for who, case in cases.items()}
    unsure = {who for who, state in states.items() if state is State.UNCERTAIN}
    assert states.pop("never") is State.DENIED
    assert set(states.values()) <= {State.SENT, State.UNCERTAIN}
    assert len(unsure) <= 1
    mails = stage.mails()
    assert set(mails.values()) == {1}
    assert set(states) - unsure <= set(mails) <= set(states)
    assert stage.faults() == []
