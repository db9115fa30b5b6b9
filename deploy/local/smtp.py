"""A real SMTP server that keeps what it gets, and refuses, delays or breaks off as it is told.

`python -m deploy.local.smtp --port 0 --dir DIR` runs it alone and prints its port; each mail becomes
DIR/0001.eml with its envelope in DIR/0001.json.
"""

import argparse
import asyncio
import json
import signal
import ssl
from collections.abc import Callable
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from threading import Event, Lock, Thread
from types import TracebackType
from typing import Literal, Self

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

from deploy.local.smtp_orders import Orders
from deploy.local.waiting import wait_until

_START_TIMEOUT_S = 10


@dataclass(frozen=True, slots=True)
class Mail:
    """A mail as it arrived."""

    sender: str
    recipients: tuple[str, ...]
    content: bytes
    #: Whether the connection was encrypted.
    tls: bool

    @property
    def message(self) -> EmailMessage:
        """The content, parsed."""
        parsed = message_from_bytes(self.content, policy=policy.default)
        if not isinstance(parsed, EmailMessage):
            raise TypeError("not an e-mail message")
        return parsed


@dataclass
class SmtpServer(Orders):
    """The server, in a thread of its own, between `start()` and `close()` or as a context manager.

    `security` other than none needs `tls`, a server-side context (see certificate.py). With `login` nobody
    writes unknown.
    """

    host: str = "127.0.0.1"
    port: int = 0
    folder: Path | None = None
    security: Literal["none", "starttls", "tls"] = "none"
    tls: ssl.SSLContext | None = None
    login: tuple[str, str] | None = None
    mails: list[Mail] = field(default_factory=list)
    #: Connections so far: a client that keeps its connection open makes one.
    connections: int = 0
    _lock: Lock = field(default_factory=Lock)
    _released: Event = field(default_factory=Event)
    _stop: Callable[[], None] | None = None
    _thread: Thread | None = None

    def hold(self) -> None:
        """From now on keep each mail but give no answer to DATA until `release()`."""
        self._released.clear()

    def release(self) -> None:
        """Answer again, the waiting ones first."""
        self._released.set()

    def reset(self) -> None:
        """Forget mails and orders."""
        with self._lock:
            self.mails.clear()
        self.countermand()
        self.release()

    def to(self, address: str) -> list[Mail]:
        """The mails for one recipient."""
        return [mail for mail in list(self.mails) if address in mail.recipients]

    def wait_for(self, count: int, timeout_s: float = 20) -> list[Mail]:
        """The mails, once there are so many. Raises TimeoutError."""
        wait_until(lambda: len(self.mails) >= count, timeout_s=timeout_s, what=f"{count} mails arrive")
        return list(self.mails)

    def keep(self, mail: Mail) -> None:
        """Keep a mail, in memory and in the folder."""
        with self._lock:
            self.mails.append(mail)
            number = len(self.mails)
        if self.folder is not None:
            _write(self.folder / f"{number:04}.eml", mail.content)
            envelope = {"from": mail.sender, "to": mail.recipients, "tls": mail.tls}
            _write(self.folder / f"{number:04}.json", json.dumps(envelope).encode())

    def until_released(self) -> None:
        """Return once answers are not held back."""
        self._released.wait()

    def start(self) -> Self:
        """Listen; returns once `port` is known."""
        self._released.set()
        if self.folder is not None:
            self.folder.mkdir(parents=True, exist_ok=True)
        listening = Event()
        failed: list[BaseException] = []

        def serve() -> None:
            try:
                asyncio.run(self._serve(listening))
            except OSError as error:
                failed.append(error)
                listening.set()

        self._thread = Thread(target=serve, name="smtp", daemon=True)
        self._thread.start()
        if not listening.wait(_START_TIMEOUT_S):
            raise TimeoutError("the SMTP server does not listen")
        if failed:
            raise failed[0]
        return self

    async def _serve(self, listening: Event) -> None:
        loop = asyncio.get_running_loop()
        ended = asyncio.Event()

        def stop() -> None:
            loop.call_soon_threadsafe(ended.set)

        self._stop = stop
        context = self.tls if self.security == "tls" else None
        server = await loop.create_server(lambda: self._protocol(loop), self.host, self.port, ssl=context)
        self.port = server.sockets[0].getsockname()[1]
        listening.set()
        await ended.wait()
        server.close()

    def _protocol(self, loop: asyncio.AbstractEventLoop) -> SMTP:
        self.connections += 1
        starttls = self.security == "starttls"
        return SMTP(
            _Handler(self),
            loop=loop,
            hostname="mail.test",
            tls_context=self.tls if starttls else None,
            require_starttls=starttls,
            auth_require_tls=starttls,
            authenticator=self._authenticate if self.login else None,
        )

    def _authenticate(
        self, _server: SMTP, _session: Session, _envelope: Envelope, _mechanism: str, given: LoginPassword
    ) -> AuthResult:
        known = self.login is not None and (given.login.decode(), given.password.decode()) == self.login
        return AuthResult(success=known, handled=False)

    def close(self) -> None:
        """Stop listening and break off what is open. Safe to call twice."""
        self.release()
        if self._stop is not None and self._thread is not None and self._thread.is_alive():
            self._stop()
            self._thread.join(_START_TIMEOUT_S)

    def __enter__(self) -> Self:
        """Start."""
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close."""
        self.close()


class _Handler:
    """aiosmtpd's hooks; their names are its own."""

    def __init__(self, server: SmtpServer) -> None:
        self._server = server

    async def handle_RCPT(  # noqa: N802 - aiosmtpd's name
        self, _smtp: SMTP, session: Session, envelope: Envelope, address: str, _options: list[str]
    ) -> str:
        # Not aiosmtpd's own `auth_required`: that one takes implicit TLS for none, and warns.
        if self._server.login is not None and not session.authenticated:
            return "530 5.7.0 Authentication required"
        order = self._server.take_order("rcpt", [address])
        if order is not None and order.reply is not None:
            return order.reply
        envelope.rcpt_tos.append(address)
        return "250 2.1.5 OK"

    async def handle_DATA(self, smtp: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802
        order = self._server.take_order("data", list(envelope.rcpt_tos))
        if order is None or order.keep:
            content = envelope.content if isinstance(envelope.content, bytes) else b""
            recipients = tuple(envelope.rcpt_tos)
            tls = smtp.transport is not None and smtp.transport.get_extra_info("sslcontext") is not None
            mail = Mail(envelope.mail_from or "", recipients, content, tls=tls)
            self._server.keep(mail)
        await asyncio.to_thread(self._server.until_released)
        if order is not None and order.reply is not None:
            return order.reply
        if order is not None and isinstance(smtp.transport, asyncio.Transport):
            smtp.transport.abort()
        return "250 2.0.0 Kept"


def _write(path: Path, content: bytes) -> None:
    """Write so that a reader sees the whole file or none."""
    unfinished = path.with_suffix(path.suffix + ".part")
    unfinished.write_bytes(content)
    unfinished.rename(path)


def main() -> None:
    """Serve until SIGTERM or Ctrl-C; the first line printed is `{"port": ...}`."""
    parser = argparse.ArgumentParser(description="An SMTP server that keeps what it gets.")
    parser.add_argument("--port", type=int, default=0, help="0 takes any free port")
    parser.add_argument("--dir", type=Path, required=True, help="where to keep the mails")
    arguments = parser.parse_args()
    # explicitly: what a script starts in the background has SIGINT ignored, and would pass that on
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.default_int_handler)
    with SmtpServer(port=arguments.port, folder=arguments.dir) as server:
        print(json.dumps({"port": server.port}), flush=True)
        try:
            signal.pause()
        except KeyboardInterrupt:
            return


if __name__ == "__main__":
    main()
