"""Which entry of a value depends on which: recurrences whose units carry nothing over to each other."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from sympy.core.basic import Basic

from symbptt.expressions import (
    Apply,
    Axis,
    Dot,
    Plus,
    Power,
    Quantity,
    Times,
    children,
    quantities,
    shape_of,
)
from symbptt.functions import is_columnwise
from symbptt.recurrence import Equation, Recurrence


def depending(recurrence: Recurrence) -> set[str]:
    """The names of all at time t that depends on a parameter, over any number of steps."""
    found = {q.name for q in (*recurrence.parameters, *(e.left for e in recurrence.statics))}
    grown = True
    while grown:
        users = {e.left.name for e in recurrence.equations if found & {q.name for q in quantities(e.right)}}
        grown = not users <= found
        found |= users
    return found & {e.left.name for e in recurrence.steps}


def common_axis(states: Iterable[Quantity]) -> Axis:
    """The rows that all states share, where each is a column; empty where they do not."""
    shapes = {q.shape for q in states}
    return next(iter(shapes)).rows if len(shapes) == 1 and not next(iter(shapes)).cols else ()


def is_by_rows(equations: Iterable[Equation], dependent: set[str], axis: Axis) -> bool:
    """Whether row i of every left side depends on row i of parameters and dependent quantities alone.

    Such a Jacobian is diagonal, and so is the derivative by each parameter, but for the columns of a matrix.
    """

    def matters(node: Basic) -> bool:
        return any(q.time is None or q.name in dependent for q in quantities(node))

    return all(_is_by_rows(e.right, matters, axis) for e in equations)


def _is_by_rows(node: Basic, matters: Callable[[Basic], bool], axis: Axis) -> bool:
    if not matters(node):
        return True
    if shape_of(node).rows != axis:
        return False
    if isinstance(node, Dot):  # row i of a product has row i of its first factor
        first, *others = node.args
        return _is_by_rows(first, matters, axis) and not any(map(matters, others))
    if isinstance(node, Quantity):
        return True
    if isinstance(node, (Plus, Times, Power)) or (
        isinstance(node, Apply) and not is_columnwise(node.function)
    ):
        return all(_is_by_rows(part, matters, axis) for part in children(node))
    return False
