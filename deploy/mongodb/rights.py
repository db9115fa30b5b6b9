"""Who may do what in the database: one role and one user for each service, collection by collection."""

from collections.abc import Mapping
from typing import Any

COLLECTIONS = (
    "sources",
    "tenants",
    "keys",
    "events",
    "conflicts",
    "people",
    "memory",
    "suppressions",
    "cases",
    "permits",
    "permits_archive",
    "policies",
    "withdrawals",
    "mappings",
    "lookups",
    "gates",
    "outcomes",
    "standings",
    "releases",
    "differences",
    "deliveries",
    "delivery_erasures",
    "delivery_hours",
    "audit",
)

_READ = ("find",)
#: Insert only: what is once written stays as it is.
_ADD = ("find", "insert")
_KEEP = ("find", "insert", "update")
_FULL = ("find", "insert", "update", "remove")
_INDEX = ("find", "createCollection", "createIndex", "listIndexes")

#: Service to collection to actions. What is not named is refused by the server.
ROLES: Mapping[str, Mapping[str, tuple[str, ...]]] = {
    "intake": {"sources": ("find", "changeStream")},  # hears at once that one was changed
    "worker": {
        "sources": _READ,
        "suppressions": _READ,
        "deliveries": ("find", "insert", "remove"),
        "delivery_erasures": _KEEP,
        "delivery_hours": _KEEP,
    },
    "policy": {
        "tenants": _READ,
        "events": _ADD,
        "conflicts": _ADD,
        "withdrawals": _ADD,
        "mappings": _KEEP,
        "lookups": _KEEP,
        "people": _KEEP,
        "memory": _FULL,
        "suppressions": _ADD,
        "cases": _KEEP,
        "permits": ("find", "insert", "remove"),
        "permits_archive": _ADD,
        "gates": _KEEP,
        "outcomes": _ADD,
        "standings": _KEEP,
        "policies": _KEEP,
        "releases": _READ,
        "differences": _ADD,
    },
    "notifier": {
        "cases": _KEEP,
        "people": _READ,
        "permits": _READ,
        "suppressions": _READ,
        "tenants": _READ,
    },
    "desk": {"cases": _READ, "conflicts": _READ, "keys": _READ, "tenants": _READ},
    "console": {
        **dict.fromkeys(COLLECTIONS, _READ),
        **dict.fromkeys(("sources", "tenants", "keys"), _FULL),
        "releases": _ADD,  # whoever decides puts no policy live, and whoever does decides nothing
        "people": ("find", "update"),  # a key rotation wraps their data keys anew
        "suppressions": _ADD,  # nobody, by whatever command, takes one away
        "deliveries": ("find", "update", "changeStream"),  # shows them; a rotation wraps their keys anew
        "audit": _ADD,  # who looked at what, and nobody takes it away
        "cases": ("find", "update"),  # whoever adds one marks the open cases, which are looked at anew then
    },
    "migrate": dict.fromkeys(COLLECTIONS, _INDEX),
}


def role(service: str) -> str:
    """The name of this service's role."""
    return f"afterword_{service}"


def privileges(service: str, database: str) -> list[dict[str, Any]]:
    """The privileges of this service's role, as createRole takes them."""
    granted: list[dict[str, Any]] = [
        {"resource": {"db": database, "collection": name}, "actions": list(actions)}
        for name, actions in ROLES[service].items()
    ]
    if service == "console":  # a backup begins with what there is
        granted.append({"resource": {"db": database, "collection": ""}, "actions": ["listCollections"]})
    return granted
