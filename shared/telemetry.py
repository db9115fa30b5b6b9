"""What a service says about itself: JSON lines on stdout, and metrics.

A line carries case and event ids (bind them with `structlog.contextvars`); never a secret, address or text.
"""

import logging
import re
import sys
from collections.abc import Mapping

import structlog
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram
from structlog.typing import EventDict, Processor, WrappedLogger

_SECRET_FIELDS = re.compile(r"password|passwd|secret|token|authorization|cookie|pepper|credential|_keys?$")
_CONTENT_FIELDS = frozenset({"body", "text", "html", "email", "phone", "recipient", "headers", "payload"})
_REDACTED = "[redacted]"
#: What gives itself away by its form, with what stands in its place.
_FORMS = (
    (re.compile(r"(?<=://)[^/\s@]+@"), f"{_REDACTED}@"),  # user and password of a URL
    (re.compile(r"[\w.!#$&'*+/=?^`{|}~%-]{1,64}(?:@|%40)[\w-]+(?:\.[\w-]+)*"), "[address]"),
    (
        re.compile(r"input_value=.{0,200}?(?=, input_type=)", re.DOTALL),
        f"input_value={_REDACTED}",
    ),  # pydantic's
    (re.compile(r"full error: .*"), f"full error: {_REDACTED}"),  # pymongo's, with the document and its words
)

#: Their own loggers keep handlers; these are sent through ours. FastStream leaves a handler on stdout alone.
_ROUTED = ("uvicorn", "uvicorn.error", "faststream", "faststream.access.rabbit")
#: At DEBUG these print what travels, and a request line holds the candidate's token.
_QUIET = ("aio_pika", "aiormq", "pymongo", "uvicorn.access", "httpx", "httpcore")

#: Seconds: from a read in memory to a mail server that takes its time.
_SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)
_SET_SIZES = (1, 2, 5, 10, 20, 50, 100, 200, 500)


def configure_logging(service: str, level: str) -> None:
    """Send structlog and the standard library's logs to stdout as JSON lines of `service`, from `level` up.

    Once a process. Run uvicorn with `log_config=None`, or it puts its own handlers back.
    """

    def name_service(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
        return {"service": service, **event}

    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        name_service,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
        redact_event,
    ]
    render = structlog.processors.JSONRenderer(default=_plain)
    structlog.configure(
        processors=[*shared, render],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelNamesMapping()[level]),
        logger_factory=structlog.PrintLoggerFactory(),
        cache_logger_on_first_use=False,
    )
    handler = logging.StreamHandler(sys.stdout)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[structlog.stdlib.add_logger_name, *shared],
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, render],
        )
    )
    _route(logging.getLogger(), handler, level)
    for name in _ROUTED:
        _route(logging.getLogger(name), handler, level)
        logging.getLogger(name).propagate = False
    for name in _QUIET:
        _route(logging.getLogger(name), None, "WARNING")
        logging.getLogger(name).propagate = True


def _route(logger: logging.Logger, handler: logging.Handler | None, level: str) -> None:
    logger.handlers = [handler] if handler else []
    logger.setLevel(level)


def redact_event(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """The last guard, not the first: takes out what by its field's name or its form must not be in a log."""
    return {name: _redacted(name, value) for name, value in event.items()}


def _redacted(name: str, value: object) -> object:
    if name in _CONTENT_FIELDS or _SECRET_FIELDS.search(name):
        return _REDACTED
    if isinstance(value, str):
        return redact(value)
    if isinstance(value, Mapping):
        return {key: _redacted(str(key), inner) for key, inner in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [_redacted(name, inner) for inner in value]
    if value is None or isinstance(value, bool | int | float) or name.startswith("_"):
        return value
    return redact(_plain(value))


def redact(text: str) -> str:
    """`text` without addresses, without the user part of URLs and without the input that pydantic quotes."""
    for form, instead in _FORMS:
        text = form.sub(instead, text)
    return text


def _plain(value: object) -> str:
    return str(value)


class Metrics:
    """The product's metrics, on the registry that the caller gives; labels are few, and never a person's."""

    def __init__(self, registry: CollectorRegistry) -> None:
        def counter(name: str, text: str, *labels: str) -> Counter:
            return Counter(f"afterword_{name}", text, labels, registry=registry)

        def gauge(name: str, text: str, *labels: str) -> Gauge:
            return Gauge(f"afterword_{name}", text, labels, registry=registry)

        def histogram(name: str, text: str, *labels: str, buckets: tuple[float, ...] = _SECONDS) -> Histogram:
            return Histogram(f"afterword_{name}", text, labels, buckets=buckets, registry=registry)

        self.registry = registry
        self.deliveries = counter("deliveries", "Deliveries: accepted, or why refused.", "kind", "result")
        self.copies = counter("copies", "Raw copies of deliveries: handed over, dropped, failed.", "result")
        self.events = counter("events", "Events handled.", "type", "outcome")
        self.lookups = counter(
            "lookups", "Declines looked up at the platform: found, failed, put off.", "result"
        )
        self.mailboxes = counter("mailboxes", "Looks into a mailbox: read, failed.", "result")
        self.conflicts = counter("conflicts", "Known event ids with other content.", "type")
        self.decisions = counter("decisions", "Decisions, by each finding that spoke.", "verdict", "code")
        self.policy_loads = counter("policy_loads", "Looks at a changed roll-out: taken, refused.", "result")
        self.shadow = counter(
            "shadow", "Judgments of the policy in the shadow: same, differs, lost.", "result"
        )
        self.sends = counter("sends", "Follow-ups: sent, failed, uncertain, cancelled, retried.", "outcome")
        self.retries = counter("retries", "Events put off to be tried again.", "queue")
        self.dead_letters = counter("dead_letters", "Messages that a person must look at.", "queue")
        self.set_size = histogram("set_size", "Events worked on at once.", "queue", buckets=_SET_SIZES)
        self.gather_seconds = histogram("gather_seconds", "Reading what a set needs.")
        self.judge_seconds = histogram("judge_seconds", "Judging a set.")
        self.send_seconds = histogram("send_seconds", "One conversation with the mail server.")
        self.confirm_seconds = histogram("confirm_seconds", "From a publish to the broker's confirm.")
        self.due_rows = gauge("due_rows", "Follow-ups whose time has come.")
