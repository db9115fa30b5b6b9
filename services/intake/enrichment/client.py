"""Asks platforms: bounded in time, size and number, and patient as each of them wants it."""

import asyncio
from collections import defaultdict
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from urllib.parse import parse_qsl, urlsplit

import httpx

from services.intake.enrichment.accounts import Account
from services.intake.enrichment.asking import Answer, Ask, Asking, Found, NotNow, Subject, Unanswered
from services.intake.enrichment.cache import Cache
from services.intake.enrichment.gate import FIRST_WAIT_S, Gate
from services.intake.enrichment.reach import Forbidden, PublicOnly
from shared import strict_json
from shared.clock import Clock
from shared.errors import Invalid

#: For each step of a request, and for all of it.
STEP_TIMEOUT_S, WHOLE_TIMEOUT_S = 10.0, 20.0
MAX_ANSWER_BYTES = 4 * 1024 * 1024
#: Requests of one lookup at most, and their time, with that for a place among the others.
MAX_ASKS, LOOKUP_TIMEOUT_S = 20, 60.0
#: Requests to one source's platform at a time.
AT_ONCE = 4
CACHE_FOR, CACHE_BYTES = timedelta(seconds=60), 32 * 1024 * 1024
_COMES_AND_GOES = frozenset({HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.TOO_EARLY, HTTPStatus.TOO_MANY_REQUESTS})


class _Platform:
    """What is known of one source's platform, as long as the process lives."""

    def __init__(self) -> None:
        self.gate = Gate()
        self.places = asyncio.Semaphore(AT_ONCE)


def outside() -> httpx.AsyncClient:
    """What makes the requests: no redirects, no proxies or netrc of the machine, no compression to swell."""
    return httpx.AsyncClient(
        transport=PublicOnly(httpx.AsyncHTTPTransport),
        timeout=STEP_TIMEOUT_S,
        follow_redirects=False,
        trust_env=False,
        headers={"Accept": "application/json", "Accept-Encoding": "identity", "User-Agent": "afterword"},
    )


class Client:
    """Looks up at platforms. One source's trouble is never another's."""

    def __init__(self, http: httpx.AsyncClient, clock: Clock) -> None:
        self._http = http
        self._clock = clock
        self._platforms: defaultdict[str, _Platform] = defaultdict(_Platform)
        self._cache: Cache[Answer] = Cache(CACHE_FOR, CACHE_BYTES)

    async def look_up(self, account: Account, subject: Subject) -> Found:
        """What the platform knows. Raises NotNow where it may know later, Unanswered where it will not."""
        try:
            async with asyncio.timeout(LOOKUP_TIMEOUT_S):
                asking = account.platform.look_up(subject, account.credentials)
                return await self._driven(asking, account)
        except TimeoutError:
            # what was answered so far is kept for the next try, and others have their turn
            raise NotNow(FIRST_WAIT_S, "the platform is slow") from None
        except Invalid:
            raise Unanswered("the answer is not what the platform documents") from None

    async def _driven(self, asking: Asking, account: Account) -> Found:
        try:
            wanted = next(asking)
            for _ in range(MAX_ASKS):
                wanted = asking.send(await self._answer(wanted, account))
        except StopIteration as end:
            found: Found = end.value
            return found
        raise Unanswered("there is more than is read")

    async def _answer(self, ask: Ask, account: Account) -> Answer:
        key = f"{account.source} {ask.key}"
        known = None if ask.fresh else self._cache.get(key, self._clock.now())
        if known is not None:
            return known
        platform = self._platforms[account.source]
        async with platform.places:
            closed_for = platform.gate.closed_for(self._clock.now())
            if closed_for:
                raise NotNow(closed_for, "the platform is left alone for a while")
            answer, size = await self._asked(ask, account, platform.gate)
        self._cache.put(key, answer, size, self._clock.now())
        return answer

    async def _asked(self, ask: Ask, account: Account, gate: Gate) -> tuple[Answer, int]:
        request = self._request(ask, account)
        try:
            async with asyncio.timeout(WHOLE_TIMEOUT_S):
                response = await self._http.send(request, stream=True)
                try:
                    self._judged(response, gate)
                    body = await read_bounded(response, MAX_ANSWER_BYTES)
                finally:
                    await response.aclose()
            answer = Answer(strict_json.read(body), _next(response))
        except Forbidden as error:
            raise Unanswered(str(error)) from None
        except (httpx.TransportError, TimeoutError) as error:
            raise self._failed(gate, f"the platform does not answer ({type(error).__name__})") from None
        except Invalid:
            # cut off, or a page of something in between; what is meant to be no JSON fails again and again
            raise self._failed(gate, "the answer is no JSON") from None
        gate.succeed()
        return answer, len(body)

    def _request(self, ask: Ask, account: Account) -> httpx.Request:
        platform = account.platform
        base = account.credentials.api_url or (platform.API if ask.at == "api" else platform.AUTH)
        return self._http.build_request(
            "GET" if ask.form is None and ask.json is None else "POST",
            base + ask.path,
            params=dict(ask.query) or None,
            headers=dict(ask.headers),
            data=None if ask.form is None else dict(ask.form),
            json=ask.json,
        )

    def _judged(self, response: httpx.Response, gate: Gate) -> None:
        """Returns where there is an answer to read."""
        status = response.status_code
        if response.is_success:
            return
        if status in _COMES_AND_GOES or response.is_server_error:
            asked_s = retry_after(response.headers, self._clock.now())
            if asked_s is not None:
                raise NotNow(gate.close(self._clock.now(), asked_s), "the platform asked to wait")
            raise self._failed(gate, f"the platform answered {status}")
        if status in {HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN}:
            raise Unanswered(f"the platform does not take the key, or not for this ({status})")
        if status in {HTTPStatus.NOT_FOUND, HTTPStatus.GONE}:
            raise Unanswered(f"what was asked for is not there ({status})")
        raise Unanswered(f"the platform answered {status}")

    def _failed(self, gate: Gate, why: str) -> NotNow:
        return NotNow(gate.fail(self._clock.now(), self._clock.random()), why)


async def read_bounded(response: httpx.Response, max_bytes: int) -> bytes:
    """The body, as it comes. Raises Unanswered for more than this, or for what is compressed."""
    if response.headers.get("content-encoding", "identity") != "identity":
        raise Unanswered("the answer is compressed, which was not asked for")
    chunks, size = [], 0
    async for chunk in response.aiter_raw():
        size += len(chunk)
        if size > max_bytes:
            raise Unanswered("the answer is larger than is read")
        chunks.append(chunk)
    return b"".join(chunks)


def _next(response: httpx.Response) -> Mapping[str, str] | None:
    """The query of the next page. Only that is taken of it: no answer says where the next request goes.

    Raises Unanswered where it cannot be read.
    """
    url = response.links.get("next", {}).get("url")
    try:
        return dict(parse_qsl(urlsplit(url).query)) if url else None
    except ValueError:
        raise Unanswered("the platform did not tell where the next page is") from None


def retry_after(headers: Mapping[str, str], now: datetime) -> float | None:
    """The seconds that Retry-After asks for, as a number or a date (RFC 9110, section 10.2.3)."""
    told = headers.get("retry-after", "").strip()
    if told.isascii() and told.isdigit():
        return float(told[:9])
    try:
        at = parsedate_to_datetime(told)
    except (ValueError, OverflowError):
        return None
    return max(0.0, ((at if at.tzinfo else at.replace(tzinfo=UTC)) - now).total_seconds())
