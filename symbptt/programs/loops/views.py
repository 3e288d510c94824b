"""Parts of quantities looked at in place: slices that have a name, and blocks that are taken apart again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import sympy
from sympy.core.basic import Basic

from symbptt.expressions import (
    Apply,
    Block,
    Plus,
    Power,
    Quantity,
    Slice,
    Times,
    at_time,
    children,
    quantities,
    rewrite,
    shape_of,
    size,
    with_children,
)
from symbptt.functions import is_columnwise
from symbptt.programs.plan.blocks import slices_inside
from symbptt.programs.plan.program import Plan, Statement
from symbptt.recurrence import t

Parts = dict[str, Basic]


def named_slices(plan: Plan) -> Parts:
    """The quantities that are a slice of another, at the same time, and are not returned themselves."""
    returned = {q.name for q in (*plan.returned, *plan.seeded, *plan.source.states)}
    return {
        e.left.name: e.right
        for e in plan.recurrence.steps
        if isinstance(e.right, Slice) and isinstance(e.right.args[0], Quantity)
        if e.right.args[0].time == t and e.left.name not in returned
    }


def local_blocks(statements: Sequence[Statement], kept: set[str]) -> Parts:
    """The values made of blocks that only the same step looks at again."""
    found = {}
    for n, s in enumerate(statements):
        others = [*statements[:n], *statements[n + 1 :]]
        users = [o for o in others if any(q.name == s.target.name for q in (o.target, *quantities(o.value)))]
        uses = [q for o in users for q in quantities(o.value) if q.name == s.target.name]
        writers = {other.target.name for other in statements[n + 1 :]}
        if (
            isinstance(s.value, Block)
            and s.scope.kind == "loop"
            and s.target.name not in kept
            and all(o.scope.kind == "loop" for o in users)
            and all(use.time == s.target.time == t for use in uses)
            and not any(other.target.name == s.target.name for other in others)
            and not writers & {q.name for q in quantities(s.value)}
        ):
            found[s.target.name] = s.value
    return found


def in_place(statements: Sequence[Statement], parts: Parts) -> list[Statement]:
    """Statements that look at the parts where they are; the ones that made them are left out."""
    return [replace(s, value=looked_up(s.value, parts)) for s in statements if s.target.name not in parts]


def looked_up(node: Basic, parts: Parts) -> Basic:
    """An expression with parts in place of their names."""

    def rule(node: Basic) -> Basic:
        if isinstance(node, Quantity) and node.name in parts:
            return looked_up(at_time(parts[node.name], t, node.time), parts)
        return taken_through(node)

    return rewrite(node, rule)


def taken_through(node: Basic) -> Basic:
    """An elementwise function of a stack is a stack of its values."""
    elementwise = isinstance(node, (Plus, Times, Power)) or (
        isinstance(node, Apply) and not is_columnwise(node.function)
    )
    parts = children(node)
    stack = next((part for part in parts if _is_stack(part)), None)
    if not elementwise or stack is None:
        return node
    found, start = [], sympy.S.Zero
    for (block,) in (row.args for row in stack.args):
        stop = start + size(shape_of(block).rows)
        found.append([with_children(node, [_cut(part, stack, block, start, stop) for part in parts])])
        start = stop
    return Block(*found)


def _is_stack(node: Basic) -> bool:
    return isinstance(node, Block) and all(len(row.args) == 1 for row in node.args)


def _cut(part: Basic, stack: Basic, block: Basic, start: sympy.Expr, stop: sympy.Expr) -> Basic:
    if part is stack:
        return block
    if not shape_of(part).rows:
        return part
    return slices_inside(Slice(part, 0, start, stop, shape_of(block).rows))
