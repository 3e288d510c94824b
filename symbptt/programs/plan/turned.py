"""Weights turned once before a loop: BLAS multiplies rows faster by a matrix that lies ready for them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from sympy.core.basic import Basic

from symbptt.expressions import Dot, Quantity, Transposed, quantities, rewrite, shape_of
from symbptt.programs.plan.program import Statement
from symbptt.programs.plan.weights import is_weighted
from symbptt.recurrence import Equation


def turned(statements: Iterable[Statement], taken: set[str]) -> tuple[list[Equation], list[Statement]]:
    """Equations W_T = W^T for the weights W of columns, and the statements with W_T^T in their place.

    As samples lie along rows, W a becomes a W^T in code: that is a W_T. `taken` holds names not to be used.
    """
    found: dict[Basic, Quantity] = {}

    def rule(node: Basic) -> Basic:
        weight = weight_of(node)
        if weight is None or isinstance(weight, Transposed):
            return node
        if weight not in found:
            rows, cols = shape_of(weight)
            found[weight] = Quantity(_name(weight, taken | {q.name for q in found.values()}), cols, rows)
        return Dot(Transposed(found[weight]), *node.args[1:])

    fresh = [replace(s, value=rewrite(s.value, rule)) for s in statements]
    return [Equation(q, Transposed(weight)) for weight, q in found.items()], fresh


def weight_of(node: Basic) -> Basic | None:
    """The one matrix that a product multiplies columns by; None for other nodes."""
    if not (is_weighted(node) and len(node.args) == 2):
        return None
    weight: Basic = node.args[0]
    return weight if all(shape_of(weight)) else None


def _name(weight: Basic, taken: set[str]) -> str:
    name = f"{quantities(weight)[0].name}_T"
    while name in taken:
        name += "'"
    return name
