"""All four services as processes, and what can be seen of them from outside."""

import json
import subprocess
import sys
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
from pymongo import MongoClient
from pymongo.read_concern import ReadConcern

from deploy.demo.platform import Answer, Delivery, Json, Platform
from deploy.local.ports import free_port
from deploy.local.smtp import SmtpServer
from deploy.local.waiting import wait_until
from services.policy.verify import faults
from shared.decision import Verifier
from shared.states import TERMINAL, State

SERVICES = ("policy", "notifier", "intake", "desk")
WITHIN_S = 60
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

    def __init__(
        self, forks: Forks, platform: Platform, key: str, verify_key: str, mongo_url: str, smtp: SmtpServer
    ) -> None:
        self.forks, self.platform, self.smtp = forks, platform, smtp
        self.http = httpx.Client(trust_env=False, timeout=10)
        self.headers = {"authorization": f"Bearer {key}"}
        mongo: MongoClient[dict[str, Any]] = MongoClient(mongo_url, tz_aware=True)
        self.mongo = mongo
        # as the services read: what is not yet a majority's could be seen by us and not by them
        self.database = mongo.get_default_database(read_concern=ReadConcern("majority"))
        self.armed: str | None = None
        self.point = ""
        self._verifier = Verifier(verify_key)

    def ready(self, name: str) -> bool:
        """Whether a service says that it is."""
        try:
            return self.http.get(f"{self.forks.url(name)}/readyz").is_success
        except httpx.TransportError:
            return False

    def until(self, condition: Callable[[], bool], what: str, within_s: float = WITHIN_S) -> None:
        """Waits; whoever has killed itself meanwhile is started again, as an orchestrator would."""

        def looked() -> bool:
            self.mend()
            return condition()

        try:
            wait_until(looked, timeout_s=within_s, what=f"{self.point}: {what}")
        except TimeoutError as error:
            cases = [(case["who"], case["state"]) for case in self.database["cases"].find({})]
            ends = "\n".join(log.read_text()[-1500:] for log in sorted(self.forks.logs.glob("*.log")))
            raise TimeoutError(f"{error}: {cases}\n{ends}") from None

    def mend(self) -> None:
        """Starts again whatever has ended."""
        for name in SERVICES:
            if self.forks.died(name):
                if name == self.armed:
                    self.point, self.armed = f"{name} {self.forks.note.read_text()}", None
                self.forks.start(name)

    def arm(self, name: str, point: int) -> None:
        """The same service once more, which will kill itself."""
        self.forks.kill(name)
        self.forks.start(name, point)
        self.armed, self.point = name, f"{name} point {point}"
        self.until(lambda: self.ready(name), "ready")

    def take(self, *said: Json, within_s: float = WITHIN_S) -> Answer:
        """Sends, as a platform does: again, until it is taken."""
        answers: list[Answer] = []
        delivery = self.platform.sign(said)

        def taken() -> bool:
            answers.append(self._post(delivery))
            return answers[-1].status == httpx.codes.ACCEPTED

        self.until(taken, "the delivery is taken", within_s)
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

    def felt(self, server: str) -> bool:
        """Whether the absence of a server has cost somebody a try."""
        if server == "broker":
            return not self.ready("intake")
        shown = self.http.get(f"{self.forks.url('policy')}/metrics").text
        return 'afterword_retries_total{queue="afterword.policy.facts"}' in shown

    def faults(self) -> list[str]:
        """What does not stand the proof: timelines, signatures, judgments."""
        policies = {found["_id"]: found["text"] for found in self.database["policies"].find({})}
        return [
            f"{case['_id']}: {fault}"
            for case in self.database["cases"].find({})
            for fault in faults(case, self._verifier, policies)
        ]

    def mails(self) -> Counter[str]:
        """How many mails each person got, by the name before the first dot of the address."""
        return Counter(rcpt.split(".")[0] for mail in self.smtp.mails for rcpt in mail.recipients)
