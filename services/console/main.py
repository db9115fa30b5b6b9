"""The `afterword` command: every service's own commands under one roof."""

import sys
from collections.abc import Sequence
from importlib import import_module
from importlib.metadata import version
from typing import Annotated

import typer

from shared.errors import AfterwordError, SettingsError, Unanswered

#: The module of each command. Only that of the one called is loaded: no process carries what another needs.
MODULES = {
    "migrate": "services.console.migrate",
    "run": "services.console.serving",
    "secrets": "services.console.secrets",
    "source": "services.intake.cli",
    "tenant": "services.intake.cli",
    "import": "services.intake.cli",
    "policy": "services.policy.cli",
    "identity": "services.policy.cli",
    "suppress": "services.policy.cli",
    "case": "services.policy.cli",
    "dead": "services.console.dead",
    "vault": "services.console.vault",
    "key": "services.desk.cli",
}


def commands(arguments: Sequence[str] = ()) -> typer.Typer:
    """All commands, or those of the module that has the command in these arguments."""
    app = typer.Typer(
        name="afterword",
        no_args_is_help=True,
        add_completion=False,
        pretty_exceptions_enable=False,
        callback=afterword,
    )
    called = next((argument for argument in arguments if not argument.startswith("-")), "")
    for module in dict.fromkeys([MODULES[called]] if called in MODULES else MODULES.values()):
        app.add_typer(import_module(module).app)
    return app


def _tell_version(asked: bool) -> None:  # noqa: FBT001 - as typer calls it
    if asked:
        typer.echo(f"afterword {version('afterword')}")
        raise typer.Exit


def afterword(
    *,
    _version: Annotated[
        bool, typer.Option("--version", callback=_tell_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    """One courteous word after a candidate's no, and never two."""


def run(app: typer.Typer) -> None:
    """Run the command. What Afterword itself finds wrong is told in a line for each fault: exit 2 for
    settings and for what could not be answered, else 1.
    """
    try:
        app()
    except AfterwordError as error:
        for line in str(error).splitlines():
            typer.echo(f"afterword: {line}", err=True)
        sys.exit(2 if isinstance(error, SettingsError | Unanswered) else 1)


if __name__ == "__main__":
    run(commands(sys.argv[1:]))
