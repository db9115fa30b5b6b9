"""`afterword source kinds` and `parse`: what may be connected, and what would become of a delivery."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import typer

from services.intake.sources import SOURCES, Delivery, configured, folded
from services.intake.sources.reading import rfc3339
from services.intake.trial import tried
from shared.clock import SystemClock
from shared.errors import Invalid
from shared.pointer import pointer
from shared.strict_json import read

app = typer.Typer()

InFile = Annotated[Path, typer.Option(exists=True, dir_okay=False, readable=True)]
MaybeFile = Annotated[Path | None, typer.Option(exists=True, dir_okay=False, readable=True)]


@app.command()
def kinds(*, as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False) -> None:
    """List the kinds of source there are."""
    known = {kind: adapter.ABOUT for kind, adapter in SOURCES.items()}
    if as_json:
        typer.echo(json.dumps([{"kind": kind, "about": about} for kind, about in known.items()], indent=2))
        return
    width = max(map(len, known))
    for kind, about in known.items():
        typer.echo(f"{kind.ljust(width)}  {about}")


@app.command()
def parse(  # noqa: PLR0913 - each is an option
    kind: Annotated[str, typer.Argument(help="As `afterword source kinds` lists them.")],
    *,
    headers: InFile,
    body: InFile,
    config: MaybeFile = None,
    secret_file: MaybeFile = None,
    method: Annotated[str, typer.Option(help="How it was sent.")] = "POST",
    query: Annotated[str, typer.Option(help="What stands behind the ? of the address.")] = "",
    at: Annotated[str | None, typer.Option(help="When it came (RFC 3339); now, if not told.")] = None,
) -> None:
    """Print as JSON what would become of a delivery, without any server.

    HEADERS and CONFIG are files of a JSON object, BODY is taken byte for byte. The secret file holds the
    secret, and on a second line the previous one.
    """
    now = SystemClock().now() if at is None else rfc3339(at)
    if now is None:
        raise Invalid.at("", f"--at: a time like 2026-01-31T12:00:00Z is expected, not {at!r}")
    delivery = Delivery(
        folded(_pairs(read_object(headers, "--headers"))),
        body.read_bytes(),
        method.upper(),
        query.removeprefix("?"),
    )
    secrets = read_secrets(secret_file) if secret_file else []
    told = tried(kind, delivery, secrets, read_config(kind, config), now)
    typer.echo(json.dumps(told, indent=2, ensure_ascii=False))


def read_object(file: Path, option: str) -> Mapping[str, Any]:
    """The JSON object in a file. Raises Invalid that names the option."""
    try:
        value = read(file.read_bytes())
    except Invalid as error:
        raise Invalid.at("", f"{option}: {error}") from None
    if not isinstance(value, dict):
        raise Invalid.at("", f"{option}: a JSON object is expected")
    return value


def read_config(kind: str, file: Path | None) -> Mapping[str, Any]:
    """What a file tells a source of this kind; nothing where there is none. Raises Invalid that names the
    option.
    """
    told = read_object(file, "--config") if file else {}
    try:
        if kind in SOURCES:
            configured(kind, told)
    except Invalid as error:
        raise Invalid.at("", f"--config: {error}") from None
    return told


def _pairs(headers: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Each header as it came; one that came more than once has a list of values. Raises Invalid."""
    pairs = [
        (name, value)
        for name, values in headers.items()
        for value in (values if isinstance(values, list) else [values])
    ]
    odd = dict.fromkeys(name for name, value in pairs if not isinstance(value, str))
    if odd:
        told = ", ".join(pointer((name,)) for name in odd)
        raise Invalid.at("", f"--headers: {told}: text, or a list of texts, is expected")
    return pairs


def read_secrets(file: Path) -> list[str]:
    """The secrets in a file, one a line. Raises Invalid where there is none, for that would prove nothing."""
    try:
        lines = [line.strip() for line in file.read_text("utf-8-sig").splitlines()]
    except UnicodeDecodeError:
        raise Invalid.at("", "--secret-file: text in UTF-8 is expected") from None
    secrets = [line for line in lines if line]
    if not secrets:
        raise Invalid.at("", "--secret-file: a secret is expected")
    return secrets
