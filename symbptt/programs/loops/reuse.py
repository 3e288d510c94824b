"""Values that take the place of what they are functions of: gates in place of their arguments.

The argument z of a gate is looked at once, where the gate is computed. Where the gradients do not look at it
either, the gate is stored over it: a stack z of which every part is the argument of a value becomes the stack
of the values, and a z that one value of its shape is a function of lies where that value will.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace

import sympy
from sympy.core.basic import Basic

from symbptt.expressions import (
    Apply,
    Braced,
    Plus,
    Power,
    Quantity,
    Slice,
    Times,
    children,
    quantities,
    shape_of,
    size,
)
from symbptt.functions import is_columnwise
from symbptt.programs.loops.entries import is_leaf
from symbptt.programs.plan.program import Statement
from symbptt.recurrence import t

Places = dict[str, Quantity | Slice]


def reused(statements: Sequence[Statement], read_later: Collection[str], fixed: Collection[str]) -> Places:
    """Where quantities lie: the part of a stack that a value is stored over, or the value that z lies under.

    `read_later`: the names of what gradients look at, or the caller; `fixed`: those that keep their array.
    """
    found: Places = {}
    for z in dict.fromkeys(s.target for s in statements):
        users = [s for s in statements if z.name in {q.name for q in quantities(s.value)}]
        places = [_place(s, z, statements) for s in users]
        if z.time != t or z.name in read_later or None in places or not places:
            continue
        values, names = [s.target for s in users], {s.target.name for s in users}
        if places == [z] and names <= {*read_later} and not names & {q.name for q in found.values()}:
            found[z.name] = values[0]
        elif _fill(places, z) and not names & {*fixed}:
            stack = [place for place in places if isinstance(place, Slice)]
            found |= {q.name: place for q, place in zip(values, stack, strict=True)}
    return found


def _place(user: Statement, z: Quantity, statements: Sequence[Statement]) -> Basic | None:
    """The one part of z that a value is an elementwise function of, entry by entry; None where it is not."""
    leaves = set(leaves_of(user.value))
    parts = {leaf for leaf in leaves if z.name in {q.name for q in quantities(leaf)}}
    writers = [s for s in statements if s.target.name == user.target.name]
    (part,) = parts if len(parts) == 1 else (None,)
    own = part == z or (isinstance(part, Slice) and part.args[0] == z and part.args[1] == 0)
    alone = len(writers) == 1 and not user.adds and not user.summed and user.target.time == t
    whole = all(is_leaf(leaf) for leaf in leaves)
    return part if own and alone and whole and shape_of(part) == user.target.shape else None


def leaves_of(node: Basic) -> Iterator[Basic]:
    """What an expression looks at entry by entry."""
    elementwise = isinstance(node, (Plus, Times, Power, Braced)) or (
        isinstance(node, Apply) and not is_columnwise(node.function)
    )
    if elementwise:
        for part in children(node):
            yield from leaves_of(part)
    else:
        yield node


def _fill(places: Sequence[Basic | None], z: Quantity) -> bool:
    """Whether slices of z lie side by side and are all of it."""
    stop: sympy.Expr = sympy.S.Zero
    slices = {place.args[2]: place for place in places if isinstance(place, Slice)}
    while stop in slices:
        stop = slices.pop(stop).args[3]
    return not slices and len(places) > 1 and stop == size(z.shape.rows)


def stored(statements: Sequence[Statement], places: Places) -> list[Statement]:
    """Statements that write to where their targets lie."""
    return [_stored(s, places[s.target.name]) if s.target.name in places else s for s in statements]


def _stored(s: Statement, place: Quantity | Slice) -> Statement:
    if isinstance(place, Quantity):
        return replace(s, target=place)
    return replace(s, target=place.args[0], row=place.args[2])
