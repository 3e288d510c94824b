"""Factors of a reverse sweep that no adjoint enters: known for all times before the loop back begins."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import sympy
from sympy.core.basic import Basic

from symbptt.expressions import (
    Block,
    Quantity,
    Slice,
    Times,
    children,
    quantities,
    rewrite,
    shape_of,
    size,
)
from symbptt.programs.plan.blocks import slices_inside
from symbptt.programs.plan.names import is_adjoint
from symbptt.programs.plan.places import WHOLE
from symbptt.programs.plan.program import Statement
from symbptt.programs.plan.weights import is_column, is_static
from symbptt.recurrence import Equation, t


def factors_apart(
    loop: Sequence[Statement], taken: set[str], apart: set[str]
) -> tuple[list[Statement], list[Statement]]:
    """Statements for all times that name such factors, and the loop with these names; none of `taken`.

    u_t (1 - a_t^2) d_t becomes f_t d_t: one operation a step instead of four. Only columns are named, so that
    what is kept is no larger than a state. `apart` are the adjoints written before the loop or read after it.
    """
    found: dict[Basic, Quantity] = {}

    def rule(node: Basic) -> Basic:
        if not (isinstance(node, Times) and is_column(node)):
            return node
        fixed = [f for f in node.args if _is_fixed(f)]
        moving = [f for f in node.args if f not in fixed]
        bare = len(fixed) == 1 and isinstance(fixed[0], Quantity)
        if not fixed or bare or not any(is_adjoint(q) for f in moving for q in quantities(f)):
            return node
        value = Times(*fixed)
        if value not in found:
            found[value] = Quantity(
                _name(value, taken | {q.name for q in found.values()}), *shape_of(value), t
            )
        return Times(found[value], *moving)

    fresh = [replace(s, value=rewrite(rewrite(s.value, _into_stack), rule)) for s in inlined(loop, apart)]
    return [Statement(q, value, WHOLE) for value, q in found.items()], fresh


@dataclass(frozen=True)
class Scaling(Statement):
    """`target *= value`: the target holds factors of products."""


def scaled(
    loop: Sequence[Statement], factors: Sequence[Statement], kept: set[str]
) -> tuple[list[Statement], list[Statement]]:
    """The factors, those of a product in its own place, and the loop that scales these; `kept` are products.

    d_z_t = [f_t d_t; g_t e_t] becomes d_z = [f; g] before the loop and d_z_t *= [d_t; e_t] in it.
    """
    values: dict[Basic, Basic] = {s.target: s.value for s in factors}
    found, fresh = list[Statement](), list[Statement]()
    for s in loop:
        parts = [row.args[0] for row in s.value.args] if _is_stack(s.value) else [s.value]
        alone = [other.target.name for other in loop].count(s.target.name) == 1 and s.target.time == t
        if s.target.name in kept and alone and all(map(_is_weighed, parts)):
            own, adjoints = zip(*(part.args for part in parts), strict=True)
            value = values.get(own[0], own[0]) if len(parts) == 1 else Block(*([factor] for factor in own))
            found.append(Statement(s.target, value, WHOLE))
            fresh.append(Scaling(s.target, _stack(adjoints), s.scope))
        else:
            fresh.append(s)
    read = {q for s in (*found, *fresh) for q in quantities(s.value)}
    return [*(s for s in factors if s.target in read), *found], fresh


def _stack(parts: Sequence[Basic]) -> Basic:
    return parts[0] if len(parts) == 1 else Block(*([part] for part in parts))


def _is_weighed(part: Basic) -> bool:
    """Whether a part is a factor that no adjoint enters times an adjoint."""
    pair = isinstance(part, Times) and len(part.args) == 2
    return (
        pair and _is_fixed(part.args[0]) and isinstance(part.args[1], Quantity) and is_adjoint(part.args[1])
    )


def inlined(loop: Sequence[Statement], apart: set[str]) -> list[Statement]:
    """The loop with the adjoints put where they are read that are read in one place alone."""
    found = list(loop)
    for s in loop:
        writers = [w for w in found if w.target.name == s.target.name]
        reads = [r for r in found for q in _leaves(r.value) if q == s.target]
        if s.target.time == t and s.target.name not in apart and len(writers) == len(reads) == 1:
            put = _with(reads[0], s.target, writers[0].value)
            found = [put if other is reads[0] else other for other in found if other is not writers[0]]
    return found


def _with(s: Statement, name: Quantity, value: Basic) -> Statement:
    return replace(s, value=rewrite(s.value, lambda node: value if node == name else node))


def _leaves(node: Basic) -> Iterator[Basic]:
    if isinstance(node, Quantity):
        yield node
    for part in children(node):
        yield from _leaves(part)


def _is_stack(node: Basic) -> bool:
    return isinstance(node, Block) and all(len(row.args) == 1 for row in node.args)


def _into_stack(node: Basic) -> Basic:
    """A stack times columns as the stack of the products with its parts; stacks in a stack as one."""
    if _is_stack(node):
        parts = [part for (part,) in (row.args for row in node.args)]
        return Block(*(row for part in parts for row in (part.args if _is_stack(part) else [[part]])))
    if not (isinstance(node, Times) and is_column(node)):
        return node
    stacks = [f for f in node.args if _is_stack(f)]
    others = [f for f in node.args if f not in stacks]
    if len(stacks) != 1 or not all(map(is_column, others)):
        return node
    start: Basic = sympy.S.Zero
    parts = []
    for (part,) in (row.args for row in stacks[0].args):
        axis = shape_of(part).rows
        stop = sympy.expand(start + size(axis))
        cut = (slices_inside(Slice(f, 0, start, stop, axis)) for f in others)
        parts.append([Times(part, *cut)])
        start = stop
    return Block(*parts)


def weights_apart(loop: Sequence[Statement], taken: set[str]) -> tuple[list[Equation], list[Statement]]:
    """Equations for the parts of weights that a loop multiplies by, and the loop with these names."""
    found: dict[Basic, Quantity] = {}

    def rule(node: Basic) -> Basic:
        if not (isinstance(node, Slice) and is_static(node) and all(shape_of(node))):
            return node
        if node not in found:
            name = f"{quantities(node)[0].name}_part"
            while name in taken | {q.name for q in found.values()}:
                name += "'"
            found[node] = Quantity(name, *shape_of(node))
        return found[node]

    fresh = [replace(s, value=rewrite(s.value, rule)) for s in loop]
    return [Equation(q, part) for part, q in found.items()], fresh


def _is_fixed(factor: Basic) -> bool:
    """Whether a factor is a column that runs through time and that no adjoint enters."""
    known = not any(is_adjoint(q) for q in quantities(factor))
    return known and is_column(factor) and not is_static(factor) and not isinstance(factor, sympy.Expr)


def _name(value: Basic, taken: set[str]) -> str:
    name = f"factor_{quantities(value)[0].name}"
    while name in taken:
        name += "'"
    return name
