"""`afterword source parse` and `kinds`: a payload tried, without a server and without a setting."""

import hmac
import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from services.intake.cli import app
from services.intake.sources import SOURCES
from shared.errors import Invalid
from tests.unit.intake.signing import SECRET, signed
from tests.unit.intake.sources.deliveries import NOW, body_of, encoded, headers_of, stored

REJECTED = encoded(stored("greenhouse")["a-candidate-withdrew"]["body"])
MEMBERS = {"type", "who", "stage", "reason", "person", "recruiter", "job", "at", "text"}


@pytest.fixture(autouse=True)
def nothing_set(monkeypatch: pytest.MonkeyPatch) -> None:
    """No setting is there to be read."""
    for name in ("MONGO_URL", "SOURCE_KEYS", "INTAKE_URL", "AMQP_URL"):
        monkeypatch.delenv(f"AFTERWORD_{name}", raising=False)


class Trial:
    """The command, with its files in a folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def file(self, name: str, content: Any) -> str:
        path = self.folder / name
        path.write_bytes(content if isinstance(content, bytes) else json.dumps(content).encode())
        return str(path)

    def run(self, kind: str, body: Any, headers: Any = None, *more: str) -> Any:
        """What is printed. Raises what the command raises."""
        files = ("--headers", self.file("headers", headers or {}), "--body", self.file("body", body))
        result = CliRunner().invoke(app, ["source", "parse", kind, *files, *more], catch_exceptions=False)
        assert result.exit_code == 0, result.output
        return json.loads(result.stdout)


@pytest.fixture
def trial(tmp_path: Path) -> Trial:
    """A folder of its own."""
    return Trial(tmp_path)


def greenhouse(secret: str) -> dict[str, str]:
    """The headers of the rejection, signed."""
    digest = hmac.new(secret.encode(), REJECTED, "sha256").hexdigest()
    return {"Signature": f"sha256 {digest}", "Greenhouse-Event-ID": "ev-1"}


def test_everything_that_is_told_of_a_delivery(trial: Trial) -> None:
    """Every member is there, also what this kind does not know."""
    told = trial.run("greenhouse", REJECTED, greenhouse("s3cret"))
    (event,) = told["events"]
    assert event == {
        "type": "decline.received",
        "who": "candidate",
        "stage": "offer",
        "reason": "Took another offer",
        "person": {
            "name": "Ada Example",
            "email": "ada@example.com",
            "phone": "+1 330-281-8004",
            "profile_urls": ["https://www.linkedin.com/in/ada-example"],
            "external_id": "7",
        },
        "recruiter": {"name": "Bob Johnson", "email": "bob@acme.example", "external_id": "55"},
        "job": {"title": "Designer", "external_id": "3"},
        "at": "2026-05-04T09:12:00Z",
        "text": None,
    }
    assert {name: told[name] for name in told if name != "events"} == {
        "verified": None,
        "handshake": None,
        "delivery_id": "ev-1",
        "ignored": [],
    }


@pytest.mark.parametrize("kind", SOURCES)
def test_every_event_of_every_kind_has_the_same_members(trial: Trial, kind: str) -> None:
    """Also a stop, which has hardly any of them."""
    for case in stored(kind).values():
        if "body" not in case:
            continue
        config = ("--config", trial.file("config", case.get("config", {})))
        told = trial.run(kind, encoded(case["body"]), case.get("headers"), *config)
        for event in told["events"]:
            assert set(event) == MEMBERS
            assert set(event["person"]) == {"name", "email", "phone", "profile_urls", "external_id"}
            assert set(event["recruiter"]) == {"name", "email", "external_id"}
            assert set(event["job"]) == {"title", "external_id"}


@pytest.mark.parametrize(
    ("secrets", "verified"),
    [
        (b"s3cret\n", True),
        (b"new\ns3cret\n", True),
        (b"new\r\n\r\n s3cret", True),
        # as some editors begin a text
        (b"\xef\xbb\xbfs3cret\r\n", True),
        (b"other", False),
    ],
)
def test_it_is_verified_by_the_secrets_in_the_file(trial: Trial, secrets: bytes, verified: bool) -> None:  # noqa: FBT001
    """One a line; what is not genuine is read even so."""
    told = trial.run("greenhouse", REJECTED, greenhouse("s3cret"), "--secret-file", trial.file("s", secrets))
    assert told["verified"] is verified
    assert len(told["events"]) == 1


def test_a_signature_is_judged_at_the_given_time(trial: Trial) -> None:
    """And at this moment where none is given."""
    body = encoded(stored("standard")["a-decline"]["body"])
    secret = ("--secret-file", trial.file("s", SECRET.encode()))
    for at, verified in (
        (("--at", "2026-05-04T09:17:30Z"), True),
        (("--at", "2026-05-04T09:17:31Z"), False),
        ((), False),
    ):
        assert trial.run("standard", body, signed(body, NOW), *secret, *at)["verified"] is verified


def test_a_greeting_is_told_with_its_answer(trial: Trial) -> None:
    """It holds no events, and nobody signs it."""
    headers = {"WebHook-Request-Origin": "e.example"}
    told = trial.run("cloudevents", b"", headers, "--method", "options", "--query", "a=b")
    assert told["handshake"] == {
        "status": 200,
        "headers": {"Allow": "POST", "WebHook-Allowed-Origin": "e.example"},
        "body": "",
    }
    assert (told["verified"], told["events"], told["ignored"]) == (None, [], [])


@pytest.mark.parametrize(
    ("kind", "headers", "options", "told"),
    [
        ("linkedin", {}, ("--method", "GET", "--query", "challengeCode=1"), "challengeCode"),
        ("cloudevents", {}, ("--method", "OPTIONS"), "WebHook-Request-Origin"),
        ("smartrecruiters", {"X-Hook-Secret": "a\r\nb"}, (), "X-Hook-Secret"),
    ],
)
def test_a_faulty_greeting_is_told_by_what_was_expected(
    trial: Trial, kind: str, headers: dict[str, str], options: tuple[str, ...], told: str
) -> None:
    """And not by the body that a greeting has not."""
    with pytest.raises(Invalid, match=f"{told}.*expected"):
        trial.run(kind, b"", headers, *options)


def test_a_delivery_with_what_a_greeting_would_have_is_read(trial: Trial) -> None:
    """As at the door."""
    case = stored("smartrecruiters")["a-status-changed"]
    headers = {**headers_of(case), "X-Hook-Secret": "a b"}
    assert trial.run("smartrecruiters", body_of(case), headers)["events"]


def test_a_header_may_have_come_twice(trial: Trial) -> None:
    """As a list of its values, or in another case."""
    genuine = greenhouse("s3cret")
    secret = ("--secret-file", trial.file("s", b"s3cret"))
    for headers in (
        {"signature": [genuine["Signature"], genuine["Signature"]]},
        {"signature": genuine["Signature"], "Signature": genuine["Signature"]},
    ):
        assert trial.run("greenhouse", REJECTED, headers, *secret)["verified"] is False


@pytest.mark.parametrize(
    ("options", "why"),
    [
        ({"kind": "fax"}, "one of standard"),
        ({"body": b"{"}, "JSON is expected"),
        ({"body": {"action": 1}}, "/action: text is expected"),
        ({"headers": ["x"]}, "--headers: a JSON object is expected"),
        ({"headers": {"Signature": 5}}, "--headers: /Signature: text, or a list of texts, is expected"),
        (
            {"headers": {"Signature": ["x", None]}},
            "--headers: /Signature: text, or a list of texts, is expected",
        ),
        ({"config": b"[]"}, "--config: a JSON object is expected"),
        ({"config": {"reasons": 1}}, "--config: /reasons: "),
        ({"config": {"reason": {}}}, "--config: /reason: nothing of this name is expected"),
        ({"kind": "generic", "config": {"example": []}}, "--config: the mapping finds no event"),
        ({"secret": b"\n"}, "--secret-file: a secret is expected"),
        ({"secret": b"\xff"}, "--secret-file: text in UTF-8 is expected"),
        ({"at": "yesterday"}, "--at: a time like"),
    ],
)
def test_a_slip_is_told(trial: Trial, options: dict[str, Any], why: str) -> None:
    """By the option or the place in the payload; `afterword` prints it in a line."""
    more: list[str] = []
    for option, name in (("config", "--config"), ("secret", "--secret-file")):
        if option in options:
            more += [name, trial.file(option, options[option])]
    more += ["--at", options["at"]] if "at" in options else []
    with pytest.raises(Invalid) as refused:
        trial.run(
            options.get("kind", "greenhouse"), options.get("body", REJECTED), options.get("headers"), *more
        )
    assert why in str(refused.value)


def test_the_kinds_are_listed() -> None:
    """Each with what it is."""
    told = json.loads(CliRunner().invoke(app, ["source", "kinds", "--json"]).stdout)
    assert [one["kind"] for one in told] == list(SOURCES)
    lines = CliRunner().invoke(app, ["source", "kinds"]).stdout.splitlines()
    assert [line.split()[0] for line in lines] == list(SOURCES)
    assert all(one["about"] in line for one, line in zip(told, lines, strict=True))
