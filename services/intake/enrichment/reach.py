"""The way out, and no way in: requests go to the internet, never into the network that we run in.

Who stores credentials names an address, and names resolve to whatever their owner likes. So a name is
resolved here, every address it has must be a public one, and the connection is made to the very address that
was looked at. Of this machine only its own names are let through, which nobody names by accident.
"""

import asyncio
import socket
from collections import defaultdict
from collections.abc import Callable
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address

import httpx

from services.intake.enrichment.credentials import LOOPBACK

#: IPv4 behind a translator (RFC 6052), and behind one of a network's own (RFC 8215).
_TRANSLATED, _TRANSLATED_LOCALLY = IPv6Network("64:ff9b::/96"), IPv6Network("64:ff9b:1::/48")


class Forbidden(httpx.UnsupportedProtocol):
    """The name leads to an address that is not public."""


class PublicOnly(httpx.AsyncBaseTransport):
    """Connects to public addresses, and to this machine by its own names.

    ``open_line`` makes what each name has of its own to keep connections in: two names may share an address,
    and a certificate is one name's.
    """

    def __init__(self, open_line: Callable[[], httpx.AsyncBaseTransport]) -> None:
        self._lines: defaultdict[str, httpx.AsyncBaseTransport] = defaultdict(open_line)

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Raises Forbidden, or ConnectError where the name leads nowhere."""
        host = request.url.host
        if host not in LOOPBACK:
            try:
                address = await public_address(host, request.url.port or 443)
            except OSError as error:
                raise httpx.ConnectError("the name leads nowhere") from error
            # the certificate is still asked for under the name, and the Host header keeps it
            request.extensions = {**request.extensions, "sni_hostname": host}
            request.url = request.url.copy_with(host=address)
        return await self._lines[host].handle_async_request(request)

    async def aclose(self) -> None:
        """Lets the connections go."""
        for line in self._lines.values():
            await line.aclose()


async def public_address(host: str, port: int) -> str:
    """An address of this name. Raises Forbidden, or OSError where the name leads nowhere."""
    found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    addresses = [str(sockaddr[0]) for *_, sockaddr in found]
    if not addresses or not all(map(is_public, addresses)):
        raise Forbidden("the name leads to an address that is not public")
    return addresses[0]


def is_public(address: str) -> bool:
    """Whether an address is one of the internet's, by whatever way it is written."""
    try:
        ip = ip_address(address)
    except ValueError:
        return False  # with a zone, which only local ones have
    if isinstance(ip, IPv6Address) and (inner := _inner(ip)) is not None:
        return _of_the_internet(inner) and ip not in _TRANSLATED_LOCALLY
    return _of_the_internet(ip)


def _inner(ip: IPv6Address) -> IPv4Address | None:
    """The IPv4 address to which one of IPv6 leads."""
    if ip in _TRANSLATED or ip in _TRANSLATED_LOCALLY:
        return IPv4Address(int(ip) & 0xFFFF_FFFF)
    return ip.ipv4_mapped or ip.sixtofour or (ip.teredo[1] if ip.teredo else None)


def _of_the_internet(ip: IPv4Address | IPv6Address) -> bool:
    return ip.is_global and not ip.is_multicast
