"""`afterword run NAME`: one service as a process."""

import asyncio
from collections.abc import Callable
from enum import StrEnum
from importlib import import_module
from typing import Any, NamedTuple

import uvicorn

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

_Settings = IntakeSettings | WorkerSettings | PolicySettings | NotifierSettings | DeskSettings


class Service(StrEnum):
    """The services there are."""

    INTAKE = "intake"
    WORKER = "worker"
    POLICY = "policy"
    NOTIFIER = "notifier"
    DESK = "desk"


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
    uvicorn.run(
        build(settings),
        host=settings.http_host,
        port=settings.http_port,
        loop="uvloop",
        http="httptools",
        lifespan="on",
        log_config=None,
        access_log=False,
        server_header=False,
        # Open requests get this long before the lifespan ends, which needs the rest of the time for the bus.
        timeout_graceful_shutdown=max(1, int(settings.stop_timeout_s / 2)),
    )
