"""The same stage as policy's, with a worker beside it and a platform that the worker asks."""

from collections.abc import AsyncIterator

import pytest

from tests.integration.enrichment.platform import StandIn, open_platform
from tests.integration.policy.conftest import stage

__all__ = ["stage"]


@pytest.fixture
async def platform() -> AsyncIterator[StandIn]:
    """A platform that answers."""
    async with open_platform() as stand_in:
        yield stand_in
