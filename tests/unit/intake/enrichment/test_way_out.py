"""Where requests may go, and with what: credentials are checked, and the network inside is out of reach."""

import asyncio
from typing import Any

import httpx
import pytest

from services.intake.enrichment.credentials import opened, sealed
from services.intake.enrichment.lever import LeverCredentials
from services.intake.enrichment.merge import MergeCredentials
from services.intake.enrichment.reach import Forbidden, PublicOnly, is_public
from shared.checked import checked
from shared.errors import Invalid, NotFound
from shared.vault import Keyring, new_key

RING = Keyring.parse(f"k1:{new_key()}")


@pytest.mark.parametrize(
    "url",
    [
        "https://api-eu.merge.dev",
        "https://gateway.example.org:8443/lever/",
        "http://127.0.0.1:8000",
        "http://localhost",
        "https://[::1]:1",
    ],
)
def test_an_address_of_its_own(url: str) -> None:
    """Encrypted, but on this machine."""
    given = checked(LeverCredentials, {"api_key": "k", "api_url": url})
    assert given.api_url == url.rstrip("/")


@pytest.mark.parametrize(
    "url",
    [
        "http://api.lever.co",
        "ftp://api.lever.co",
        "api.lever.co",
        "https://",
        "https://user@api.lever.co",
        "https://api.lever.co?x=1",
        "https://api.lever.co#x",
        "https://api.lever.co:99999",
        "https://[::1",
        "",
    ],
)
def test_an_address_that_is_none(url: str) -> None:
    """Each says what is expected, and repeats nothing."""
    with pytest.raises(Invalid, match="/api_url") as refused:
        checked(LeverCredentials, {"api_key": "k", "api_url": url})
    assert len(url) < 10 or url not in str(refused.value)


def test_faults_of_credentials_name_the_field_and_no_secret() -> None:
    """All at once."""
    given = {"api_key": "two words", "token": "s3cr3t"}
    with pytest.raises(Invalid) as refused:
        checked(MergeCredentials, given)
    assert {fault.pointer for fault in refused.value.errors} == {"/api_key", "/account_token", "/token"}
    assert "words" not in str(refused.value)
    assert "s3cr3t" not in str(refused.value)


def test_credentials_open_for_their_own_source_alone() -> None:
    """In no other's place, and under no other key."""
    given = checked(LeverCredentials, {"api_key": "k"})
    assert "'k'" not in repr(given)
    stored = sealed(given, "ats", RING)
    assert opened(LeverCredentials, stored, "ats", RING) == given
    with pytest.raises(Invalid):
        opened(LeverCredentials, stored, "other", RING)
    with pytest.raises(NotFound):
        opened(LeverCredentials, stored, "ats", Keyring.parse(f"k2:{new_key()}"))


@pytest.mark.parametrize(
    ("address", "public"),
    [
        ("93.184.215.14", True),
        ("2606:2800:21f:cb07:6820:80da:af6b:8b2c", True),
        ("::ffff:93.184.215.14", True),
        ("127.0.0.1", False),
        ("0.0.0.0", False),  # noqa: S104 - an address to refuse
        ("10.1.2.3", False),
        ("172.16.0.1", False),
        ("192.168.0.1", False),
        ("169.254.169.254", False),
        ("100.64.0.1", False),
        ("224.0.0.1", False),
        ("255.255.255.255", False),
        ("::1", False),
        ("::", False),
        ("fe80::1", False),
        ("fe80::1%eth0", False),
        ("fc00::1", False),
        ("ff02::1", False),
        ("::ffff:10.0.0.1", False),
        ("2002:0a00:0001::1", False),
        ("64:ff9b::5db8:d70e", True),
        ("64:ff9b::a00:1", False),
        ("64:ff9b:1::5db8:d70e", False),
        ("no address", False),
    ],
)
def test_which_addresses_are_the_internets(address: str, *, public: bool) -> None:
    """However an inner one is wrapped."""
    assert is_public(address) is public


async def test_the_connection_is_made_to_the_address_that_was_looked_at(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """So a name cannot lead elsewhere a moment later; the certificate is still asked for under the name."""
    seen: list[httpx.Request] = []

    async def resolve(*_: Any, **__: Any) -> list[Any]:
        return [(2, 1, 6, "", ("93.184.215.14", 443))]

    def answer(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        return httpx.Response(200)

    monkeypatch.setattr(asyncio.get_running_loop(), "getaddrinfo", resolve)
    async with httpx.AsyncClient(transport=PublicOnly(lambda: httpx.MockTransport(answer))) as http:
        await http.get("https://api.lever.co/v1/x")
    (request,) = seen
    assert (request.url.host, request.url.path) == ("93.184.215.14", "/v1/x")
    assert request.headers["host"] == "api.lever.co"
    assert request.extensions["sni_hostname"] == "api.lever.co"


async def test_two_names_at_one_address_share_no_connection(monkeypatch: pytest.MonkeyPatch) -> None:
    """A connection is kept open under the certificate of the name that it was made for."""
    opened = 0

    async def resolve(*_: Any, **__: Any) -> list[Any]:
        return [(2, 1, 6, "", ("93.184.215.14", 443))]

    def open_line() -> httpx.AsyncBaseTransport:
        nonlocal opened
        opened += 1
        return httpx.MockTransport(lambda _: httpx.Response(200))

    monkeypatch.setattr(asyncio.get_running_loop(), "getaddrinfo", resolve)
    async with httpx.AsyncClient(transport=PublicOnly(open_line)) as http:
        for url in ("https://api.lever.co", "https://api.merge.dev", "https://api.lever.co"):
            await http.get(url)
    assert opened == 2


async def test_one_inner_address_among_several_is_enough_to_refuse(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody knows which of them a connection would take."""

    async def resolve(*_: Any, **__: Any) -> list[Any]:
        return [(2, 1, 6, "", (host, 443)) for host in ("93.184.215.14", "10.0.0.1")]

    monkeypatch.setattr(asyncio.get_running_loop(), "getaddrinfo", resolve)
    transport = PublicOnly(lambda: httpx.MockTransport(lambda _: httpx.Response(200)))
    async with httpx.AsyncClient(transport=transport) as http:
        with pytest.raises(Forbidden):
            await http.get("https://api.lever.co/")
