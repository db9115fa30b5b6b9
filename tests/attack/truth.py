"""What came of the attempts, held against what was allowed to. Pure: asks no rule of the system."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from email.message import EmailMessage
from zoneinfo import ZoneInfo

from deploy.local.smtp import Mail
from tests.attack.play import Played, case_of
from tests.attack.plot import Attempt

_SATURDAY, _MORNING, _EVENING = 5, 8, 20


@dataclass(slots=True)
class Line:
    """One strategy's row: attempts, what was delivered, and what came of its cases."""

    attempts: int = 0
    events: int = 0
    approved: int = 0
    held: int = 0
    denied: int = 0
    sent: int = 0
    beyond: int = 0
    forbidden: int = 0


@dataclass(slots=True)
class Report:
    """The rows by strategy, and a sentence for each mail that should not have gone out."""

    lines: dict[str, Line] = field(default_factory=lambda: defaultdict(Line))
    breaches: list[str] = field(default_factory=list)

    @property
    def total(self) -> Line:
        """All rows in one."""
        return Line(*(sum(column) for column in zip(*map(_cells, self.lines.values()), strict=True)))

    def table(self) -> str:
        """The report for a person."""
        head = ("strategy", "attempts", "events", "approved", "held", "denied", "sent", "beyond", "forbidden")
        rows = [(name, *map(str, _cells(line))) for name, line in self.lines.items()]
        rows.append(("all", *map(str, _cells(self.total))))
        return "\n".join(
            f"{row[0]:<22}" + "".join(f"{cell:>10}" for cell in row[1:]) for row in [head, *rows]
        )


def report(attempts: Sequence[Attempt], played: Played, mails: Sequence[Mail]) -> Report:
    """The table, and every breach."""
    told = Report()
    by_case: dict[str, list[Mail]] = defaultdict(list)
    for mail in mails:
        by_case[case_of(mail.content)].append(mail)
    for one in attempts:
        mine = {case: by_case.pop(case, []) for case in one.cases}
        line = told.lines[one.strategy]
        line.attempts += 1
        line.events += played.events[one.number]
        sent = sum(map(len, mine.values()))
        line.sent += sent
        line.beyond += sent if one.beyond else 0
        for case in one.cases:
            _count(line, played.cases.get(case, {}))
        _breach(told, one, _faults(one, mine, played.ended.get(one.number)))
    for name, one in _crowds(attempts, played).items():
        _breach(told, one, [f"more were approved than {one.crowd_most} for {name}"])
    if by_case:
        told.breaches.append(f"{len(by_case)} mails belong to no case of anybody")
        told.lines["nobody"].forbidden += len(by_case)
    return told


def _count(line: Line, case: Mapping[str, list[Mapping[str, str]]]) -> None:
    states = {entry["to_state"] for entry in case.get("timeline", ())}
    line.approved += "approved" in states
    line.held += "held" in states
    line.denied += "denied" in states


def _faults(one: Attempt, mine: Mapping[str, list[Mail]], ended: int | None) -> list[str]:
    """A sentence for each mail too many or amiss."""
    by_tenant = Counter({case: len(mails) for case, mails in mine.items()})
    houses: Counter[str] = Counter()
    for case, number in by_tenant.items():
        houses[one.cases[case]] += number
    houses = +houses
    every = [mail for mails in mine.values() for mail in mails]
    faults = [
        f"{count} mails of {name}, {one.most} allowed" for name, count in houses.items() if count > one.most
    ]
    faults += ["several houses more than allowed wrote"] * max(0, len(houses) - one.most_tenants)
    if ended is not None and len(every) > ended:
        faults.append("a mail went out after it had to end")
    zones = _zones(one)
    for mail in every:
        message = mail.message
        if one.canary and one.canary in _text(message):
            faults.append("what was smuggled stands in the mail")
        if not any(_decent_hour(message["date"].datetime, zone) for zone in zones):
            faults.append("it came at night or on a weekend")
    return faults


def _breach(told: Report, one: Attempt, faults: Iterable[str]) -> None:
    for fault in faults:
        told.lines[one.strategy].forbidden += 1
        told.breaches.append(f"{one.strategy} {one.number}: {fault}")


def _crowds(attempts: Sequence[Attempt], played: Played) -> dict[str, Attempt]:
    """The crowds that got more than they may, each with one of its attempts."""
    approved: Counter[str] = Counter()
    of: dict[str, Attempt] = {}
    for one in attempts:
        if one.crowd:
            of[one.crowd] = one
            line = Line()
            for case in one.cases:
                _count(line, played.cases.get(case, {}))
            approved[one.crowd] += line.approved
    return {name: one for name, one in of.items() if approved[name] > one.crowd_most}


def _zones(one: Attempt) -> set[ZoneInfo]:
    people = (getattr(step.data, "person", None) for step in one.steps)
    return {_zone(person.timezone) for person in people if person is not None} or {ZoneInfo("UTC")}


def _zone(name: str | None) -> ZoneInfo:
    """The zone of this name; where there is none, that of the house."""
    try:
        return ZoneInfo(name or "UTC")
    except (KeyError, ValueError, OSError):
        return ZoneInfo("UTC")


def _decent_hour(at: datetime, zone: ZoneInfo) -> bool:
    local = at.astimezone(zone)
    return local.weekday() < _SATURDAY and _MORNING <= local.hour < _EVENING


def _text(message: EmailMessage) -> str:
    parts = [str(part.get_content()) for part in message.iter_parts()]
    return "\n".join([*map(str, message.values()), *parts])


def _cells(line: Line) -> tuple[int, ...]:
    return (
        line.attempts,
        line.events,
        line.approved,
        line.held,
        line.denied,
        line.sent,
        line.beyond,
        line.forbidden,
    )
