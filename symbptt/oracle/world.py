"""A recurrence with numbers: the forward run, and derivatives by complex step."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
import sympy
from sympy.core.basic import Basic

from symbptt.errors import SymbpttError
from symbptt.expressions import Gradient, Immediate, Joint, Quantity, quantities, size
from symbptt.oracle.values import STEP, Key, Matrix, Values, dimensions, evaluate
from symbptt.recurrence import Equation, Recurrence, T, t


def generic_instance(name: str) -> Callable[[Matrix], Matrix]:
    """A smooth function that stands for a generic one, different for every name."""
    a, b, c = np.random.default_rng(sum(map(ord, name))).uniform(0.4, 1.2, 3)
    return lambda x: a * np.sin(b * x + c) + 0.3 * x


def _instances(recurrence: Recurrence, sizes: Mapping[sympy.Symbol, int]) -> dict[str, Callable[..., Matrix]]:
    """A function for each that the recurrence leaves open."""
    found: dict[str, Callable[..., Matrix]] = {}
    for node in recurrence.generic:
        name = node.function.name
        length = int(size(node.shape.rows).xreplace(sizes))
        found[name] = joint_instance(name, length) if isinstance(node, Joint) else generic_instance(name)
    return found


def joint_instance(name: str, length: int) -> Callable[..., Matrix]:
    """A smooth function of several columns into one of a length, different for every name."""
    seed = sum(map(ord, name))

    def instance(*columns: Matrix) -> Matrix:
        rng = np.random.default_rng(seed)
        weights = (rng.uniform(-0.7, 0.7, (length, len(column))) for column in columns)
        inside = sum(weight @ column for weight, column in zip(weights, columns, strict=True))
        inside = inside + np.prod([np.mean(column) for column in columns])  # no argument goes alone
        return np.asarray(np.sin(inside + rng.uniform(0.4, 1.2)) + 0.3 * inside)

    return instance


Signs = tuple[int, ...]
BOTH, POSITIVE = (-1, 1), (1,)  # of the numbers that are drawn


def with_values(draw: Callable[[Signs], list[World]]) -> list[World]:
    """Worlds drawn with numbers of both signs, or of one where a root or a logarithm has no value for those.

    Raises SymbpttError where positive numbers give no value either.
    """
    for signs in (BOTH, POSITIVE):
        worlds = draw(signs)
        if all(world.is_finite() for world in worlds):
            return worlds
    raise SymbpttError(
        "the recurrence has no value for the numbers tried: a root, logarithm or quotient has none"
    )


@dataclass(frozen=True)
class World:
    """A recurrence with numbers: sizes, a horizon, and a value for everything that is given.

    `given` maps (name, time) to a matrix; time is None for parameters, 1..T for inputs and targets, 0, -1, ..
    for initial values (T + 1, ... of what runs backwards).
    """

    recurrence: Recurrence
    sizes: dict[sympy.Symbol, int]
    horizon: int
    given: dict[Key, Matrix]
    functions: dict[str, Callable[..., Matrix]]
    names: dict[Quantity, Basic] = field(default_factory=dict)
    _cache: dict[Any, Matrix] = field(default_factory=dict, repr=False, compare=False)

    @staticmethod
    def random(
        recurrence: Recurrence,
        sizes: Mapping[str, int] | None = None,
        horizon: int = 3,
        seed: int = 0,
        signs: Signs = BOTH,
    ) -> World:
        """Random values; sizes not given become different small numbers, as long as there are.

        A recurrence of fixed length has its own horizon.
        """
        horizon = int(recurrence.horizon) if recurrence.horizon.is_Integer else horizon
        rng = np.random.default_rng(seed)
        primes = itertools.cycle((3, 2, 5, 4, 7, 6))
        chosen = {s: (sizes or {}).get(str(s)) or next(primes) for s in recurrence.sizes}
        world = World(
            recurrence,
            chosen,
            horizon,
            {},
            _instances(recurrence, chosen),
        )
        for q in recurrence.parameters:
            world.given[q.name, None] = world._draw(q, rng, signs)
        for q in (*recurrence.inputs, *recurrence.targets):
            early = 1 - world.lag * len({recurrence.direction(e.left.name).sign for e in recurrence.steps})
            for time in range(early, horizon + world.lag + 1):
                world.given[q.name, time] = world._draw(q, rng, signs)
        for q in recurrence.initials:
            world.given[q.name, world._time(q)] = world._draw(q, rng, signs)
        return world

    @property
    def lag(self) -> int:
        """The longest lag; the run goes this far past its end, where the loss no longer looks."""
        return max(self.recurrence.lags.values(), default=1)

    def _time(self, q: Quantity) -> int:
        """The time of an initial value as a number."""
        assert q.time is not None
        return int(q.time.xreplace({T: sympy.Integer(self.horizon)}))

    def _draw(self, q: Quantity, rng: np.random.Generator, signs: Signs) -> Matrix:
        rows, cols = (
            int(np.prod([int(p.xreplace(self.sizes)) for p in axis], dtype=int)) for axis in q.shape
        )
        drawn: Matrix = rng.uniform(0.2, 0.9, (rows, cols)) * rng.choice(signs, (rows, cols))
        return drawn

    def values(self, known: Mapping[Key, Matrix] | None = None, **numbers: int) -> Values:
        """Values for `evaluate`; `numbers` names further symbols such as t=3."""
        symbols = {
            **self.sizes,
            T: self.horizon,
            **{sympy.Symbol(k, integer=True): v for k, v in numbers.items()},
        }
        table = self.run if known is None else known
        return Values(
            symbols, lambda q, time: self._look_up(q, time, table), self._derivative, self.functions
        )

    def _look_up(self, q: Quantity, time: int | None, table: Mapping[Key, Matrix]) -> Matrix:
        if (q.name, time) in table:
            return table[q.name, time]
        if q.name in {named.name for named in self.names}:
            return self._read((q.name, time), table)
        raise ValueError(f"no value for {q.name}" + ("" if time is None else f" at time {time}"))

    @cached_property
    def run(self) -> dict[Key, Matrix]:
        """Everything, at every time: the forward run from the given values."""
        return self.forward({})

    def is_finite(self) -> bool:
        """Whether the run has a value everywhere, none of them infinite."""
        with np.errstate(all="ignore"):
            return all(bool(np.isfinite(value).all()) for value in self.forward({}).values())

    def forward(self, nudge: Mapping[Key, Matrix]) -> dict[Key, Matrix]:
        """The forward run with something added to some of the quantities, as soon as they are known."""
        table = {key: value + nudge.get(key, 0) for key, value in self.given.items()}
        for e in self.recurrence.statics:
            self._assign(e, None, table, nudge)
        for q in self.recurrence.initial_values:
            self._set_initial(q, table, nudge)
        for run in self.recurrence.runs:
            for time in self._times(run):
                for e in run:
                    if self._is_known(e, time, table):
                        self._assign(e, time, table, nudge)
        if self.recurrence.loss is not None:
            self._assign(self.recurrence.loss, None, table, nudge)
        return table

    def _times(self, run: tuple[Equation, ...]) -> range:
        """The times of a run in the order of its direction, and some past its end."""
        early, late = 1 - self.lag, self.horizon + self.lag
        if self.recurrence.direction(run[0].left.name).sign < 0:
            return range(self.horizon, early - 1, -1)
        starts = len(self.recurrence.runs) == 1 or any(e.left.name in self.recurrence.lags for e in run)
        return range(1 if starts else early, late + 1)

    def _is_known(self, e: Equation, time: int, table: Mapping[Key, Matrix]) -> bool:
        """Whether all that an equation needs is there: past the end it may not be, where runs meet."""
        if 1 <= time <= self.horizon or len(self.recurrence.runs) == 1:
            return True
        times = ((q.name, None if q.time is None else time + int(q.time - t)) for q in quantities(e.right))
        return all(key in table for key in times)

    def _set_initial(self, q: Quantity, table: dict[Key, Matrix], nudge: Mapping[Key, Matrix]) -> None:
        key = q.name, self._time(q)
        table[key] = evaluate(self.recurrence.initial_values[q], self.values(table)) + nudge.get(key, 0)

    def _assign(
        self, e: Equation, time: int | None, table: dict[Key, Matrix], nudge: Mapping[Key, Matrix]
    ) -> None:
        values = self.values(table)
        if time is not None:
            values = values.bound({t: time})
        table[e.left.name, time] = evaluate(e.right, values) + nudge.get((e.left.name, time), 0)

    # -------------------------------------------------------------- derivatives

    def _derivative(self, node: Any, values: Values) -> Matrix:
        y, x = ((q.name, None if q.time is None else values.integer(q.time)) for q in (node.of, node.by))
        key = (type(node), y, x)
        if key not in self._cache:
            self._cache[key] = self.immediate(y, x) if isinstance(node, Immediate) else self.total(y, x)
        found = self._cache[key]
        return found.reshape(dimensions(node, values), order="F") if isinstance(node, Gradient) else found

    def total(self, y: Key, x: Key) -> Matrix:
        """d vec y / d vec x by complex step through the whole forward run."""
        return self._columns(x, lambda nudge: self._read(y, self.forward(nudge)))

    def immediate(self, y: Key, x: Key) -> Matrix:
        """The same with everything of earlier times held at its value: only the step of y is run again."""
        return self._columns(x, lambda nudge: self._one_step(y, nudge))

    def _one_step(self, y: Key, nudge: Mapping[Key, Matrix]) -> Matrix:
        table = {key: value + nudge.get(key, 0) for key, value in self.run.items()}
        time = y[1]
        for e in self.recurrence.statics:
            self._assign(e, None, table, nudge)
        starts = {(q.name, self._time(q)): q for q in self.recurrence.initial_values}
        if y in starts:
            self._set_initial(starts[y], table, nudge)
        elif time is not None and y not in self.given:
            for e in self.recurrence.steps:
                if (e.left.name, time) in table and (e.left.name, time) not in {*starts, *self.given}:
                    self._assign(e, time, table, nudge)
        return self._read(y, table)

    def _read(self, y: Key, table: Mapping[Key, Matrix]) -> Matrix:
        if y in table:
            return table[y]
        name, time = y
        named = next(n for n in self.names if n.name == name)
        return evaluate(
            self.names[named], self.values(table).bound({} if time is None else {named.time: time})
        )

    def _columns(self, x: Key, response: Callable[[Mapping[Key, Matrix]], Matrix]) -> Matrix:
        at = self.run[x]
        columns = []
        for place in range(at.size):
            nudge = np.zeros(at.size, complex)
            nudge[place] = 1j * STEP
            moved = response({x: nudge.reshape(at.shape, order="F")})
            columns.append(np.imag(moved).reshape(-1, order="F") / STEP)
        return np.array(columns).T
