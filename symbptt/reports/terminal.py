"""What a terminal gets: the report of a linter in colour, and a progress bar."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.text import Text

from symbptt.judge.verdicts import Judgement
from symbptt.reports.text import report

STYLES = {
    "place": "bold",
    "fails": "bold red",
    "unreadable": "bold magenta",
    "undetermined": "yellow",
    "scalar": "bold yellow",
    "holds": "green",
    "definition": "cyan",
    "note": "dim",
    "suggestion": "bold green",
}


def print_report(judgements: Iterable[Judgement], everything: bool, console: Console | None = None) -> None:
    """Writes the report to standard output, each piece in the style of its role."""
    console = console or Console()
    for line in report(judgements, everything):
        text = Text()
        for piece, role in line:
            text.append(piece, STYLES.get(role, ""))
        console.print(text, soft_wrap=True)


@contextmanager
def progress(count: int, console: Console | None = None) -> Iterator[Callable[[Judgement], None]]:
    """A bar on standard error for `count` documents, which goes away at the end; call it after each."""
    columns = (BarColumn(), MofNCompleteColumn(), TextColumn("{task.description}"), TimeElapsedColumn())
    with Progress(*columns, console=console or Console(stderr=True), transient=True) as bar:
        task = bar.add_task("", total=count)

        def finished(judgement: Judgement) -> None:
            bar.update(task, advance=1, description=judgement.source)

        yield finished
