"""`afterword source` and `afterword tenant`: who may send, and in whose name follow-ups go out."""

import json
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console

from services.intake import credentials_cli, probe_cli, reasons_cli, revising_cli, trial_cli
from services.intake.deliveries import cli as deliveries_cli
from services.intake.enrichment.platforms import WHO_BY_API
from services.intake.importing import cli as importing
from services.intake.registry import Sources, Tenants, use_of
from services.intake.steps import steps
from shared.clock import SystemClock
from shared.settings import IntakeUrl, SourceKeys, load
from shared.store import tenants
from shared.store.client import Database, Document
from shared.store.session import with_database
from shared.tables import table
from shared.vault import Keyring

app = typer.Typer(no_args_is_help=True)
source = typer.Typer(name="source", help="Where deliveries come from.", no_args_is_help=True)
tenant = typer.Typer(name="tenant", help="In whose name follow-ups go out.", no_args_is_help=True)
source.add_typer(trial_cli.app)
source.add_typer(deliveries_cli.app)
source.add_typer(probe_cli.app)
source.add_typer(reasons_cli.app)
source.add_typer(credentials_cli.app)
source.add_typer(revising_cli.app)
app.add_typer(source)
app.add_typer(tenant)
app.add_typer(importing.app)

#: What fits beside each other; `show` and --json have the rest.
_SOURCE_COLUMNS = ("name", "tenant", "kind", "enabled", "rate_per_second", "burst")
_LACKS_CREDENTIALS = "source credentials: only its API tells whose no it was, and until then nobody knows"
_TENANT_COLUMNS = ("name", "company", "from_name", "from_email", "timezone")

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]
SecretFile = Annotated[
    Path | None, typer.Option(exists=True, dir_okay=False, help="The secret, where the platform makes it.")
]
Name = Annotated[str, typer.Argument(help="1 to 64 of a-z, 0-9 and '-'.")]


@source.command("add")
def add_source(  # noqa: PLR0913 - each is an option
    kind: Annotated[str, typer.Argument(help="How it signs and what it sends: see `source kinds`.")],
    name: Name,
    tenant_name: Annotated[str, typer.Option("--tenant", help="Whose candidates it tells of.")],
    rate_per_second: Annotated[
        float, typer.Option(min=0.01, help="Deliveries a second in the long run.")
    ] = 500,
    burst: Annotated[float, typer.Option(min=1, help="Deliveries at once.")] = 2000,
    *,
    config: Annotated[
        Path | None, typer.Option(exists=True, dir_okay=False, help="A JSON object: what this kind is told.")
    ] = None,
    secret_file: SecretFile = None,
    as_json: AsJson = False,
) -> None:
    """Add a source. Its secret, if it is made here, is shown this once only, with what is to be done
    at its platform.
    """
    keyring = _keyring()
    rate = {"per_second": rate_per_second, "burst": burst}
    told = trial_cli.read_config(kind, config)
    given = trial_cli.read_secrets(secret_file)[0] if secret_file else None

    async def work(database: Database) -> tuple[Document, str]:
        await tenants.named(database, tenant_name)
        sources = Sources(database, SystemClock())
        return await sources.add(name, tenant_name, kind, rate, keyring, secret=given, config=told)

    document, secret = with_database(work)
    answer, how = {**_shown(document), **_made(secret, given)}, steps(kind)
    if as_json:
        _print({**answer, "steps": how}, as_json=True)
        return
    _print(answer, as_json=False)
    typer.echo(f"\nTo connect it:\n\n{how}")


def _made(secret: str, given: str | None) -> dict[str, str]:
    """A secret that was made here; one that came out of a file is for nobody's screen."""
    return {"secret": secret} if given is None else {}


@source.command("list")
def list_sources(
    tenant_name: Annotated[str | None, typer.Option("--tenant", help="Only this tenant's.")] = None,
    *,
    as_json: AsJson = False,
) -> None:
    """List the sources."""
    found = with_database(lambda database: Sources(database, SystemClock()).all(tenant_name))
    _print_all([_shown(document) for document in found], _SOURCE_COLUMNS, as_json=as_json)


@source.command("show")
def show_source(name: Name, *, as_json: AsJson = False) -> None:
    """Show one source, without its secrets."""
    _print(
        _shown(with_database(lambda database: Sources(database, SystemClock()).get(name))), as_json=as_json
    )


@source.command()
def rotate(
    name: Name,
    grace_hours: Annotated[float, typer.Option(min=0, help="How long the secret so far is taken.")] = 24,
    *,
    secret_file: SecretFile = None,
    as_json: AsJson = False,
) -> None:
    """Give a source a new secret, shown this once only if it is made here."""
    keyring, grace = _keyring(), timedelta(hours=grace_hours)
    given = trial_cli.read_secrets(secret_file)[0] if secret_file else None
    until, secret = with_database(
        lambda database: Sources(database, SystemClock()).rotate(name, grace, keyring, secret=given)
    )
    answer = {"name": name, "url": _url(name), **_made(secret, given), "previous_until": until.isoformat()}
    _print(answer, as_json=as_json)


@source.command()
def disable(name: Name) -> None:
    """Take nothing more from a source; it is answered as if it were not there."""
    with_database(lambda database: Sources(database, SystemClock()).enable(name, enabled=False))
    typer.echo(f"{name} is disabled")


@source.command()
def enable(name: Name) -> None:
    """Take deliveries from a source again."""
    with_database(lambda database: Sources(database, SystemClock()).enable(name, enabled=True))
    typer.echo(f"{name} is enabled")


@tenant.command("add")
def add_tenant(
    name: Name,
    company: Annotated[str, typer.Option(help="As candidates know it.")],
    from_name: Annotated[str, typer.Option(help="Who the follow-up says it is from.")],
    from_email: Annotated[str, typer.Option(help="The sender's address.")],
    timezone: Annotated[str, typer.Option(help="IANA, where a candidate's is not known: Europe/Berlin.")],
    *,
    as_json: AsJson = False,
) -> None:
    """Add a tenant."""
    added = with_database(
        lambda database: Tenants(database).add(name, company, from_name, from_email, timezone)
    )
    _print(_named(added), as_json=as_json)


@tenant.command("list")
def list_tenants(*, as_json: AsJson = False) -> None:
    """List the tenants."""
    found = with_database(lambda database: Tenants(database).all())
    _print_all([_named(document) for document in found], _TENANT_COLUMNS, as_json=as_json)


@tenant.command("show")
def show_tenant(name: Name, *, as_json: AsJson = False) -> None:
    """Show one tenant."""
    _print(_named(with_database(lambda database: tenants.named(database, name))), as_json=as_json)


def _keyring() -> Keyring:
    return Keyring.parse(load(SourceKeys).source_keys.get_secret_value())


def _url(name: str) -> str:
    return f"{load(IntakeUrl).intake_url}/v1/sources/{name}/events"


def _named(document: Document) -> dict[str, Any]:
    return {"name": document["_id"], **{key: value for key, value in document.items() if key != "_id"}}


def _shown(document: Document) -> dict[str, Any]:
    """A source as it is shown: never its secrets, only how long there are two."""
    shown = _named(document)
    until: datetime | None = shown.pop("secrets").get("previous_until")
    rate = shown.pop("rate")
    used = shown.pop("credentials", None) is not None
    lacks = {} if used or document["kind"] not in WHO_BY_API else {"lacks": _LACKS_CREDENTIALS}
    return shown | {
        use_of(document["kind"]).replace(" ", "_"): used,
        **lacks,
        "created_at": document["created_at"].isoformat(timespec="seconds"),
        "rate_per_second": rate["per_second"],
        "burst": rate["burst"],
        "previous_until": until.isoformat(timespec="seconds") if until else None,
        "url": _url(document["_id"]),
    }


def _print(answer: Mapping[str, Any], *, as_json: bool) -> None:
    if as_json:
        typer.echo(json.dumps(answer, indent=2))
        return
    width = max(map(len, answer))
    for name, value in answer.items():
        typer.echo(f"{name.ljust(width)}  {_text(value)}")


def _print_all(answers: Sequence[Mapping[str, Any]], columns: Sequence[str], *, as_json: bool) -> None:
    if as_json:
        typer.echo(json.dumps(answers, indent=2))
        return
    rows = table(*columns)
    for answer in answers:
        rows.add_row(*(_text(answer[column]) for column in columns))
    Console().print(rows if answers else "there are none")


def _text(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return "-" if value is None else str(value)
