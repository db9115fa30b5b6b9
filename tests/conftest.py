"""Fixtures of all suites: real servers, and for each test a vhost, a database and a mail server of its own.

A fresh vhost takes a hundredth of a second through the management API, and a database is made by its first
write, so every test has the topology to itself, under its real names, and no test cleans up after another.
"""

import os
import sys
from collections.abc import Iterator
from secrets import token_hex
from typing import NoReturn

import pytest
from hypothesis import settings

from deploy.local.server import NotOurs
from deploy.local.servers import Servers, find
from deploy.local.smtp import SmtpServer
from deploy.local.ways import NoServers
from shared import topology

# how long a machine takes is measured by benchmarks, and is no reason for a test to fail
settings.register_profile("afterword", deadline=None)
settings.load_profile("afterword")

_FOUND = pytest.StashKey[Servers | NoServers]()


def _absent(reason: str) -> NoReturn:
    """Without its server a test is skipped here and fails on CI, where nobody reads what was skipped."""
    if os.environ.get("CI"):
        pytest.fail(reason, pytrace=False)
    pytest.skip(reason)


def _tell(line: str) -> None:
    sys.stderr.write(f"{line}\n")


def pytest_collection_finish(session: pytest.Session) -> None:
    """Bring the servers up before the first test, so that no test's timeout counts their start."""
    wanted = any("servers" in getattr(item, "fixturenames", ()) for item in session.items)
    if not wanted or session.config.option.collectonly:
        return
    try:
        session.config.stash[_FOUND] = find(say=_tell)
    except NoServers as error:
        session.config.stash[_FOUND] = error


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Take them down; were this process killed instead, their supervisor would."""
    found = session.config.stash.get(_FOUND, None)
    if isinstance(found, Servers):
        found.close()


def pytest_report_collectionfinish(config: pytest.Config) -> str | None:
    """Say which servers the tests run on."""
    found = config.stash.get(_FOUND, None)
    return f"servers: {found.how}" if isinstance(found, Servers) else None


@pytest.fixture(scope="session")
def servers(pytestconfig: pytest.Config) -> Servers:
    """RabbitMQ and MongoDB, shared by the session."""
    found = pytestconfig.stash[_FOUND]
    if isinstance(found, NoServers):
        _absent(str(found))
    return found


@pytest.fixture
def own_servers(servers: Servers) -> Iterator[Servers]:
    """The same servers, for a test that stops or kills them; both run again afterwards, whatever the test
    left.
    """
    if "environment" in servers.how:
        _absent("servers named by the environment are not ours to stop")
    yield servers
    servers.mongodb.start()
    servers.rabbitmq.start()


@pytest.fixture
def vhost(servers: Servers) -> Iterator[str]:
    """The name of a fresh vhost, Afterword's broker policies in force on it."""
    name = f"test-{token_hex(6)}"
    try:
        servers.rabbitmq.add_vhost(name)
    except NotOurs as error:
        _absent(str(error))
    servers.rabbitmq.set_policies(topology.policies(), name)
    yield name
    servers.rabbitmq.delete_vhost(name)


@pytest.fixture
def amqp_url(servers: Servers, vhost: str) -> str:
    """The URL of a fresh vhost."""
    return servers.rabbitmq.url(vhost)


@pytest.fixture
def mongo_url(servers: Servers) -> Iterator[str]:
    """The URL of a fresh database."""
    name = f"test-{token_hex(6)}"
    yield servers.mongodb.url(name)
    servers.mongodb.drop(name)


@pytest.fixture
def smtp() -> Iterator[SmtpServer]:
    """A fresh mail server that keeps what it gets, in this process."""
    with SmtpServer() as server:
        yield server
