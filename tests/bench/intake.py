"""`make bench-intake`: deliveries verified, read and confirmed by the broker, a second, by one intake process
on one core; beside the bare HMAC over the same bytes, the bare HTTP server, and a plain FastAPI door, in the
same run.

The client has the other core; RabbitMQ and MongoDB run on whatever is left of both. Quote the ratios: a busy
machine changes every figure, what a delivery takes of the processor too.
"""

import argparse
import asyncio
import hmac
import json
import os
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from secrets import token_hex
from typing import Any, NamedTuple

import httpx
import uvloop
from pydantic import SecretStr
from standardwebhooks import Webhook

from deploy.local.ports import free_port
from deploy.local.process import Process, Service
from deploy.local.servers import Servers, servers
from services.console.secrets import write_secrets
from services.intake.registry import Sources, Tenants, new_secret
from shared import topology
from shared.clock import SystemClock
from shared.migrate import migrate
from shared.store import client
from shared.vault import Keyring
from tests.bench import http_load

FIXTURE = Path(__file__).parents[1] / "fixtures" / "sources" / "greenhouse" / "a-candidate-withdrew.json"
SECRET = new_secret()
RATE = {"per_second": 1e9, "burst": 1e9}
BATCH = 100
CONNECTIONS = 64
CLOCK = SystemClock()
#: Other doors, by the module of each.
OTHERS = {
    "door_bare": "uvicorn with one HMAC and nothing else",
    "door_peer": "plain FastAPI, HMAC and aio-pika",
}

Signed = Callable[[bytes], dict[str, str]]


def standard(number: int) -> dict[str, Any]:
    """A decline in our own words."""
    return {
        "id": f"decline-{number}",
        "type": "decline.received",
        "timestamp": "2026-01-31T12:00:00Z",
        "data": {
            "person": {"name": "Ada Lovelace", "email": f"ada.{number}@example.org"},
            "recruiter": {"email": "charles@bench.example"},
            "who": "candidate",
            "stage": "outreach",
            "text": "Thank you, but I am not looking at the moment.",
        },
    }


def greenhouse(number: int) -> dict[str, Any]:
    """A rejection as Greenhouse sends it, each of another application."""
    body: dict[str, Any] = json.loads(FIXTURE.read_text("utf-8"))["body"]
    body["payload"]["application"]["id"] = number
    return body


def as_standard(body: bytes) -> dict[str, str]:
    """Signed as Standard Webhooks says."""
    now = CLOCK.now()
    signature = Webhook(SECRET).sign("msg_1", now, body.decode())
    at = str(int(now.timestamp()))
    return {"webhook-id": "msg_1", "webhook-timestamp": at, "webhook-signature": signature}


def as_greenhouse(body: bytes) -> dict[str, str]:
    """Signed as Greenhouse does, and as the peer takes it."""
    return {"signature": "sha256 " + hmac.new(SECRET.encode(), body, "sha256").hexdigest()}


def written(source: str, bodies: Sequence[Any], sign: Signed) -> list[bytes]:
    """The requests as they go over the line."""
    requests = []
    for content in bodies:
        body = json.dumps(content).encode()
        headers = {"host": "bench", "content-type": "application/json", "content-length": str(len(body))}
        lines = [f"{name}: {value}" for name, value in (headers | sign(body)).items()]
        head = "\r\n".join([f"POST /v1/sources/{source}/events HTTP/1.1", *lines, "", ""])
        requests.append(head.encode() + body)
    return requests


def floor(bodies: Sequence[Any]) -> float:
    """Signatures checked a second, and nothing else."""
    encoded, key = [json.dumps(content).encode() for content in bodies], SECRET.encode()
    expected = [hmac.digest(key, body, "sha256") for body in encoded]
    began, rounds = time.perf_counter(), 20
    for _ in range(rounds):
        for body, digest in zip(encoded, expected, strict=True):
            hmac.compare_digest(hmac.digest(key, body, "sha256"), digest)
    return rounds * len(encoded) / (time.perf_counter() - began)


def door(found: Servers, folder: Path) -> Service:
    """One intake process, with a source of each kind."""
    name = f"bench-{token_hex(4)}"
    found.rabbitmq.add_vhost(name)
    found.rabbitmq.set_policies(topology.policies(), name)
    amqp_url, mongo_url = found.rabbitmq.url(name), found.mongodb.url(name)
    write_secrets(folder / "secrets", CLOCK)
    asyncio.run(_sources(amqp_url, mongo_url, (folder / "secrets" / "source_keys").read_text().strip()))
    files = {
        f"AFTERWORD_{key.upper()}_FILE": str(folder / "secrets" / key) for key in ("bus_key", "source_keys")
    }
    given = {
        "AFTERWORD_AMQP_URL": amqp_url,
        "AFTERWORD_MONGO_URL": mongo_url,
        "AFTERWORD_LOG_LEVEL": "WARNING",
    }
    return Service("intake", files | given, logs=folder)


async def _sources(amqp_url: str, mongo_url: str, keys: str) -> None:
    await migrate(SecretStr(mongo_url), SecretStr(amqp_url))
    mongo, database = client.connect(SecretStr(mongo_url), app="bench")
    await Tenants(database).add("bench", "Bench", "Bench", "talent@bench.example", "UTC")
    for kind in ("standard", "greenhouse"):
        sources = Sources(database, CLOCK)
        await sources.add(kind, "bench", kind, RATE, Keyring.parse(keys), secret=SECRET)
    mongo.close()


def peer(found: Servers, folder: Path, module: str) -> tuple[Process, int]:
    """A door of another make, and its port."""
    name, port = f"bench-{token_hex(4)}", free_port()
    found.rabbitmq.add_vhost(name)
    given = {"PEER_AMQP_URL": found.rabbitmq.url(name), "PEER_SECRET": SECRET, "PEER_PORT": str(port)}

    def ready() -> bool:
        try:
            return httpx.get(f"http://127.0.0.1:{port}/readyz", trust_env=False).status_code == httpx.codes.OK
        except httpx.TransportError:
            return False

    argv = [sys.executable, "-m", f"tests.bench.{module}"]
    return Process(argv, log=folder / f"{module}.log", env=given, ready=ready), port


class Measured(NamedTuple):
    """A run, and the seconds of its processor that each delivery took."""

    load: http_load.Load
    worked_s: float


def measured(process: Process, port: int, requests: Sequence[bytes], runs: int) -> Measured:
    """The median of some runs, after one that does not count."""
    found = []
    for number in range(runs + 1):
        before_s = worked_s(process)
        load = uvloop.run(http_load.run(port, requests, CONNECTIONS))
        if not process.running or set(load.statuses) - {200, 202}:
            raise RuntimeError(f"{load.statuses}; the log ends with:\n{process.log_tail()}")
        found += [Measured(load, (worked_s(process) - before_s) / len(requests))] if number else []
    return sorted(found)[len(found) // 2]


def worked_s(process: Process) -> float:
    """Seconds of a processor that the process has used."""
    fields = Path(f"/proc/{process.pid}/stat").read_text("ascii").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def tell(name: str, found: Measured, events: int = 1) -> None:
    """One line."""
    rate, p99_ms = found.load.rate, found.load.percentile(99)
    of_events = f", {rate * events:,.0f} events/s" if events > 1 else ""
    each = "an event" if events > 1 else "a delivery"
    worked = f"{1e6 * found.worked_s / events:.0f} us of its processor {each}"
    print(f"{name}: {rate:,.0f} deliveries/s{of_events}, p99 {p99_ms:.0f} ms, {worked}", flush=True)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="make bench-intake", description=__doc__)
    parser.add_argument("--deliveries", type=int, default=6000)
    parser.add_argument("--runs", type=int, default=3)
    options = parser.parse_args()
    count, runs = options.deliveries, options.runs
    ours, theirs = [standard(n) for n in range(count)], [greenhouse(n) for n in range(count)]
    batches = [ours[at : at + BATCH] for at in range(0, count, BATCH)]
    cores = sorted(os.sched_getaffinity(0))
    print(f"load average {os.getloadavg()[0]:.1f} on {len(cores)} cores before the run", flush=True)
    floors = {"standard": floor(ours), "greenhouse": floor(theirs)}
    with servers(say=print) as found, tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        os.sched_setaffinity(0, {cores[0]})
        with door(found, folder) as service:
            os.sched_setaffinity(service.pid, {cores[-1]})
            service.wait_ready()
            single = measured(service, service.port, written("standard", ours, as_standard), runs)
            tell("standard", single)
            other = measured(service, service.port, written("greenhouse", theirs, as_greenhouse), runs)
            tell("greenhouse", other)
            tell(
                f"standard, {BATCH} events each",
                measured(service, service.port, written("standard", batches, as_standard), runs),
                BATCH,
            )
            half = written("standard", ours, as_standard)
            paced = uvloop.run(http_load.run(service.port, half, 4 * CONNECTIONS, single.load.rate / 2))
            print(f"standard, at half of its rate: p99 {paced.percentile(99):.0f} ms", flush=True)
        others = {}
        for module, called in OTHERS.items():
            process, port = peer(found, folder, module)
            with process:
                os.sched_setaffinity(process.pid, {cores[-1]})
                process.wait_ready()
                others[module] = measured(process, port, written("standard", ours, as_greenhouse), runs)
                tell(called, others[module])
    for kind, rate in (("standard", single.load.rate), ("greenhouse", other.load.rate)):
        print(f"{kind}: the bare HMAC is {floors[kind]:,.0f}/s, {floors[kind] / rate:.0f} times as many")
        for module, called in OTHERS.items():
            print(f"{kind}: {rate / others[module].load.rate:.2f} times {called}")
    print(f"load average {os.getloadavg()[0]:.1f} after the run")


if __name__ == "__main__":
    main()
