"""Keys: their form and what their roles may."""

import hashlib

import pytest

from services.desk.keys import PREFIX, Caller, Role, key_id
from shared.clock import SystemClock


def test_a_key_is_known_by_its_hash_alone() -> None:
    """SHA-256 of the key as it is sent, in hex."""
    key = PREFIX + SystemClock().token(32)
    assert key_id(key) == hashlib.sha256(key.encode()).hexdigest()


@pytest.mark.parametrize(
    "text",
    ["", "aw_", "aw_short", "xx_" + "a" * 43, "aw_" + "a" * 44, "aw_" + "ä" * 43, "aw_" + "a" * 43 + "\n"],
)
def test_what_cannot_be_a_key_is_not_looked_up(text: str) -> None:
    """No read is spent on it."""
    assert key_id(text) is None


@pytest.mark.parametrize(
    ("role", "may"),
    [
        ("viewer", {"viewer"}),
        ("reviewer", {"viewer", "reviewer"}),
        ("admin", {"viewer", "reviewer", "admin"}),
    ],
)
def test_each_role_may_what_the_lesser_ones_may(role: Role, may: set[Role]) -> None:
    """Viewer < reviewer < admin."""
    roles: tuple[Role, ...] = ("viewer", "reviewer", "admin")
    assert {least for least in roles if Caller("x", role, "acme").may(least)} == may


def test_a_callers_queries_are_bound_to_its_tenant() -> None:
    """Only the installation's own keys ask without a tenant."""
    assert Caller("x", "admin", "acme").scope() == {"tenant": "acme"}
    assert Caller("x", "viewer", "*").scope() == {}
