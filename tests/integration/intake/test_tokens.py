"""Tokens from a server: kept until shortly before they end, and every way in which none is had."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from services.intake.enrichment.client import outside
from services.intake.mailbox import tokens as fetching
from services.intake.mailbox.folder import Unreadable
from services.intake.mailbox.oauth import MARGIN, OAuth
from services.intake.mailbox.tokens import Tokens
from shared.checked import checked
from shared.clock import FixedClock
from tests.integration.enrichment.platform import says
from tests.integration.http_server import trickling
from tests.integration.intake.token_server import (
    CLIENT,
    LASTS_S,
    PUBLIC,
    REFRESH,
    SCOPE,
    SECRET,
    TokenServer,
    open_token_server,
)

LASTS = timedelta(seconds=LASTS_S)
GIVEN = '{"access_token": "t0ken", "token_type": "Bearer"'


@pytest.fixture
async def server() -> AsyncIterator[TokenServer]:
    """A token server that answers."""
    async with open_token_server() as server:
        yield server


@pytest.fixture
def clock() -> FixedClock:
    """Time that moves when told to."""
    return FixedClock(datetime(2026, 6, 1, tzinfo=UTC))


@pytest.fixture
async def tokens(clock: FixedClock) -> AsyncIterator[Tokens]:
    """Tokens that are fetched as the worker fetches them."""
    async with outside() as http:
        yield Tokens(http, clock)


def oauth(told: dict[str, Any]) -> OAuth:
    """As it stands in a file."""
    return checked(OAuth, told)


@pytest.mark.parametrize("scope", [{}, {"scope": SCOPE}])
async def test_either_grant_gets_one(server: TokenServer, tokens: Tokens, scope: dict[str, str]) -> None:
    """By what the client is, or by what a user once allowed."""
    by_client, by_user = oauth(server.by_client()), oauth(server.by_user(**scope))
    assert [await tokens.kept(by_client), await tokens.kept(by_user)] == server.issued
    assert len(set(server.issued)) == 2


async def test_a_token_is_kept_until_shortly_before_it_ends(
    server: TokenServer, tokens: Tokens, clock: FixedClock
) -> None:
    """So that what is begun with it is over when it ends."""
    given = oauth(server.by_client())
    first = await tokens.kept(given)
    clock.advance(LASTS - MARGIN - timedelta(milliseconds=1))
    assert await tokens.kept(oauth(server.by_client())) == first
    clock.advance(timedelta(milliseconds=1))
    assert await tokens.kept(given) == server.issued[-1] != first
    assert len(server.issued) == 2


async def test_a_fresh_one_takes_the_place_of_the_last(server: TokenServer, tokens: Tokens) -> None:
    """Whatever time that had left."""
    given = oauth(server.by_user())
    first = await tokens.kept(given)
    second = await tokens.fresh(given)
    assert await tokens.kept(given) == second != first


async def test_other_credentials_are_not_opened_by_the_last_token(
    server: TokenServer, tokens: Tokens
) -> None:
    """What was stored anew counts at once."""
    await tokens.kept(oauth(server.by_client()))
    with pytest.raises(Unreadable, match="invalid_client"):
        await tokens.kept(oauth(server.by_client(client_secret="another")))


async def test_tokens_of_credentials_that_are_no_more_are_let_go(
    server: TokenServer, tokens: Tokens, clock: FixedClock
) -> None:
    """Once they have ended, by the next that is fetched."""
    await tokens.kept(oauth(server.by_user()))
    clock.advance(LASTS)
    given = oauth(server.by_client())
    await tokens.kept(given)
    assert list(tokens._kept) == [given]


async def test_a_token_without_an_end_is_used_once(server: TokenServer, tokens: Tokens) -> None:
    """Nobody knows whether it still holds."""
    server.faults.append(says(200, GIVEN + "}"))
    assert await tokens.kept(oauth(server.by_client())) == "t0ken"
    assert await tokens.kept(oauth(server.by_client())) == server.issued[0]


@pytest.mark.parametrize(
    ("changed", "why"),
    [
        ({"client_secret": "wr0ng"}, r"\(401, invalid_client\): a client_id and client_secret .* expected"),
        ({"client_id": "wr0ng"}, "invalid_client"),
        ({"scope": "wr0ng"}, "a scope"),
        ({"refresh_token": "wr0ng", "client_id": PUBLIC, "client_secret": None}, "a refresh_token"),
        ({"client_id": PUBLIC, "client_secret": "wr0ng"}, "invalid_client"),
        ({"token_url": "http://127.0.0.1:9/wr0ng"}, r"does not answer \(ConnectError\)"),
        ({"token_url": "https://10.0.0.1/wr0ng"}, "not public"),
    ],
)
async def test_what_is_refused_names_what_was_expected(
    server: TokenServer, tokens: Tokens, changed: dict[str, Any], why: str
) -> None:
    """And no secret, nor the server's own words, which may hold one."""
    told = {name: value for name, value in (server.by_client() | changed).items() if value is not None}
    with pytest.raises(Unreadable, match=why) as refused:
        await tokens.kept(oauth(told))
    for secret in ("wr0ng", CLIENT, SECRET, REFRESH, "127.0.0.1", "10.0.0.1"):
        assert secret not in str(refused.value)


@pytest.mark.parametrize(
    ("fault", "why"),
    [
        (says(503, GIVEN + "}"), "answered 503"),
        (says(429), "answered 429"),
        (says(302, GIVEN + "}", Location="http://127.0.0.1:9/"), "answered 302"),
        (says(204, GIVEN + "}"), "answered 204"),
        (says(200, "<html>t0ken</html>"), "none of RFC 6749: JSON is expected"),
        (says(200, '{"access_token": "t0ken", "token_type": "mac"}'), "none of RFC 6749: /token_type"),
        (says(200, GIVEN + f', "x": "{"t" * fetching.MAX_ANSWER_BYTES}"}}'), "larger than is read"),
        (says(200, GIVEN + "}", Content_Encoding="gzip"), "compressed"),
    ],
    ids=["503", "429", "redirect", "204", "html", "type", "large", "compressed"],
)
async def test_an_answer_that_is_none_is_told_of_and_not_kept(
    server: TokenServer, tokens: Tokens, fault: Any, why: str
) -> None:
    """The next is asked for anew."""
    server.faults.append(fault)
    with pytest.raises(Unreadable, match=why) as refused:
        await tokens.kept(oauth(server.by_client()))
    assert "t0ken" not in str(refused.value)
    assert await tokens.kept(oauth(server.by_client())) == server.issued[0]


async def test_a_server_that_trickles_is_cut(
    server: TokenServer, tokens: Tokens, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each byte comes in time, and all of it never does."""
    monkeypatch.setattr(fetching, "TIMEOUT_S", 0.3)
    async with trickling() as slow:
        server.faults.append(slow)
        with pytest.raises(Unreadable, match=r"does not answer \(TimeoutError\)"):
            async with asyncio.timeout(5):
                await tokens.kept(oauth(server.by_client()))
