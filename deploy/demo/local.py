"""The services as processes of this machine, on servers that the project finds or brings up itself."""

import asyncio
import json
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import aio_pika
import httpx
from pydantic import SecretStr
from pymongo import MongoClient

from deploy.demo import keep
from deploy.demo.accounts import Accounts, register
from deploy.demo.scene import REVIEWER
from deploy.demo.stack import Case, Mail, Verified
from deploy.local.ports import free_port
from deploy.local.process import Process, Service, run
from deploy.local.servers import Servers, servers
from services.console.secrets import write_secrets
from shared import topology
from shared.clock import Clock
from shared.migrate import migrate

SERVICES = ("policy", "intake", "worker", "notifier", "desk")
POLICY_FILE = Path(__file__).with_name("policy.yaml")
_SECRETS = ("bus_key", "vault_keys", "source_keys", "pepper", "signing_key", "verify_key", "link_key")
#: Where the demo looks for due mails five times a second, a deployment does so once.
_DUE_INTERVAL_S = "0.2"


class LocalStack:
    """The running processes, and what they left in the database and with the mail server."""

    def __init__(self, found: Servers, folder: Path, name: str, clock: Clock) -> None:
        self.where = f"processes of this machine; RabbitMQ and MongoDB: {found.how}"
        self.servers = found
        self.folder = folder
        self.name = name
        self.clock = clock
        self.http = httpx.Client(trust_env=False)
        self.processes: dict[str, Process] = {}
        self.environment: dict[str, str] = {}
        self.ports = {service: free_port() for service in SERVICES}
        self.kept = False
        self._mongo: MongoClient[dict[str, Any]] = MongoClient(found.mongodb.url(name), tz_aware=True)

    @property
    def intake_url(self) -> str:
        """Intake, as platforms reach it."""
        return f"http://127.0.0.1:{self.ports['intake']}"

    @property
    def desk_url(self) -> str:
        """The desk, as people reach it."""
        return f"http://127.0.0.1:{self.ports['desk']}"

    def open_accounts(self, accounts: Accounts) -> None:
        """Who may send and review."""
        self.source, self.other_source, self.desk_key = (
            accounts.source,
            accounts.other_source,
            accounts.desk_key,
        )

    def start_mail_server(self) -> None:
        """The SMTP server that keeps what it gets, in `mails`."""
        argv = ("-m", "deploy.local.smtp", "--port", "0", "--dir", str(self.folder / "mails"))
        log = self.folder / "logs" / "smtp.log"
        process = Process(
            [sys.executable, *argv],
            log=log,
            ready=lambda: "\n" in log.read_text(),
            outlives_owner=self.kept,
        )
        self.processes["smtp"] = process
        process.wait_ready()
        self.environment["AFTERWORD_SMTP_PORT"] = str(json.loads(log.read_text().splitlines()[0])["port"])

    def start(self, *names: str) -> None:
        """Start services, and return once all are ready."""
        for name in names:
            self.processes[name] = Service(
                name,
                self.environment,
                logs=self.folder / "logs",
                port=self.ports[name],
                outlives_owner=self.kept,
            )
        self.note()
        for name in names:
            self.processes[name].wait_ready()

    def note(self, **more: int) -> None:
        """Where it is to be kept, write down what runs: even a demo that is killed can be ended then."""
        if not self.kept:
            return
        values = {
            "DEMO_DATABASE": self.name,
            "DEMO_SERVERS": self.servers.how,
            "DEMO_RABBITMQ_API_URL": self.servers.rabbitmq.api or "",
            "DEMO_FOLDER": str(self.folder),
            "DEMO_MAILS": str(self.folder / "mails"),
            "DEMO_LOGS": str(self.folder / "logs"),
            "DEMO_INTAKE_URL": self.intake_url,
            "DEMO_DESK_URL": self.desk_url,
            "DEMO_DESK_KEY": self.desk_key,
            "DEMO_TENANT": self.source.tenant,
            "DEMO_SOURCE_URL": self.source.url,
            "DEMO_SOURCE_SECRET": self.source.secret,
            "DEMO_OTHER_TENANT": self.other_source.tenant,
            "DEMO_OTHER_SOURCE_URL": self.other_source.url,
            "DEMO_OTHER_SOURCE_SECRET": self.other_source.secret,
        }
        running = {name: process.pid for name, process in self.processes.items() if process.running}
        keep.write(values | self.environment, running | more)

    def case(self, case: str) -> Case | None:
        """From MongoDB."""
        stored = self._database["cases"].find_one({"_id": case})
        return None if stored is None else Case.read(case, stored)

    def knows(self, event_id: str) -> bool:
        """Looks into the inbox and the conflicts."""
        inbox, conflicts = self._database["events"], self._database["conflicts"]
        return (inbox.find_one({"_id": event_id}) or conflicts.find_one({"event_id": event_id})) is not None

    def mails(self) -> Sequence[Mail]:
        """From the mail server's folder; an envelope is written after its mail."""
        envelopes = sorted((self.folder / "mails").glob("*.json"))
        return [
            Mail.parse(envelope.with_suffix(".eml").read_bytes(), json.loads(envelope.read_text())["to"])
            for envelope in envelopes
        ]

    def one_click(self, mail: Mail) -> str:
        """As the mail's List-Unsubscribe has it."""
        if mail.one_click is None:
            raise LookupError(f"the mail of {mail.case} has no List-Unsubscribe")
        return mail.one_click

    def kill_policy(self) -> str:
        """Kill -9, of the process group."""
        process = self.processes["policy"]
        process.kill()
        return f"process {process.pid} was killed"

    def start_policy(self) -> None:
        """On the same port, on the same data."""
        self.start("policy")

    def verify(self) -> Verified:
        """By the command itself."""
        try:
            return True, run("case", "verify", env=self.environment).strip()
        except RuntimeError as error:
            return False, str(error)

    def left_over(self) -> Mapping[str, int]:
        """Exact counts, from the broker."""
        return asyncio.run(_counts(self.environment["AFTERWORD_AMQP_URL"]))

    def close(self) -> None:
        """Kill what runs. Safe to call twice."""
        for process in self.processes.values():
            process.kill()
        self.http.close()
        self._mongo.close()

    @property
    def _database(self) -> Any:
        return self._mongo[self.name]


async def _counts(amqp_url: str) -> dict[str, int]:
    names = [queue.name for queue in topology.queues() if queue.name != topology.OUTCOMES_QUEUE]
    async with await aio_pika.connect(amqp_url) as connection:
        channel = await connection.channel()
        declared = [await channel.declare_queue(name, passive=True) for name in names]
    return {queue.name: queue.declaration_result.message_count or 0 for queue in declared}


@contextmanager
def local_stack(run_id: str, clock: Clock, say: Callable[[str], None], *, kept: bool) -> Iterator[LocalStack]:
    """All that the stories need, started and ready; ended at the end, or `kept` where nothing broke off."""
    name = f"{keep.FOLDER_PREFIX}{run_id}"
    with ExitStack() as ending:
        if kept:
            keep.refuse_a_second()
            ending.callback(keep.FILE.unlink, missing_ok=True)
        folder = Path(tempfile.mkdtemp(prefix=keep.FOLDER_PREFIX))
        ending.callback(shutil.rmtree, folder)
        say("Starting RabbitMQ and MongoDB")
        found = ending.enter_context(servers(say=say))
        stack = LocalStack(found, folder, name, clock)
        ending.callback(stack.close)
        stack.kept = kept
        amqp_url = found.rabbitmq.add_vhost(name)
        if keep.SOMEBODY_ELSES in found.how:
            ending.callback(found.rabbitmq.delete_vhost, name)
            ending.callback(found.mongodb.drop, name)
        found.rabbitmq.set_policies(topology.policies(), name)
        say("Making fresh keys, migrating, registering two companies, their sources and a reviewer")
        write_secrets(folder / "secrets", clock)
        stack.environment = _environment(stack, amqp_url)
        mongo_url = SecretStr(found.mongodb.url(name))
        asyncio.run(migrate(mongo_url, SecretStr(amqp_url)))
        source_keys = (folder / "secrets" / "source_keys").read_text().strip()
        stack.open_accounts(
            asyncio.run(register(mongo_url, source_keys, stack.intake_url, REVIEWER, run_id, clock))
        )
        say("Starting the mail server, intake and its worker, policy, notifier and desk")
        stack.start_mail_server()
        stack.start(*SERVICES)
        yield stack
        if kept:
            supervisor = found.detach()
            stack.note(**({} if supervisor is None else {keep.SERVERS: supervisor}))
            ending.pop_all()


def _environment(stack: LocalStack, amqp_url: str) -> dict[str, str]:
    secrets = stack.folder / "secrets"
    return {
        **{f"AFTERWORD_{name.upper()}_FILE": str(secrets / name) for name in _SECRETS},
        "AFTERWORD_AMQP_URL": amqp_url,
        "AFTERWORD_MONGO_URL": stack.servers.mongodb.url(stack.name),
        "AFTERWORD_POLICY_FILE": str(POLICY_FILE),
        "AFTERWORD_INTAKE_URL": stack.intake_url,
        "AFTERWORD_PUBLIC_URL": stack.desk_url,
        "AFTERWORD_SMTP_HOST": "127.0.0.1",
        "AFTERWORD_SMTP_SECURITY": "none",
        "AFTERWORD_DUE_INTERVAL_S": _DUE_INTERVAL_S,
    }
