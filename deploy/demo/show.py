"""What the person who ran the demo sees: progress, the table, the mail, where to look next."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from rich.console import Console
from rich.markup import escape
from rich.status import Status
from rich.table import Table

from deploy.demo.stack import Mail
from deploy.demo.telling import Told

_WIDTH_IN_A_PIPE = 140


class Show:
    """Speaks to a terminal with colours and a line that moves, and to a pipe in plain lines."""

    def __init__(self, console: Console | None = None) -> None:
        self._console = console or Console(highlight=False)
        if not self._console.is_terminal:
            self._console.width = max(self._console.width, _WIDTH_IN_A_PIPE)
        self._status: Status | None = None

    @contextmanager
    def progress(self) -> Iterator[None]:
        """While it works, `say` moves one line on a terminal."""
        if not self._console.is_terminal:
            yield
            return
        with self._console.status("") as self._status:
            yield
        self._status = None

    def say(self, line: str) -> None:
        """What is being done now."""
        if self._status is not None:
            self._status.update(escape(line))
        else:
            self._console.print(escape(line))

    def table(self, told: Sequence[Told], where: str) -> None:
        """What became of each story, and why."""
        table = Table("", "Story: what must become of it", "What became of it", "Why", show_lines=True)
        for number, one in enumerate(told, start=1):
            became = one.ending.became if one.ending else "NOT AS IT MUST"
            why = one.ending.why if one.ending else one.fault or ""
            style = "bold red" if one.fault else "green"
            title = f"{escape(one.story.title)}: [bold]{escape(one.story.must)}[/]"
            table.add_row(str(number), title, f"[{style}]{escape(became)}[/]", escape(why))
        self._console.print(table)
        self._console.print(escape(where))

    def mail(self, mail: Mail) -> None:
        """One mail. Without a frame, so that a link in it can be copied."""
        how = "as it arrived" if mail.content is not None else "as Mailpit lists it"
        self._console.rule(f"The one mail, {how}", characters="-")
        self._console.print(escape(mail.shown), soft_wrap=True)
        self._console.rule(characters="-")

    def faults(self, told: Sequence[Told]) -> None:
        """The stories that ended otherwise, with what was expected and found."""
        for one in told:
            if one.fault is not None:
                self._console.print(
                    f'[bold red]Not as it must be:[/] "{escape(one.story.title)}": {escape(one.fault)}',
                    soft_wrap=True,
                )

    def lines(self, lines: Sequence[str]) -> None:
        """Plain lines."""
        for line in lines:
            self._console.print(escape(line), soft_wrap=True)
