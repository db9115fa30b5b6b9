"""Every index there is, in one place. Creating them again, or from two processes at once, changes nothing."""

from pymongo import ASCENDING, DESCENDING, IndexModel

from shared.store.client import Database

#: Counts of deliveries by the hour: a day, the seven before it, and some to spare.
HOURS_KEPT_S = 10 * 24 * 3600

INDEXES: dict[str, tuple[IndexModel, ...]] = {
    "cases": (
        IndexModel([("keys", ASCENDING), ("state", ASCENDING)], name="open_cases_of_a_person"),
        IndexModel([("received_at", DESCENDING), ("_id", DESCENDING)], name="newest"),
        IndexModel(
            [("tenant", ASCENDING), ("received_at", DESCENDING), ("_id", DESCENDING)],
            name="newest_of_a_tenant",
        ),
        IndexModel(
            [("tenant", ASCENDING), ("state", ASCENDING), ("received_at", DESCENDING), ("_id", DESCENDING)],
            name="newest_of_a_state",
        ),
        IndexModel([("state", ASCENDING), ("send.due_at", ASCENDING)], name="due"),
        IndexModel([("state", ASCENDING), ("held_until", ASCENDING)], name="held_until"),
        IndexModel([("timeline.event_id", ASCENDING)], name="moved_by_an_event"),
        IndexModel(
            [
                ("tenant", ASCENDING),
                ("received_at", ASCENDING),
                ("recruiter", ASCENDING),
                ("source", ASCENDING),
                ("team", ASCENDING),
                ("who", ASCENDING),
                ("sample", ASCENDING),
                ("said_no", ASCENDING),
            ],
            name="noes_tallied",
        ),
        IndexModel(
            [
                ("recruiter", ASCENDING),
                ("declined_at", ASCENDING),
                ("who", ASCENDING),
                ("sample", ASCENDING),
                ("said_no", ASCENDING),
            ],
            name="noes_to_a_recruiter",
        ),
        IndexModel(
            [
                ("tenant", ASCENDING),
                ("state", ASCENDING),
                ("send.lease_until", ASCENDING),
                ("recruiter", ASCENDING),
                ("team", ASCENDING),
            ],
            name="sent",
            partialFilterExpression={"state": "sent"},
        ),
        IndexModel(
            [("source", ASCENDING), ("reading.reasons.key", ASCENDING), ("state", ASCENDING)],
            name="of_a_reason",
            partialFilterExpression={"reading.reasons.key": {"$type": "string"}},
        ),
        IndexModel([("announce", ASCENDING)], name="to_announce", sparse=True),
    ),
    "events": (
        IndexModel(
            [("recruiter", ASCENDING), ("type", ASCENDING), ("at", DESCENDING)], name="of_a_recruiter"
        ),
        IndexModel([("card", ASCENDING)], name="of_a_card"),
        # texts that are long enough to be somebody's own, to find who said or got the same
        IndexModel(
            [("words", ASCENDING), ("at", ASCENDING), ("card", ASCENDING)],
            name="same_words",
            partialFilterExpression={"words": {"$type": "string"}},
        ),
    ),
    "people": (IndexModel([("keys", ASCENDING)], name="keys"),),
    # the guard of "once": whoever claims any of these keys second is refused by the database itself
    "permits": (
        IndexModel([("keys", ASCENDING)], name="one_permit_a_person", unique=True),
        IndexModel([("fps", ASCENDING), ("at", DESCENDING)], name="of_a_person_anywhere"),
    ),
    "outcomes": (
        IndexModel(
            [("tenant", ASCENDING), ("at", ASCENDING), ("subject", ASCENDING), ("kind", ASCENDING)],
            name="counted",
        ),
        # a wish is counted once for each message that it answers, whatever else is said of it
        IndexModel([("marks", ASCENDING)], name="one_for_a_message", unique=True, sparse=True),
    ),
    "suppressions": (IndexModel([("fp", ASCENDING)], name="fingerprint"),),
    "withdrawals": (IndexModel([("case", ASCENDING)], name="case"),),
    "conflicts": (
        IndexModel([("at", DESCENDING), ("_id", DESCENDING)], name="newest"),
        IndexModel(
            [("tenant", ASCENDING), ("at", DESCENDING), ("_id", DESCENDING)], name="newest_of_a_tenant"
        ),
    ),
    "sources": (IndexModel([("tenant", ASCENDING)], name="tenant"),),
    "keys": (IndexModel([("tenant", ASCENDING)], name="tenant"),),
    # raw copies, and who was forgotten meanwhile, end by themselves
    "deliveries": (
        IndexModel(
            [("source", ASCENDING), ("at", DESCENDING), ("_id", DESCENDING)], name="newest_of_a_source"
        ),
        IndexModel([("keys", ASCENDING), ("at", ASCENDING)], name="of_a_person"),
        IndexModel([("expires_at", ASCENDING)], name="ends", expireAfterSeconds=0),
    ),
    "delivery_erasures": (
        IndexModel([("keys", ASCENDING)], name="keys"),
        IndexModel([("expires_at", ASCENDING)], name="ends", expireAfterSeconds=0),
    ),
    "delivery_hours": (IndexModel([("hour", ASCENDING)], name="ends", expireAfterSeconds=HOURS_KEPT_S),),
}


async def create(database: Database) -> None:
    """Creates what is missing."""
    for collection, indexes in INDEXES.items():
        await database[collection].create_indexes(list(indexes))
