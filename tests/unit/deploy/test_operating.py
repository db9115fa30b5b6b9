"""The operators' page."""

from pathlib import Path

from deploy.mongodb.rights import ROLES
from shared import settings
from shared.environment import variable

PAGE = (Path(__file__).parents[3] / "docs/operating.md").read_text("utf-8")


def test_the_page_lists_every_setting() -> None:
    """A setting that no operator can find is none."""
    parts = (
        settings.IntakeSettings,
        settings.WorkerSettings,
        settings.PolicySettings,
        settings.NotifierSettings,
        settings.DeskSettings,
        settings.ConsoleSettings,
    )
    names = {variable(name) for part in parts for name in part.model_fields}
    assert not sorted(name for name in names if f"`{name.removeprefix('AFTERWORD_')}`" not in PAGE)


def test_the_page_tells_each_users_rights() -> None:
    """What an auditor asks first."""
    assert not [service for service in ROLES if f"| {service} |" not in PAGE]
