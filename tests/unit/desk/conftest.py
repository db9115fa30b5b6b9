"""The desk over fakes, as a client reaches it."""

from collections.abc import AsyncIterator

import httpx
import pytest

from tests.unit.desk.fakes import World


@pytest.fixture
def world() -> World:
    """A fresh desk over fakes."""
    return World()


@pytest.fixture
async def http(world: World) -> AsyncIterator[httpx.AsyncClient]:
    """A client of it."""
    transport = httpx.ASGITransport(world.app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://desk") as client:
        yield client
