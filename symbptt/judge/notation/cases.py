r"""Cases whose conditions stand in the cell of their value, after a comma: l_T, t = T."""

from __future__ import annotations

from dataclasses import replace

from symbptt.reader.syntax import Bracket, Cases, Relation, Surface


def conditions_apart(node: Surface) -> Surface:
    """Cases in which `a, t < T` is the value a under the condition t < T."""
    if not isinstance(node, Cases):
        return node
    rows = tuple(_apart(value, condition) for value, condition in node.rows)
    return node if rows == node.rows else replace(node, rows=rows)


def _apart(value: Surface, condition: Surface | None) -> tuple[Surface, Surface | None]:
    match value:
        case Bracket(kind="list", items=(inside, Relation() as said)) if condition is None:
            return inside, said
    return value, condition
