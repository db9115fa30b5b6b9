"""The broker's definitions."""

from deploy.rabbitmq import definitions
from deploy.rabbitmq.rights import RIGHTS


def test_the_committed_definitions_are_those_of_the_topology() -> None:
    """`python -m deploy.rabbitmq.definitions` was run after the topology changed."""
    assert definitions.FILE.read_text("utf-8") == definitions.render()


def test_every_service_user_has_rights_and_topic_rights_and_none_may_declare() -> None:
    """Only the admin may configure anything."""
    rights = definitions.rights()
    may_configure = {row["user"] for row in rights["permissions"] if row["configure"] != "^$"}
    assert may_configure == {definitions.ADMIN}
    assert {row["user"] for row in rights["topic_permissions"]} == set(RIGHTS)


def test_a_password_hash_is_the_one_of_rabbitmqs_own_example() -> None:
    """The example in RabbitMQ's guide on passwords: test12 with the salt 90 8D C6 0A."""
    expected = "kI3GCqW5JLMJa4iX1lo7X4D6XbYqlLgxIs30+P6tENUV2POR"
    assert definitions.hashed("test12", bytes.fromhex("908DC60A")) == expected
    assert definitions.fits("test12", expected)
    assert not definitions.fits("test13", expected)


def test_a_hash_is_kept_while_its_password_is_the_same() -> None:
    """A second run changes nothing; a new password changes that one hash."""
    first = definitions.users({"admin": "a", "intake": "b"}, {})
    assert definitions.users({"admin": "a", "intake": "b"}, first) == first
    second = definitions.users({"admin": "a", "intake": "c"}, first)
    assert second["users"][0] == first["users"][0]
    assert second["users"][1]["password_hash"] != first["users"][1]["password_hash"]
