"""A person is whatever is connected by shared keys, worked out when it is read."""

import asyncio
from datetime import UTC, datetime

import pytest

from shared.store.client import Database, Document
from shared.store.people import MAX_CARDS, MAX_KEYS, MAX_STEPS, Identity, People, card_id

NOON = datetime(2026, 6, 3, 12, tzinfo=UTC)


def card(*keys: str) -> Document:
    """A card that ties these keys together."""
    return {
        "_id": card_id("acme", keys),
        "tenant": "acme",
        "keys": sorted(keys),
        "data_key": "wrapped",
        "sealed": b"sealed",
        "erased_at": None,
    }


async def test_a_card_is_added_once_whoever_adds_it(database: Database) -> None:
    """All who add it at once get the same card back; the first data key stays."""
    people = People(database)
    different = [{**card("e1", "p1"), "data_key": f"key {n}"} for n in range(8)]
    stored = await asyncio.gather(*(people.add([one]) for one in different))
    assert len({str(one) for one in stored}) == 1
    assert await database["people"].count_documents({}) == 1
    assert await people.add([]) == {}


async def test_aliases_are_followed_along_a_chain_of_cards(database: Database) -> None:
    """From any end of it the whole person is found, and nobody else."""
    people = People(database)
    await people.add([card("e1", "p1"), card("p1", "u1"), card("u1", "x1"), card("e2", "p2")])
    everyone = frozenset({"e1", "p1", "u1", "x1"})
    found = await people.identities(
        {
            "start": frozenset({"e1"}),
            "end": frozenset({"x1"}),
            "other": frozenset({"e2"}),
            "new": frozenset({"n"}),
        }
    )
    assert found["start"].keys == found["end"].keys == everyone
    assert found["other"].keys == {"e2", "p2"}
    assert found["new"].keys == {"n"}
    assert not any(identity.tangled for identity in found.values())


async def test_a_chain_that_is_too_long_is_tangled(database: Database) -> None:
    """Every further step is a further doubt; what lies within reach is still found."""
    people = People(database)
    await people.add([card(f"k{n}", f"k{n + 1}") for n in range(MAX_STEPS + 2)])
    found = await people.identities({"long": frozenset({"k0"})})
    assert found["long"].tangled
    assert found["long"].keys >= {f"k{n}" for n in range(MAX_STEPS)}
    assert not (await people.identities({"middle": frozenset({f"k{MAX_STEPS // 2 + 1}"})}))["middle"].tangled


async def test_a_key_that_is_shared_by_too_many_is_tangled_and_hides_nobody_elses_aliases(
    database: Database,
) -> None:
    """A reception's phone number makes its own cases doubtful, and no others in the same set."""
    people = People(database)
    await people.add([card("shared", f"e{n}") for n in range(MAX_KEYS + 20)])
    await people.add([card("g1", "g2")])
    starts = {"shared": frozenset({"e0", "shared"}), "grace": frozenset({"g1"})}
    found = await people.identities(starts)
    assert found["shared"].tangled
    assert (found["grace"].keys, found["grace"].tangled) == (frozenset({"g1", "g2"}), False)


async def test_in_a_set_whose_reading_is_cut_short_everybody_is_still_told_whole(database: Database) -> None:
    """Far more cards than one read takes: each start is then looked at alone."""
    people = People(database)
    await people.add([card("shared", f"e{n}") for n in range(3 * MAX_CARDS)])
    await people.add([card("g1", "g2"), card("g2", "g3")])
    found = await people.identities({"shared": frozenset({"shared"}), "grace": frozenset({"g1"})})
    assert found["shared"].tangled
    assert (found["grace"].keys, found["grace"].tangled) == (frozenset({"g1", "g2", "g3"}), False)


async def in_any_company(people: People, *start: str) -> Identity:
    """Who this is, said in the same words whoever else is asked about."""
    starts = {"this": frozenset(start)}
    others = {f"k{n}": frozenset({f"k{n}"}) for n in range(1, MAX_STEPS + 2)}
    alone = (await people.identities(starts))["this"]
    assert (await people.identities(starts | others))["this"] == alone
    assert (await people.identities(starts | {"nobody": frozenset({"nobody"})}))["this"] == alone
    return alone


@pytest.mark.parametrize(("count", "tangled"), [(15, False), (MAX_KEYS // 3, False), (MAX_KEYS, True)])
async def test_keys_and_not_cards_tell_how_much_is_too_much(
    database: Database,
    count: int,
    tangled: bool,  # noqa: FBT001
) -> None:
    """Three names that are sent with ever new ids of the same applications make many cards of few keys."""
    people = People(database)
    await people.add([card(base, f"x{n}") for base in ("e", "p", "u") for n in range(count)])
    assert (await in_any_company(people, "e", "p")).tangled is tangled


@pytest.mark.parametrize(("cards", "tangled"), [(MAX_CARDS, False), (MAX_CARDS + 1, True)])
async def test_more_cards_than_are_read_for_one_person_are_tangled(
    database: Database,
    cards: int,
    tangled: bool,  # noqa: FBT001
) -> None:
    """However few the keys are that they mix."""
    people = People(database)
    pairs = [(f"a{n}", f"b{m}") for n in range(19) for m in range(19)]
    assert len(pairs) > cards
    await people.add([card(*pair) for pair in pairs[:cards]])
    assert (await in_any_company(people, "a0")).tangled is tangled


@pytest.mark.parametrize(("steps", "tangled"), [(MAX_STEPS - 1, False), (MAX_STEPS, True)])
async def test_who_else_is_asked_about_shortens_no_chain(
    database: Database,
    steps: int,
    tangled: bool,  # noqa: FBT001
) -> None:
    """From the end it is as long as it is, also where somebody in its middle is in the same set."""
    people = People(database)
    await people.add([card(f"k{n}", f"k{n + 1}") for n in range(steps)])
    assert (await in_any_company(people, "k0")).tangled is tangled


async def test_what_is_erased_is_gone_and_still_links(database: Database) -> None:
    """Data key and details are destroyed once; the fingerprints stay, so that a wish finds every alias."""
    people = People(database)
    await people.add([card("e1", "p1"), card("e2", "p2")])
    assert await people.destroy(["e1", "p1"], NOON) == 1
    assert await people.destroy(["p1"], NOON) == 0
    erased, kept = card("e1", "p1")["_id"], card("e2", "p2")["_id"]
    stored = await people.by_ids([erased, kept])
    assert (stored[erased]["data_key"], stored[erased]["sealed"], stored[erased]["erased_at"]) == (
        None,
        None,
        NOON,
    )
    assert stored[kept]["data_key"] == "wrapped"
    await people.add([card("e1", "p1")])
    assert (await people.by_ids([erased]))[erased]["data_key"] is None
    assert (await people.identities({"a": frozenset({"p1"})}))["a"].keys == {"e1", "p1"}
