"""The recurrence: its equations, and the roles that follow from them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import sympy
from sympy.core.basic import Basic

from symbptt.expressions import (
    Apply,
    FunctionSymbol,
    Joint,
    Quantity,
    is_zero,
    quantities,
    subexpressions,
)
from symbptt.recurrence.checks import (
    check_columns,
    check_defined_once,
    check_directions,
    check_names,
    check_times,
    in_order,
    looked_at,
)
from symbptt.recurrence.directions import Direction, components
from symbptt.recurrence.equation import Equation, T, t

if TYPE_CHECKING:
    from pathlib import Path

    from symbptt.judge import Judgement


@dataclass(frozen=True)
class Recurrence:
    """Equations in the order written. Raises SpecificationError where they do not form a recurrence."""

    equations: tuple[Equation, ...]
    name: str = "recurrence"
    time_style: str = "subscript"
    horizon: sympy.Expr = T

    def __post_init__(self) -> None:
        check_defined_once(self.equations)
        check_times(self.equations)
        check_names(self.equations)
        check_directions(self.steps)
        check_columns(self.equations)

    # -------------------------------------------------------------- equations by kind

    @cached_property
    def steps(self) -> tuple[Equation, ...]:
        """The equations at time t, each after those it needs at the same time."""
        return in_order([e for e in self.equations if e.left.time == t])

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
        """What the equations say of states where they start: a_0 -> its value."""
        return {e.left: e.right for e in self.equations if e.left.time not in (None, t)}

    def step(self, name: str) -> Equation:
        """The equation at time t of a quantity."""
        return self._by_name[name]

    @cached_property
    def _by_name(self) -> dict[str, Equation]:
        return {e.left.name: e for e in self.steps}

    # -------------------------------------------------------------- roles

    @cached_property
    def lags(self) -> dict[str, int]:
        """How many steps away each state is looked at; the keys are the states, in the order written."""
        longest: dict[str, int] = {}
        for e in self.steps:
            for q in quantities(e.right):
                if q.name in self._by_name and q.time != t:
                    longest[q.name] = max(longest.get(q.name, 0), abs(int(t - q.time)))
        return {e.left.name: longest[e.left.name] for e in self.steps if e.left.name in longest}

    @cached_property
    def _directions(self) -> dict[str, Direction]:
        """Of each quantity that some equation looks at later, and of all in a circle with one."""
        found = set(looked_at(self.steps, later=True))
        circles = components({e.left.name: {q.name for q in quantities(e.right)} for e in self.steps})
        for circle in circles if found else ():
            found |= set(circle) if len(circle) > 1 and found & set(circle) else set()
        return dict.fromkeys(found, Direction(-1, self.horizon + 1, self.horizon, sympy.S.One))

    def direction(self, name: str) -> Direction:
        """The direction in which a quantity runs through time."""
        return self._directions.get(name) or Direction(1, sympy.S.Zero, sympy.S.One, self.horizon)

    @property
    def runs_backwards(self) -> bool:
        """Whether some quantity runs backwards in time."""
        return bool(self._directions)

    @property
    def runs(self) -> tuple[tuple[Equation, ...], ...]:
        """The equations at time t in groups of one direction, each after all it needs at whatever time."""
        if not self._directions:
            return (self.steps,)
        needs = {e.left.name: {q.name for q in quantities(e.right)} for e in self.steps}
        return tuple(tuple(e for e in self.steps if e.left.name in circle) for circle in components(needs))

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
        """The initial values that are given: states where they start, and no equation says how."""
        early = (
            self.step(name).left.at(self.direction(name).start_at(back))
            for name, lag in self.lags.items()
            for back in range(lag)
        )
        return tuple(q for q in early if q not in self.initial_values)

    def initial_is_zero(self, state: Quantity) -> bool:
        """Whether the equations say that a state is zero where it starts."""
        return is_zero(self.initial_values.get(state.at(self.direction(state.name).start), sympy.S.One))

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

    @cached_property
    def generic(self) -> tuple[Apply | Joint, ...]:
        """The functions that are left open, each as it is applied first."""
        found: dict[FunctionSymbol, Apply | Joint] = {}
        for node in (n for e in self.equations for n in subexpressions(e.right)):
            if isinstance(node, Joint) or (isinstance(node, Apply) and node.function.meaning == ""):
                found.setdefault(node.function, node)
        return tuple(found.values())

    # -------------------------------------------------------------- making one

    @staticmethod
    def from_latex(
        text: str, *, name: str = "recurrence", numbers: Mapping[str, int] | None = None
    ) -> Recurrence:
        """Read LaTeX equations, a Markdown page or a .tex page. Raises SpecificationError.

        `numbers` gives values to sizes and to bounds, such as a number of layers: {"L": 3}.
        """
        from symbptt.reader import read_recurrence  # the reader stands above this module

        return read_recurrence(text, name, numbers=numbers)

    @staticmethod
    def from_file(path: str | Path, *, numbers: Mapping[str, int] | None = None) -> Recurrence:
        """Read a specification file (.md or .tex), `numbers` as for `from_latex`."""
        from symbptt.reader import read_recurrence_file  # the reader stands above this module

        return read_recurrence_file(path, numbers)

    def verify(self, relations: str, *, explain: bool = False) -> Judgement:
        r"""Judge what is written about this recurrence: a relation, several, or a page of them.

        Its equations and shapes are known to the judge, as is any name that they have. The judgement shows
        itself as a table in Jupyter; `explain` adds how each relation was read.
        """
        from symbptt.judge import verify_given  # the judge stands above this module
        from symbptt.writers import to_specification  # and so do the writers

        return verify_given(to_specification(self), relations, explain)

    def _repr_html_(self) -> str:
        from symbptt.writers.html import recurrence_html  # the writers stand above this module

        return recurrence_html(self)
