"""Sources whose platform is the stand-in, and what is asked of it."""

from typing import Any

from services.intake.enrichment.accounts import Account
from services.intake.enrichment.asking import Subject
from services.intake.enrichment.platforms import PLATFORMS
from shared.checked import checked
from tests.integration.enrichment.platform import ACCOUNT, CLIENT, KEY, SECRET, StandIn
from tests.integration.policy.stage import NOON

KEYS: dict[str, dict[str, str]] = {
    "greenhouse": {"client_id": CLIENT, "client_secret": SECRET},
    "lever": {"api_key": KEY},
    "ashby": {"api_key": KEY},
    "merge": {"api_key": KEY, "account_token": ACCOUNT},
    "smartrecruiters": {"api_key": KEY},
    "teamtailor": {"api_key": KEY},
}
GREENHOUSE = Subject("application/101", None, "101", None, NOON)


def account(platform: StandIn, kind: str = "greenhouse", **changed: str) -> Account:
    """A source of this kind, whose API is the stand-in."""
    given: dict[str, Any] = {**KEYS[kind], "api_url": platform.url, **changed}
    of = PLATFORMS[kind]
    return Account("ats", of, checked(of.CREDENTIALS, given))
