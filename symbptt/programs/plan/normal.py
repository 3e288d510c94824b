"""The equations as a program computes them: every value that the gradient looks at again has a name."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence

import sympy
from sympy.core.basic import Basic

from symbptt.expressions import (
    Apply,
    Diagonal,
    Dot,
    FunctionSymbol,
    Plus,
    Quantity,
    SumOver,
    Times,
    Transposed,
    Zeros,
    at_time,
    rewrite,
    shape_of,
    subexpressions,
)
from symbptt.programs.plan.weights import with_named_products
from symbptt.recurrence import Equation, Recurrence, t, with_named_arguments

Formulas = dict[str, sympy.Lambda]


def prepared(recurrence: Recurrence) -> Recurrence:
    """The same recurrence with names for the arguments of functions, their values, and around products."""
    plain = _rewritten(recurrence, without_diagonals, sums_written_out, _generic)
    return with_named_products(_with_named_values(with_named_arguments(plain)))


def formulas(recurrence: Recurrence) -> Formulas:
    """The functions that the user gave by a formula, by name."""
    return {f.name: f.meaning for f in recurrence.functions if isinstance(f.meaning, sympy.Lambda)}


def _rewritten(recurrence: Recurrence, *rules: Callable[[Basic], Basic]) -> Recurrence:
    equations = recurrence.equations
    for rule in rules:
        equations = tuple(dataclasses.replace(e, right=rewrite(e.right, rule)) for e in equations)
    return dataclasses.replace(recurrence, equations=equations)


def without_diagonals(node: Basic) -> Basic:
    """diag(u) X is an elementwise product by u, and X diag(u) one by its transpose."""
    if not isinstance(node, Dot):
        return node
    for i, factor in enumerate(node.args):
        if isinstance(factor, Diagonal):
            left, right, u = node.args[:i], node.args[i + 1 :], factor.args[0]
            if right:
                return without_diagonals(Dot(*left, Times(u, right[0]), *right[1:]))
            return without_diagonals(Dot(*left[:-1], Times(left[-1], Transposed(u))))
    return node


def sums_written_out(node: Basic) -> Basic:
    """A sum between fixed limits, term by term."""
    if not (isinstance(node, SumOver) and node.args[2].is_Integer and node.args[3].is_Integer):
        return node
    body, index, low, high = node.args
    return Plus(Zeros(*node.shape), *(at_time(body, index, i) for i in range(int(low), int(high) + 1)))


def factored(node: Basic) -> Basic:
    """A sum of elementwise products with the factors that all share in front: u v + w v is v (u + w)."""
    if not (isinstance(node, Plus) and all(isinstance(term, Times) for term in node.args)):
        return node
    first, *others = (term.args for term in node.args)
    shared = [f for f in first if isinstance(f, Quantity) and all(f in args for args in others)]
    rest = [Times(*_without(args, shared)) for args in (first, *others)]
    return Times(*shared, Plus(*rest)) if shared else node


def _without(factors: Sequence[Basic], shared: Sequence[Basic]) -> list[Basic]:
    """The factors less one each of those shared."""
    left = list(factors)
    for factor in shared:
        left.remove(factor)
    return left


def _generic(node: Basic) -> Basic:
    """A function given by a formula becomes a name: its formula stands once in the module."""
    if isinstance(node, Apply) and isinstance(node.function.meaning, sympy.Lambda):
        return Apply(FunctionSymbol(node.function.name), node.argument, node.order)
    return node


def _with_named_values(recurrence: Recurrence) -> Recurrence:
    """A name for the value of every function inside a larger expression: the gradient needs it again."""
    values = {e.right: e.left for e in recurrence.steps if isinstance(e.right, Apply)}
    equations: list[Equation] = []
    for e in recurrence.equations:
        if e.left.time == t and not isinstance(e.right, Apply):
            for node in subexpressions(e.right):
                if _is_value_at_t(node) and node not in values:
                    values[node] = _name_of(node, recurrence)
                    equations.append(Equation(values[node], node, e.place))
            e = dataclasses.replace(e, right=rewrite(e.right, lambda node: values.get(node, node)))
        equations.append(e)
    return dataclasses.replace(recurrence, equations=tuple(equations))


def _is_value_at_t(node: Basic) -> bool:
    return isinstance(node, Apply) and isinstance(node.argument, Quantity) and node.argument.time == t


def _name_of(node: Apply, recurrence: Recurrence) -> Quantity:
    name = f"{node.function.name}_{{{node.argument.name}}}"
    while name in recurrence.quantities:
        name += "'"
    return Quantity(name, *shape_of(node), t)
