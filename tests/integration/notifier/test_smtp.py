"""The mail server's side of the line: encryption, login, and words that name nobody."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
from pydantic import SecretStr

from deploy.local.certificate import server_context
from deploy.local.smtp import SmtpServer
from services.notifier.channels.smtp import SmtpChannel, in_codes
from services.notifier.handover import Accepted, Deferred, Unknown
from services.notifier.letter import Letter, Links, Sender
from services.notifier.render import Renderer
from shared.clock import FixedClock
from shared.settings import Smtp

NOW = datetime(2026, 6, 3, 12, tzinfo=UTC)
LINKS = Links("https://d.example/c/T", "https://d.example/c/T#never", "https://d.example/c/T/never")


@pytest.fixture
def letter() -> Letter:
    """A mail."""
    sender = Sender("Example Ltd", "Ada", "ada@example.com")
    return Renderer().letter("case_" + "a" * 32, sender, None, "grace@example.org", LINKS, NOW)


Open = Callable[..., SmtpChannel]


@pytest.fixture
async def channel() -> AsyncIterator[Open]:
    """Makes channels to a server, and closes them."""
    made: list[SmtpChannel] = []

    def open_(server: SmtpServer, trusted: Path | None = None, **settings: object) -> SmtpChannel:
        chosen = Smtp(
            smtp_host="localhost",
            smtp_port=server.port,
            smtp_security=server.security,
            **{"smtp_timeout_s": 2, **settings},  # type: ignore[arg-type] # a test's own choice of fields
        )
        tls = ssl.create_default_context(cafile=trusted) if trusted else None
        made.append(SmtpChannel(chosen, FixedClock(NOW), tls))
        return made[-1]

    yield open_
    for channel in made:
        await channel.close()


@pytest.mark.parametrize("security", ["starttls", "tls"])
async def test_a_mail_travels_encrypted_with_a_login(
    tmp_path: Path, channel: Open, letter: Letter, security: str
) -> None:
    """The certificate is verified, the login is said inside, and the connection is kept for the next mail."""
    context, certificate = server_context(tmp_path)
    with SmtpServer(host="localhost", security=security, tls=context, login=("ada", "secret")) as server:  # type: ignore[arg-type] # parametrized
        out = channel(server, certificate, smtp_username="ada", smtp_password=SecretStr("secret"))
        for _ in range(2):
            assert isinstance(await out.begin(letter), Accepted)
            assert isinstance(await out.finish(letter, within_s=5), Accepted)
        assert [mail.tls for mail in server.mails] == [True, True]
        assert server.connections == 1
        await out.close()


@pytest.mark.parametrize("security", ["starttls", "tls"])
async def test_a_certificate_that_nobody_vouches_for_gets_no_mail(
    tmp_path: Path, channel: Open, letter: Letter, security: str
) -> None:
    """It waits: nothing is lost, and nothing is said to whoever is there."""
    context, _ = server_context(tmp_path)
    with SmtpServer(host="localhost", security=security, tls=context) as server:  # type: ignore[arg-type] # parametrized
        said = await channel(server).begin(letter)
        assert isinstance(said, Deferred)
        assert said.away
        assert server.mails == []


async def test_a_server_without_starttls_gets_no_mail_in_clear(channel: Open, letter: Letter) -> None:
    """What is configured is kept to, also where somebody on the way took the offer out."""
    with SmtpServer(host="localhost") as server:
        pretender = SmtpServer(host="localhost", port=server.port, security="starttls")
        said = await channel(pretender).begin(letter)
        assert isinstance(said, Deferred)
        assert said.away


async def test_a_refused_login_is_about_the_server_and_costs_no_mail(
    tmp_path: Path, channel: Open, letter: Letter
) -> None:
    """A changed password must not turn every waiting mail into a failed one."""
    context, certificate = server_context(tmp_path)
    with SmtpServer(host="localhost", security="starttls", tls=context, login=("ada", "new")) as server:
        out = channel(server, certificate, smtp_username="ada", smtp_password=SecretStr("old"))
        said = await out.begin(letter)
        assert isinstance(said, Deferred)
        assert said.away
        assert "old" not in said.words


async def test_a_mail_that_was_given_up_leaves_the_connection_clean(channel: Open, letter: Letter) -> None:
    """The next mail is not mixed with it."""
    with SmtpServer(host="localhost") as server:
        out = channel(server)
        await out.begin(letter)
        await out.drop()
        assert isinstance(await out.begin(letter), Accepted)
        assert isinstance(await out.finish(letter, within_s=5), Accepted)
        assert [mail.recipients for mail in server.mails] == [("grace@example.org",)]
        assert server.connections == 1
        await out.close()


async def test_no_word_within_the_time_allowed_is_unknown(channel: Open, letter: Letter) -> None:
    """And the connection, on which the word might still come, is not used again."""
    with SmtpServer(host="localhost") as server:
        out = channel(server, smtp_timeout_s=30)
        server.hold()
        await out.begin(letter)
        async with asyncio.timeout(5):
            assert isinstance(await out.finish(letter, within_s=0.2), Unknown)
        server.release()
        assert isinstance(await out.begin(letter), Accepted)
        assert server.connections == 2
        await out.close()


@pytest.mark.parametrize(
    ("code", "message", "expected"),
    [
        (550, "5.1.1 <grace@example.org>: no such user", "550 5.1.1 (about the address)"),
        (550, "5.1.1 The user grace.hopper does not exist", "550 5.1.1 (about the address)"),
        (452, "4.2.2 Grace Hopper's mailbox is full\nsee elsewhere", "452 4.2.2 (about the mailbox)"),
        (554, "5.7.1\x1b[31m refused", "554 5.7.1 (about security or policy)"),
        (550, "grace unknown", "550"),
        (550, "10.5.1.1 is not welcome", "550"),
        (550, "5.1234.1", "550"),
        (550, "5.9.1 of some later standard", "550 5.9.1"),
        (250, "2.6.0 queued as 4B7", "250 2.6.0"),
        (421, "", "421"),
    ],
)
def test_of_a_servers_words_the_codes_alone_are_kept(code: int, message: str, expected: str) -> None:
    """Its text names people in ways that nobody can foresee; the codes are for everybody."""
    assert in_codes(code, message) == expected
