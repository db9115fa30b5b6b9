"""The mail server of the tests: real SMTP, and every misbehaviour that the notifier must stand."""

import asyncio
import json
import os
import signal
import subprocess
import sys
from email.message import EmailMessage
from pathlib import Path
from typing import Literal

import aiosmtplib
import pytest

from deploy.local.certificate import server_context
from deploy.local.smtp import SmtpServer


def _letter(to: str = "ada@example.com") -> EmailMessage:
    letter = EmailMessage()
    letter["From"], letter["To"], letter["Subject"] = "us@company.test", to, "Thank you"
    letter.set_content("Thank you for the answer.")
    return letter


async def _send(server: SmtpServer, timeout_s: float = 5) -> None:
    await aiosmtplib.send(_letter(), hostname="127.0.0.1", port=server.port, timeout=timeout_s)


async def test_a_mail_is_kept_as_it_arrived(tmp_path: Path) -> None:
    """It is in memory, and in the folder as a file with its envelope."""
    with SmtpServer(folder=tmp_path) as server:
        await _send(server)
        (mail,) = server.to("ada@example.com")
    assert mail.message["Subject"] == "Thank you"
    assert (tmp_path / "0001.eml").read_bytes() == mail.content
    assert json.loads((tmp_path / "0001.json").read_text())["to"] == ["ada@example.com"]


async def test_a_recipient_is_refused_for_good(smtp: SmtpServer) -> None:
    """RCPT is answered with the 5xx it was told, and nothing is kept."""
    smtp.refuse("ada@example.com", "550 5.1.1 Nobody of that name")
    with pytest.raises(aiosmtplib.SMTPRecipientsRefused) as refused:
        await _send(smtp)
    assert refused.value.recipients[0].code == 550
    assert "Nobody of that name" in refused.value.recipients[0].message
    assert smtp.mails == []


@pytest.mark.parametrize("at", ["rcpt", "data"])
async def test_a_temporary_refusal_passes(smtp: SmtpServer, at: str) -> None:
    """At RCPT or after DATA the first try gets a 4xx and leaves nothing; the second is kept."""
    smtp.refuse_for_now("ada@example.com", at="rcpt" if at == "rcpt" else "data")
    with pytest.raises((aiosmtplib.SMTPRecipientsRefused, aiosmtplib.SMTPDataError)):
        await _send(smtp)
    assert smtp.mails == []
    await _send(smtp)
    assert len(smtp.mails) == 1


@pytest.mark.parametrize("keep", [True, False])
async def test_a_connection_dropped_after_data_leaves_the_sender_in_doubt(
    smtp: SmtpServer, *, keep: bool
) -> None:
    """The sender sees a broken connection whether or not the mail was kept."""
    smtp.drop_after_data(keep=keep)
    with pytest.raises((aiosmtplib.SMTPServerDisconnected, aiosmtplib.SMTPReadTimeoutError)):
        await _send(smtp)
    assert len(smtp.mails) == keep


async def test_an_answer_held_back_comes_on_release(smtp: SmtpServer) -> None:
    """While held, a mail is kept and its sender waits; after the release another is answered at once."""
    smtp.hold()
    with pytest.raises((aiosmtplib.SMTPReadTimeoutError, aiosmtplib.SMTPServerDisconnected)):
        await _send(smtp, timeout_s=0.5)
    assert len(smtp.wait_for(1)) == 1
    smtp.release()
    await _send(smtp)
    assert len(smtp.mails) == 2


@pytest.mark.parametrize("security", ["starttls", "tls"])
async def test_tls_is_spoken_as_configured(tmp_path: Path, security: Literal["starttls", "tls"]) -> None:
    """A client that trusts the certificate gets through, encrypted and logged in; one in clear does not."""
    context, trusted = server_context(tmp_path)
    with SmtpServer(security=security, tls=context, login=("us", "pass")) as server:
        client = aiosmtplib.SMTP(
            hostname="127.0.0.1",
            port=server.port,
            use_tls=security == "tls",
            start_tls=security == "starttls",
            cert_bundle=str(trusted),
            username="us",
            password="pass",
        )
        async with client:
            await client.send_message(_letter())
        assert [mail.tls for mail in server.mails] == [True]
        with pytest.raises(aiosmtplib.SMTPException):
            await aiosmtplib.send(
                _letter(), hostname="127.0.0.1", port=server.port, use_tls=False, start_tls=False, timeout=1
            )
        assert len(server.mails) == 1


async def test_who_does_not_log_in_is_refused() -> None:
    """Where a login is asked for, mail without one is not taken."""
    with SmtpServer(login=("us", "pass")) as server:
        with pytest.raises(aiosmtplib.SMTPRecipientsRefused, match="Authentication required"):
            await _send(server)
        assert server.mails == []


async def test_one_connection_may_carry_many_mails(smtp: SmtpServer) -> None:
    """Connections are counted, so that a test can see a connection kept open."""
    async with aiosmtplib.SMTP(hostname="127.0.0.1", port=smtp.port) as client:
        for _ in range(3):
            await client.send_message(_letter())
    assert (len(smtp.mails), smtp.connections) == (3, 1)


def test_it_runs_as_a_program(tmp_path: Path) -> None:
    """It says its port, keeps files, and ends on SIGTERM."""
    command = [sys.executable, "-m", "deploy.local.smtp", "--dir", str(tmp_path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as program:
        assert program.stdout is not None
        port = json.loads(program.stdout.readline())["port"]
        asyncio.run(aiosmtplib.send(_letter(), hostname="127.0.0.1", port=port))
        assert (tmp_path / "0001.eml").exists()
        os.kill(program.pid, signal.SIGTERM)
        assert program.wait(10) == 0
