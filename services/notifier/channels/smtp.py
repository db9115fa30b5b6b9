"""SMTP (RFC 5321) over one connection that is kept open; TLS as configured, certificates always verified."""

import asyncio
import re
import ssl
from datetime import datetime, timedelta

import structlog
from aiosmtplib import (
    SMTP,
    SMTPDataError,
    SMTPException,
    SMTPRecipientRefused,
    SMTPResponseException,
    SMTPSenderRefused,
)

from services.notifier.handover import Accepted, Deferred, Refused, Unknown
from services.notifier.letter import Letter
from shared.clock import Clock
from shared.settings import Smtp

#: A server closes what is idle for 5 minutes (RFC 5321, 4.5.3.2.7), a firewall sooner and without a word.
IDLE = timedelta(seconds=60)
#: What a farewell may take of the time in which the process must stop.
_QUIT_S = 2.0
_CLOSING = 421
#: First digits of an answer (RFC 5321, 4.2.1).
_TEMPORARY, _PERMANENT = 4, 5
#: An enhanced status code, and what its subject is (RFC 3463).
_ENHANCED = re.compile(r"(?P<class>[245])\.(?P<subject>[0-9]{1,3})\.[0-9]{1,3}(?![0-9.])")
_ABOUT = {
    "1": "the address",
    "2": "the mailbox",
    "3": "the mail system",
    "4": "the network",
    "5": "the protocol",
    "6": "the content",
    "7": "security or policy",
}
_FAULTS = (SMTPException, OSError, TimeoutError, ssl.SSLError)

log = structlog.get_logger()


class SmtpChannel:
    """Hands mail to one server. Not for two tasks at once: an SMTP connection carries one mail at a time."""

    def __init__(self, settings: Smtp, clock: Clock, tls: ssl.SSLContext | None = None) -> None:
        self._settings = settings
        self._clock = clock
        self._tls = tls
        self._smtp: SMTP | None = None
        self._used_at: datetime = clock.now()

    async def begin(self, letter: Letter) -> Accepted | Refused | Deferred:
        """Connection, sender and recipient. A kept connection that turns out to be dead is replaced once."""
        if self._smtp is not None and self._clock.now() - self._used_at > IDLE:
            await self.close()
        kept = self._smtp is not None and self._smtp.is_connected
        said = await self._begin(letter)
        if kept and isinstance(said, Deferred) and said.away:
            said = await self._begin(letter)
        self._used_at = self._clock.now()
        return said

    async def finish(self, letter: Letter, *, within_s: float) -> Accepted | Refused | Deferred | Unknown:
        """DATA. Only a 4xx or a 5xx of the server itself says that nothing was taken."""
        if self._smtp is None:
            return Unknown("the connection was lost before the mail was handed over")
        try:
            async with asyncio.timeout(within_s):
                response = await self._smtp.data(letter.raw)
        except SMTPDataError as error:
            self._settle(error.code)
            words = in_codes(error.code, error.message)
            if error.code // 100 == _TEMPORARY:
                await self.drop()
                return Deferred(words)
            if error.code // 100 == _PERMANENT:
                await self.drop()
                return Refused(words)
            self._abandon()
            return Unknown(words)
        except _FAULTS as error:
            self._abandon()
            return Unknown(f"no answer after the mail was handed over: {_fault(error)}")
        except BaseException:
            self._abandon()
            raise
        self._used_at = self._clock.now()
        return Accepted(in_codes(response.code, response.message))

    async def drop(self) -> None:
        """RSET, so that the next mail starts afresh; where that is refused, on a new connection."""
        if self._smtp is None:
            return
        try:
            await self._smtp.rset()
        except _FAULTS as error:
            log.info("mail connection given up", why=_fault(error))
            self._abandon()

    async def close(self) -> None:
        """QUIT. What cannot be said politely is ended all the same."""
        smtp, self._smtp = self._smtp, None
        if smtp is None or not smtp.is_connected:
            return
        try:
            await smtp.quit(timeout=_QUIT_S)
        except _FAULTS as error:
            log.info("mail connection ended without farewell", why=_fault(error))
        finally:
            smtp.close()

    async def _begin(self, letter: Letter) -> Accepted | Refused | Deferred:
        try:
            smtp = await self._connected()
            await smtp.mail(letter.sender.address)
            response = await smtp.rcpt(letter.recipient)
        except SMTPRecipientRefused as error:
            words = in_codes(error.code, error.message)
            if error.code == _CLOSING:
                self._abandon()
                return Deferred(words, away=True)
            await self.drop()
            return Refused(words) if error.code // 100 == _PERMANENT else Deferred(words)
        except SMTPSenderRefused as error:
            # it is about the tenant's address: worth another try, for it must not cost the candidate's mail
            await self.drop()
            return Deferred(in_codes(error.code, error.message), away=error.code == _CLOSING)
        except SMTPResponseException as error:
            # greeting or login refused: it is about every mail
            self._abandon()
            return Deferred(in_codes(error.code, error.message), away=True)
        except _FAULTS as error:
            self._abandon()
            return Deferred(f"the mail server is away: {_fault(error)}", away=True)
        except BaseException:
            self._abandon()
            raise
        return Accepted(in_codes(response.code, response.message))

    async def _connected(self) -> SMTP:
        if self._smtp is None or not self._smtp.is_connected:
            settings = self._settings
            password = settings.smtp_password
            self._smtp = SMTP(
                hostname=settings.smtp_host,
                port=settings.smtp_port,
                username=settings.smtp_username,
                password=password.get_secret_value() if password is not None else None,
                timeout=settings.smtp_timeout_s,
                use_tls=settings.smtp_security == "tls",
                start_tls=settings.smtp_security == "starttls",
                tls_context=self._tls,
            )
            await self._smtp.connect()
        return self._smtp

    def _settle(self, code: int) -> None:
        """Remembers the use; a server that says that it closes is believed."""
        self._used_at = self._clock.now()
        if code == _CLOSING:
            self._abandon()

    def _abandon(self) -> None:
        if self._smtp is not None:
            self._smtp.close()
            self._smtp = None


def in_codes(code: int, message: str) -> str:
    """The server's answer as a timeline may hold it: its codes, and what a refusal is about.

    Its text may name a person in ways that no filter foresees, and stands in the server's own log.
    """
    enhanced = _ENHANCED.match(message)
    if enhanced is None:
        return str(code)
    about = _ABOUT.get(enhanced["subject"]) if enhanced["class"] != "2" else None
    return f"{code} {enhanced[0]}" + (f" (about {about})" if about else "")


def _fault(error: BaseException) -> str:
    """What went wrong, by type: a library's own text may quote an address."""
    return type(error).__name__
