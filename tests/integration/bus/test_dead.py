"""`afterword dead`: what died can be looked at, sent back once it is mended, or dropped."""

import asyncio
import json

import pytest
from typer.testing import CliRunner

from services.console.main import commands
from shared import topology
from shared.bus_session import open_channel
from shared.errors import NotFound
from shared.events import Person
from shared.states import State
from tests.integration.bus.consuming import QUEUE
from tests.integration.policy.stage import Stage, decline, eventually, grace, outreach


async def run(*arguments: str) -> str:
    """What the command prints; it must succeed."""
    result = await asyncio.to_thread(CliRunner().invoke, commands(["dead"]), ["dead", *arguments])
    assert result.exit_code == 0, result.output
    return result.output


async def not_there(*arguments: str) -> None:
    """The command says that there is no dead letter of this id."""
    result = await asyncio.to_thread(CliRunner().invoke, commands(["dead"]), ["dead", *arguments])
    assert isinstance(result.exception, NotFound)
    assert str(result.exception).startswith(f"there is no dead letter '{arguments[-1]}'")


async def listed() -> list[dict[str, object]]:
    """The dead letters as the command lists them."""
    return [json.loads(line) for line in (await run("list")).splitlines()]


@pytest.fixture(autouse=True)
def _where(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AFTERWORD_AMQP_URL", stage.settings.amqp_url.get_secret_value())


async def test_dead_letters_are_listed_with_their_reason_and_stay(stage: Stage) -> None:
    """Looking twice shows the same; nothing of a person is shown."""
    nobody = decline(Person(name="Grace"), "nobody")
    async with stage.policy():
        await stage.bus.publish([nobody])
        await stage.publish_raw([{"type": "afterword.surprise.v1", "id": "evt_x"}])

        async def both_dead() -> bool:
            return await stage.waiting(topology.DEAD_QUEUE) == 2

        await eventually(both_dead, "both are dead")
    lines = await listed()
    assert lines == await listed()
    by_event = {line["events"][0]["id"]: line for line in lines}  # type: ignore[index] # a list of events
    assert by_event[nobody.id]["queue"] == QUEUE.name
    assert str(by_event[nobody.id]["why"]).startswith("names nobody")
    assert by_event[nobody.id]["died_at"]
    assert by_event["evt_x"]["why"] == "unknown type afterword.surprise.v1"
    assert len({line["id"] for line in lines} - {None}) == 2
    assert len((await run("list", "--limit", "1")).splitlines()) == 1
    assert len(await listed()) == 2


async def test_no_more_are_fetched_than_are_shown(stage: Stage) -> None:
    """However many there are, of whatever size: whoever looks at one does not load all."""
    for body in (b"1", b"2", b"3"):
        await stage.bus.bury(QUEUE.name, body, why="no batch", at=stage.clock.now())
    (line,) = (await run("list", "--limit", "1")).splitlines()
    async with open_channel() as channel:
        queue = await channel.get_queue(topology.DEAD_QUEUE, ensure=False)
        letters = [await queue.get() for _ in range(3)]
    assert [one.message_id for one in letters if one.redelivered] == [json.loads(line)["id"]]


async def test_a_mended_dead_letter_is_replayed_to_the_queue_it_came_from(stage: Stage) -> None:
    """Once, in full, and it starts with fresh tries."""
    declined = decline(grace())
    await stage.bus.bury_events(QUEUE.name, [declined], why="mended since", at=stage.clock.now())
    await stage.bus.bury(topology.POLICY_STOPS.name, b"[]", why="another", at=stage.clock.now())
    await not_there("replay", "--id", "none")
    assert await run("replay", "--id", declined.id) == "1 sent back\n"
    assert await stage.waiting(topology.DEAD_QUEUE) == 1
    async with stage.policy():
        await stage.publish(outreach(grace()))
        await stage.becomes(declined, State.APPROVED)
        assert await run("replay") == "1 sent back\n"
    assert await stage.waiting(topology.DEAD_QUEUE) == 0


async def test_what_can_go_back_goes_and_the_rest_is_told(stage: Stage) -> None:
    """And stays as it was; nothing that was behind it is kept from going."""
    at = stage.clock.now()
    for place, queue in enumerate((QUEUE.name, "afterword.gone", QUEUE.name, QUEUE.name)):
        await stage.bus.bury_events(queue, [decline(grace(), f"d-{place}")], why="mended since", at=at)
    stuck = (await listed())[1]
    result = await asyncio.to_thread(
        CliRunner().invoke, commands(["dead"]), ["dead", "replay", "--limit", "2"]
    )
    assert (result.exit_code, result.stdout) == (1, "2 sent back, 2 left\n")
    assert result.stderr == "1 cannot go back: the queue afterword.gone is not there\n"
    only = await asyncio.to_thread(
        CliRunner().invoke, commands(["dead"]), ["dead", "replay", "--id", str(stuck["id"])]
    )
    assert (only.exit_code, only.stdout) == (1, "0 sent back, 1 left\n")
    (other,) = (line for line in await listed() if line != stuck)
    assert await run("replay", "--id", str(other["id"])) == "1 sent back\n"
    assert await listed() == [stuck]
    assert await stage.waiting(QUEUE.name) == 3


async def test_what_dies_again_at_once_is_sent_back_once(stage: Stage) -> None:
    """Whoever mended nothing is not told of a hundred."""
    for body in (b"\xff", b"\xfe"):
        await stage.bus.bury(topology.DEAD_QUEUE, body, why="no batch", at=stage.clock.now())
    assert await run("replay") == "2 sent back\n"
    assert await stage.waiting(topology.DEAD_QUEUE) == 2


async def test_one_dead_letter_is_dropped_and_no_other(stage: Stage) -> None:
    """Also one whose content nobody can read has an id to drop it by."""
    for body in (b"\xff", b"\xfe"):
        await stage.bus.bury(QUEUE.name, body, why="no batch", at=stage.clock.now())
    first, second = await listed()
    assert first["id"] != second["id"]
    assert await run("drop", "--id", str(second["id"])) == "1 dropped\n"
    assert await listed() == [first]
    await not_there("drop", "--id", str(second["id"]))
