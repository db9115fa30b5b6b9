"""From a draft to the policy in force, while a service runs."""

import asyncio
import json
from pathlib import Path

import pytest

from services.policy.document import load_base
from services.policy.releases import Releases
from services.policy.rollout import Step
from shared.errors import Conflict
from shared.states import State
from tests.integration.policy.stage import NOON, Stage, decline, eventually, grace, outreach
from tests.integration.policy_rollout.conftest import Command

#: Every outreach is one too many: what was approved is held.
WARY = "conduct:\n  unanswered_hold_at: 2\n"
#: The line above makes two messages a question; this is what sends them.
WARY_VERSION = load_base(WARY, "wary").version
WHO = ("--why", "we were asked to", "--by", "robin")
FAST = {"policy_reload_interval_s": 0.05}


async def written_twice(stage: Stage, who: str) -> str:
    """A decline after two messages, which the defaults approve; its decision's version and verdict."""
    person = grace(who)
    for number, hours in enumerate((200, 100)):
        at = NOON - hours * (NOON - NOON.replace(hour=11))
        await stage.publish(outreach(person, f"{who}{number}", at=at))
    declined = decline(person, f"no of {who}")
    await stage.publish(declined)
    case = await stage.becomes(declined, State.APPROVED, State.HELD)
    return f"{case['decision']['verdict']} {case['decision']['version']}"


async def in_force(stage: Stage, version: str) -> None:
    """Returns once the running service stored this version, which it does before it decides by it."""

    async def there() -> bool:
        return await stage.database["policies"].count_documents({"_id": version}) == 1

    await eventually(there, f"{version} is taken up")


async def test_a_document_goes_from_draft_over_shadow_to_live_in_a_running_service(
    stage: Stage, afterword: Command
) -> None:
    """The shadow changes no decision and records what it would have; live, it decides under its name."""
    default = load_base("", "defaults").version
    async with stage.policy(**FAST):
        drafted = await afterword("policy", "draft", "-", *WHO, given=WARY)
        # the running service may log between its lines
        assert f"{WARY_VERSION}: draft\n" in drafted.output, drafted.exception
        assert await written_twice(stage, "ada") == f"approve {default}"
        refused = await afterword("policy", "live", WARY_VERSION, *WHO)
        assert "was never a shadow" in str(refused.exception)
        assert (await afterword("policy", "shadow", WARY_VERSION, *WHO)).exit_code == 0
        await in_force(stage, WARY_VERSION)
        assert await written_twice(stage, "bea") == f"approve {default}"
        await recorded(stage, 1)
        assert await stage.database["permits"].count_documents({}) == 2
        assert (await afterword("policy", "live", WARY_VERSION, *WHO)).exit_code == 0
        await becomes_live(stage, afterword, "cleo", f"hold {WARY_VERSION}")
        back = await afterword("policy", "live", default, *WHO)
        assert f"{default}: live\n" in back.output, back.exception
        await becomes_live(stage, afterword, "dora", f"approve {default}")
        assert (await afterword("policy", "live", WARY_VERSION, *WHO)).exit_code == 0
    assert default in (await afterword("policy", "list")).output
    listed = json.loads((await afterword("policy", "list", "--json")).output)
    assert listed["in_force"] == {"*": WARY_VERSION}
    assert [(step["stage"], step["by"], step["why"]) for step in listed["releases"][0]["steps"]] == [
        ("draft", "robin", "we were asked to"),
        ("shadow", "robin", "we were asked to"),
        ("live", "robin", "we were asked to"),
        ("live", "robin", "we were asked to"),
    ]
    told = json.loads((await afterword("policy", "differences", WARY_VERSION, "--json")).output)
    assert [rule["code"] for rule in told["rules"]] == ["conduct.reminded"]
    assert told["verdicts"] == [{"before": "approve", "after": "hold", "cases": 1}]


async def recorded(stage: Stage, count: int) -> None:
    """Returns once so many differences are recorded."""

    async def there() -> bool:
        return await stage.database["differences"].count_documents({}) == count

    await eventually(there, f"{count} differences are recorded")


async def becomes_live(stage: Stage, afterword: Command, who: str, expected: str) -> None:
    """Declines keep coming; each is decided, and soon by the new policy."""
    for number in range(100):
        if await written_twice(stage, f"{who}{number}") == expected:
            return
    raise AssertionError(f"never {expected}")


async def test_no_event_is_lost_while_policies_change_under_load(stage: Stage, afterword: Command) -> None:
    """Every decline is decided once, under a version that is stored and judges it the same again."""
    declines = [decline(grace(f"p{n}"), f"d{n}") for n in range(120)]
    await stage.bus.publish([outreach(grace(f"p{n}"), f"o{n}") for n in range(120)])
    async with stage.policy(**FAST):

        async def changing() -> None:
            for text in (WARY, "", WARY):
                version = load_base(text, "x").version
                await afterword("policy", "draft", "-", *WHO, given=text)
                await afterword("policy", "live", version, *WHO, "--unproven")
                await in_force(stage, version)

        async def sending() -> None:
            for place in range(0, 120, 4):
                await stage.publish(*declines[place : place + 4])

        await asyncio.gather(changing(), sending())
        for declined in declines:
            await stage.becomes(declined, State.APPROVED, State.HELD)
    used = {case["decision"]["version"] async for case in stage.database["cases"].find()}
    stored = {found["_id"] async for found in stage.database["policies"].find()}
    assert used <= stored


async def test_the_last_good_policy_stays_when_a_bad_one_is_put_live(
    stage: Stage, afterword: Command
) -> None:
    """The log may be written by other hands than the command's; the service goes on and counts it."""
    default = load_base("", "defaults").version
    async with stage.policy(**FAST) as http:
        releases = Releases(stage.database)
        for number, (kind, text) in enumerate([("draft", "single: 7\n"), ("live", None)], start=1):
            step = {"number": number, "stage": kind, "version": "p0", "tenant": None, "at": NOON, "by": "x"}
            await releases.add(Step.model_validate({**step, "why": "y", "text": text}))
        await stage.database["releases"].insert_one({"_id": 3, "stage": "nonsense"})

        async def counted() -> bool:
            metrics = (await http.get("/metrics")).text
            return 'afterword_policy_loads_total{result="refused"} 2.0' in metrics

        await eventually(counted, "both faults are counted")
        assert await written_twice(stage, "ada") == f"approve {default}"
    listed = await afterword("policy", "list")
    assert "not in force" in listed.output
    assert "p0:1:9" in listed.output
    assert "step 3 of the roll-out cannot be read" in listed.output
    assert (await afterword("policy", "draft", "-", *WHO, given=WARY)).exit_code == 0


async def test_of_two_operators_at_the_same_moment_one_is_refused(stage: Stage) -> None:
    """Both saw the same log; the database takes one step under its number."""
    step = Step(number=1, stage="draft", version="p1", tenant=None, at=NOON, by="a", why="b", text="")
    releases = Releases(stage.database)
    done = await asyncio.gather(releases.add(step), releases.add(step), return_exceptions=True)
    assert sorted(type(one).__name__ for one in done) == ["Conflict", "NoneType"]
    with pytest.raises(Conflict, match="nothing was done"):
        await releases.add(step)


async def test_an_override_is_released_for_one_tenant_and_must_stand_on_its_base(
    stage: Stage, afterword: Command, tmp_path: Path
) -> None:
    """A stricter base that would leave the override milder is refused with the line at fault."""
    file = tmp_path / "acme.yaml"
    file.write_text("single:\n  cooldown_days: 200\n", encoding="utf-8")
    for command in (("draft", str(file), *WHO), ("backtest", str(file))):
        refused = await afterword("policy", *command, "--tenant", "acme")
        assert "there is no tenant 'acme'" in str(refused.exception)
    await stage.database["tenants"].insert_one({"_id": "acme"})
    drafted = await afterword("policy", "draft", str(file), *WHO, "--tenant", "acme")
    version = drafted.output.partition(":")[0]
    assert (await afterword("policy", "live", version, *WHO, "--unproven")).exit_code == 0
    drafted = await afterword("policy", "draft", "-", *WHO, given="single:\n  cooldown_days: 300\n")
    base = drafted.output.partition(":")[0]
    refused = await afterword("policy", "shadow", base, *WHO)
    assert f"{version}:2:18" in str(refused.exception)
    shown = await afterword("policy", "diff", version, "live", "--json")
    assert json.loads(shown.output) == []
    (field,) = json.loads((await afterword("policy", "diff", "live", base, "--json")).output)
    assert field == {"path": "single.cooldown_days", "a": 180, "b": 300, "way": "tighter"}
