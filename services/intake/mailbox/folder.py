"""A folder over IMAP (RFC 3501), spoken to in a thread of its own. Reading from it marks nothing."""

import asyncio
import imaplib
import socket
import ssl
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import TypeVar

from services.intake.enrichment.credentials import LOOPBACK
from services.intake.enrichment.reach import Forbidden, public_address
from services.intake.mailbox.credentials import Login, MailboxCredentials

#: For the connection, and for each read of an answer.
CONNECT_TIMEOUT_S, STEP_TIMEOUT_S = 5.0, 20.0
#: What is fetched of a mail, from its beginning: more than is read of it.
MAX_BYTES = 1024 * 1024

T = TypeVar("T")


class Unreadable(Exception):
    """The folder cannot be read now. The words are ours: a server's could name anybody."""


class LoginRefused(Unreadable):
    """The server says no to who we say we are."""

    def __init__(self) -> None:
        super().__init__("the server does not take the login")


class _Connection(imaplib.IMAP4):
    """Over a socket that is there already."""

    def __init__(self, line: socket.socket) -> None:
        self._line = line
        super().__init__()

    def open(self, host: str = "", port: int = 0, timeout: float | None = None) -> None:  # noqa: ARG002
        self.sock = self._line
        self.file = self._line.makefile("rb")

    def read(self, size: int) -> bytes:
        """Raises where a server sends more at once than it may have been asked for."""
        if size > MAX_BYTES:
            raise self.abort("too much")
        return super().read(size)


class Folder:
    """What is asked of it raises Unreadable; then it is of no more use."""

    def __init__(self, credentials: MailboxCredentials, login: Login) -> None:
        self._credentials = credentials
        self._login = login
        self._thread = ThreadPoolExecutor(1, "mailbox")
        self._line: socket.socket | None = None
        self._connected: _Connection | None = None
        self._over = False

    async def open(self) -> None:
        """Connects, logs in and selects it."""
        address = self._credentials.host
        if address not in LOOPBACK:
            try:
                address = await public_address(address, self._credentials.port)
            except Forbidden as error:
                raise Unreadable(str(error)) from None
            except OSError:
                raise Unreadable("the server's name leads nowhere") from None
        await self._do(lambda: self._connect(address), "the server cannot be reached")
        if not await self._do(self._log_in, "the server does not take the login"):
            raise LoginRefused
        await self._do(self._select, "the folder cannot be opened for marking")

    async def unseen(self) -> list[int]:
        """The UIDs of what is not marked yet, the oldest first."""
        return await self._do(self._search, "the folder cannot be searched")

    async def fetch(self, uid: int) -> bytes | None:
        """The mail, or as much of it as is fetched; None where the server does not give it."""
        return await self._do(lambda: self._fetch(uid))

    async def mark(self, uids: Sequence[int], *flags: str) -> None:
        """Sets these flags on them."""
        if uids:
            told = ",".join(map(str, uids))
            await self._do(lambda: self._store(told, f"({' '.join(flags)})"), "the server does not mark mail")

    async def log_out(self) -> None:
        """Says goodbye, and takes whatever is said to it."""
        with suppress(Unreadable):
            await self._do(self._connection.logout)

    def let_go(self) -> None:
        """Ends the connection, whatever its thread waits for, and then the thread."""
        self._over = True
        if self._line is not None:
            with suppress(OSError):
                # the socket's own: that of TLS would take from the thread what it reads with
                socket.socket.shutdown(self._line, socket.SHUT_RDWR)
        self._thread.submit(self._close)
        self._thread.shutdown(wait=False)

    async def _do(self, step: Callable[[], T], refused: str = "the server broke off") -> T:
        try:
            return await asyncio.get_running_loop().run_in_executor(self._thread, step)
        except ssl.SSLCertVerificationError:
            raise Unreadable("the server's certificate is not to be trusted") from None
        except (OSError, imaplib.IMAP4.abort) as error:
            raise Unreadable(f"{refused} ({type(error).__name__})") from None
        except imaplib.IMAP4.error:
            raise Unreadable(refused) from None

    @property
    def _connection(self) -> _Connection:
        assert self._connected is not None  # noqa: S101 - nothing is asked of it before it is open
        return self._connected

    def _connect(self, address: str) -> None:
        given = self._credentials
        line = self._line = socket.create_connection((address, given.port), CONNECT_TIMEOUT_S)
        line.settimeout(STEP_TIMEOUT_S)
        if given.tls:
            context = ssl.create_default_context()
            line = context.wrap_socket(line, server_hostname=given.host, do_handshake_on_connect=False)
            self._line = line
        if self._over:
            raise ConnectionAbortedError
        if isinstance(line, ssl.SSLSocket):
            line.do_handshake()
        self._connected = _Connection(line)

    def _log_in(self) -> bool:
        # an error may be told before the no, in a question that is answered by nothing
        answers = iter([self._login.first])
        try:
            self._connection.authenticate(self._login.mechanism, lambda _: next(answers, b""))
        except imaplib.IMAP4.error:  # or a goodbye instead of a no
            return False
        return True

    def _select(self) -> None:
        name = self._credentials.folder.replace("\\", "\\\\").replace('"', '\\"')
        _checked(self._connection.select(f'"{name}"'))

    def _search(self) -> list[int]:
        data = _checked(self._connection.uid("SEARCH", "UNSEEN"))
        return sorted(int(uid) for line in data if isinstance(line, bytes) for uid in line.split())

    def _fetch(self, uid: int) -> bytes | None:
        try:
            _, data = self._connection.uid("FETCH", str(uid), f"(BODY.PEEK[]<0.{MAX_BYTES}>)")
        except imaplib.IMAP4.abort:
            raise
        except imaplib.IMAP4.error:
            return None
        return next((bytes(part[1]) for part in data if isinstance(part, tuple)), None)

    def _store(self, uids: str, flags: str) -> None:
        _checked(self._connection.uid("STORE", uids, "+FLAGS.SILENT", flags))

    def _close(self) -> None:
        with suppress(OSError):
            if self._connected is not None:
                self._connected.shutdown()
            elif self._line is not None:
                self._line.close()


def _checked(answer: tuple[str, list[T]]) -> list[T]:
    kind, data = answer
    if kind != "OK":
        raise imaplib.IMAP4.error(kind)
    return data
