"""`afterword policy lint` and `afterword policy schema`: a document is checked before it is put in force."""

from pathlib import Path
from typing import Annotated

import typer

from services.policy.commands import document_of
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
        return load_base(document_of(file), str(file))
    return tighten(load_base(document_of(base), str(base)), document_of(file), str(file))
