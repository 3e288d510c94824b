"""The unrolled scalar program: a state at time T and its derivative as a chain of named statements.

Nothing is ever substituted into the next step: each step is a copy of the same few statements with other
times, so the cost grows linearly in T. (Substitution and differentiation of the result grow faster than T^2.)
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache
from typing import Any

import sympy
from sympy.core.basic import Basic

from symbptt.derivation.frame import Frame
from symbptt.errors import SymbpttError
from symbptt.expressions import Quantity, Total, is_zero, quantities
from symbptt.notations.scalar import to_sympy
from symbptt.programs.plan.names import key
from symbptt.recurrence import Equation, Recurrence, T, t

Statement = tuple[sympy.Symbol, sympy.Expr]


@dataclass(frozen=True)
class Unrolled:
    """Statements in order; the last value and derivative are `value` and `derivative`.

    Every size is one: each name is a number. `given` are the symbols that are not computed: parameters,
    inputs x_1.. and initial values.
    """

    statements: tuple[Statement, ...]
    value: sympy.Symbol
    derivative: sympy.Symbol | sympy.Expr

    @cached_property
    def given(self) -> tuple[sympy.Symbol, ...]:
        """The symbols that the statements use and do not define, in order of appearance."""
        defined: set[sympy.Symbol] = set()
        found: dict[sympy.Symbol, None] = {}
        for name, value in self.statements:
            for symbol in sorted(value.free_symbols - defined, key=str):
                found.setdefault(symbol)
            defined.add(name)
        return tuple(found)

    def function(self, **generic: Callable[..., Any]) -> Callable[..., Any]:
        """A NumPy function of the given symbols that returns the value and the derivative.

        `generic` gives a function for each generic one, by its name, and for its derivative (f, f_prime; of
        several arguments f, f_by_1, f_by_2, ...).
        """

        def named(_: Any, **__: Any) -> tuple[list[Statement], list[sympy.Expr]]:
            return list(self.statements), [self.value, self.derivative]

        namespace = {**self._closed_functions, **generic}
        found: Callable[..., Any] = sympy.lambdify(
            self.given, [self.value, self.derivative], [namespace, "numpy"], cse=named
        )
        return found

    @property
    def _closed_functions(self) -> dict[str, Callable[..., Any]]:
        """The functions that SymPy does not know, with what computes them."""
        applied = {f.func for _, value in self.statements for f in value.atoms(sympy.Function)}
        return {f.__name__: f._imp_ for f in applied if hasattr(f, "_imp_")}

    def __str__(self) -> str:
        return "\n".join(f"{name} = {value}" for name, value in self.statements)


def unroll(recurrence: Recurrence, of: Quantity, by: Quantity, steps: int) -> Unrolled:
    """The program of a quantity at time `steps` and of its total derivative, for scalars.

    What runs backwards from time `steps` is looked at where it ends, at time 1.

    `of` is a state, intermediate or output; `by` a parameter, or a timed quantity at a concrete time. Raises
    SymbpttError for a loss or a symbolic time.
    """
    by = by.xreplace({T: sympy.Integer(steps)})
    if of.time is None or (by.time is not None and not by.time.is_Integer):
        raise SymbpttError(
            "the unrolled program is of a timed quantity, by a parameter or at a concrete time"
        )
    frame = Frame.make(recurrence, of, by)
    if recurrence.runs_backwards:
        frame = replace(frame, local=frame.local.at_horizon(sympy.Integer(steps)))
    r = frame.local.recurrence
    end = r.direction(of.name).last.xreplace({T: sympy.Integer(steps)})
    horizon = int(of.time.xreplace({t: end, T: sympy.Integer(steps)}))
    needed = frame.local.ancestors(frame.of.name)
    starting = [s for q in r.states if q.name in needed for s in _start(frame, q)]
    running: list[Statement] = []
    for run in r.runs:
        templates = [_Template(frame, e.left) for e in run if e.left.name in needed]
        running.extend(
            s for time in _times(r, run, horizon) for template in templates for s in template.at(time)
        )
    last = of.at(horizon)
    return Unrolled((*starting, *running), _symbol(last), _symbol(Total(last, by)))


def _times(recurrence: Recurrence, run: tuple[Equation, ...], horizon: int) -> range:
    """The times of a run in its direction, up to `horizon` where nothing later is needed."""
    if not recurrence.runs_backwards:
        return range(1, horizon + 1)
    every = range(1, int(recurrence.horizon) + 1)
    return every if recurrence.direction(run[0].left.name).sign > 0 else every[::-1]


def _start(frame: Frame, state: Quantity) -> Iterator[Statement]:
    """Initial values that the recurrence fixes, and what they owe to the parameter."""
    values = frame.local.recurrence.initial_values
    for y in (q for q in values if q.name == state.name):
        yield _symbol(y), _Scalar.of(values[y]).at(0)
        if not is_zero(frame.known_total(y)) and y != frame.by:
            right = frame.local.with_primes(y, frame.by)
            yield _symbol(Total(y, frame.by)), _Scalar.of(right).at(0)


@dataclass(frozen=True)
class _Template:
    """One equation and its differential, written once for time t and copied for every time."""

    frame: Frame
    y: Quantity

    @cached_property
    def value(self) -> _Scalar:
        right = self.frame.local.right_side(self.y)
        assert right is not None
        return _Scalar.of(right)

    @cached_property
    def links(self) -> list[tuple[Quantity, _Scalar]]:
        """The derivative of the equation by each thing it needs that depends on the variable."""
        local = self.frame.local
        below = [q for q in local.now(self.y) if q.name in self.frame.between]
        return [(q, _Scalar.of(local.with_values(local.with_primes(self.y, q)))) for q in below]

    def at(self, time: int) -> Iterator[Statement]:
        here = self.y.at(time)
        yield _symbol(here), self.value.at(time)
        if self.y.name in self.frame.between:
            yield _symbol(Total(here, self.frame.by)), self._derivative(time)

    def _derivative(self, time: int) -> sympy.Expr:
        if self.y.at(time) == self.frame.by:
            return sympy.S.One
        terms = []
        for q, link in self.links:
            below = self.frame.known_total(_moved(q, time))
            if not is_zero(below):
                terms.append(
                    link.at(time) * (_symbol(below) if isinstance(below, Total) else to_sympy(below))
                )
        return sympy.Add(*terms)


@dataclass(frozen=True)
class _Scalar:
    """A formula of scalars at time t, with the quantities in it, ready to be copied to any time."""

    formula: sympy.Expr
    leaves: tuple[tuple[Basic, Quantity], ...]

    @staticmethod
    def of(node: Basic) -> _Scalar:
        return _Scalar(to_sympy(node), tuple((to_sympy(q), q) for q in quantities(node)))

    def at(self, time: int) -> sympy.Expr:
        names = {leaf: _symbol(_moved(q, time)) for leaf, q in self.leaves}
        return self.formula.xreplace({**names, t: sympy.Integer(time)})


def _moved(q: Quantity, time: int) -> Quantity:
    """A quantity of time t (or t - 1, ...) at a concrete time."""
    return q if q.time is None else q.at(q.time.xreplace({t: sympy.Integer(time)}))


def _symbol(node: Basic) -> sympy.Symbol:
    """The name of a quantity at a concrete time, or of a total derivative: a_3, d_a_3."""
    if isinstance(node, Total):
        return sympy.Symbol(f"d_{_symbol(node.of).name}")
    assert isinstance(node, Quantity)
    plain = _key(node.name)
    return sympy.Symbol(plain if node.time is None else f"{plain}_{node.time}".replace("-", "m"))


_key = lru_cache(key)
