"""Columns that stand more than once in the loss and its gradients: named, so that they are computed once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import replace

import sympy
from sympy.core.basic import Basic

from symbptt.expressions import (
    Dot,
    Inner,
    Quantity,
    SumOver,
    Transposed,
    is_scalar,
    quantities,
    rewrite,
    shape_of,
    subexpressions,
)
from symbptt.programs.plan.places import WHOLE
from symbptt.programs.plan.program import Statement
from symbptt.programs.plan.weights import is_column
from symbptt.recurrence import T, t


def repeats_named(
    loss: Basic, seeds: Iterable[Statement], taken: set[str]
) -> tuple[dict[Quantity, Basic], Basic, list[Statement]]:
    """The repeated columns by their names, and the loss and its gradients with these; none of `taken`."""
    found: dict[Quantity, Basic] = {}
    loss, seeds = rewrite(loss, _as_inner), list(seeds)
    while (value := _largest(loss, seeds)) is not None:
        q = Quantity(_name(value, taken | {q.name for q in found}), *shape_of(value), t)
        found[q] = value
        loss = _named(loss, value, q)
        seeds = [replace(s, value=_named(s.value, value, q)) for s in seeds]
    return found, loss, seeds


def _named(node: Basic, value: Basic, name: Quantity) -> Basic:
    return rewrite(node, lambda part: name if part == value else part)


def _as_inner(node: Basic) -> Basic:
    """A row times a column, u^T v, as the inner product of two columns."""
    if isinstance(node, Dot) and len(node.args) == 2 and is_column(node.args[1]) and is_scalar(node):
        return Inner(Transposed(node.args[0]), node.args[1])
    return node


def _largest(loss: Basic, seeds: Iterable[Statement]) -> Basic | None:
    """The largest column at all times t that stands more than once."""
    counts = Counter(node for value in _at_all_times(loss, seeds) for node in subexpressions(value))
    columns = [node for node, count in counts.items() if count > 1 and _is_named(node)]
    return max(columns, key=lambda node: sum(1 for _ in subexpressions(node)), default=None)


def _at_all_times(loss: Basic, seeds: Iterable[Statement]) -> Iterator[Basic]:
    limits = (t, sympy.S.One, T)
    yield from (n.args[0] for n in subexpressions(loss) if isinstance(n, SumOver) and n.args[1:] == limits)
    yield from (s.value for s in seeds if s.scope == WHOLE)


def _is_named(node: Basic) -> bool:
    times = {q.time for q in quantities(node)}
    return is_column(node) and not isinstance(node, Quantity) and t in times and times <= {t, None}


def _name(value: Basic, taken: set[str]) -> str:
    name = "_".join(q.name for q in quantities(value)[:2])
    while name in taken:
        name += "'"
    return name
