"""The ways to the servers: the variables that name them, and what a person is told where none leads there."""

import os
from typing import Literal, get_args

AMQP_VARIABLE = "AFTERWORD_TEST_AMQP_URL"
API_VARIABLE = "AFTERWORD_TEST_RABBITMQ_API_URL"
MONGO_VARIABLE = "AFTERWORD_TEST_MONGO_URL"
WAY_VARIABLE = "AFTERWORD_SERVERS"

Way = Literal["auto", "environment", "docker", "native"]

_THREE_WAYS = f"""\
Afterword needs a RabbitMQ and a MongoDB, and has none. There are three ways to get them:
  1. Name servers that run: {AMQP_VARIABLE}=amqp://user:password@host:5672/ and {MONGO_VARIABLE}=mongodb://host:27017/?replicaSet=rs0
     (and {API_VARIABLE}=http://host:15672, for what needs RabbitMQ's management API).
  2. Start Docker: an engine that this user may talk to (`docker info` works) is found by itself.
  3. Install them: on Debian or Ubuntu `apt-get install --no-install-recommends rabbitmq-server` (done by
     itself for root), and `make setup` for MongoDB, on x86-64 Linux. Both then run privately, beside any
     service of the machine.
What was tried:"""


class NoServers(RuntimeError):
    """No way to the servers; the message names the three ways and what hindered each. Commands exit with
    `exit_code`.
    """

    exit_code = 2

    def __init__(self, tried: list[str]) -> None:
        super().__init__("\n".join([_THREE_WAYS, *(f"  - {reason}" for reason in tried)]))


def way_from_environment() -> Way:
    """The way that AFTERWORD_SERVERS forces, else `auto`. Raises NoServers for one that is none."""
    given = os.environ.get(WAY_VARIABLE) or "auto"
    ways: dict[str, Way] = {way: way for way in get_args(Way)}
    if given not in ways:
        raise NoServers([f"{WAY_VARIABLE}={given}: expected one of {', '.join(ways)}"])
    return ways[given]
