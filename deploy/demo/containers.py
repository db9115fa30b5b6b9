"""The services as containers of the compose deployment, seen from outside as an operator sees them."""

import json
import shlex
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import httpx

from deploy.demo.accounts import COMPANIES, ROLE, TIMEZONE, events_url, from_email, tenant_name
from deploy.demo.engine import MAILPIT, Compose, ComposeFailed
from deploy.demo.platform import Source
from deploy.demo.scene import REVIEWER
from deploy.demo.stack import Case, Mail, Verified, case_of
from services.desk.keys import EVERY_TENANT
from shared import topology
from shared.events import case_id

_INTAKE_PORT, _DESK_PORT, _MAILPIT_PORT = 8080, 8081, 8025
_MAILS_LISTED = 1000
_CONSOLE = ("run", "--rm", "--no-deps", "-T")
_PRINT_LINK = """\
import sys
from pathlib import Path
from shared.links import LinkSigner
print(LinkSigner(Path("/run/secrets/link_key").read_text().strip()).token(sys.argv[1]))
"""


class ComposeStack:
    """The deployment: its published ports, Mailpit's list, and commands in its containers."""

    def __init__(self, compose: Compose, run_id: str) -> None:
        self.where = f"containers of docker-compose.yml on Docker Engine {compose.version}"
        self.http = httpx.Client(trust_env=False)
        self._compose = compose
        self.intake_url = compose.address("intake", _INTAKE_PORT)
        self.desk_url = compose.address("desk", _DESK_PORT)
        self.mailpit_url = compose.address("mailpit", _MAILPIT_PORT)
        self.source, self.other_source, self.desk_key = self._register(run_id)
        self._before = self._lying()

    def _register(self, run_id: str) -> tuple[Source, Source, str]:
        """Two companies, their sources and the reviewer, by the `afterword` command in a container."""
        commands: list[tuple[str, ...]] = []
        names: list[str] = []
        for company, (shown, sender) in COMPANIES.items():
            name = tenant_name(company, run_id)
            named = ("--company", shown, "--from-name", sender, "--from-email", from_email(company))
            commands.append(("tenant", "add", name, *named, "--timezone", TIMEZONE, "--json"))
            commands.append(("source", "add", "standard", f"{name}-ats", "--tenant", name, "--json"))
            names.append(name)
        commands.append(("key", "add", "--tenant", EVERY_TENANT, "--role", ROLE, "--name", REVIEWER))
        script = "; echo; echo ,; ".join(f"afterword {shlex.join(command)}" for command in commands)
        printed = self._compose.demo(*_CONSOLE, "--entrypoint", "sh", "console", "-e", "-c", script)
        said = [part.strip() for part in printed.split("\n,\n")]
        sources = [
            Source(
                f"{name}-ats", name, events_url(self.intake_url, f"{name}-ats"), json.loads(told)["secret"]
            )
            for name, told in zip(names, said[1::2], strict=True)
        ]
        return sources[0], sources[1], said[-1]

    def case(self, case: str) -> Case | None:
        """From the desk's API: MongoDB is not reached from outside."""
        answer = self.http.get(
            f"{self.desk_url}/v1/cases/{case}", headers={"authorization": f"Bearer {self.desk_key}"}
        )
        return None if answer.status_code == httpx.codes.NOT_FOUND else Case.read(case, _json(answer))

    def knows(self, event_id: str) -> bool:
        """Whether there is a case of it, for the desk shows no more."""
        return self.case(case_id(event_id)) is not None

    def mails(self) -> Sequence[Mail]:
        """From Mailpit's list, which is the newest first and tells the beginning of a text."""
        answer = self.http.get(f"{self.mailpit_url}/api/v1/messages", params={"limit": _MAILS_LISTED})
        return [_listed(one) for one in reversed(_json(answer)["messages"])]

    def one_click(self, mail: Mail) -> str:
        """Made in the desk's container from its key, for Mailpit's list shows no headers."""
        token = self._compose.demo("exec", "-T", "desk", "python3", "-c", _PRINT_LINK, mail.case).strip()
        return f"{self.desk_url}/c/{token}/never"

    def kill_policy(self) -> str:
        """Kill -9 of every replica."""
        self._compose.demo("kill", "-s", "SIGKILL", "policy")
        return "its container was killed"

    def start_policy(self) -> None:
        """The same containers again."""
        self._compose.demo("up", "--detach", "--wait", "--no-deps", "--no-recreate", "policy")

    def verify(self) -> Verified:
        """By the command, in a container."""
        try:
            return True, self._compose.demo(*_CONSOLE, "console", "case", "verify").strip()
        except ComposeFailed as error:
            return False, str(error)

    def left_over(self) -> Mapping[str, int]:
        """What lies in a queue now and did not when the demo began."""
        return {name: count - self._before.get(name, 0) for name, count in self._lying().items()}

    def _lying(self) -> dict[str, int]:
        listed = self._compose.demo(
            *("exec", "-T", "rabbitmq", "rabbitmqctl", "--quiet", "--formatter", "json"),
            *("list_queues", "name", "messages"),
        )
        queues: list[dict[str, Any]] = json.loads(listed)
        return {one["name"]: one["messages"] for one in queues if one["name"] != topology.OUTCOMES_QUEUE}


def _json(answer: httpx.Response) -> Any:
    return answer.raise_for_status().json()


def _listed(one: Mapping[str, Any]) -> Mail:
    to = tuple(recipient["Address"] for recipient in one["To"])
    headers = {"To": ", ".join(to), "Subject": one["Subject"], "Message-ID": f"<{one['MessageID']}>"}
    lines = [f"{name}: {value}" for name, value in headers.items()]
    return Mail(case_of(one["MessageID"]), to, one["Subject"], "\n".join([*lines, "", one["Snippet"]]))


@contextmanager
def compose_stack(run_id: str, say: Callable[[str], None]) -> Iterator[ComposeStack]:
    """The deployment under the demo's policy. If it was up, it gets its settings back; else it goes down."""
    compose = Compose()
    compose.refuse_to_mail_people()
    before = compose.running()
    try:
        say("Bringing the containers up under the demo's policy (the first time, images are fetched)")
        compose.up()
        say("Registering two companies, their sources and a reviewer")
        stack = ComposeStack(compose, run_id)
        try:
            yield stack
        finally:
            stack.http.close()
    finally:
        if "intake" in before:
            say("Giving policy and notifier their own settings back")
            compose.back(keep_mailpit=MAILPIT in before)
        else:
            say("Taking the containers down; their volumes stay")
            compose.demo("down")
