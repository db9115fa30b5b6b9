"""Who must not be written to: by fingerprint, for one tenant or for everyone."""

import asyncio
from datetime import UTC, datetime, timedelta

from shared.store.client import Database
from shared.store.suppressions import EVERYONE, Suppressions, suppression

NOON = datetime(2026, 6, 3, 12, tzinfo=UTC)


async def test_the_first_word_stays_however_often_and_by_whom_it_is_repeated(database: Database) -> None:
    """It says since when; many at once make one document."""
    suppressions = Suppressions(database)
    await suppressions.add([suppression("acme", "e1", "opt_out", NOON, "evt_1")])
    later = suppression("acme", "e1", "opt_out", NOON + timedelta(days=1), "evt_2")
    fresh = suppression("acme", "e2", "opt_out", NOON, "evt_3")
    await asyncio.gather(*(suppressions.add([later, fresh]) for _ in range(8)))
    found = {one["fp"]: one for one in await suppressions.of(["acme"], ["acme/e1", "acme/e2"])}
    assert (found["e1"]["event_id"], found["e1"]["at"]) == ("evt_1", NOON)
    assert found["e2"]["event_id"] == "evt_3"
    assert await database["suppressions"].count_documents({}) == 2


async def test_a_tenant_sees_its_own_words_and_those_for_everyone(database: Database) -> None:
    """Reasons are kept apart, and another tenant's stay with that tenant."""
    suppressions = Suppressions(database)
    await suppressions.add(
        [
            suppression("acme", "e1", "opt_out", NOON, "evt_1"),
            suppression("acme", "e1", "complaint", NOON, "evt_2"),
            suppression("globex", "e1", "bounce", NOON, "evt_3"),
            suppression(EVERYONE, "e1", "opt_out", NOON, "evt_4"),
            suppression("acme", "e9", "opt_out", NOON, "evt_5"),
        ]
    )
    seen = {one["event_id"] for one in await suppressions.of(["acme"], ["acme/e1"])}
    assert seen == {"evt_1", "evt_2", "evt_4"}
    assert {one["event_id"] for one in await suppressions.of(["initech"], ["initech/e1"])} == {"evt_4"}
    assert await suppressions.of(["acme"], []) == []
