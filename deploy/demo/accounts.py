"""Two companies, a source for each, and a reviewer's key: what an operator sets up with `afterword`."""

from dataclasses import dataclass
from typing import Literal

from pydantic import SecretStr

from deploy.demo.platform import Source
from services.desk.keys import EVERY_TENANT, Keys, Role
from services.intake.registry import Sources, Tenants
from services.intake.sources import DEFAULT_KIND
from shared.clock import Clock
from shared.store import client
from shared.vault import Keyring

Company = Literal["northwind", "fabrikam"]
#: Company, what candidates read, who writes.
COMPANIES: dict[Company, tuple[str, str]] = {
    "northwind": ("Northwind Instruments", "Northwind Recruiting"),
    "fabrikam": ("Fabrikam Robotics", "Fabrikam Talent Team"),
}
TIMEZONE = "Europe/Berlin"
ROLE: Role = "reviewer"
_RATE = {"per_second": 500.0, "burst": 2000.0}


@dataclass(frozen=True, slots=True)
class Accounts:
    """Who may send, and who may review."""

    source: Source
    other_source: Source
    desk_key: str


def tenant_name(company: str, run: str) -> str:
    """A company's name in this run."""
    return f"{company}-{run}"


def from_email(company: str) -> str:
    """The address that a company's follow-ups come from."""
    return f"thanks@{company}.example"


def events_url(intake_url: str, source: str) -> str:
    """Where a source's deliveries go."""
    return f"{intake_url}/v1/sources/{source}/events"


async def register(
    mongo_url: SecretStr, source_keys: str, intake_url: str, reviewer: str, run: str, clock: Clock
) -> Accounts:
    """Writes them into the database, by the functions behind `afterword tenant|source|key add`."""
    mongo, database = client.connect(mongo_url, app="console")
    tenants, sources, keyring = Tenants(database), Sources(database, clock), Keyring.parse(source_keys)
    made = []
    try:
        for company, (shown, sender) in COMPANIES.items():
            name = tenant_name(company, run)
            await tenants.add(name, shown, sender, from_email(company), TIMEZONE)
            _, secret = await sources.add(f"{name}-ats", name, DEFAULT_KIND, _RATE, keyring)
            made.append(Source(f"{name}-ats", name, events_url(intake_url, f"{name}-ats"), secret))
        key = await Keys(database).add(reviewer, ROLE, EVERY_TENANT, clock)
    finally:
        mongo.close()
    return Accounts(made[0], made[1], key)
