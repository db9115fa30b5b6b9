"""Mail from a folder: the same events as over HTTP, marked once confirmed; trouble is one source's own."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

import httpx
import pytest
from pydantic import SecretStr
from structlog.testing import capture_logs

from deploy.local.certificate import server_context
from deploy.local.servers import Servers
from services.intake.deliveries.record import opened
from services.intake.registry import Sources
from services.intake.sources.email import DIRECTION
from shared import topology
from shared.clock import FixedClock
from shared.events import Event, InteractionRecorded
from shared.migrate import migrate
from tests.integration.bus.test_rights import as_service
from tests.integration.intake.mail_server import PASSWORD, USER, MailServer, open_mail_server
from tests.integration.intake.stage import KEYRING, RATE, Platform, Stage, until
from tests.integration.intake.working import VAULT, kept, open_worker
from tests.unit.intake.sources.deliveries import body_of, stored

FACTS, STOPS = topology.POLICY_FACTS.name, topology.POLICY_STOPS.name
MAILS = {name: body_of(case) for name, case in stored("email").items()}
CONFIG = {"recruiters": ["rey@acme.example"], "unsubscribe": ["stop@acme.example"]}
REPLY, STOP = MAILS["a-reply"], MAILS["a-stop"]
NO_MAIL = b"no header and no end"
SEEN = {r"\Seen"}

Worker = Callable[..., AbstractAsyncContextManager[httpx.AsyncClient]]


@pytest.fixture
def server(tmp_path: Path) -> Iterator[MailServer]:
    """An IMAP server with an empty mailbox."""
    with open_mail_server(tmp_path) as server:
        yield server


@pytest.fixture
def worker(servers: Servers, vhost: str, mongo_url: str, clock: FixedClock) -> Worker:
    """Opens a worker with no more rights at the broker than it has, that hardly waits between two looks."""
    return partial(
        open_worker, as_service(servers, vhost, "worker"), mongo_url, clock, mailbox_interval_s=0.02
    )


async def a_source(stage: Stage, server: MailServer, name: str = "mail", **changed: Any) -> Platform:
    """A source with a folder, and who sends to it over HTTP."""
    sources = Sources(stage.database, stage.clock)
    _, secret = await sources.add(name, "acme", "email", RATE, KEYRING, config=CONFIG)
    await sources.keep_credentials(name, server.credentials(**changed), KEYRING)
    return Platform(stage.http, stage.clock, name, secret)


async def post(platform: Platform, mail: bytes) -> list[str]:
    """The ids of the events that it is read as over HTTP."""
    answer = await platform.send(mail, headers={"content-type": "message/rfc822"})
    return [accepted["event_id"] for accepted in answer.json()["accepted"]]


async def told(stage: Stage, *queues: str) -> set[tuple[str, str | None]]:
    """Ids and digests of what lies in these queues; taken out of them."""
    return {(event.id, event.digest) for queue in queues for event in await stage.events(queue)}


async def test_a_mail_is_the_same_by_either_way(stage: Stage, server: MailServer, worker: Worker) -> None:
    """Each stored one, reports of servers too: the ids and the contents, whichever came first."""
    platform = await a_source(stage, server)
    mails = [mail for mail in MAILS.values() if DIRECTION.encode() not in mail]
    disobey = await stage.obey()
    ids = {one for mail in mails for one in await post(platform, mail)}
    await disobey()
    over_http = await told(stage, FACTS)
    server.put(*mails)
    async with worker():
        await until(lambda: server.flags() == [SEEN] * len(mails))
    facts, stops = await told(stage, FACTS), await told(stage, STOPS)
    assert facts == over_http
    assert {one for one, _ in facts | stops} == ids
    assert len(stops) > 1


async def test_what_came_is_kept_as_other_deliveries_are(
    stage: Stage, server: MailServer, worker: Worker
) -> None:
    """As it came, with what became of it; what cannot be read is flagged, and the rest goes on."""
    await a_source(stage, server)
    receipt = MAILS["a-receipt"]
    server.put(NO_MAIL, REPLY, receipt)
    async with worker() as http:
        await until(lambda: len(server.flags()) == 3 and all(server.flags()))
        documents = await kept(stage, 3)
        assert server.flags() == [{r"\Seen", r"\Flagged"}, SEEN, SEEN]
        metrics = (await http.get("/metrics")).text
    raw = {document["outcome"]: opened(document, VAULT) for document in documents}
    assert {name: (one.method, one.body) for name, one in raw.items()} == {
        "refused": ("IMAP", NO_MAIL),
        "accepted": ("IMAP", REPLY),
        "ignored": ("IMAP", receipt),
    }
    (event,) = await stage.events(FACTS)
    assert {one["id"] for document in documents for one in document["events"]} == {event.id}
    for result in ("accepted", "ignored", "invalid"):
        assert f'afterword_deliveries_total{{kind="email",result="{result}"}} 1.0' in metrics


async def test_a_mail_that_was_not_marked_comes_again_as_the_same(
    stage: Stage, server: MailServer, worker: Worker
) -> None:
    """As after a crash between the confirm and the mark; and as with two workers at the same folder."""
    await a_source(stage, server)
    server.put(REPLY, STOP)
    async with worker():
        await until(lambda: server.flags() == [SEEN] * 2)
    first = await told(stage, FACTS, STOPS)
    server.unmark()
    async with worker(), worker():
        await until(lambda: server.flags() == [SEEN] * 2)
    assert await told(stage, FACTS, STOPS) == first
    assert len(first) == 2


async def test_nothing_is_marked_before_the_broker_has_it(
    stage: Stage, server: MailServer, worker: Worker, amqp_url: str, mongo_url: str
) -> None:
    """A stop that no queue takes stays in the folder until one does."""
    await a_source(stage, server)
    await stage.channel.queue_delete(STOPS)
    server.put(STOP)
    with capture_logs() as logs:
        async with worker() as http:
            await until(partial(counted, http, "failed"))
            assert server.flags() == [set()]
            await migrate(SecretStr(mongo_url), SecretStr(amqp_url))
            stage.clock.advance(timedelta(seconds=2))
            await until(partial(counted, http, "read"))
            assert server.flags() == [SEEN]
    assert len(await stage.events(STOPS)) == 1
    assert [one["source"] for one in logs if one["event"] == "a mailbox is read again"] == ["mail"]


async def counted(http: httpx.AsyncClient, result: str, times: int = 1) -> bool:
    """Whether so many looks have ended so."""
    metrics = (await http.get("/metrics")).text
    return f'afterword_mailboxes_total{{result="{result}"}} {times}.0' in metrics


async def test_the_direction_is_believed_of_nobody_but_who_signs(
    stage: Stage, server: MailServer, worker: Worker
) -> None:
    """In what is fetched the header is a stranger's word; over HTTP it is of whoever passes the mail on."""
    platform = await a_source(stage, server)
    mail = f"{DIRECTION}: outreach\r\n".encode() + REPLY.replace(b"rey@acme", b"rob@acme")
    assert await post(platform, mail)
    (over_http,) = await stage.events(FACTS)
    server.put(mail)
    async with worker():
        await until(lambda: server.flags() == [SEEN])
    (fetched,) = await stage.events(FACTS)
    assert [direction(event) for event in (over_http, fetched)] == ["outreach", "reply"]


def direction(event: Event) -> str:
    """Of an interaction."""
    assert isinstance(event.data, InteractionRecorded)
    return event.data.direction


@pytest.mark.parametrize(
    ("changed", "why"),
    [
        ({"password": "an0ther"}, "does not take the login"),
        ({"folder": 'no "such" \\ folder'}, "cannot be opened"),
        ({"host": "localhost", "port": 9}, "cannot be reached"),
        ({"host": "10.0.0.1", "tls": True}, "not public"),
        ({"tls": True}, "cannot be reached"),
    ],
)
async def test_a_folder_that_cannot_be_read_is_told_of_once_and_holds_up_no_other(
    stage: Stage, server: MailServer, worker: Worker, changed: dict[str, Any], why: str
) -> None:
    """Left alone ever longer, counted each time; no word of who or where."""
    await a_source(stage, server, "broken", **changed)
    await a_source(stage, server)
    with capture_logs() as logs:
        async with worker() as http:
            await until(partial(counted, http, "failed"))
            server.put(REPLY)
            await until(lambda: server.flags() == [SEEN])
            assert await counted(http, "failed")
            stage.clock.advance(timedelta(seconds=2))
            await until(partial(counted, http, "failed", 2))
    (warned,) = [one for one in logs if one["log_level"] == "warning"]
    assert warned["source"] == "broken"
    assert why in warned["why"]
    for secret in (USER, PASSWORD, "an0ther", "10.0.0.1", "127.0.0.1"):
        assert secret not in str(warned)


async def test_a_disabled_source_is_not_polled(stage: Stage, server: MailServer, worker: Worker) -> None:
    """Nor one without a folder; each from the next look on when it is enabled."""
    server.add_folder("Other")
    await a_source(stage, server)
    await a_source(stage, server, "other", folder="Other")
    await stage.source("http", "email")
    sources = Sources(stage.database, stage.clock)
    await sources.enable("other", enabled=False)
    server.put(REPLY)
    server.put(REPLY, folder="Other")
    async with worker() as http:
        await until(lambda: server.flags() == [SEEN])
        await until(partial(counted, http, "read", 5))
        assert server.flags("Other") == [set()]
        await sources.enable("other", enabled=True)
        await until(lambda: server.flags("Other") == [SEEN])


async def test_more_than_a_set_is_read_whole_and_a_long_mail_from_its_beginning(
    stage: Stage, server: MailServer, worker: Worker
) -> None:
    """A long attachment is no reason to overlook what stands above it."""
    await a_source(stage, server)
    mails = [REPLY.replace(b"<m-1@", f"<m-{n}@".encode()) for n in range(45)]
    server.put(*mails, STOP + b"\r\n> what was written before" * 40_000)
    async with worker():
        await until(lambda: server.flags() == [SEEN] * 46)
    assert len(await stage.events(FACTS)) == 45
    assert len(await stage.events(STOPS)) == 1


async def test_the_way_is_encrypted_and_the_server_known_by_its_certificate(
    stage: Stage, server: MailServer, worker: Worker, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One that nobody vouches for hears no password."""
    context, trusted = server_context(tmp_path)
    server.put(REPLY)
    async with a_way_in(server, context) as port:
        await a_source(stage, server, host="localhost", port=port, tls=True)
        with capture_logs() as logs:
            async with worker() as http:
                await until(partial(counted, http, "failed"))
        assert [one["why"] for one in logs if "why" in one] == [
            "the server's certificate is not to be trusted"
        ]
        monkeypatch.setenv("SSL_CERT_FILE", str(trusted))
        async with worker():
            await until(lambda: server.flags() == [SEEN])


@asynccontextmanager
async def a_way_in(server: MailServer, context: ssl.SSLContext) -> AsyncIterator[int]:
    """The port of one that ends TLS in front of it."""

    async def passed_on(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while data := await reader.read(65536):
            writer.write(data)
        writer.close()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        behind_reader, behind_writer = await asyncio.open_connection("127.0.0.1", server.port)
        await asyncio.gather(passed_on(reader, behind_writer), passed_on(behind_reader, writer))

    async with await asyncio.start_server(serve, "127.0.0.1", 0, ssl=context) as front:
        yield front.sockets[0].getsockname()[1]


async def test_a_server_that_says_nothing_does_not_hold_up_a_stop(
    stage: Stage, server: MailServer, worker: Worker
) -> None:
    """Its connection is ended from this side."""
    ended = asyncio.Event()

    async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        reached.set()
        await reader.read()
        writer.close()
        await writer.wait_closed()
        ended.set()

    reached = asyncio.Event()
    async with await asyncio.start_server(silent, "127.0.0.1", 0) as front:
        await a_source(stage, server, port=front.sockets[0].getsockname()[1])
        async with worker():
            await reached.wait()
        async with asyncio.timeout(5):
            await ended.wait()
