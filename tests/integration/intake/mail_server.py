"""A real IMAP server in memory, as a process of its own, and eyes and hands in its one mailbox."""

import imaplib
import socket
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from deploy.local.ports import free_port
from deploy.local.process import Process

USER, PASSWORD = "rey", "a pass-word of \N{GREEK SMALL LETTER MU}any letters"
TIMEOUT_S = 10


class MailServer:
    """Where it listens, and what lies in its folders."""

    def __init__(self, port: int, tokens: Path) -> None:
        self.port = port
        self._tokens = tokens

    def credentials(self, **changed: Any) -> dict[str, Any]:
        """What opens its mailbox."""
        given = {"host": "127.0.0.1", "port": self.port, "user": USER, "password": PASSWORD, "tls": False}
        return given | changed

    def credentials_by_token(self, oauth: Mapping[str, Any], **changed: Any) -> dict[str, Any]:
        """What opens it without a password."""
        given = self.credentials(oauth=oauth, **changed)
        del given["password"]
        return given

    def accept(self, token: str) -> None:
        """This token opens it from now on."""
        with self._tokens.open("a") as file:
            file.write(f"{token}\n")

    def revoke(self) -> None:
        """No token opens it any more."""
        self._tokens.write_text("")

    def add_folder(self, name: str) -> None:
        """A folder beside INBOX."""
        with self._logged_in() as connection:
            connection.create(name)

    def put(self, *mails: bytes, folder: str = "INBOX") -> None:
        """Lays mails into it, as a mail server does."""
        with self._logged_in() as connection:
            for mail in mails:
                kind, _ = connection.append(folder, "", "", mail)
                assert kind == "OK"

    def flags(self, folder: str = "INBOX") -> list[set[str]]:
        """What each mail in it is marked with, the oldest first."""
        with self._logged_in() as connection:
            connection.select(folder, readonly=True)
            _, data = connection.fetch("1:*", "(FLAGS)")
            told = [imaplib.ParseFlags(line) for line in data if isinstance(line, bytes)]
        return [{flag.decode() for flag in flags} - {r"\Recent"} for flags in told]

    def unmark(self, folder: str = "INBOX") -> None:
        """Takes all marks off again."""
        with self._logged_in() as connection:
            connection.select(folder)
            connection.store("1:*", "FLAGS", "()")

    @contextmanager
    def _logged_in(self) -> Iterator[imaplib.IMAP4]:
        with imaplib.IMAP4("127.0.0.1", self.port, TIMEOUT_S) as connection:
            connection.authenticate("PLAIN", lambda _: f"\0{USER}\0{PASSWORD}".encode())
            yield connection


@contextmanager
def open_mail_server(logs: Path) -> Iterator[MailServer]:
    """One that answers, until the end of the block."""
    port = free_port()

    def answers() -> bool:
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
        except OSError:
            return False
        return True

    tokens = logs / "tokens"
    tokens.touch()
    argv = [sys.executable, str(Path(__file__).with_name("imap_program.py")), "--host", "127.0.0.1"]
    argv += ["--port", str(port), "--no-tls", "dict", "--demo-user", USER, "--demo-password", PASSWORD]
    argv += [str(tokens)]
    with Process(argv, log=logs / "pymap.log", ready=answers) as process:
        process.wait_ready()
        yield MailServer(port, tokens)
