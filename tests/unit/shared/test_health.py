"""Health: what an orchestrator is told."""

import asyncio
from collections.abc import Awaitable, Callable

import httpx
import pytest
from prometheus_client import CollectorRegistry
from starlette.applications import Starlette

from shared import health
from shared.health import health_routes
from shared.telemetry import Metrics


async def well() -> None:
    """A check that passes."""


async def ill() -> None:
    """A check that fails and knows why, a little too well."""
    message = "amqp://user:password@rabbit refused"
    raise ConnectionError(message)


async def hung() -> None:
    """A check whose server never answers."""
    await asyncio.Event().wait()


async def ask(path: str, **checks: Callable[[], Awaitable[None]]) -> httpx.Response:
    """What a service with these checks answers."""
    registry = CollectorRegistry()
    Metrics(registry).retries.labels("q").inc()
    service = httpx.ASGITransport(Starlette(routes=health_routes(checks, registry)))
    async with httpx.AsyncClient(transport=service, base_url="http://service") as client:
        return await client.get(path)


async def test_ready_when_every_check_passes() -> None:
    """200, and each check by name."""
    answer = await ask("/readyz", mongo=well, rabbit=well)
    assert answer.status_code == 200
    assert answer.json() == {"ready": True, "checks": {"mongo": {"ok": True}, "rabbit": {"ok": True}}}


async def test_not_ready_says_which_check_and_why_without_its_password() -> None:
    """503; the others are still told."""
    answer = await ask("/readyz", mongo=well, rabbit=ill)
    assert answer.status_code == 503
    assert answer.json()["checks"] == {
        "mongo": {"ok": True},
        "rabbit": {"ok": False, "why": "amqp://[redacted]@rabbit refused"},
    }


async def test_a_check_that_hangs_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    """A probe gets its answer also when a server gives none."""
    monkeypatch.setattr(health, "CHECK_TIMEOUT_S", 0.01)
    answer = await ask("/readyz", rabbit=hung)
    assert answer.status_code == 503
    assert answer.json()["checks"]["rabbit"]["why"] == "no answer within 0.01 s"


async def test_alive_whatever_the_checks_say() -> None:
    """A restart mends no server that is away."""
    assert (await ask("/healthz", rabbit=ill)).status_code == 200


async def test_metrics_are_served_from_the_given_registry() -> None:
    """In the text format that Prometheus reads."""
    answer = await ask("/metrics")
    assert answer.headers["content-type"].startswith("text/plain")
    assert 'afterword_retries_total{queue="q"} 1.0' in answer.text
