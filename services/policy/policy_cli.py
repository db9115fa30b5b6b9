"""`afterword policy lint` and `afterword policy schema`: a document is checked before it is put in force."""

from pathlib import Path
from typing import Annotated

import typer

from services.policy.document import Policy, PolicyInvalid, load_base, schema, tighten

policy = typer.Typer(name="policy", help="Check policies, bring them into force.", no_args_is_help=True)

_Document = Annotated[
    Path, typer.Argument(metavar="FILE", help="The policy document, YAML.", show_default=False)
]
_Base = Annotated[
    Path | None,
    typer.Option("--base", metavar="FILE", help="Take FILE as a tenant's override of this base."),
]


@policy.command()
def lint(file: _Document, base: _Base = None) -> None:
    """Check a policy document, or with --base an override, which may only tighten.

    Prints the version and exits 0, or all faults as FILE:LINE:COLUMN: pointer: expectation, and exits 1.
    """
    try:
        checked = _checked(file, base)
    except PolicyInvalid as invalid:
        for line in invalid.lines():
            typer.echo(line)
        raise typer.Exit(1) from None
    typer.echo(f"{file}: {checked.version}")


@policy.command(name="schema")
def print_schema() -> None:
    """Print the JSON Schema of policy documents, for editors."""
    typer.echo(schema(), nl=False)


def _checked(file: Path, base: Path | None) -> Policy:
    if base is None:
        return load_base(_text(file), str(file))
    return tighten(load_base(_text(base), str(base)), _text(file), str(file))


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except OSError as error:
        typer.echo(f"{path}: expected a readable file: {error.strerror}", err=True)
    except UnicodeDecodeError as error:
        typer.echo(f"{path}: expected UTF-8: byte {error.start} is not", err=True)
    raise typer.Exit(1)
