"""A RabbitMQ node, administered through its management API."""

import asyncio
from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit, urlunsplit

import aio_pika
import httpx

from deploy.local.http import http
from deploy.local.owner import Supervisor
from deploy.local.server import NotOurs, Server

_API_TIMEOUT_S = 10
_CONNECT_TIMEOUT_S = 5


class RabbitServer(Server):
    """RabbitMQ at `url` (amqp://user:password@host:port/), with its management API at `api` (http://...)
    where there is one.
    """

    name = "rabbitmq"

    def __init__(
        self, url: str, api: str | None, keeper: Supervisor | None = None, log: Path | None = None
    ) -> None:
        super().__init__(keeper, log)
        self._url = url
        self.api = api

    def url(self, vhost: str | None = None) -> str:
        """The AMQP URL, of another vhost when one is named."""
        if vhost is None:
            return self._url
        return urlunsplit(urlsplit(self._url)._replace(path="/" + quote(vhost, safe="")))

    def answers(self) -> bool:
        """Whether it lets a client in, and its API answers as well."""
        if self.api is not None:
            try:
                self._request("GET", "whoami")
            except httpx.HTTPError:
                return False
        with ThreadPoolExecutor(1) as pool:  # The caller may be inside an event loop of its own.
            return pool.submit(lambda: asyncio.run(_opens(self._url))).result()

    def add_vhost(self, name: str) -> str:
        """Make a vhost that holds nothing yet; returns its AMQP URL."""
        self._request("PUT", f"vhosts/{quote(name, safe='')}")
        return self.url(name)

    def delete_vhost(self, name: str) -> None:
        """Remove a vhost with its queues, and close its connections."""
        self._request("DELETE", f"vhosts/{quote(name, safe='')}")

    def add_user(self, name: str, password: str, *, vhost: str, configure: str, write: str, read: str) -> str:
        """Make a user with these rights (regular expressions) on one vhost; returns its AMQP URL."""
        self._request("PUT", f"users/{quote(name, safe='')}", {"password": password, "tags": ""})
        rights = {"configure": configure, "write": write, "read": read}
        self._request("PUT", f"permissions/{quote(vhost, safe='')}/{quote(name, safe='')}", rights)
        parts = urlsplit(self.url(vhost))
        return urlunsplit(
            parts._replace(netloc=f"{quote(name)}:{quote(password)}@{parts.hostname}:{parts.port}")
        )

    def set_policies(self, policies: Iterable[Mapping[str, Any]], vhost: str = "/") -> None:
        """Put policies, given as RabbitMQ's definitions file has them, in force on a vhost (whichever vhost
        they name themselves).
        """
        for policy in policies:
            body = {key: value for key, value in policy.items() if key not in {"vhost", "name"}}
            self._request("PUT", f"policies/{quote(vhost, safe='')}/{quote(policy['name'], safe='')}", body)

    def delete_policy(self, name: str, vhost: str = "/") -> None:
        """Take a policy back."""
        self._request("DELETE", f"policies/{quote(vhost, safe='')}/{quote(name, safe='')}")

    def settle(self) -> None:
        """Return when the queues declared so far would outlive `kill()`.

        A node writes down which quorum queues it has a while after their declaration. One killed within that
        time finds such a queue again without its messages and without a leader, and the queue answers nobody.
        """
        self._ours().tell("settle", self.name)

    def close_connections(self, vhost: str = "/") -> int:
        """Have the node cut every client's connection to a vhost, as an operator can; returns how many."""
        open_now = self._request("GET", f"vhosts/{quote(vhost, safe='')}/connections").json()
        for connection in open_now:
            self._request("DELETE", f"connections/{quote(connection['name'], safe='')}")
        return len(open_now)

    def queues(self, vhost: str = "/") -> list[dict[str, Any]]:
        """Queues as the API shows them. Their counts lag up to a second: for exact ones, declare the queue
        passively.
        """
        found: list[dict[str, Any]] = self._request("GET", f"queues/{quote(vhost, safe='')}").json()
        return found

    def _request(self, method: str, path: str, body: Mapping[str, Any] | None = None) -> httpx.Response:
        if self.api is None:
            raise NotOurs(
                "this needs RabbitMQ's management API: "
                "set AFTERWORD_TEST_RABBITMQ_API_URL beside AFTERWORD_TEST_AMQP_URL"
            )
        parts = urlsplit(self._url)
        answer = http().request(
            method,
            f"{self.api}/api/{path}",
            auth=(parts.username or "guest", parts.password or "guest"),
            json=body,
            timeout=_API_TIMEOUT_S,
        )
        return answer.raise_for_status()


async def _opens(url: str) -> bool:
    try:
        connection = await aio_pika.connect(url, timeout=_CONNECT_TIMEOUT_S)
    except (OSError, TimeoutError, aio_pika.exceptions.AMQPError):
        return False
    await connection.close()
    return True
