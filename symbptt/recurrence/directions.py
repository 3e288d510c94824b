"""Which way a quantity runs through time, and the circles in which quantities need each other."""

from __future__ import annotations

from collections.abc import Mapping, Set
from dataclasses import dataclass
from graphlib import TopologicalSorter

import sympy


@dataclass(frozen=True)
class Direction:
    """How a quantity runs through time: from `first` to `last` by `sign`, its initial value at `start`."""

    sign: int
    start: sympy.Expr
    first: sympy.Expr
    last: sympy.Expr

    def before(self, time: sympy.Expr, steps: int = 1) -> sympy.Expr:
        """The time so many steps before: t-1, or t+1 for what runs backwards."""
        return time - self.sign * steps

    def start_at(self, back: int) -> sympy.Expr:
        """The time of the initial value so many steps before the start: 0, -1, ..."""
        return self.before(self.start, back)

    def has_not_begun(self, time: sympy.Expr) -> bool:
        """Whether a time lies where there are initial values, or before."""
        return bool((self.sign * (self.start - time)).is_nonnegative)

    def span(self, first: sympy.Expr, last: sympy.Expr) -> tuple[sympy.Expr, sympy.Expr]:
        """Two times in the order of the run as the lower and the upper one."""
        return (first, last) if self.sign > 0 else (last, first)


def components(needs: Mapping[str, Set[str]]) -> tuple[tuple[str, ...], ...]:
    """The names in groups that need each other (most often of one), each group after those it needs.

    Names that are needed and are no key are left out.
    """
    reached = {name: _reached(name, needs) for name in needs}
    group = {
        name: tuple(other for other in needs if other == name or (other in below and name in reached[other]))
        for name, below in reached.items()
    }
    graph = {
        members: {group[other] for name in members for other in needs[name] if other in group} - {members}
        for members in group.values()
    }
    return tuple(TopologicalSorter(graph).static_order())


def _reached(name: str, needs: Mapping[str, Set[str]]) -> set[str]:
    found: set[str] = set()
    ahead = list(needs[name])
    while ahead:
        top = ahead.pop()
        if top not in found and top in needs:
            found.add(top)
            ahead.extend(needs[top])
    return found
