"""What the commands of this service share: the files that somebody names."""

from pathlib import Path

import typer


def text_of(path: Path) -> str:
    """The text of a file (`-`: standard input); what cannot be read is told in one line, exit 1."""
    try:
        if str(path) == "-":
            return typer.get_text_stream("stdin").read()
        return path.read_text(encoding="utf-8")
    except OSError as error:
        typer.echo(f"{path}: expected a readable file: {error.strerror}", err=True)
    except UnicodeDecodeError as error:
        typer.echo(f"{path}: expected UTF-8: byte {error.start} is not", err=True)
    raise typer.Exit(1)


def write(path: Path, text: str) -> None:
    """Writes a file; one that cannot be written is told in one line, exit 1."""
    try:
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        typer.echo(f"{path}: expected a file that can be written: {error.strerror}", err=True)
        raise typer.Exit(1) from None
