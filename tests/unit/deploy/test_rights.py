"""The database's roles."""

import re
from pathlib import Path

import pytest

from deploy.mongodb.rights import COLLECTIONS, ROLES, privileges
from shared.store.indexes import INDEXES

ROOT = Path(__file__).parents[3]
NAMED = re.compile(r"""database\[["'](\w+)["']\]""")

#: What only commands use.
OF_THE_CONSOLE = {"cli.py", "probe.py", "registry.py", "reasons.py", "suppress.py"}
#: The other processes that run a service's code, each with rights of its own.
BESIDE = {"intake": "worker"}


@pytest.mark.parametrize("service", ["intake", "policy", "notifier", "desk"])
def test_a_service_has_a_right_to_each_collection_its_code_names(service: str) -> None:
    """As the user that the service itself runs as."""
    code = [file for file in (ROOT / "services" / service).rglob("*.py") if file.name not in OF_THE_CONSOLE]
    named = {name for file in code for name in NAMED.findall(file.read_text("utf-8"))}
    assert named <= {*ROLES[service], *ROLES.get(BESIDE.get(service, ""), ())}


def test_every_collection_that_any_code_names_is_known_here() -> None:
    """A new collection is unreadable until somebody says who may read it."""
    code = [*(ROOT / "services").rglob("*.py"), *(ROOT / "shared").rglob("*.py")]
    named = {name for file in code for name in NAMED.findall(file.read_text("utf-8"))}
    assert named | set(INDEXES) <= set(COLLECTIONS)


def writers(collection: str, *actions: str) -> set[str]:
    """Who may do any of these things there."""
    return {name for name, rights in ROLES.items() if set(actions) & set(rights.get(collection, ()))}


def test_only_policy_may_write_a_permit() -> None:
    """Promises 1 and 2 hang on it."""
    assert writers("permits", "insert", "update", "remove") == {"policy"}


def test_nobody_may_take_a_suppression_away() -> None:
    """Promise 4 hangs on it; an operator may add to the list, as policy does."""
    assert writers("suppressions", "insert") == {"policy", "console"}
    assert writers("suppressions", "update", "remove") == set()


def test_no_role_reaches_beyond_its_database() -> None:
    """No cluster rights, no other database."""
    for service in ROLES:
        for privilege in privileges(service, "afterword"):
            assert privilege["resource"]["db"] == "afterword"
