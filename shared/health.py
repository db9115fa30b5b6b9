"""What an orchestrator asks: alive, ready, and how it goes."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_LATEST
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from shared.telemetry import redact

#: Named questions. Each returns where all is well, and raises with a sentence where it is not.
Checks = Mapping[str, Callable[[], Awaitable[None]]]

#: Shorter than any probe's own patience, so that the answer names the check that hangs.
CHECK_TIMEOUT_S = 2.0


def health_routes(checks: Checks, registry: CollectorRegistry) -> list[Route]:
    """`/healthz` (200 while the process answers), `/readyz` (200, or 503 with what fails), `/metrics`."""

    async def healthz(_request: Request) -> Response:
        return PlainTextResponse("ok\n")

    async def readyz(_request: Request) -> Response:
        faults = await asyncio.gather(*(_fault(check) for check in checks.values()))
        said = {
            name: {"ok": why is None} | ({} if why is None else {"why": why})
            for name, why in zip(checks, faults, strict=True)
        }
        ready = not any(faults)
        return JSONResponse(
            {"ready": ready, "checks": said},
            status_code=200 if ready else 503,
            headers={"Cache-Control": "no-store"},
        )

    async def metrics(_request: Request) -> Response:
        return Response(generate_latest(registry), media_type=CONTENT_TYPE_LATEST)

    return [Route("/healthz", healthz), Route("/readyz", readyz), Route("/metrics", metrics)]


async def _fault(check: Callable[[], Awaitable[None]]) -> str | None:
    """What is wrong, None where nothing is. Whatever a check raises is its answer."""
    try:
        async with asyncio.timeout(CHECK_TIMEOUT_S):
            await check()
    except TimeoutError:
        return f"no answer within {CHECK_TIMEOUT_S:g} s"
    except Exception as error:  # noqa: BLE001 - a check may ask any library
        return redact(str(error)) or type(error).__name__
    return None
