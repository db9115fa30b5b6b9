"""Telemetry: logs that machines read and that give nobody away."""

import json
import logging
from collections.abc import Callable, Iterator

import pytest
import structlog
from hypothesis import example, given
from hypothesis import strategies as st
from prometheus_client import CollectorRegistry, generate_latest
from pydantic import BaseModel, ValidationError
from pymongo.errors import BulkWriteError

from shared.telemetry import Metrics, configure_logging, redact, redact_event


class Age(BaseModel):
    """Something that can be given wrongly."""

    age: int


Lines = Callable[[], list[dict[str, object]]]


@pytest.fixture
def lines(capsys: pytest.CaptureFixture[str]) -> Iterator[Lines]:
    """What was printed since; logging is as it was again after the test."""
    names = ("root", "uvicorn", "uvicorn.error", "uvicorn.access", "faststream", "faststream.access.rabbit")
    loggers = [logging.getLogger(None if name == "root" else name) for name in names]
    before = [(logger, [*logger.handlers], logger.level, logger.propagate) for logger in loggers]
    yield lambda: [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    structlog.reset_defaults()
    for logger, handlers, level, propagate in before:
        logger.handlers, logger.propagate = handlers, propagate
        logger.setLevel(level)


def test_a_line_carries_service_time_and_context(lines: Lines) -> None:
    """Case and event ids are bound once and stand on every line below."""
    configure_logging("policy", "INFO")
    with structlog.contextvars.bound_contextvars(case="c1", event_id="e1"):
        structlog.get_logger().info("judged", verdict="deny")
    structlog.get_logger().debug("too fine")
    (line,) = lines()
    assert str(line.pop("timestamp")).endswith("Z")
    assert line == {
        "service": "policy",
        "event": "judged",
        "level": "info",
        "verdict": "deny",
        "case": "c1",
        "event_id": "e1",
    }


@pytest.mark.parametrize("name", ["uvicorn.error", "faststream", "faststream.access.rabbit", "any.library"])
def test_libraries_log_as_we_do(name: str, lines: Lines) -> None:
    """One line, one JSON object, whoever speaks; and redacted like ours."""
    configure_logging("policy", "INFO")
    logging.getLogger(name).warning("lost %s", "jane@example.com")
    (line,) = lines()
    assert (line["event"], line["logger"], line["service"]) == ("lost [address]", name, "policy")


def test_requests_and_messages_are_not_logged(lines: Lines) -> None:
    """A request line holds the candidate's token, and a driver's debug lines hold what travels."""
    configure_logging("policy", "INFO")
    logging.getLogger("uvicorn.access").info("GET /c/token")
    logging.getLogger("aiormq").info("Prepare to send body")
    assert lines() == []


def test_a_write_that_failed_is_told_without_its_document(lines: Lines) -> None:
    """Its error holds the whole of it, reasons and all."""
    configure_logging("policy", "INFO")
    failed = {"writeErrors": [{"code": 2, "errmsg": "odd", "op": {"reason": "my mother " + "is ill"}}]}
    error = BulkWriteError(failed)
    structlog.get_logger().error("event failed", event_id="evt_1", exc_info=error)
    (line,) = lines()
    assert "BulkWriteError" in str(line["exception"])
    assert "mother is ill" not in str(line)


def test_an_exception_is_told_without_its_input(lines: Lines) -> None:
    """Pydantic quotes what it was given; the log does not."""
    given = {"age": "Jane" + " Doe"}  # in two parts: a traceback shows the lines of the source
    configure_logging("policy", "INFO")
    try:
        Age.model_validate(given)
    except ValidationError:
        structlog.get_logger().exception("unreadable")
    (line,) = lines()
    assert "ValidationError" in str(line["exception"])
    assert "Jane Doe" not in str(line["exception"])


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("to <jane.o'neil+x@mail.example.com>: 550", "to <[address]>: 550"),
        ("/u?to=jane%40example.com", "[address]"),
        ("amqp://policy:s3cr3t@rabbit:5672/afterword", "amqp://[redacted]@rabbit:5672/afterword"),
        ("tenant acme, case c-1 at 12:00", "tenant acme, case c-1 at 12:00"),
    ],
)
def test_addresses_and_passwords_are_known_by_their_form(text: str, told: str) -> None:
    """Wherever in a sentence they stand; what is none stays."""
    assert redact(text) == told


@given(st.emails())
@example("=@a.example")
@example("%@a.example")
def test_no_address_passes(address: str) -> None:
    """The part before the @ and the domain never stand together, whatever the address."""
    assert address not in redact(f"to {address} now")


def test_fields_are_known_by_their_names_at_any_depth() -> None:
    """A secret or a text under its usual name is taken out, also inside of something else."""
    event = {"body": "hi", "cfg": {"smtp_password": "x", "hosts": ["a@b.example"]}, "case": "c", "n": 3}
    assert redact_event(None, "info", event) == {
        "body": "[redacted]",
        "cfg": {"smtp_password": "[redacted]", "hosts": ["[address]"]},
        "case": "c",
        "n": 3,
    }


def test_metrics_belong_to_the_registry_they_were_given() -> None:
    """Two sets of metrics live side by side; nothing is global."""
    one, other = CollectorRegistry(), CollectorRegistry()
    Metrics(one).decisions.labels("deny", "consent.opted_out").inc()
    Metrics(other)
    line = b'afterword_decisions_total{code="consent.opted_out",verdict="deny"} 1.0'
    assert line in generate_latest(one)
    assert line not in generate_latest(other)
