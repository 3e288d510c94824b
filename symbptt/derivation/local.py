"""One time step, linearised: Jacobians of an equation, and the paths between two quantities within a step.

An immediate Jacobian can be told in three ways, from the abstract to the concrete:
`chain`, a product of immediate Jacobians along each path; `primes`, weights and f' of pre-activations;
`values`, where f' is written with the value that the function has anyway (sigma' = sigma (1 - sigma)).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from functools import cached_property

import sympy
from sympy.core.basic import Basic

from symbptt.expressions import (
    Apply,
    Dot,
    Eye,
    Immediate,
    Plus,
    Quantity,
    SumOver,
    Zeros,
    at_time,
    quantities,
    rewrite,
    vec_axis,
)
from symbptt.functions import prime, slope
from symbptt.recurrence import Equation, Recurrence, T, t, with_named_arguments
from symbptt.rules import jacobian

Edge = Callable[[Quantity, Quantity], Basic]


@dataclass(frozen=True)
class Linearised:
    """A recurrence whose functions have named arguments, ready for the chain rule."""

    recurrence: Recurrence

    @staticmethod
    def of(recurrence: Recurrence) -> Linearised:
        return Linearised(with_named_arguments(recurrence))

    def at_horizon(self, horizon: sympy.Integer) -> Linearised:
        """The same with a number for T, and the sums of the loss over time written out."""
        equations = tuple(
            Equation(left, rewrite(at_time(e.right, T, horizon), _written_out), e.place)
            for e in self.recurrence.equations
            for left in (e.left.xreplace({T: horizon}),)
        )
        return Linearised(replace(self.recurrence, equations=equations, horizon=horizon))

    # -------------------------------------------------------------- the graph of equations

    @cached_property
    def equations(self) -> dict[str, Equation]:
        """The equations that a derivative passes through, by the name they define."""
        r = self.recurrence
        return {e.left.name: e for e in (*r.statics, *r.steps)}

    def right_side(self, q: Quantity) -> Basic | None:
        """What defines a quantity at its time, an initial value included; None for what is given."""
        e = self.equations.get(q.name)
        if e is not None and q.time is not None and self.recurrence.direction(q.name).has_not_begun(q.time):
            return self.recurrence.initial_values.get(q)
        if e is None:
            return None
        return e.right if q.time is None else at_time(e.right, t, q.time)

    def now(self, y: Quantity) -> list[Quantity]:
        """What the equation of y needs, at any time."""
        right = self.right_side(y)
        return [] if right is None else quantities(right)

    def within_step(self, q: Quantity, y: Quantity) -> bool:
        """Whether q is defined by an equation at the time of y (or without time)."""
        return q.time in (y.time, None) and self.right_side(q) is not None

    def reaches(self, x: Quantity, y: Quantity) -> bool:
        """Whether y depends on x by a path inside the time step of y."""
        return x == y or any(q == x or (self.within_step(q, y) and self.reaches(x, q)) for q in self.now(y))

    def descendants(self, name: str) -> set[str]:
        """Names that depend on a name, over any number of steps; itself included."""
        return self._closure(
            name, lambda e, found: any(q.name in found for q in quantities(e.right)), lambda e: {e.left.name}
        )

    def ancestors(self, name: str) -> set[str]:
        """Names that a name depends on, over any number of steps; itself included."""
        return self._closure(
            name, lambda e, found: e.left.name in found, lambda e: {q.name for q in quantities(e.right)}
        )

    def _closure(
        self, name: str, applies: Callable[[Equation, set[str]], bool], adds: Callable[[Equation], set[str]]
    ) -> set[str]:
        found, grown = {name}, True
        while grown:
            new = set().union(*(adds(e) for e in self.recurrence.equations if applies(e, found))) - found
            found, grown = found | new, bool(new)
        return found

    # -------------------------------------------------------------- Jacobians of one equation

    def with_primes(self, y: Quantity, q: Quantity) -> Basic:
        """The equation of y differentiated by q alone; derivatives of functions stay primes."""
        right = self.right_side(y)
        if right is None:
            return Zeros(vec_axis(y), vec_axis(q))
        return jacobian(right, q, prime)

    def symbolic(self, y: Quantity, q: Quantity) -> Basic:
        """The same as a symbol, where the direct dependence is the only one within the step."""
        others = [other for other in self.now(y) if other != q and self.within_step(other, y)]
        if any(self.reaches(q, other) for other in others):
            return self.with_primes(y, q)
        return Immediate(y, q)

    def with_values(self, node: Basic) -> Basic:
        """f'(z_t) written with the value a_t = f(z_t) where the recurrence names it; f(z_t) likewise."""
        return rewrite(node, self._settle)

    def _settle(self, node: Basic) -> Basic:
        if not isinstance(node, Apply):
            return node
        plain = Apply(node.function, node.argument)
        value = self._name_of(plain)
        return value if node.order == 0 else slope(plain, value)

    def _name_of(self, application: Apply) -> Basic:
        z = application.argument
        if isinstance(z, Quantity):
            here = Apply(application.function, z.at(t))
            for e in self.recurrence.steps:
                if e.right == here:
                    return e.left.at(z.time)
        return application

    # -------------------------------------------------------------- immediate Jacobians

    def immediate(self, y: Quantity, x: Quantity, edge: Edge) -> Basic:
        """The sum over paths from x to y inside the time step, each a product of edges."""
        if x == y:
            return Eye(vec_axis(y))
        total: Basic = Zeros(vec_axis(y), vec_axis(x))
        for q in self.now(y):
            if q == x:
                total = Plus(total, edge(y, x))
            elif self.within_step(q, y) and self.reaches(x, q):
                total = Plus(total, Dot(edge(y, q), self.immediate(q, x, edge)))
        return total

    def chain(self, y: Quantity, x: Quantity) -> Basic:
        """Immediate Jacobian by the chain rule, as symbols along the paths."""
        return self.immediate(y, x, self.symbolic)

    def primes(self, y: Quantity, x: Quantity) -> Basic:
        """Immediate Jacobian in weights and f'."""
        return self.immediate(y, x, self.with_primes)

    def free_index(self, *letters: str, taken: Iterable[sympy.Basic] = ()) -> sympy.Symbol:
        """A letter that no size, no quantity of the recurrence and nothing in `taken` uses."""
        taken = {str(s) for s in (*self.recurrence.sizes, *taken)} | set(self.recurrence.quantities)
        return sympy.Symbol(
            next(c for c in (*letters, *(f"{c}'" for c in letters)) if c not in taken), integer=True
        )


def _written_out(node: Basic) -> Basic:
    if not isinstance(node, SumOver) or not (node.args[2].is_Integer and node.args[3].is_Integer):
        return node
    body, index, low, high = node.args
    return Plus(*(at_time(body, index, sympy.Integer(i)) for i in range(int(low), int(high) + 1)))
