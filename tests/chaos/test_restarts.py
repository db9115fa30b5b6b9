"""Broker or database go away in the middle of a run, in an orderly way or by kill -9; nothing is lost."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from deploy.local.server import Server
from deploy.local.servers import Servers
from deploy.local.waiting import wait_until
from shared.states import TERMINAL, State
from tests.chaos.stage import Stage

PEOPLE = 8
WITHIN_S = 60


def leave(server: Server, *, at_once: bool) -> None:
    """The server goes."""
    if at_once:
        server.kill()
    else:
        server.stop()


def declines(stage: Stage, numbers: range) -> dict[str, str]:
    """The cases of these people's declines, each sent until it is taken."""
    cases = {}
    for number in numbers:
        stage.platform._recruiter = f"r{number}@acme.example"  # nobody thanks so many at once
        person = {"email": f"p{number}.x@mail.example", "name": "Ada"}
        said = (stage.platform.outreach(person), stage.platform.decline(person))
        cases[f"p{number}"] = stage.take(*said, within_s=WITHIN_S).cases[0]
    return cases


@pytest.mark.timeout(180)
@pytest.mark.parametrize("at_once", [False, True], ids=["stopped", "killed"])
@pytest.mark.parametrize("name", ["broker", "database"])
def test_a_server_that_goes_away_in_the_middle_loses_and_repeats_nothing(
    name: str, own_servers: Servers, stage: Stage, *, at_once: bool
) -> None:
    """Declines before, during and after; each ends once, each stop holds, every line is provable."""
    stage.point = name
    server: Server = own_servers.rabbitmq if name == "broker" else own_servers.mongodb
    own_servers.rabbitmq.settle()
    cases = declines(stage, range(PEOPLE // 2))
    with ThreadPoolExecutor(1) as meanwhile:
        leave(server, at_once=at_once)
        rest = meanwhile.submit(declines, stage, range(PEOPLE // 2, PEOPLE))
        wait_until(
            lambda: stage.felt(name), timeout_s=WITHIN_S, what="somebody feels that the server is away"
        )
        server.start()
        cases |= rest.result()
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
