"""Tables of the commands."""

from rich.table import Column, Table


def table(*headers: str, title: str | None = None) -> Table:
    """A table in which nothing is cut off: what is too long for a narrow terminal goes on in the next line.

    Identifiers are there to be copied into the next command.
    """
    columns = (Column(header, overflow="fold") for header in headers)
    return Table(*columns, title=title, title_justify="left")
