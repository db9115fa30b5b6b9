"""Brings a backup from standard input back into the database.

`python -m deploy.mongodb.restore [--replace] [--resume] < FILE`, as root, with the services stopped. A
database that holds anything is refused without `--replace`. What a restore must never undo stays in any case:
a "never again", a claimed permit (its message may be out), an erasure. And since nobody knows what went out
after the backup, every case that was open in it is closed, unless `--resume` says that nothing did.
"""

import argparse
import asyncio
import os
import shutil
import sys
import tempfile
from pathlib import Path
from typing import IO, Any

from bson.raw_bson import RawBSONDocument
from pydantic import SecretStr
from pymongo import MongoClient
from pymongo.collection import Collection
from pymongo.database import Database
from pymongo.errors import BulkWriteError

from deploy.mongodb import archive, setup
from deploy.mongodb.backup import LEFT_OUT
from shared.clock import Clock, SystemClock
from shared.states import State
from shared.store import client
from shared.store.cases import Cases, Move

#: Stored by content as soon as a policy service starts: there before there are any data.
_DOCUMENTS = "policies"
#: Never emptied; what the backup has beside it is added.
KEPT = LEFT_OUT | {
    "suppressions",
    "permits",
    "permits_archive",
    "withdrawals",
    "releases",
    "audit",
    _DOCUMENTS,
}
#: How each open state ends when its case may have gone on after the backup.
CLOSES = {
    State.RECEIVED: State.DENIED,
    State.HELD: State.EXPIRED,
    State.APPROVED: State.CANCELLED,
    State.SCHEDULED: State.CANCELLED,
    State.SENDING: State.UNCERTAIN,
}
_BATCH = 500
#: Exit code: nothing was touched. (Python itself ends with 1 where something went wrong on the way.)
REFUSED = 3


class NotEmptyError(Exception):
    """The database holds something, and nobody said that it may be replaced."""


def restore(database: Database[dict[str, Any]], stream: IO[bytes], *, replace: bool) -> dict[str, int]:
    """Puts the backup in place of what is there; returns how many documents each collection then holds.

    In: a stream that can seek. Raises DamagedError before the first write if the archive is not whole, and
    NotEmptyError for a filled database without `replace`.
    """
    archive.check(stream)
    filled = _filled(database)
    data = [name for name in filled if name != _DOCUMENTS]
    if data and not replace:
        raise NotEmptyError(f"the database holds {', '.join(data)}; --replace lets the backup take its place")
    erased = list(database["people"].find({"erased_at": {"$ne": None}}))
    for name in set(filled) - KEPT:
        # Emptied, not dropped: unique indexes guard from the first document on.
        database[name].delete_many({})
    for part in archive.read(stream):
        if not isinstance(part, archive.Manifest):
            _insert(database[part[0]].with_options(codec_options=archive.RAW), part[1])
    for card in erased:
        database["people"].replace_one({"_id": card["_id"]}, card, upsert=True)
    return {name: database[name].count_documents({}) for name in _filled(database)}


async def close_open(url: SecretStr, clock: Clock) -> int:
    """Ends the cases that are open, each with a line in its timeline; returns how many."""
    mongo, database = client.connect(url, app="restore")
    cases, closed = Cases(database), 0
    try:
        while found := await cases.collection.find({"state": {"$in": list(CLOSES)}}).to_list(_BATCH):
            moves = [
                Move(
                    case,
                    CLOSES[State(case["state"])],
                    clock.now(),
                    by="restore",
                    why="restored from a backup: what happened since then is not known",
                )
                for case in found
            ]
            closed += len(await cases.move(moves))
    finally:
        mongo.close()
    return closed


def _filled(database: Database[dict[str, Any]]) -> list[str]:
    names = sorted(name for name in database.list_collection_names() if not name.startswith("system."))
    return [name for name in names if database[name].find_one({}, {"_id": 1})]


def _insert(collection: Collection[Any], documents: list[RawBSONDocument]) -> None:
    if not documents:
        return
    try:
        collection.insert_many(documents, ordered=False)
    except BulkWriteError as error:
        if collection.name not in KEPT or not client.only_duplicates(error):
            raise


def main() -> int:
    """Runs the command, as root of the replica set that `deploy.mongodb.setup` made."""
    options = argparse.ArgumentParser(prog="restore", description=__doc__)
    options.add_argument("--replace", action="store_true", help="the database may hold something")
    options.add_argument("--resume", action="store_true", help="nothing was sent since the backup was made")
    given = options.parse_args()
    secrets = Path(os.environ.get("AFTERWORD_SECRETS_DIR", "/run/secrets"))
    url = setup.root_url(setup.HOST, secrets)
    with tempfile.TemporaryFile() as file, MongoClient[dict[str, Any]](url.get_secret_value()) as mongo:
        shutil.copyfileobj(sys.stdin.buffer, file)
        try:
            counts = restore(mongo[setup.DATABASE], file, replace=given.replace)
        except (NotEmptyError, archive.DamagedError) as error:
            print(f"restore: {error}", file=sys.stderr)
            return REFUSED
    for name, count in counts.items():
        print(f"{name:>18} {count:>9}")
    if not given.resume:
        print(f"{asyncio.run(close_open(url, SystemClock()))} open cases closed")
    return 0


if __name__ == "__main__":
    sys.exit(main())
