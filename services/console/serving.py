"""`afterword run NAME`: one service as a process."""

import asyncio
import gc
from collections.abc import Callable
from enum import StrEnum
from importlib import import_module
from typing import Any, NamedTuple

import typer
import uvicorn

from services.console.bounded_http import BoundedHttp
from shared.preflight import servers_answer
from shared.settings import (
    DeskSettings,
    IntakeSettings,
    NotifierSettings,
    PolicySettings,
    WorkerSettings,
    load,
)
from shared.telemetry import configure_logging

app = typer.Typer()

_Settings = IntakeSettings | WorkerSettings | PolicySettings | NotifierSettings | DeskSettings


class Service(StrEnum):
    """The services there are."""

    INTAKE = "intake"
    WORKER = "worker"
    POLICY = "policy"
    NOTIFIER = "notifier"
    DESK = "desk"


#: Objects made anew before Python looks for cycles among them; what a request leaves behind holds none.
_GC_THRESHOLD = 10_000


class _Wiring(NamedTuple):
    module: str
    settings: type[_Settings]


_WIRING = {
    Service.INTAKE: _Wiring("services.intake.app", IntakeSettings),
    Service.WORKER: _Wiring("services.intake.worker", WorkerSettings),
    Service.POLICY: _Wiring("services.policy.app", PolicySettings),
    Service.NOTIFIER: _Wiring("services.notifier.app", NotifierSettings),
    Service.DESK: _Wiring("services.desk.app", DeskSettings),
}


@app.command("run", help="Run a service until it is told to stop.")
def serve(service: Service) -> None:
    """Run a service until SIGTERM, then let it finish what is in flight.

    Raises SettingsError, or Transient where a server is away, before it takes work.
    """
    wiring = _WIRING[service]
    settings = load(wiring.settings)
    configure_logging(service, settings.log_level)
    asyncio.run(servers_answer(settings.mongo_url, settings.amqp_url))
    # By name: a wiring module is loaded by the process that runs it, and by no other.
    build: Callable[[_Settings], Any] = import_module(wiring.module).build
    application = build(settings)
    _spare_collector()
    uvicorn.run(application, **options(service, settings))


def options(service: Service, settings: _Settings) -> dict[str, Any]:
    """How uvicorn serves a service."""
    return {
        "host": settings.http_host,
        "port": settings.http_port,
        "loop": "uvloop",
        "http": BoundedHttp,
        "ws": "none",
        "lifespan": "on",
        "log_config": None,
        "access_log": False,
        "server_header": False,
        "proxy_headers": service is Service.DESK,  # it alone asks who a caller is
        # Open requests get this long before the lifespan ends, which needs the rest of the time for the bus.
        "timeout_graceful_shutdown": max(1, int(settings.stop_timeout_s / 2)),
    }


def _spare_collector() -> None:
    """What is loaded by now stays for good, so that no search for cycles goes through it over and over."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(_GC_THRESHOLD)
