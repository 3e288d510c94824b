"""The checker's table on a terminal."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from rich.box import SIMPLE
from rich.console import Console
from rich.table import Table

from symbptt.check.compare import Row


def print_table(rows: Sequence[Row], console: Console | None = None) -> None:
    """One line a value or gradient, one column a judge with its tolerance; failures are explained below."""
    console = console or Console()
    judges = {row.against: row.tolerance for row in rows}
    table = Table(title="Largest relative difference of the generated code", box=SIMPLE)
    for heading in ("", "samples", *(_heading(judge, tolerance) for judge, tolerance in judges.items())):
        table.add_column(heading, no_wrap=not heading)
    lines = dict.fromkeys((row.kind, row.quantity, row.samples) for row in rows)
    cells = {(row.kind, row.quantity, row.samples, row.against): row for row in rows}
    for kind, quantity, samples in lines:
        found = (cells.get((kind, quantity, samples, judge)) for judge in judges)
        table.add_row(label(kind, quantity), samples, *("" if row is None else _cell(row) for row in found))
    console.print(table)
    _explain(rows, console)


def print_summary(checked: Mapping[str, Sequence[Row]], console: Console | None = None) -> None:
    """One line a recurrence, with its worst difference by each judge; failures are explained below."""
    console = console or Console()
    judges = {row.against: row.tolerance for rows in checked.values() for row in rows}
    table = Table(title="Worst relative difference of the generated code", box=SIMPLE)
    for heading in ("recurrence", "compared", *(_heading(judge, limit) for judge, limit in judges.items())):
        table.add_column(heading, no_wrap=heading == "recurrence")
    for name, rows in checked.items():
        worst = (max((r for r in rows if r.against == judge), key=_badness, default=None) for judge in judges)
        table.add_row(name, str(len(rows)), *("" if row is None else _cell(row) for row in worst))
    console.print(table)
    for name, rows in checked.items():
        _explain(rows, console, f"{name}: ")


def _heading(judge: str, tolerance: float) -> str:
    return f"{judge}\nwithin {tolerance:g}"


def _badness(row: Row) -> float:
    return float("inf") if math.isnan(row.difference) else row.difference


def _explain(rows: Sequence[Row], console: Console, before: str = "") -> None:
    for row in rows:
        if not row.passed:
            console.print(before + explanation(row), markup=False, highlight=False)


def label(kind: str, quantity: str) -> str:
    """What a line is about."""
    names = {"parameters": f"by {quantity}", "inputs": f"by {quantity}", "initial": f"by initial {quantity}"}
    return names.get(kind, quantity)


def explanation(row: Row) -> str:
    """One sentence about a failure: where it is worst, both numbers, and a guess at the mistake."""
    where = f"{label(row.kind, row.quantity)}{list(row.entry) if row.entry else ''}"
    numbers = f"generated {row.mine.real:.12g}, {row.against} {row.other.real:.12g}"
    return f"FAILS {where} ({row.samples}): {numbers}" + (f"; {row.hint}" if row.hint else "")


def _cell(row: Row) -> str:
    return f"[green]{row.difference:.1e}[/]" if row.passed else f"[bold red]{row.difference:.1e} FAILS[/]"
