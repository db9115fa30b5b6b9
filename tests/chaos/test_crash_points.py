"""Kill -9 before and after each write, publish, acknowledgement and word to the mail server, in each service.

A point is found by counting, so none is forgotten when code changes; the enumeration of a service ends when a
whole workload passes without reaching the point.
"""

import asyncio
import json
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import aio_pika
import httpx
import pytest
from pydantic import SecretStr
from pymongo import MongoClient
from pymongo.read_concern import ReadConcern

from deploy.demo.accounts import register
from deploy.demo.local import POLICY_FILE
from deploy.demo.platform import Answer, Delivery, Json, Platform
from deploy.local.ports import free_port
from deploy.local.smtp import SmtpServer
from deploy.local.waiting import wait_until
from services.console.secrets import write_secrets
from services.policy.verify import faults
from shared import topology
from shared.clock import SystemClock
from shared.decision import Verifier
from shared.migrate import migrate
from shared.states import TERMINAL, State

SERVICES = ("policy", "notifier", "intake", "desk")
#: Not more than any service does in one workload; a runaway is noticed and does not count for ever.
MOST_POINTS = 200
WITHIN_S = 20
SECRETS = ("bus_key", "vault_keys", "source_keys", "pepper", "signing_key", "verify_key", "link_key")


class Forks:
    """The process that has imported everything, and whose forks are the services."""

    def __init__(self, env: dict[str, str], logs: Path) -> None:
        self.env, self.logs = env, logs
        self.pids: dict[str, int] = {}
        self.ports = {name: free_port() for name in SERVICES}
        self.note = logs / "killed"
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.chaos.crasher"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def start(self, name: str, point: int | None = None) -> None:
        """Starts a service; with a point, it will kill itself there."""
        env = {**self.env, "AFTERWORD_HTTP_PORT": str(self.ports[name])}
        order = {"service": name, "env": env, "point": point, "note": str(self.note)}
        self.pids[name] = self._ask({**order, "log": str(self.logs / f"{name}.log")})

    def died(self, name: str) -> bool:
        """Whether a service has ended."""
        return self._ask({"ended": self.pids[name], "wait": False}) is not None

    def kill(self, name: str) -> None:
        """Kill -9."""
        subprocess.run(["kill", "-9", str(self.pids[name])], check=True)
        self._ask({"ended": self.pids[name], "wait": True})

    def url(self, name: str) -> str:
        """Where a service listens."""
        return f"http://127.0.0.1:{self.ports[name]}"

    def close(self) -> None:
        """Ends them all, for they are tied to their parent."""
        with self._process:
            self._process.kill()

    def _ask(self, order: dict[str, Any]) -> Any:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(order) + "\n")
        self._process.stdin.flush()
        return json.loads(self._process.stdout.readline())


class Stage:
    """The services, and what can be seen of them from outside."""

    def __init__(self, forks: Forks, platform: Platform, key: str, mongo_url: str, smtp: SmtpServer) -> None:
        self.forks, self.platform, self.smtp = forks, platform, smtp
        self.http = httpx.Client(trust_env=False, timeout=10)
        self.headers = {"authorization": f"Bearer {key}"}
        mongo: MongoClient[dict[str, Any]] = MongoClient(mongo_url, tz_aware=True)
        self.mongo = mongo
        # as the services read: what is not yet a majority's could be seen by us and not by them
        self.database = mongo.get_default_database(read_concern=ReadConcern("majority"))
        self.armed: str | None = None
        self.point = ""

    def ready(self, name: str) -> bool:
        """Whether a service says that it is."""
        try:
            return self.http.get(f"{self.forks.url(name)}/readyz").is_success
        except httpx.TransportError:
            return False

    def until(self, condition: Callable[[], bool], what: str) -> None:
        """Waits; whoever has killed itself meanwhile is started again, as an orchestrator would."""

        def looked() -> bool:
            self.mend()
            return condition()

        try:
            wait_until(looked, timeout_s=WITHIN_S, what=f"{self.point}: {what}")
        except TimeoutError as error:
            cases = [(case["who"], case["state"]) for case in self.database["cases"].find({})]
            ends = "\n".join(log.read_text()[-1500:] for log in sorted(self.forks.logs.glob("*.log")))
            raise TimeoutError(f"{error}: {cases}\n{ends}") from None

    def mend(self) -> None:
        """Starts again what has killed itself."""
        if self.armed is not None and self.forks.died(self.armed):
            self.point = f"{self.armed} {self.forks.note.read_text()}"
            self.forks.start(self.armed)
            self.armed = None

    def arm(self, name: str, point: int) -> None:
        """The same service once more, which will kill itself."""
        self.forks.kill(name)
        self.forks.start(name, point)
        self.armed, self.point = name, f"{name} point {point}"
        self.until(lambda: self.ready(name), "ready")

    def take(self, *said: Json) -> Answer:
        """Sends, as a platform does: again, until it is taken."""
        answers: list[Answer] = []
        delivery = self.platform.sign(said)

        def taken() -> bool:
            answers.append(self._post(delivery))
            return answers[-1].status == httpx.codes.ACCEPTED

        self.until(taken, "the delivery is taken")
        return answers[-1]

    def _post(self, delivery: Delivery) -> Answer:
        try:
            return self.platform.post(delivery)
        except httpx.TransportError:
            return Answer(0)

    def approve(self, case: str) -> None:
        """A reviewer's approval, again until it is confirmed."""
        headers = {**self.headers, "idempotency-key": case}
        url = f"{self.forks.url('desk')}/v1/cases/{case}/review"

        def approved() -> bool:
            try:
                answer = self.http.post(url, json={"decision": "approve", "reason": "seen"}, headers=headers)
            except httpx.TransportError:
                return False
            assert answer.status_code in {200, 503}, (self.point, answer.text)
            return answer.is_success

        self.until(approved, "the approval is in force")

    def state(self, case: str) -> State | None:
        """Where a case stands."""
        found = self.database["cases"].find_one({"_id": case}, {"state": 1})
        return None if found is None else State(found["state"])

    def workload(self, name: str) -> dict[str, str]:
        """A plain decline, one of somebody who opts out before, one of somebody after, and a review."""
        people = {
            who: {"email": f"{who}.{name}@mail.example", "name": "Ada"}
            for who in ("plain", "no", "held", "stop")
        }
        outreach = {who: self.platform.outreach(person) for who, person in people.items()}
        decline = self.platform.decline
        self.take(outreach["no"], self.platform.opt_out(people["no"]))
        said = [
            *(outreach["plain"], decline(people["plain"]), outreach["no"], decline(people["no"])),
            *(
                outreach["held"],
                decline(people["held"], who="unknown"),
                outreach["stop"],
                decline(people["stop"]),
            ),
        ]
        cases = dict(zip(("plain", "no", "held", "stop"), self.take(*said).cases, strict=True))
        self.take(self.platform.opt_out(people["stop"]))
        self.until(lambda: self.state(cases["held"]) is State.HELD, "held")
        self.approve(cases["held"])
        self.until(lambda: all(self.state(case) in TERMINAL for case in cases.values()), "all came to an end")
        return cases

    def check(self, cases: dict[str, str], policies: dict[str, str], verify_key: str) -> None:
        """Nothing lost, nothing twice, every line provable, and a doubt only where there is one."""
        states = {who: self.state(case) for who, case in cases.items()}
        unsure = (
            {State.UNCERTAIN} if self.point.startswith("notifier") and doubtful(self.point) else set[State]()
        )
        assert states["no"] is State.DENIED, self.point
        for who in ("plain", "held"):
            assert states[who] in {State.SENT} | unsure, (self.point, states)
        assert states["stop"] in {State.SENT, State.CANCELLED, State.DENIED} | unsure, (self.point, states)
        mails = Counter(recipient.split(".")[0] for mail in self.smtp.mails for recipient in mail.recipients)
        sent = {who for who, state in states.items() if state is State.SENT}
        assert set(mails.values()) <= {1}, (self.point, mails)
        assert sent <= set(mails) <= sent | {w for w, s in states.items() if s is State.UNCERTAIN}, (
            self.point,
            mails,
        )
        for case in self.database["cases"].find({"_id": {"$in": list(cases.values())}}):
            assert list(faults(case, Verifier(verify_key), policies)) == [], self.point


def doubtful(point: str) -> bool:
    """Whether a kill there may come between the word that a send begins and the record of its end."""
    return "smtp data" in point or "write bulk_write cases" in point


@pytest.fixture
def stage(amqp_url: str, mongo_url: str, smtp: SmtpServer, tmp_path: Path) -> Iterator[Stage]:
    """All four services, each a fork."""
    clock = SystemClock()
    write_secrets(tmp_path / "secrets", clock)
    env = {
        **{f"AFTERWORD_{name.upper()}_FILE": str(tmp_path / "secrets" / name) for name in SECRETS},
        "AFTERWORD_AMQP_URL": amqp_url,
        "AFTERWORD_MONGO_URL": mongo_url,
        "AFTERWORD_POLICY_FILE": str(POLICY_FILE),
        "AFTERWORD_PUBLIC_URL": "http://localhost:8081",
        "AFTERWORD_SMTP_HOST": smtp.host,
        "AFTERWORD_SMTP_PORT": str(smtp.port),
        "AFTERWORD_SMTP_SECURITY": "none",
        "AFTERWORD_SMTP_TIMEOUT_S": "1",
        "AFTERWORD_LEASE_S": "1.5",
        "AFTERWORD_DUE_INTERVAL_S": "0.05",
        "AFTERWORD_IN_FORCE_TIMEOUT_S": "1",
        "AFTERWORD_RETRY_WAITS_S": "1,1,1",
        "AFTERWORD_CONSUMER_CHECK_INTERVAL_S": "1",
    }
    asyncio.run(migrate(SecretStr(mongo_url), SecretStr(amqp_url)))
    forks = Forks(env, tmp_path)
    keys = (tmp_path / "secrets" / "source_keys").read_text().strip()
    accounts = asyncio.run(register(SecretStr(mongo_url), keys, forks.url("intake"), "robin", "crash", clock))
    http = httpx.Client(trust_env=False)
    stage = Stage(
        forks, Platform(accounts.source, "r@acme.example", http, clock), accounts.desk_key, mongo_url, smtp
    )
    try:
        for name in SERVICES:
            forks.start(name)
        for name in SERVICES:
            stage.until(partial(stage.ready, name), f"{name} is ready")
        yield stage
    finally:
        forks.close()
        stage.http.close()
        http.close()
        stage.mongo.close()


@pytest.mark.timeout(240)
@pytest.mark.parametrize("service", SERVICES)
def test_no_kill_loses_or_repeats_anything(
    service: str, stage: Stage, amqp_url: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """At each point of one service, while the others run on."""
    verify_key = (tmp_path / "secrets" / "verify_key").read_text().strip()
    policies = {found["_id"]: found["text"] for found in stage.database["policies"].find({})}
    began, reached = time.monotonic(), Counter[str]()
    for point in range(MOST_POINTS):
        stage.smtp.reset()
        stage.platform._recruiter = f"r{point}@acme.example"  # an honest recruiter thanks but a few an hour
        stage.arm(service, point)
        cases = stage.workload(f"{service}{point}")
        killed = stage.armed is None
        stage.check(cases, policies, verify_key)
        if not killed:
            break
        reached[stage.point] += 1
    else:
        pytest.fail(f"{service} does more than {MOST_POINTS // 2} things in one workload")
    assert asyncio.run(dead_letters(amqp_url)) == 0
    assert reached
    with capsys.disabled():
        took = time.monotonic() - began
        sys.stdout.write(f"\n{service}: {reached.total()} points in {took:.0f} s\n")


async def dead_letters(amqp_url: str) -> int:
    """How many there are."""
    async with await aio_pika.connect(amqp_url) as connection:
        channel = await connection.channel()
        queue = await channel.declare_queue(topology.DEAD_QUEUE, passive=True)
        return queue.declaration_result.message_count or 0
