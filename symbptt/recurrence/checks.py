"""What equations must satisfy to form a recurrence, each with an error that names the place."""

from __future__ import annotations

from collections.abc import Iterable

from symbptt.errors import SpecificationError
from symbptt.expressions import (
    Apply,
    Quantity,
    quantities,
    subexpressions,
)
from symbptt.functions import is_columnwise
from symbptt.recurrence.directions import components
from symbptt.recurrence.equation import Equation, t


def check_defined_once(equations: Iterable[Equation]) -> None:
    """A quantity has one equation at each time."""
    seen: dict[Quantity, Equation] = {}
    for e in equations:
        if e.left in seen:
            first = seen[e.left].place
            where = f" (first on line {first.line})" if first else ""
            raise SpecificationError(f"{e.left.name} is defined twice{where}", e.place)
        seen[e.left] = e


def check_names(equations: Iterable[Equation]) -> None:
    """A name means one thing: a and a_t in the same equations are two, but for a loss and its terms."""
    timed = {q.name for e in equations for q in (e.left, *quantities(e.right)) if q.time is not None}
    for e in equations:
        for q in quantities(e.right):
            if q.time is None and q.name in timed:
                raise SpecificationError(
                    f"{q.name} stands with a time and without one: give one of the two another name", e.place
                )


def check_times(equations: Iterable[Equation]) -> None:
    """Equations at time t look at others whole steps away."""
    for e in equations:
        if e.left.time != t:
            continue
        for q in quantities(e.right):
            if q.time is not None and not (q.time - t).is_Integer:
                raise SpecificationError(
                    f"{q.name} at time {q.time} in the equation for {e.left.name} at time t: "
                    "expected a time t, t-1, t-2, ...",
                    e.place,
                )


def looked_at(steps: Iterable[Equation], *, later: bool) -> dict[str, Equation]:
    """The names that equations look at later, or earlier, than their own time; each with such an equation."""
    return {
        q.name: e
        for e in steps
        for q in quantities(e.right)
        if q.time is not None and bool((q.time - t).is_positive if later else (q.time - t).is_negative)
    }


def check_directions(steps: Iterable[Equation]) -> None:
    """What is looked at later runs backwards: it is not given, and each circle runs one way."""
    later, earlier = looked_at(steps, later=True), looked_at(steps, later=False)
    names = {e.left.name: e for e in steps}
    for name, e in later.items():
        if name not in names:
            raise SpecificationError(
                f"{name} is looked at after time t in the equation for {e.left.name} at time t: "
                "expected a time t, t-1, t-2, ... for what is given",
                e.place,
            )
        if name in earlier:
            raise SpecificationError(
                f"{name} is looked at one way in time here, and the other way in the equation for "
                f"{earlier[name].left.name}: it can run only one way",
                e.place,
            )
    for circle in components({name: {q.name for q in quantities(e.right)} for name, e in names.items()}):
        inside = [names[name] for name in circle]
        ways = [set(looked_at(inside, later=one)) & set(circle) for one in (True, False)]
        if later and all(ways):
            e = looked_at(inside, later=True)[min(ways[0])]
            raise SpecificationError(
                f"{', '.join(circle)} need each other both one step later and one step earlier: "
                "a circle through time runs one way",
                e.place,
            )


def check_columns(equations: Iterable[Equation]) -> None:
    """A function of whole columns is not applied to a row: its entries would be columns of one."""
    for e in equations:
        for n in subexpressions(e.right):
            if isinstance(n, Apply) and is_columnwise(n.function) and n.shape.cols and not n.shape.rows:
                name = n.function.name
                raise SpecificationError(
                    f"{name} works down each column, and its argument is a row ({n.shape}): transpose it",
                    e.place,
                )


def in_order(equations: list[Equation]) -> tuple[Equation, ...]:
    """Each equation after those that define what it needs at the same time; a circle is an error."""
    left = {e.left.name: e for e in equations}
    ordered: dict[str, Equation] = {}
    trail: list[str] = []

    def visit(name: str) -> None:
        if name in ordered:
            return
        if name in trail:
            circle = " -> ".join([*trail[trail.index(name) :], name])
            raise SpecificationError(
                f"the equations need each other at the same time: {circle}", left[name].place
            )
        trail.append(name)
        for q in quantities(left[name].right):
            if q.time == t and q.name in left:
                visit(q.name)
        trail.pop()
        ordered[name] = left[name]

    for e in equations:
        visit(e.left.name)
    return tuple(ordered.values())
