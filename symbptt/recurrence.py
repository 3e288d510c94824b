"""A recurrence: its equations, and the roles that follow from them.

An equation defines a quantity at time t from quantities at times t, t-1, ..., from inputs and parameters;
one at time 0 gives an initial value; one without time is the loss, or a parameter derived from others.
Nothing here knows any cell: roles, order and errors follow from the equations alone.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

import sympy
from sympy.core.basic import Basic

from symbptt.errors import Place, SpecificationError
from symbptt.expressions import (
    Apply,
    FunctionSymbol,
    Ones,
    Quantity,
    Shape,
    Times,
    Zeros,
    expression,
    is_scalar,
    is_zero,
    quantities,
    rewrite,
    shape,
    shape_of,
    subexpressions,
)
from symbptt.functions import is_columnwise

if TYPE_CHECKING:
    from pathlib import Path

t = sympy.Symbol("t", integer=True)
T = sympy.Symbol("T", integer=True, positive=True)


@dataclass(frozen=True)
class Equation:
    """`left = right`; left is a quantity at time t, at a fixed time, or without time."""

    left: Quantity
    right: Basic
    place: Place | None = None

    def __post_init__(self) -> None:
        if shape_of(self.left) != shape_of(self.right):
            raise SpecificationError(
                f"the sides of the equation for {self.left.name} have different shapes: "
                f"{shape_of(self.left)} on the left and {shape_of(self.right)} on the right",
                self.place,
            )


@dataclass(frozen=True)
class Recurrence:
    """Equations in the order written. Raises SpecificationError where they do not form a recurrence."""

    equations: tuple[Equation, ...]
    name: str = "recurrence"
    time_style: str = "subscript"

    def __post_init__(self) -> None:
        _check_defined_once(self.equations)
        _check_times(self.equations)
        _check_columns(self.equations)
        _ = self.steps

    # -------------------------------------------------------------- equations by kind

    @cached_property
    def steps(self) -> tuple[Equation, ...]:
        """The equations at time t, each after those it needs at the same time."""
        return _in_order([e for e in self.equations if e.left.time == t])

    @cached_property
    def statics(self) -> tuple[Equation, ...]:
        """Parameters derived from parameters: equations without time, the loss left out."""
        return tuple(e for e in self.equations if e.left.time is None and e is not self.loss)

    @cached_property
    def loss(self) -> Equation | None:
        """The equation without time whose right side looks at times; None when there is none."""
        for e in self.equations:
            if e.left.time is None and any(q.time is not None for q in quantities(e.right)):
                return e
        return None

    @cached_property
    def initial_values(self) -> dict[Quantity, Basic]:
        """What the equations say of states at the times 0, -1, ...: a_0 -> its value."""
        return {e.left: e.right for e in self.equations if e.left.time is not None and e.left.time.is_Integer}

    def step(self, name: str) -> Equation:
        """The equation at time t of a quantity."""
        return self._by_name[name]

    @cached_property
    def _by_name(self) -> dict[str, Equation]:
        return {e.left.name: e for e in self.steps}

    # -------------------------------------------------------------- roles

    @cached_property
    def lags(self) -> dict[str, int]:
        """How far back each state is looked at; the keys are the states, in the order of the equations."""
        longest: dict[str, int] = {}
        for e in self.steps:
            for q in quantities(e.right):
                if q.name in self._by_name and q.time != t:
                    longest[q.name] = max(longest.get(q.name, 0), int(t - q.time))
        return {e.left.name: longest[e.left.name] for e in self.steps if e.left.name in longest}

    @property
    def states(self) -> tuple[Quantity, ...]:
        return tuple(self.step(name).left for name in self.lags)

    @cached_property
    def intermediates(self) -> tuple[Quantity, ...]:
        """Defined at time t and needed by another equation at the same time, but by no later one."""
        used = {q.name for e in self.steps for q in quantities(e.right) if q.time == t}
        return tuple(e.left for e in self.steps if e.left.name in used and e.left.name not in self.lags)

    @cached_property
    def outputs(self) -> tuple[Quantity, ...]:
        """Defined at time t and needed by no equation of the recurrence (at most by the loss)."""
        inner = {q.name for q in self.intermediates}
        return tuple(e.left for e in self.steps if e.left.name not in inner and e.left.name not in self.lags)

    @cached_property
    def inputs(self) -> tuple[Quantity, ...]:
        """Given at every time and used by the recurrence."""
        return self._given(self.steps)

    @cached_property
    def targets(self) -> tuple[Quantity, ...]:
        """Given at every time and used by the loss alone."""
        seen = {q.name for q in self.inputs}
        return tuple(q for q in self._given([self.loss] if self.loss else []) if q.name not in seen)

    def _given(self, equations: Iterable[Equation]) -> tuple[Quantity, ...]:
        found: dict[str, Quantity] = {}
        for e in equations:
            for q in quantities(e.right):
                if q.time is not None and q.name not in self._by_name:
                    found.setdefault(q.name, q.at(t))
        return tuple(found.values())

    @cached_property
    def parameters(self) -> tuple[Quantity, ...]:
        """Quantities without time that no equation defines, in order of appearance."""
        defined = {e.left.name for e in self.equations if e.left.time is None}
        found: dict[Quantity, None] = {}
        for e in self.equations:
            for q in quantities(e.right):
                if q.time is None and q.name not in defined:
                    found.setdefault(q)
        return tuple(found)

    @cached_property
    def initials(self) -> tuple[Quantity, ...]:
        """The initial values that are given: states at the times 0, -1, ... that no equation fixes."""
        early = (self.step(name).left.at(-back) for name, lag in self.lags.items() for back in range(lag))
        return tuple(q for q in early if q not in self.initial_values)

    def initial_is_zero(self, state: Quantity) -> bool:
        """Whether the equations say that a state is zero at time 0."""
        return is_zero(self.initial_values.get(state.at(0), sympy.S.One))

    def role(self, name: str) -> str:
        """What a name is: state, intermediate, output, input, target, parameter, derived or loss.

        Raises KeyError for a name that the recurrence does not have.
        """
        for role in ("state", "intermediate", "output", "input", "target", "parameter"):
            if any(q.name == name for q in getattr(self, f"{role}s")):
                return role
        if self.loss is not None and self.loss.left.name == name:
            return "loss"
        if any(e.left.name == name for e in self.statics):
            return "derived"
        raise KeyError(name)

    @cached_property
    def quantities(self) -> dict[str, Quantity]:
        """Every quantity by name, at time t where it has one."""
        every = [q for e in self.equations for q in (e.left, *quantities(e.right))]
        return {q.name: q if q.time is None else q.at(t) for q in every}

    @cached_property
    def sizes(self) -> tuple[sympy.Symbol, ...]:
        """The symbolic sizes, in order of appearance."""
        found: dict[sympy.Symbol, None] = {}
        for q in self.quantities.values():
            for part in (*q.shape.rows, *q.shape.cols):
                for symbol in sorted(part.free_symbols, key=str):
                    found.setdefault(symbol)
        return tuple(found)

    @cached_property
    def functions(self) -> tuple[FunctionSymbol, ...]:
        """The functions that are applied, in order of appearance."""
        applied = (n for e in self.equations for n in subexpressions(e.right) if isinstance(n, Apply))
        return tuple(dict.fromkeys(n.function for n in applied))

    # -------------------------------------------------------------- making one

    @staticmethod
    def from_latex(text: str, *, name: str = "recurrence") -> Recurrence:
        """Read LaTeX equations, a Markdown page or a .tex page. Raises SpecificationError."""
        from symbptt.reader import read_recurrence  # the reader stands above this module

        return read_recurrence(text, name)

    @staticmethod
    def from_file(path: str | Path) -> Recurrence:
        """Read a specification file (.md or .tex)."""
        from symbptt.reader import read_recurrence_file  # the reader stands above this module

        return read_recurrence_file(path)

    def _repr_html_(self) -> str:
        from symbptt.writers.html import recurrence_html  # the writers stand above this module

        return recurrence_html(self)


@dataclass
class Builder:
    """A recurrence without LaTeX.

    >>> b = Builder()
    >>> h, x, w = b.quantity("h", "n", timed=True), b.quantity("x", "n", timed=True), b.quantity("w", "n")
    >>> b.define(h[t], w * h[t - 1] + x[t])
    >>> [q.name for q in b.recurrence().states]
    ['h']
    """

    equations: list[Equation] = field(default_factory=list)

    @staticmethod
    def quantity(name: str, *sizes: Any, timed: bool = False) -> Quantity:
        """A quantity of the given sizes (none: a scalar; one: a column; two: a matrix)."""
        found: Shape = shape(*sizes)
        return Quantity(name, *found, t if timed else None)

    def define(self, left: Quantity, right: Any) -> None:
        """Add an equation; a number on the right takes the shape of the left."""
        value = expression(right)
        if is_scalar(value) and not is_scalar(left) and isinstance(value, sympy.Expr):
            value = Times(value, Ones(*left.shape)) if value != 0 else Zeros(*left.shape)
        self.equations.append(Equation(left, value))

    def recurrence(self, name: str = "recurrence") -> Recurrence:
        return Recurrence(tuple(self.equations), name)


# ------------------------------------------------------------------ checks


def _check_defined_once(equations: Iterable[Equation]) -> None:
    seen: dict[Quantity, Equation] = {}
    for e in equations:
        if e.left in seen:
            first = seen[e.left].place
            where = f" (first on line {first.line})" if first else ""
            raise SpecificationError(f"{e.left.name} is defined twice{where}", e.place)
        seen[e.left] = e


def _check_times(equations: Iterable[Equation]) -> None:
    """Equations at time t may look back by whole steps, never ahead."""
    for e in equations:
        if e.left.time != t:
            continue
        for q in quantities(e.right):
            ahead = None if q.time is None else q.time - t
            if ahead is not None and not (ahead.is_Integer and ahead <= 0):
                raise SpecificationError(
                    f"{q.name} at time {q.time} in the equation for {e.left.name} at time t: "
                    "expected a time t, t-1, t-2, ...",
                    e.place,
                )


def _check_columns(equations: Iterable[Equation]) -> None:
    """A function of whole columns is not applied to a row: its entries would be columns of one."""
    for e in equations:
        for n in subexpressions(e.right):
            if isinstance(n, Apply) and is_columnwise(n.function) and n.shape.cols and not n.shape.rows:
                name = n.function.name
                raise SpecificationError(
                    f"{name} works down each column, and its argument is a row ({n.shape}): transpose it",
                    e.place,
                )


def _in_order(equations: list[Equation]) -> tuple[Equation, ...]:
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


# ------------------------------------------------------------------ naming what functions are applied to


def with_named_arguments(recurrence: Recurrence) -> Recurrence:
    """The same recurrence with a name for every compound argument of a function (the pre-activations).

    A derivative by the chain rule then has something to pass through: a_t = S(f_t), f_t = W a_{t-1} + ...
    """
    inner = [e for e in recurrence.steps if e.left not in recurrence.outputs]
    count = sum(_has_compound_argument(n) for e in inner for n in subexpressions(e.right))
    owners = [e.left.name for e in inner if any(map(_has_compound_argument, subexpressions(e.right)))]
    only = owners[0] if count == 1 else None
    functions = (f.name for f in recurrence.functions)
    fresh = _FreshNames({*recurrence.quantities, *map(str, recurrence.sizes), *functions}, only)
    equations: list[Equation] = []
    for e in recurrence.equations:
        if e.left.time == t:
            named, right = _name_arguments(e, fresh)
            equations.extend(named)
            equations.append(Equation(e.left, right, e.place))
        else:
            equations.append(e)
    return Recurrence(tuple(equations), recurrence.name, recurrence.time_style)


def _has_compound_argument(node: Basic) -> bool:
    return isinstance(node, Apply) and not isinstance(node.argument, Quantity)


@dataclass
class _FreshNames:
    taken: set[str]
    only: str | None

    def after(self, owner: str) -> str:
        """A letter of its own where the states have one function in all, else z with the owner's name."""
        letters = ("f", "z", "u") if owner == self.only else ()
        numbered = (f"z_{{{owner},{i}}}" for i in itertools.count(2))
        candidates = itertools.chain(letters, [f"z_{{{owner}}}"], numbered)
        name = next(c for c in candidates if c not in self.taken)
        self.taken.add(name)
        return name


def _name_arguments(e: Equation, fresh: _FreshNames) -> tuple[list[Equation], Basic]:
    named: list[Equation] = []

    def name_argument(node: Basic) -> Basic:
        if not isinstance(node, Apply) or isinstance(node.argument, Quantity):
            return node
        argument = Quantity(fresh.after(e.left.name), *shape_of(node.argument), t)
        named.append(Equation(argument, node.argument, e.place))
        return Apply(node.function, argument, node.order)

    return named, rewrite(e.right, name_argument)
