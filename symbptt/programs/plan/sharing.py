"""Quantities that lie in a part of another's array, so that stacking and cutting copies nothing.

Three kinds: a slice of a quantity; the value of a function that takes the place of its argument, where
nothing else looks at the argument; and, going back, a part of a stack of adjoints, or the one adjoint that
such a part is computed from and that nothing else looks at.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import sympy
from sympy.core.basic import Basic

from symbptt.expressions import Apply, Block, Quantity, Slice, quantities, shape_of, size
from symbptt.functions import is_columnwise
from symbptt.programs.plan.names import adjoint
from symbptt.programs.plan.places import Storage
from symbptt.programs.plan.program import Plan, Statement
from symbptt.recurrence import t


@dataclass(frozen=True)
class View:
    """A quantity that lies where a part of another does: a slice of its rows, or all of it."""

    of: Quantity
    part: Basic

    @property
    def base(self) -> Quantity:
        """Whose array it is."""
        return next(iter(quantities(self.part)))


def shared(
    plan: Plan, storage: Mapping[str, Storage], read_again: set[str]
) -> tuple[dict[str, Storage], dict[str, View]]:
    """Where each quantity lies, and the views by name, bases first; `read_again` holds what is kept."""
    places, found = dict(storage), dict[str, View]()
    for view in _slices(plan):
        if places[view.of.name] is not Storage.LOCAL:
            places[view.base.name] = Storage.PADDED
    for view in [*sorted(_in_place(plan, read_again), key=_place), *_slices(plan), *_gathered(plan)]:
        if places[view.base.name] is not Storage.LOCAL and view.of.name not in found:
            found[view.of.name] = view
            places[view.of.name] = places[view.base.name]
    return places, found


def _place(view: View) -> tuple[str, int]:
    """An order of views by base and place, for sizes of one."""
    start = _rows(view.part)[0]
    return view.base.name, int(start.subs(dict.fromkeys(start.free_symbols, 1)))


# ------------------------------------------------------------------ forward


def _slices(plan: Plan) -> Iterator[View]:
    for s in plan.forward_loop:
        if isinstance(s.value, Slice) and isinstance(s.value.args[0], Quantity) and s.value.args[0].time == t:
            yield View(s.target, s.value)


def _in_place(plan: Plan, read_again: set[str]) -> Iterator[View]:
    """Values of functions whose arguments are parts of one quantity that nothing else reads."""
    for q in [s.target for s in plan.forward_loop]:
        readers = [s for s in plan.forward if any(x.name == q.name for x in quantities(s.value))]
        values = [s for s in readers if s in plan.forward_loop and _is_elementwise(s.value, q)]
        if (
            q.name not in read_again
            and values
            and values == readers
            and _tiles(q, [s.value.args[1] for s in values])
        ):
            yield from (View(s.target, s.value.args[1]) for s in values)


def _is_elementwise(value: Basic, q: Quantity) -> bool:
    """Whether a value is an elementwise function of a quantity at time t, or of a slice of its rows."""
    if not isinstance(value, Apply) or value.order or is_columnwise(value.function):
        return False
    argument = value.argument
    return q in (argument, argument.args[0]) if isinstance(argument, Slice) else q == argument


def _tiles(whole: Quantity, parts: list[Basic]) -> bool:
    """Whether parts fill the whole, each once."""
    places = {sympy.expand(start): sympy.expand(stop) for start, stop in map(_rows, parts)}
    place: Basic = sympy.S.Zero
    for _ in parts:
        place = places.get(place, sympy.S.NegativeOne)
    return len(places) == len(parts) and sympy.expand(place - size(whole.shape.rows)) == 0


def _rows(part: Basic) -> tuple[Basic, Basic]:
    return part.args[2:4] if isinstance(part, Slice) else (sympy.S.Zero, size(shape_of(part).rows))


# ------------------------------------------------------------------ backward


def parts(s: Statement) -> list[tuple[Basic, Basic]]:
    """A stack assigned to a quantity as (part of the quantity, its value); nothing for other values."""
    if not (isinstance(s.value, Block) and all(len(row.args) == 1 for row in s.value.args)):
        return []
    found, start = [], sympy.S.Zero
    for (value,) in (row.args for row in s.value.args):
        axis = shape_of(value).rows
        found.append((Slice(s.target, 0, start, sympy.expand(start + size(axis)), axis), value))
        start = sympy.expand(start + size(axis))
    return found


def _gathered(plan: Plan) -> Iterator[View]:
    """Parts of stacks of adjoints, from the last one made to the first: bases come before their views."""
    states = {adjoint(q).name for q in (*plan.seeded, *plan.source.states)}
    seeded = states | {s.target.name for s in plan.backward_after}
    for s in reversed(plan.backward_loop):
        if s.target.time == t and _writers(plan, s.target) == [s]:
            for place, value in parts(s) or [(s.target, s.value)] * _is_of_stack(plan, s):
                for q in quantities(value):
                    if q.name not in seeded and _is_part(plan, s, q, value):
                        yield View(q, place)
                        break


def _is_of_stack(plan: Plan, s: Statement) -> bool:
    """Whether a statement computes an adjoint from a stack of others."""
    stacks = {other.target for other in plan.backward_loop if parts(other)}
    return bool(stacks & set(quantities(s.value)))


def _is_part(plan: Plan, s: Statement, q: Quantity, value: Basic) -> bool:
    """Whether an adjoint can lie where a part goes: it is that part, or nothing but it is made of it."""
    writers = _writers(plan, q)
    if (
        q.time != t
        or shape_of(q) != shape_of(value)
        or not writers
        or any(w.target.time != t for w in writers)
    ):
        return False
    return q == value or [r for r in plan.backward if any(x.name == q.name for x in quantities(r.value))] == [
        s
    ]


def _writers(plan: Plan, q: Quantity) -> list[Statement]:
    return [s for s in plan.backward if s.target.name == q.name]
