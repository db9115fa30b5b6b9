"""Makes an empty mongod ready for the services: the replica set, and a role and a user for each of them.

`python -m deploy.mongodb.setup`, with the secrets in AFTERWORD_SECRETS_DIR. Safe to run twice, and by two at
once; a changed role or password is brought up to date. Works through the driver alone: no shell is needed.
"""

import os
import time
from pathlib import Path
from typing import Any
from urllib.parse import quote

from pydantic import SecretStr
from pymongo import MongoClient
from pymongo.errors import AutoReconnect, OperationFailure

from deploy.mongodb import rights

HOST = "mongodb:27017"
DATABASE = "afterword"
REPLICA_SET = "rs0"
DEADLINE_S = 90
_POLL_S = 0.2

_ALREADY_INITIALIZED = 23
_NOT_YET_INITIALIZED = 94
_ROLE_EXISTS = 51002
_USER_EXISTS = 51003

Client = MongoClient[dict[str, Any]]


def connect(host: str, password: str) -> Client:
    """As root, straight to this server whether or not it is in a replica set yet."""
    return MongoClient(
        host,
        username="root",
        password=password,
        authSource="admin",
        directConnection=True,
        serverSelectionTimeoutMS=5_000,
    )


def root_url(host: str, secrets: Path) -> SecretStr:
    """Root's URL of the replica set and the database."""
    word = quote((secrets / "mongodb_root_password").read_text("utf-8").strip(), safe="")
    return SecretStr(f"mongodb://root:{word}@{host}/{DATABASE}?replicaSet={REPLICA_SET}&authSource=admin")


def initiate(client: Client, host: str) -> None:
    """Makes the server a replica set of one, and waits until it takes writes.

    Raises TimeoutError if it never does.
    """
    give_up = time.monotonic() + DEADLINE_S
    while time.monotonic() < give_up:
        try:
            if client.admin.command("hello").get("isWritablePrimary"):
                return
            _initiate_once(client, host)
        except AutoReconnect as error:
            # The image restarts the server once, after it has made the root user.
            print(f"{host} is not there yet: {type(error).__name__}", flush=True)
        time.sleep(_POLL_S)
    message = f"{host} took no writes within {DEADLINE_S} s"
    raise TimeoutError(message)


def _initiate_once(client: Client, host: str) -> None:
    try:
        client.admin.command("replSetGetStatus")
    except OperationFailure as error:
        if error.code != _NOT_YET_INITIALIZED:
            raise
        config = {"_id": REPLICA_SET, "members": [{"_id": 0, "host": host}]}
        try:
            client.admin.command("replSetInitiate", config)
        except OperationFailure as late:
            if late.code != _ALREADY_INITIALIZED:
                raise


def grant(client: Client, service: str, password: str, database: str) -> None:
    """Creates or updates one service's role and user."""
    admin = client.admin
    name = rights.role(service)
    own = {"privileges": rights.privileges(service, database), "roles": []}
    try:
        admin.command({"createRole": name, **own})
    except OperationFailure as error:
        if error.code != _ROLE_EXISTS:
            raise
        admin.command({"updateRole": name, **own})
    user = {"pwd": password, "roles": [{"role": name, "db": "admin"}]}
    try:
        admin.command({"createUser": service, **user})
    except OperationFailure as error:
        if error.code != _USER_EXISTS:
            raise
        admin.command({"updateUser": service, **user})


def run(host: str, secrets: Path, database: str = DATABASE) -> None:
    """Everything, in order."""

    def password(user: str) -> str:
        return (secrets / f"mongodb_{user}_password").read_text("utf-8").strip()

    with connect(host, password("root")) as client:
        initiate(client, host)
        for service in rights.ROLES:
            grant(client, service, password(service), database)
    print(f"{host}: replica set {REPLICA_SET} with users {', '.join(rights.ROLES)}", flush=True)


if __name__ == "__main__":
    run(HOST, Path(os.environ.get("AFTERWORD_SECRETS_DIR", "/run/secrets")))
