"""Gradients that take the place of what they are computed from: that of a gate's argument, the gate's.

The reverse sweep needs the value of a time no longer once its step is done. Where the step computes from it,
entry by entry, a gradient that products look at later for all times together, the gradient is stored over it:
no second series is kept, and what is written lies in the cache already.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace

import sympy
from sympy.core.basic import Basic

from symbptt.expressions import Block, Plus, Quantity, Slice, quantities, rewrite
from symbptt.programs.loops.entries import is_leaf
from symbptt.programs.loops.kinds import bare, blocks
from symbptt.programs.loops.reuse import leaves_of
from symbptt.programs.plan.program import Statement
from symbptt.recurrence import t


@dataclass(frozen=True)
class Sweep:
    """The statements of the time loop, and those behind it; `over`: what gradients, by name, lie over."""

    loop: Sequence[Statement]
    rest: Sequence[Statement]
    over: dict[str, Quantity]


def overwriting(loop: Sequence[Statement], rest: Sequence[Statement], arrays: Collection[str]) -> Sweep:
    """The sweep with gradients stored over those of `arrays`, by name, that they are computed from."""
    found = Sweep(loop, rest, {})
    for s in loop:
        for q in dict.fromkeys(quantities(s.value)):
            taken = {place.name for place in found.over.values()}
            if q.name in arrays and q.name not in taken and s.target.name not in found.over:
                found = _stored_over(found, s, q) or found
    return found


def _stored_over(sweep: Sweep, writer: Statement, value: Quantity) -> Sweep | None:
    """The sweep in which the target of a statement lies over a value; None where something forbids it."""
    gradient = writer.target
    if not (_is_alone(sweep, writer) and value.time == t and value.shape == gradient.shape):
        return None
    if any(_looks_at(s.value, value.name) for s in sweep.rest) or not _is_aligned(writer, value):
        return None
    if not any(_looks_at(s.value, gradient.name) for s in sweep.rest):
        return None  # it is gone after its step: nothing is saved
    loop = _early_looks(list(sweep.loop), writer, value)
    if loop is None:
        return None
    renamed = [_renamed(s, gradient.name, value.name) for s in loop]
    rest = [_renamed(s, gradient.name, value.name) for s in sweep.rest]
    return Sweep(renamed, rest, {**sweep.over, gradient.name: value})


def _is_alone(sweep: Sweep, writer: Statement) -> bool:
    """Whether only this statement writes its target, at the time of the step, and all of it."""
    writers = [s for s in (*sweep.loop, *sweep.rest) if s.target.name == writer.target.name]
    return writers == [writer] and writer.target.time == t and not writer.summed and writer.row == 0


def _looks_at(value: Basic, name: str) -> bool:
    return any(q.name == name for q in quantities(value))


def _is_aligned(writer: Statement, value: Quantity) -> bool:
    """Whether every entry is computed from the entry that it is stored over, and no other of that value."""
    node = bare(writer.value)
    pieces = blocks(node) if isinstance(node, Block) else [((sympy.S.Zero, sympy.S.Zero), node)]
    return all(
        is_leaf(leaf) and _first_row(leaf, value) in (None, row)
        for (row, _), piece in pieces
        for leaf in leaves_of(piece)
    )


def _first_row(leaf: Basic, value: Quantity) -> sympy.Expr | None:
    """The row of the value at which a leaf starts; None where it looks elsewhere, NaN where it is turned."""
    if value not in set(quantities(leaf)):
        return None
    if isinstance(leaf, Slice) and leaf.args[1] == 0:
        before = _first_row(leaf.args[0], value)
        return sympy.nan if before is None else sympy.expand(before + leaf.args[2])
    return sympy.S.Zero if leaf == value else sympy.nan


def _early_looks(loop: list[Statement], writer: Statement, value: Quantity) -> list[Statement] | None:
    """The loop with all looks at the value before it is written over; None where they cannot go there."""
    n = loop.index(writer)
    early, late = loop[:n], [replace(writer, adds=False)]
    for s in (piece for later in loop[n + 1 :] for piece in _pieces(later, value)):
        if not _looks_at(s.value, value.name):
            late.append(s)
        elif _may_go_before(s, late):
            early.append(s)
        else:
            return None
    return [*early, *late]


def _pieces(s: Statement, value: Quantity) -> Iterator[Statement]:
    """A statement that adds a sum, as those terms that look at the value, and the others."""
    if not (s.adds and isinstance(s.value, Plus)):
        yield s
        return
    looking = [term for term in s.value.args if _looks_at(term, value.name)]
    for terms in (looking, [term for term in s.value.args if term not in looking]):
        if terms:
            yield replace(s, value=Plus(*terms))


def _may_go_before(s: Statement, others: Sequence[Statement]) -> bool:
    """Whether a statement needs nothing that others write, and writes nothing that they touch."""
    written = {other.target for other in others}
    touched = written | {q for other in others for q in quantities(other.value)}
    return not written & set(quantities(s.value)) and s.target not in touched


def _renamed(s: Statement, old: str, new: str) -> Statement:
    def named(q: Quantity) -> Quantity:
        return Quantity(new, *q.shape, q.time) if q.name == old else q

    value = rewrite(s.value, lambda node: named(node) if isinstance(node, Quantity) else node)
    return replace(s, target=named(s.target), value=value)
