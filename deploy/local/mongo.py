"""A MongoDB replica set of one."""

from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

from pymongo import MongoClient
from pymongo.errors import OperationFailure, PyMongoError

from deploy.local.native import REPLICA_SET
from deploy.local.owner import Supervisor
from deploy.local.server import Server

_ASK_TIMEOUT_MS = 1000
_ALREADY_INITIALISED = 23
_NOT_YET_INITIALISED = 94


class MongoServer(Server):
    """MongoDB at `url`. `member` (host:port) is given when the replica set is ours to initiate."""

    name = "mongodb"

    def __init__(
        self, url: str, member: str | None = None, keeper: Supervisor | None = None, log: Path | None = None
    ) -> None:
        super().__init__(keeper, log)
        self._url = url
        self._member = member

    def url(self, database: str | None = None) -> str:
        """The URL, of another database when one is named."""
        return (
            self._url if database is None else urlunsplit(urlsplit(self._url)._replace(path=f"/{database}"))
        )

    def answers(self) -> bool:
        """Whether there is a primary that takes writes; initiates the replica set on the way when that is
        ours to do.
        """
        try:
            with self._client() as client:
                hello = client.admin.command("hello")
                if self._member is not None and "setName" not in hello:
                    self._initiate(client)
                return bool(hello.get("isWritablePrimary"))
        except PyMongoError:
            return False

    def drop(self, database: str) -> None:
        """Remove a database."""
        with self._client() as client:
            client.drop_database(database)

    def _client(self) -> MongoClient[dict[str, Any]]:
        address = self._url if self._member is None else f"mongodb://{self._member}/?directConnection=true"
        return MongoClient(address, serverSelectionTimeoutMS=_ASK_TIMEOUT_MS)

    def _initiate(self, client: MongoClient[dict[str, Any]]) -> None:
        config = {"_id": REPLICA_SET, "members": [{"_id": 0, "host": self._member}]}
        try:
            client.admin.command("replSetInitiate", config)
        except OperationFailure as error:
            if error.code not in {_ALREADY_INITIALISED, _NOT_YET_INITIALISED}:
                raise
