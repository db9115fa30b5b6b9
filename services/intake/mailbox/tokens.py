"""Access tokens, fetched from their servers and kept in memory as long as they hold."""

import asyncio

import httpx

from services.intake.enrichment.asking import Unanswered
from services.intake.enrichment.client import read_bounded
from services.intake.enrichment.reach import Forbidden
from services.intake.mailbox.folder import Unreadable
from services.intake.mailbox.oauth import OAuth, Token, granted, refusal
from shared.clock import Clock
from shared.errors import Invalid

#: For one answer, and of it.
TIMEOUT_S, MAX_ANSWER_BYTES = 20.0, 64 * 1024


class Tokens:
    """The tokens of this process; another has its own."""

    def __init__(self, http: httpx.AsyncClient, clock: Clock) -> None:
        self._http = http
        self._clock = clock
        self._kept: dict[OAuth, Token] = {}

    async def kept(self, oauth: OAuth) -> str:
        """A token that should hold: the last, or a fresh one. Raises Unreadable."""
        token = self._kept.get(oauth)
        return token.value if token and self._clock.now() < token.until else await self.fresh(oauth)

    async def fresh(self, oauth: OAuth) -> str:
        """A token fetched now, whatever is kept. Raises Unreadable."""
        status, body = await self._asked(oauth)
        if status != httpx.codes.OK:
            raise Unreadable(refusal(status, body))
        now = self._clock.now()
        try:
            token = granted(body, now)
        except Invalid as error:
            raise Unreadable(f"the token server's answer is none of RFC 6749: {error}") from None
        # those of credentials that are no more go by the way
        self._kept = {of: one for of, one in self._kept.items() if now < one.until}
        self._kept[oauth] = token
        return token.value

    async def _asked(self, oauth: OAuth) -> tuple[int, bytes]:
        request = self._http.build_request("POST", oauth.token_url, data=dict(oauth.form))
        try:
            async with asyncio.timeout(TIMEOUT_S):
                response = await self._http.send(request, stream=True)
                try:
                    return response.status_code, await read_bounded(response, MAX_ANSWER_BYTES)
                finally:
                    await response.aclose()
        except Forbidden:
            raise Unreadable("the token server's name leads to an address that is not public") from None
        except (httpx.TransportError, TimeoutError) as error:
            raise Unreadable(f"the token server does not answer ({type(error).__name__})") from None
        except Unanswered as error:
            raise Unreadable(f"the token server: {error.why}") from None
