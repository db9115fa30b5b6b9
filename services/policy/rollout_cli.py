"""`afterword policy draft|shadow|live|withdraw`: a document on its way into force, with who and why."""

from pathlib import Path
from typing import Annotated

import typer

from services.policy.commands import document_of
from services.policy.document import PolicyInvalid
from services.policy.plan import Plan
from services.policy.releases import Log, Releases
from services.policy.rollout import Refused, Release, Stage, Step, check
from services.policy.rulebook import Files
from shared.clock import SystemClock
from shared.settings import PolicyFiles, load
from shared.store import tenants
from shared.store.client import Database
from shared.store.session import with_database

app = typer.Typer()

_Version = Annotated[str, typer.Argument(metavar="VERSION", help="As `policy list` names it.")]
_Why = Annotated[str, typer.Option("--why", help="The reason, for whoever asks later.")]
#: The longest reason and name.
_WORDS = 500
_By = Annotated[str, typer.Option("--by", help="Who does this.")]


async def plan_of(database: Database) -> tuple[Plan, Log]:
    """The roll-out as it stands, with the files that this process is given."""
    settings = load(PolicyFiles)
    log = await Releases(database).read()
    return Plan(Files.load(settings.policy_file, settings.policy_overrides), log.steps), log


@app.command()
def draft(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="YAML; - reads standard input.")],
    *,
    why: _Why,
    by: _By,
    tenant: Annotated[str | None, typer.Option(help="Take FILE as this tenant's override.")] = None,
) -> None:
    """Check a document and keep it as a draft, which decides nothing. Prints its version."""
    text = document_of(file)

    async def work(database: Database) -> Release:
        if tenant is not None:
            await tenants.named(database, tenant)
        plan, log = await plan_of(database)
        release = plan.drafted(text, str(file), tenant)
        known = plan.book.releases.get(release.version)
        if known is not None:
            return known
        step = _step(log, "draft", release, why=why, by=by, text=text)
        await Releases(database).add(step)
        return release

    release = with_database(work)
    typer.echo(f"{release.version}: {release.stage}")


@app.command()
def shadow(version: _Version, *, why: _Why, by: _By) -> None:
    """Let a draft decide beside the live policy from now on; only its differences are recorded."""
    _advance(version, "shadow", why=why, by=by)


@app.command()
def live(
    version: _Version,
    *,
    why: _Why,
    by: _By,
    unproven: Annotated[bool, typer.Option("--unproven", help="Without having been a shadow.")] = False,
) -> None:
    """Put a document in force in all running services within seconds, in place of the one before it."""
    _advance(version, "live", why=why, by=by, unproven=unproven)


@app.command()
def withdraw(version: _Version, *, why: _Why, by: _By) -> None:
    """Take a draft or a shadow out of the roll-out."""
    _advance(version, "withdrawn", why=why, by=by)


def _advance(version: str, stage: Stage, *, why: str, by: str, unproven: bool = False) -> None:
    async def work(database: Database) -> None:
        plan, log = await plan_of(database)
        release = check(plan.book, version, stage, unproven=unproven)
        if stage != "withdrawn":
            _stands(plan, release)
        text = None if release.steps else release.text
        step = _step(log, stage, release, why=why, by=by, text=text, unproven=unproven and not release.proven)
        await Releases(database).add(step)

    with_database(work)
    typer.echo(f"{version}: {stage}")


def _stands(plan: Plan, release: Release) -> None:
    try:
        plan.with_release(release)
    except PolicyInvalid as invalid:
        raise Refused(f"{release.version} cannot be in force:\n" + "\n".join(invalid.lines())) from None


def _step(
    log: Log,
    stage: Stage,
    release: Release,
    *,
    why: str,
    by: str,
    text: str | None = None,
    unproven: bool = False,
) -> Step:
    for name, given in (("--why", why), ("--by", by)):
        if not 0 < len(given.strip()) <= _WORDS:
            raise typer.BadParameter(f"expected 1 to {_WORDS} characters", param_hint=name)
    return Step(
        number=log.last + 1,
        stage=stage,
        version=release.version,
        tenant=release.tenant,
        at=SystemClock().now(),
        by=by,
        why=why,
        text=text,
        unproven=unproven,
    )
