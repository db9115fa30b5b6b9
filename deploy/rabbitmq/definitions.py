"""RabbitMQ definitions made from the topology: rights and policies (definitions.json), and users (a secret).

`python -m deploy.rabbitmq.definitions` writes definitions.json anew; a test fails when it is stale.
"""

import base64
import hashlib
import hmac
import json
import secrets
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from deploy.rabbitmq.rights import RIGHTS
from shared import topology

FILE = Path(__file__).with_name("definitions.json")
#: Declares the topology, replays dead letters; no service runs as this user.
ADMIN = "admin"
_SALT_BYTES = 4


def rights() -> dict[str, Any]:
    """Virtual host, permissions, topic permissions and policies, as RabbitMQ imports them; no users."""
    return {
        "vhosts": [{"name": "/"}],
        "permissions": [
            {"user": ADMIN, "vhost": "/", "configure": ".*", "write": ".*", "read": ".*"},
            *(
                {"user": user, "vhost": "/", "configure": own.configure, "write": own.write, "read": own.read}
                for user, own in RIGHTS.items()
            ),
        ],
        "topic_permissions": [
            {
                "user": user,
                "vhost": "/",
                "exchange": topology.EVENTS.name,
                "write": own.routing_keys,
                "read": "^$",
            }
            for user, own in RIGHTS.items()
        ],
        "policies": list(topology.policies()),
    }


def users(passwords: Mapping[str, str], known: Mapping[str, Any]) -> dict[str, Any]:
    """The users with their salted hashes; a hash in `known` that fits its password is kept as it is."""
    hashes = {user["name"]: user["password_hash"] for user in known.get("users", ())}
    return {
        "users": [
            {
                "name": name,
                "password_hash": (
                    hashes[name] if name in hashes and fits(password, hashes[name]) else hashed(password)
                ),
                "hashing_algorithm": "rabbit_password_hashing_sha256",
                "tags": ["administrator"] if name == ADMIN else [],
            }
            for name, password in passwords.items()
        ]
    }


def hashed(password: str, salt: bytes | None = None) -> str:
    """RabbitMQ's salted SHA-256: base64 of the salt followed by the digest of salt and password."""
    salt = secrets.token_bytes(_SALT_BYTES) if salt is None else salt
    return base64.b64encode(salt + hashlib.sha256(salt + password.encode()).digest()).decode("ascii")


def fits(password: str, stored: str) -> bool:
    """Whether `stored` is a hash of this password."""
    return hmac.compare_digest(hashed(password, base64.b64decode(stored)[:_SALT_BYTES]), stored)


def render() -> str:
    """The text of definitions.json."""
    return json.dumps(rights(), indent=2) + "\n"


if __name__ == "__main__":
    FILE.write_text(render(), "utf-8")
