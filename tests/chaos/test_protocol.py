"""The promises, under any history that hypothesis can think of."""

import os

import pytest
from hypothesis import HealthCheck, settings
from hypothesis.stateful import run_state_machine_as_test

from tests.chaos.machine import Machine
from tests.chaos.play import Ground
from tests.chaos.stepping import Actor

#: Histories; AFTERWORD_TEST_HISTORIES searches further than every run can.
HISTORIES = int(os.environ.get("AFTERWORD_TEST_HISTORIES", "40"))
STEPS = 30


@pytest.mark.timeout(max(900, HISTORIES * 6))
def test_no_history_breaks_a_promise(ground: Ground) -> None:
    """Once or not at all, nothing lost, stops obeyed once answered, nothing unjudged, all of it provable."""

    class Protocol(Machine):
        pass

    Protocol.ground = ground
    run_state_machine_as_test(
        Protocol,
        settings=settings(
            max_examples=HISTORIES,
            stateful_step_count=STEPS,
            deadline=None,
            derandomize="AFTERWORD_TEST_HISTORIES" not in os.environ,
            database=None,
            suppress_health_check=list(HealthCheck),
            print_blob=True,
        ),
    )
    assert ground.histories >= HISTORIES
    assert Protocol.scope.pauses() <= Actor.met
