"""The policy in force: a document read from YAML, versioned by its content, and tightened by overrides."""

import hashlib
import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property, lru_cache

import yaml
from pydantic import ValidationError
from pydantic_core import ErrorDetails

from services.policy.located import Fault, Located, Plain, PolicyInvalid, read
from services.policy.sections import Document
from services.policy.tighten import loosened
from shared.decision import Schedule

__all__ = ["Fault", "Policy", "PolicyInvalid", "load_base", "load_stored", "schema", "tighten"]

#: Stored policies kept read: whoever judges again, judges many cases under few of them.
_KEPT = 64
_SCHEMA_ID = "https://json-schema.org/draft/2020-12/schema"


@dataclass(frozen=True)
class Policy:
    """A valid document and what is derived from it. Equal documents have equal versions, however written."""

    document: Document
    #: The version under which the text was stored, where that was before a field was added to documents.
    stored_as: str | None = None

    @cached_property
    def text(self) -> str:
        """The effective document, defaults included, as YAML that `load_base` reads back to the same."""
        return yaml.safe_dump(self.document.model_dump(), sort_keys=True, allow_unicode=True)

    @cached_property
    def version(self) -> str:
        """`p` and 16 hex digits of SHA-256 over the effective content; comments and layout do not count."""
        return self.stored_as or _version(self.document.model_dump())

    @property
    def grace(self) -> timedelta:
        """How long a decline waits, from its arrival, for the message that it answers."""
        return timedelta(seconds=self.document.grace_seconds)

    def thanked_until(self, declined_at: datetime) -> datetime:
        """The last moment at which a no of then may be thanked for."""
        return declined_at + timedelta(days=self.document.provenance.decline_max_age_days)

    def schedule(self, declined_at: datetime) -> Schedule:
        """When a permitted follow-up to a no of then may go out, as it is signed into the decision."""
        rules = self.document.schedule
        return Schedule(
            delay_min_s=rules.courtesy_delay_min_minutes * 60,
            delay_max_s=rules.courtesy_delay_max_minutes * 60,
            quiet_from=rules.quiet_from,
            quiet_to=rules.quiet_to,
            weekends=rules.weekends,
            not_after=self.thanked_until(declined_at),
        )


def load_base(text: str, name: str) -> Policy:
    """The policy that `text` lays down; what it leaves out has the default. `name` is for the messages.

    Raises PolicyInvalid with every fault at once.
    """
    located = read(text, name)
    document, faults = _validated({}, located)
    if document is None or faults:
        raise PolicyInvalid(name, faults)
    return Policy(document)


@lru_cache(maxsize=_KEPT)
def load_stored(text: str, version: str) -> Policy:
    """The policy that was stored under `version`, which it keeps whatever fields documents have got since.

    A field that it does not name has the default; it speaks of what was not gathered at the time. Raises
    PolicyInvalid like `load_base`. If the text is not what was stored, the version is another.
    """
    policy = load_base(text, version)
    given = read(text, version).data
    return Policy(policy.document, version if _version(given) == version else None)


def tighten(base: Policy, override_text: str, name: str) -> Policy:
    """`base` with a tenant's override laid over it, which names only what it changes.

    Raises PolicyInvalid with every fault at once, each value that is milder than the base's among them.
    """
    override = read(override_text, name)
    document, faults = _validated(base.document.model_dump(), override)
    if document is not None:
        faults += loosened(base.document, document, override)
    if document is None or faults:
        raise PolicyInvalid(name, faults)
    return Policy(document)


def schema() -> str:
    """The JSON Schema (2020-12) of documents and overrides; `x-tighter` says which way is stricter."""
    body = Document.model_json_schema()
    body = {"$schema": _SCHEMA_ID, **body, "title": "Afterword policy"}
    return json.dumps(body, indent=2, sort_keys=True) + "\n"


def _version(content: Plain) -> str:
    text = json.dumps(content, sort_keys=True, separators=(",", ":"))
    return "p" + hashlib.sha256(text.encode()).hexdigest()[:16]


def _validated(under: dict[str, Plain], over: Located) -> tuple[Document | None, list[Fault]]:
    """`over` laid on `under`, as far as it is valid, and all its faults.

    Fields at fault are left out for a second try, so that what is sound can still be compared with a base.
    """
    faults = list(over.faults)
    if over.data is None:
        over.data = {}
    if not isinstance(over.data, dict):
        return None, [*faults, over.fault((), "expected sections with their fields")]
    try:
        return Document.model_validate(_laid_over(under, over.data)), faults
    except ValidationError as error:
        details = error.errors(include_url=False)
    faults += [_fault(detail, over) for detail in details]
    sound = _without(over.data, [detail["loc"] for detail in details])
    try:
        return Document.model_validate(_laid_over(under, sound)), faults
    except ValidationError:
        return None, faults


def _laid_over(under: dict[str, Plain], over: dict[str, Plain]) -> dict[str, Plain]:
    merged = dict(under)
    for key, value in over.items():
        beneath = merged.get(key)
        both = isinstance(beneath, dict) and isinstance(value, dict)
        merged[key] = _laid_over(beneath, value) if both else value  # type: ignore[arg-type] # narrowed by `both`
    return merged


def _without(data: dict[str, Plain], paths: list[tuple[int | str, ...]]) -> dict[str, Plain]:
    kept: dict[str, Plain] = {}
    for key, value in data.items():
        below = [path[1:] for path in paths if path[:1] == (key,)]
        if () in below:
            continue
        kept[key] = _without(value, below) if isinstance(value, dict) else value
    return kept


def _fault(detail: ErrorDetails, located: Located) -> Fault:
    kind, given = detail["type"], detail["input"]
    if kind == "extra_forbidden":
        return located.fault(detail["loc"], "expected the name of a field; there is none called so", "key")
    if kind in {"delay_order", "no_open_hours"}:
        return located.fault(detail["loc"], detail["msg"])
    if kind == "model_type":
        return located.fault(detail["loc"], "expected a section with its fields")
    wanted = _expected(detail)
    return located.fault(detail["loc"], f"expected {wanted}, got {json.dumps(given, default=str)}")


def _expected(detail: ErrorDetails) -> str:
    context = detail.get("ctx", {})
    phrases = {
        "int_type": "a whole number",
        "bool_type": "true or false",
        "string_type": 'a time of day as "HH:MM"',
        "string_pattern_mismatch": 'a time of day as "HH:MM"',
        "greater_than_equal": f"at least {context.get('ge')}",
        "less_than_equal": f"at most {context.get('le')}",
        "literal_error": str(context.get("expected")),
    }
    return phrases.get(detail["type"], detail["msg"])
