"""Writes a backup of the whole database, as it was at one moment, to standard output.

`python -m deploy.mongodb.backup > FILE`, with AFTERWORD_MONGO_URL(_FILE) of a user that may read everything.
All collections are read in one snapshot, so what belongs together is together while the services work on.
"""

import sys
from collections.abc import Iterator
from typing import IO, Any

from bson.raw_bson import RawBSONDocument
from pymongo import MongoClient
from pymongo.client_session import ClientSession
from pymongo.database import Database

from deploy.mongodb import archive
from shared.clock import Clock, SystemClock
from shared.settings import Mongo, load

#: Raw deliveries end by themselves and go with an erasure; a backup would bring them back.
LEFT_OUT = frozenset({"deliveries", "delivery_erasures"})


def backup(database: Database[Any], stream: IO[bytes], clock: Clock) -> archive.Manifest:
    """Writes every collection that is to last to the stream; returns what was written."""
    at = clock.now()
    there = (found["name"] for found in database.list_collections())
    names = sorted(name for name in there if not name.startswith("system.") and name not in LEFT_OUT)
    writer = archive.Writer(stream)
    with database.client.start_session(snapshot=True) as session:
        for name in names:
            writer.add(name, _documents(database, name, session))
    return writer.close(at.isoformat(), database.name)


def _documents(database: Database[Any], name: str, session: ClientSession) -> Iterator[RawBSONDocument]:
    collection = database.get_collection(name, codec_options=archive.RAW)
    yield from collection.find({}, session=session, batch_size=1_000)


def main() -> int:
    """Runs the command."""
    if sys.stdout.isatty():
        print("a backup is not for a terminal: python -m deploy.mongodb.backup > FILE", file=sys.stderr)
        return 2
    settings = load(Mongo)
    with MongoClient[dict[str, Any]](settings.mongo_url.get_secret_value()) as client:
        manifest = backup(client[settings.mongo_database], sys.stdout.buffer, SystemClock())
    for name, count in manifest.counts.items():
        print(f"{name:>18} {count:>9}", file=sys.stderr)
    print(
        "Personal data in it stays sealed: without vault_keys and pepper of this day it cannot be used.\n"
        "Keep a copy of the secrets, and keep it elsewhere than the backup.",
        file=sys.stderr,
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
