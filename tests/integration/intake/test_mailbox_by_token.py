"""A folder that is opened by a token: it is fetched, kept, and fetched anew once where it is refused."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractAsyncContextManager
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

import httpx
import pytest
from structlog.testing import capture_logs

from deploy.local.servers import Servers
from services.intake.mailbox.oauth import MARGIN
from services.intake.registry import Sources
from shared import topology
from shared.clock import FixedClock
from tests.integration.bus.test_rights import as_service
from tests.integration.enrichment.platform import says
from tests.integration.intake.mail_server import USER, MailServer, open_mail_server
from tests.integration.intake.stage import KEYRING, RATE, Stage, until
from tests.integration.intake.token_server import (
    CLIENT,
    LASTS_S,
    REFRESH,
    SECRET,
    TokenServer,
    open_token_server,
)
from tests.integration.intake.working import open_worker
from tests.unit.intake.sources.deliveries import body_of, stored

FACTS = topology.POLICY_FACTS.name
REPLY = body_of(stored("email")["a-reply"])
SEEN = {r"\Seen"}
LASTS = timedelta(seconds=LASTS_S)

Worker = Callable[..., AbstractAsyncContextManager[httpx.AsyncClient]]


@pytest.fixture
def server(tmp_path: Path) -> Iterator[MailServer]:
    """An IMAP server with an empty mailbox."""
    with open_mail_server(tmp_path) as server:
        yield server


@pytest.fixture
async def tokens(server: MailServer) -> AsyncIterator[TokenServer]:
    """A token server whose tokens open the mailbox."""
    async with open_token_server() as tokens:
        tokens.accept = server.accept
        yield tokens


@pytest.fixture
def worker(servers: Servers, vhost: str, mongo_url: str, clock: FixedClock) -> Worker:
    """Opens a worker that hardly waits between two looks."""
    return partial(
        open_worker, as_service(servers, vhost, "worker"), mongo_url, clock, mailbox_interval_s=0.02
    )


async def a_source(stage: Stage, server: MailServer, oauth: dict[str, Any], **changed: Any) -> None:
    """A source whose folder is opened by what this gets."""
    sources = Sources(stage.database, stage.clock)
    await sources.add("mail", "acme", "email", RATE, KEYRING)
    credentials = server.credentials_by_token(oauth, **changed)
    await sources.keep_credentials("mail", credentials, KEYRING)


async def looks(http: httpx.AsyncClient, result: str) -> int:
    """How many looks have ended so."""
    lines = (await http.get("/metrics")).text.splitlines()
    counted = f'afterword_mailboxes_total{{result="{result}"}} '
    return sum(int(float(line.removeprefix(counted))) for line in lines if line.startswith(counted))


async def looked(http: httpx.AsyncClient, result: str, times: int) -> None:
    """Returns when so many looks have ended so."""

    async def there() -> bool:
        return await looks(http, result) >= times

    await until(there)


@pytest.mark.parametrize("grant", ["by_client", "by_user"])
async def test_mail_is_read_and_one_token_serves_many_looks(
    stage: Stage, server: MailServer, tokens: TokenServer, worker: Worker, grant: str
) -> None:
    """By either grant; another is fetched only shortly before it ends."""
    await a_source(stage, server, getattr(tokens, grant)())
    server.put(REPLY)
    async with worker() as http:
        await until(lambda: server.flags() == [SEEN])
        await looked(http, "read", 3)
        assert len(tokens.issued) == 1
        stage.clock.advance(LASTS - MARGIN)
        await looked(http, "read", await looks(http, "read") + 3)
        assert len(tokens.issued) == 2
        assert await looks(http, "failed") == 0
    assert len(await stage.events(FACTS)) == 1


async def test_a_token_that_was_revoked_is_fetched_anew(
    stage: Stage, server: MailServer, tokens: TokenServer, worker: Worker
) -> None:
    """At once, and without a failure."""
    await a_source(stage, server, tokens.by_client())
    async with worker() as http:
        await looked(http, "read", 1)
        server.revoke()
        server.put(REPLY)
        await until(lambda: server.flags() == [SEEN])
        assert await looks(http, "failed") == 0
        assert len(tokens.issued) == 2


async def test_one_that_is_refused_again_is_a_failure_as_a_wrong_password_is(
    stage: Stage, server: MailServer, tokens: TokenServer, worker: Worker
) -> None:
    """Of whoever may not open the mailbox: two are fetched, no more, until it is tried again later."""
    tokens.accept = lambda _: None
    await a_source(stage, server, tokens.by_client())
    with capture_logs() as logs:
        async with worker() as http:
            await looked(http, "failed", 1)
            assert len(tokens.issued) == 2
            tokens.accept = server.accept
            stage.clock.advance(timedelta(seconds=2))
            await looked(http, "read", 1)
            assert len(tokens.issued) == 3
    (warned,) = [one for one in logs if one["log_level"] == "warning"]
    assert warned["why"] == "the server does not take the login"


async def test_a_goodbye_is_a_no_too(
    stage: Stage, server: MailServer, tokens: TokenServer, worker: Worker
) -> None:
    """Some servers end the connection on which a token was refused."""

    async def unfriendly(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"* OK hello\r\n")
        tag, _ = (await reader.readline()).split(maxsplit=1)
        writer.write(b"* CAPABILITY IMAP4rev1 AUTH=XOAUTH2\r\n" + tag + b" OK done\r\n")
        await reader.readline()
        writer.write(b"+ \r\n")
        await reader.readline()
        writer.write(b"* BYE\r\n")
        writer.close()

    async with await asyncio.start_server(unfriendly, "127.0.0.1", 0) as front:
        await a_source(stage, server, tokens.by_client(), port=front.sockets[0].getsockname()[1])
        with capture_logs() as logs:
            async with worker() as http:
                await looked(http, "failed", 1)
    assert len(tokens.issued) == 2
    assert [one["why"] for one in logs if "why" in one] == ["the server does not take the login"]


async def test_a_token_opens_no_other_mailbox(
    stage: Stage, server: MailServer, tokens: TokenServer, worker: Worker
) -> None:
    """Its user is told with it."""
    await a_source(stage, server, tokens.by_client(), user="rob")
    with capture_logs() as logs:
        async with worker() as http:
            await looked(http, "failed", 1)
    assert [one["why"] for one in logs if one["log_level"] == "warning"] == [
        "the server does not take the login"
    ]


@pytest.mark.parametrize(
    ("changed", "why"),
    [
        ({"client_secret": "wr0ng"}, "client_id and client_secret that it knows are expected"),
        ({"token_url": "http://localhost:9/token"}, "does not answer"),
        ({"token_url": "https://10.0.0.1/token"}, "not public"),
    ],
)
async def test_a_token_that_is_not_to_be_had_is_told_of_once(
    stage: Stage, server: MailServer, tokens: TokenServer, worker: Worker, changed: dict[str, Any], why: str
) -> None:
    """With what was expected, and no word of who, where or by what."""
    await a_source(stage, server, tokens.by_client(**changed))
    with capture_logs() as logs:
        async with worker() as http:
            await looked(http, "failed", 1)
            stage.clock.advance(timedelta(seconds=2))
            await looked(http, "failed", 2)
    (warned,) = [one for one in logs if one["log_level"] == "warning"]
    assert why in warned["why"]
    for secret in (USER, CLIENT, SECRET, REFRESH, "wr0ng", "10.0.0.1"):
        assert secret not in str(warned)


async def test_a_token_server_that_is_away_for_a_while(
    stage: Stage, server: MailServer, tokens: TokenServer, worker: Worker
) -> None:
    """Is asked again later, and then the mail is read."""
    tokens.faults.append(says(503))
    await a_source(stage, server, tokens.by_user())
    server.put(REPLY)
    with capture_logs() as logs:
        async with worker() as http:
            await looked(http, "failed", 1)
            assert server.flags() == [set()]
            stage.clock.advance(timedelta(seconds=2))
            await looked(http, "read", 1)
            assert server.flags() == [SEEN]
    assert [one["why"] for one in logs if "why" in one] == ["the token server answered 503"]
    assert [one["source"] for one in logs if one["event"] == "a mailbox is read again"] == ["mail"]
