"""The containers of docker-compose.yml: they come up, do their work, heal, and have no right too many."""

import io
import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from standardwebhooks import Webhook

from deploy.local.waiting import wait_until
from deploy.mongodb import archive
from tests.e2e.compose_stack import Stack, engine_fault

FAULT = engine_fault()
pytestmark = [
    pytest.mark.skipif(FAULT is not None, reason=f"no Docker Engine with Compose answers: {FAULT}"),
    pytest.mark.timeout(400),
]
PROBE = Path(__file__).with_name("rights_probe.py")
REPLICAS = {"policy": 3, "notifier": 2, "intake": 1, "worker": 1, "desk": 1}
#: What each service may do of all that the probe tries; everything else must be refused.
ALLOWED = {
    "intake": {"publish fact", "read sources"},
    "worker": {"publish fact", "publish to afterword.dead", "read sources"},
    "policy": {
        "publish followup.approved",
        "publish to afterword.dead",
        "read afterword.policy.stops",
        "read cases",
        "write cases",
        "read people",
        "insert permits",
    },
    "notifier": {
        "publish followup.approved",
        "publish to afterword.dead",
        "read cases",
        "write cases",
        "read people",
    },
    "desk": {"publish review", "read cases", "read keys"},
}
REFUSALS = {"ChannelAccessRefused", "OperationFailure"}


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """The whole deployment, scaled, with a mail server that keeps what it gets."""
    made = Stack(tmp_path_factory.mktemp("compose"))
    made.compose("build", "--quiet", "intake")
    try:
        made.compose("up", "--detach", "--wait", "--scale", "policy=3", "--scale", "notifier=2")
        yield made
    finally:
        made.down()


def running(stack: Stack, service: str) -> list[dict[str, Any]]:
    """The healthy containers of a service."""
    return [found for found in stack.containers(service) if found["Health"] == "healthy"]


def deliver(stack: Stack, source: dict[str, Any], events: list[dict[str, Any]]) -> httpx.Response:
    """Posts a signed delivery as a platform does."""
    body, sent = json.dumps(events), datetime.now(UTC)
    signature = Webhook(source["secret"]).sign("msg_1", sent, body)
    headers = {
        "content-type": "application/json",
        "webhook-id": "msg_1",
        "webhook-timestamp": str(int(sent.timestamp())),
        "webhook-signature": signature,
    }
    return httpx.post(f"{stack.intake}/v1/sources/{source['name']}/events", content=body, headers=headers)


def event(sent_id: str, kind: str, at: datetime, **data: Any) -> dict[str, Any]:
    """One event of the standard contract."""
    person = {"name": "Ada Example", "email": "ada@example.org"}
    recruiter = {"name": "Rob Example", "email": "rob@acme.example"}
    return {
        "id": sent_id,
        "type": kind,
        "timestamp": at.isoformat(),
        "data": {"person": person, "recruiter": recruiter, **data},
    }


def mails(stack: Stack) -> list[dict[str, Any]]:
    """What the mail server keeps."""
    found: list[dict[str, Any]] = httpx.get(f"{stack.mailpit}/api/v1/messages").json()["messages"]
    return found


def test_every_container_is_healthy_and_the_migration_is_done(stack: Stack) -> None:
    """With three judges and two voices."""
    assert {name: len(running(stack, name)) for name in REPLICAS} == REPLICAS
    (migrate,) = stack.containers("migrate")
    assert (migrate["State"], migrate["ExitCode"]) == ("exited", 0)


def test_a_decline_is_thanked_once(stack: Stack) -> None:
    """From the webhook through every server to the mail, each service with nothing but its own rights."""
    stack.console("tenant", "add", "acme", "--company", "Acme", "--from-name", "Acme Talent",
                  "--from-email", "talent@acme.example", "--timezone", "Europe/Berlin")  # fmt: skip
    source = json.loads(stack.console("source", "add", "standard", "acme-ats", "--tenant", "acme", "--json"))
    now = datetime.now(UTC)
    delivery = [
        event("o1", "interaction.recorded", now - timedelta(days=2), direction="outreach", channel="email"),
        event("d1", "decline.received", now, who="candidate", text="No thank you, I am happy where I am."),
    ]
    for _ in range(2):
        assert deliver(stack, source, delivery).status_code == 202
    wait_until(lambda: bool(mails(stack)), timeout_s=90, what="the mail")
    (mail,) = mails(stack)
    assert "ada@example.org" in json.dumps(mail["To"])


def test_a_killed_container_comes_back(stack: Stack) -> None:
    """As after kill -9 by the kernel: the engine restarts it and it is healthy again."""
    name = running(stack, "policy")[0]["Name"]
    before = stack.inspect(name)
    stack.kill(name)

    def back() -> bool:
        state = stack.inspect(name)
        restarted: bool = state["RestartCount"] > before["RestartCount"]
        return restarted and state["State"]["Health"]["Status"] == "healthy"

    wait_until(back, timeout_s=60, what=f"{name} is healthy again")


@pytest.mark.parametrize("service", sorted(ALLOWED))
def test_a_service_may_do_what_it_must_and_no_more(stack: Stack, service: str) -> None:
    """Asked of the real broker and the real database, from inside the service's own container."""
    said = stack.compose("exec", "--no-TTY", service, "python3", "-", service, stdin=PROBE.read_text("utf-8"))
    answers = dict(line.split(": ") for line in said.splitlines())
    assert {name for name, answer in answers.items() if answer == "allowed"} == ALLOWED[service]
    assert set(answers.values()) <= {"allowed", *REFUSALS}


def test_our_containers_run_without_rights_on_their_host(stack: Stack) -> None:
    """Not root, nothing to write to, no capability."""
    for service in REPLICAS:
        facts = (
            "import os; print(os.getuid(), open('/proc/self/status').read().split('CapEff:')[1].split()[0])"
        )
        assert stack.compose("exec", "--no-TTY", service, "python3", "-c", facts).split() == [
            "10001",
            "0" * 16,
        ]
        with pytest.raises(AssertionError, match="Read-only file system"):
            stack.compose("exec", "--no-TTY", service, "sh", "-c", "echo x > /opt/afterword/x")


def test_up_may_be_run_again_and_changes_nothing(stack: Stack) -> None:
    """The migration and the bootstrap find everything done."""
    before = {found["ID"] for name in REPLICAS for found in stack.containers(name)}
    stack.compose("up", "--detach", "--wait", "--scale", "policy=3", "--scale", "notifier=2")
    assert {found["ID"] for name in REPLICAS for found in stack.containers(name)} == before


def test_the_operators_backup_is_whole_and_is_not_restored_over_data(stack: Stack, tmp_path: Path) -> None:
    """With the rights of the console; the refusal is the restore's own."""
    file = tmp_path / "backup.tar.gz"
    stack.backup(file)
    manifest = archive.check(io.BytesIO(file.read_bytes()))
    assert manifest.counts["cases"] >= 1
    with pytest.raises(AssertionError, match="the database holds"):
        stack.restore(file)
    assert manifest.counts["people"] >= 1
    stack.restore(file, "--replace", "--resume")
    again = tmp_path / "again.tar.gz"
    stack.backup(again)
    assert archive.check(io.BytesIO(again.read_bytes())).counts == manifest.counts
