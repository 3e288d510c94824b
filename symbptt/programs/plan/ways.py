"""A recurrence with parts that run backwards in time, cut into parts that all run forwards.

What runs backwards is written in a time of its own, s = T + 1 - t, in which it is an ordinary recurrence; its
inputs are then given, and its results come back, in reverse. A part's inputs are those of the whole, and what
earlier parts compute.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

import sympy
from sympy.core.basic import Basic

from symbptt.errors import SymbpttError
from symbptt.expressions import Quantity, SumOver, quantities, rewrite
from symbptt.recurrence import Equation, Recurrence, T, t


@dataclass(frozen=True)
class Way:
    """A part of a recurrence: an ordinary one, in reversed time where `sign` is -1.

    `wanted` are the names that other parts, or the user, need of it.
    """

    recurrence: Recurrence
    sign: int
    wanted: frozenset[str]


def ways(recurrence: Recurrence) -> tuple[Way, ...]:
    """The parts in order, each after those that it needs; the loss is in the last.

    Raises SymbpttError where one part looks at another at a later time, in its own direction.
    """
    groups = _grouped(recurrence)
    returned = {q.name for q in (*recurrence.states, *recurrence.outputs)}
    found = []
    for number, (sign, equations) in enumerate(groups):
        last = number == len(groups) - 1
        later = [e for _, others in groups[number + 1 :] for e in others]
        ends = [recurrence.loss] if recurrence.loss is not None else []
        used = {q.name for e in (*later, *([] if last else ends)) for q in quantities(e.right)}
        own = {e.left.name for e in equations}
        part = _part(recurrence, sign, equations, ends if last else [])
        found.append(Way(part, sign, frozenset(own & (used | returned))))
    return tuple(found)


def _grouped(recurrence: Recurrence) -> list[tuple[int, list[Equation]]]:
    """The runs put together where they go the same way, each as early as what it needs allows."""
    groups: list[tuple[int, list[Equation]]] = []
    place: dict[str, int] = {}
    for run in recurrence.runs:
        needs = {q.name for e in run for q in quantities(e.right)} & set(place)
        first = max((place[name] for name in needs), default=0)
        sign = _sign(recurrence, run) or _sign_beside(groups, {place[name] for name in needs})
        fitting = [number for number in range(first, len(groups)) if groups[number][0] == sign]
        if not fitting:
            groups.append((sign, []))
        number = fitting[0] if fitting else len(groups) - 1
        groups[number][1].extend(run)
        place.update({e.left.name: number for e in run})
    return groups


def _sign(recurrence: Recurrence, run: Iterable[Equation]) -> int:
    """The way of a run; none (0) where it looks at nothing but its own time."""
    times = [q.time - t for e in run for q in quantities(e.right) if q.time is not None]
    if any(time.is_positive for time in times):
        return -1
    moving = any(time.is_negative or e.left.name in recurrence.lags for e in run for time in times)
    return recurrence.direction(next(iter(run)).left.name).sign if moving else 0


def _sign_beside(groups: list[tuple[int, list[Equation]]], needed: set[int]) -> int:
    """The way of the only group that is needed; forwards where there are others, or none."""
    return groups[min(needed)][0] if len(needed) == 1 else 1


def _part(
    recurrence: Recurrence, sign: int, equations: list[Equation], ends: Iterable[Equation]
) -> Recurrence:
    """An ordinary recurrence of some equations, with the initial and the derived values that they need."""
    own = {e.left.name for e in equations}
    starts = [e for e in recurrence.equations if e.left in recurrence.initial_values and e.left.name in own]
    steps = [e for e in recurrence.equations if e in equations]
    chosen = [*steps, *starts, *ends]
    needed = needed_statics(recurrence, chosen)
    turned = chosen if sign > 0 else [_turned(e) for e in chosen]
    for e in turned:
        for q in quantities(e.right):
            if e.left.time == t and q.time is not None and (q.time - t).is_positive:
                raise SymbpttError(
                    f"no code for the equation of {e.left.name}, which looks at {q.name} at another time, "
                    "against the way it runs itself"
                )
    return replace(recurrence, equations=(*needed, *turned))


def needed_statics(recurrence: Recurrence, equations: Iterable[Equation]) -> list[Equation]:
    """The derived parameters that equations need and those that these need, each after what it needs."""
    names = {q.name for e in equations for q in quantities(e.right)}
    found: list[Equation] = []
    for e in reversed(recurrence.statics):
        if e.left.name in names:
            found.insert(0, e)
            names |= {q.name for q in quantities(e.right)}
    return found


def _turned(e: Equation) -> Equation:
    """An equation in reversed time: at t where it is for all times, and a fixed time from the other end."""
    left = e.left if e.left.time in (None, t) else e.left.at(T + 1 - e.left.time)
    return Equation(left, rewrite(e.right, _reversed), e.place)


def _reversed(node: Basic) -> Basic:
    if isinstance(node, Quantity) and node.time is not None:
        running = sorted(node.time.free_symbols - {T}, key=str)
        return node.at(2 * running[0] - node.time if running else T + 1 - node.time)
    if isinstance(node, SumOver) and any(_runs_over(q, node.args[1]) for q in quantities(node)):
        body, index, low, high = node.args
        return SumOver(body, index, T + 1 - high, T + 1 - low)
    return node


def _runs_over(q: Quantity, index: sympy.Symbol) -> bool:
    return q.time is not None and index in q.time.free_symbols
