"""Whether an override only tightens: each field knows which way is stricter, and none moves the other way."""

from collections.abc import Iterator

from pydantic import BaseModel

from services.policy.located import Fault, Located, Path
from services.policy.quiet import quiet_minutes
from services.policy.sections import Document
from services.policy.tighter import Tighter

#: What may become of a case, the milder first.
_ACTIONS = ("thank", "hold", "deny")


def loosened(base: Document, wanted: Document, override: Located) -> list[Fault]:
    """A fault, at its line, for each value in `override` that is milder than the base's; none if all is well.

    `wanted` is the base with the override laid over it.
    """
    before, after = dict(leaves(base)), dict(leaves(wanted))
    faults = []
    for path, (way, old) in before.items():
        new = after[path][1]
        if (path, "key") in override.places and milder(way, old, new):
            faults.append(override.fault(path, _detail(way, old, new)))
    return faults + _less_quiet(base, wanted, override)


def leaves(model: BaseModel, path: Path = ()) -> Iterator[tuple[Path, tuple[str, object]]]:
    """Each field of a document: its path, which way it is stricter, and its value."""
    for name, field in type(model).model_fields.items():
        value = getattr(model, name)
        if isinstance(value, BaseModel):
            yield from leaves(value, (*path, name))
        else:
            (way,) = (item.way for item in field.metadata if isinstance(item, Tighter))
            yield (*path, name), (way, value)


def milder(way: str, old: object, new: object) -> bool:
    """Whether going from the one value to the other is against the way in which the field is stricter."""
    if way in {"lower", "higher"}:
        if not isinstance(old, int) or not isinstance(new, int):
            message = f"a field that is tighter {way} must be a number"
            raise TypeError(message)
        return new > old if way == "lower" else new < old
    if way == "quiet":
        return False
    if way == "deny":
        return _ACTIONS.index(str(new)) < _ACTIONS.index(str(old))
    return new != old and _plain(old) == way


def _plain(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _detail(way: str, old: object, new: object) -> str:
    bound = {"lower": f"at most {old}", "higher": f"at least {old}"}.get(way, _plain(old))
    if way == "deny":
        bound = " or ".join(_ACTIONS[_ACTIONS.index(bound) :])
    return f"an override may only tighten: expected {bound} (the base has {_plain(old)}), got {_plain(new)}"


def _less_quiet(base: Document, wanted: Document, override: Located) -> list[Fault]:
    old, new = base.schedule, wanted.schedule
    must = quiet_minutes(old.quiet_from, old.quiet_to)
    if must <= quiet_minutes(new.quiet_from, new.quiet_to):
        return []
    alone = {
        "quiet_from": quiet_minutes(new.quiet_from, old.quiet_to),
        "quiet_to": quiet_minutes(old.quiet_from, new.quiet_to),
    }
    given = [name for name in alone if (("schedule", name), "key") in override.places]
    guilty = [name for name in given if not must <= alone[name]] or given[:1]
    detail = (
        f"an override may only tighten: expected quiet hours that contain {old.quiet_from} to {old.quiet_to} "
        f"(the base has them), got {new.quiet_from} to {new.quiet_to}"
    )
    return [override.fault(("schedule", name), detail) for name in guilty]
