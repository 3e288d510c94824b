"""A recurrence with numbers: the arguments of generated code, and what the judges say of them.

The judges run the oracle's forward recurrence, one sample at a time; they see neither the derivative rules
nor generated code.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from symbptt.expressions import Quantity, is_zero
from symbptt.oracle import STEP, Key, Matrix, Signs, World, with_values
from symbptt.programs import Names, names_of
from symbptt.recurrence import Recurrence

Array = NDArray[Any]
Arrays = dict[str, Array]

NUDGE = 1e-5  # of central differences: the cube root of the precision, nearly
HORIZON, BATCH = 4, 2


@dataclass(frozen=True)
class Case:
    """A batch of worlds with the same parameters and different series."""

    recurrence: Recurrence

    @cached_property
    def names(self) -> Names:
        """The names of generated code."""
        return names_of(self.recurrence)

    @cached_property
    def worlds(self) -> list[World]:
        """One world a sample; inputs before time 1 are zero, as in generated code."""
        return with_values(self._drawn)

    def _drawn(self, signs: Signs) -> list[World]:
        found = [
            World.random(self.recurrence, horizon=HORIZON, seed=seed, signs=signs) for seed in range(BATCH)
        ]
        for world in found:
            for q in self.recurrence.parameters:
                world.given[q.name, None] = found[0].given[q.name, None]
            for q in (*self.recurrence.inputs, *self.recurrence.targets):
                for time in [
                    time for name, time in world.given if name == q.name and time is not None and time <= 0
                ]:
                    world.given[q.name, time] = np.zeros_like(world.given[q.name, time])
        return found

    @cached_property
    def results(self) -> tuple[Quantity, ...]:
        """The states and outputs."""
        wanted = {q.name for q in (*self.recurrence.states, *self.recurrence.outputs)}
        return tuple(e.left for e in self.recurrence.steps if e.left.name in wanted)

    @cached_property
    def weights(self) -> list[dict[Key, Matrix]]:
        """For each sample the gradient of the scalar by each state and output at each time."""
        rng = np.random.default_rng(1)
        return [
            {
                (q.name, time): rng.uniform(0.5, 1.5, world.run[q.name, time].shape)
                for q in self.results
                for time in range(1, HORIZON + 1)
            }
            for world in self.worlds
        ]

    @cached_property
    def computed(self) -> set[str]:
        """The states whose value where they start is computed from parameters."""
        r = self.recurrence
        found = r.initial_values.items()
        return {q.name for q, value in found if q.time == r.direction(q.name).start and not is_zero(value)}

    @cached_property
    def starts(self) -> dict[str, range]:
        """The times up to 0 at which a state is looked at, for states with a given initial value.

        They are those from T + 1 on, the last first, for a state that runs backwards.
        """
        return {
            name: range(1 - lag, 1) if self._sign(name) > 0 else range(HORIZON + lag, HORIZON, -1)
            for name, lag in self.recurrence.lags.items()
            if lag > 1 or name not in self.computed
        }

    def _sign(self, name: str) -> int:
        return self.recurrence.direction(name).sign

    # -------------------------------------------------------------- as arguments of generated code

    def arguments(self, samples: str) -> dict[str, Arrays]:
        """Parameters, inputs (or, where there are none, lengths), targets, initial values and cotangents."""
        r, times = self.recurrence, range(1, HORIZON + 1)
        tables = [world.run for world in self.worlds]
        length = {"T": np.array(HORIZON), **({"B": np.array(BATCH)} if samples == "batch" else {})}
        return {
            "parameters": {self.key(p): _array(p, tables[0][p.name, None]) for p in r.parameters},
            "inputs": {self.key(x): self.series(x, tables, times, samples) for x in r.inputs} or length,
            "targets": {self.key(d): self.series(d, tables, times, samples) for d in r.targets},
            "initial": {self.names.key(name): self.start(name, tables, samples) for name in self.starts},
            "cotangents": {self.key(q): self.series(q, self.weights, times, samples) for q in self.results},
        }

    def key(self, q: Quantity) -> str:
        """How generated code calls a quantity."""
        return self.names.key(q.name)

    def series(self, q: Quantity, tables: list[dict[Key, Matrix]], times: range, samples: str) -> Array:
        """The values of a quantity at all times: (T, B, ...), or of the first sample (T, ...)."""
        found = np.array([[_array(q, table[q.name, time]) for table in tables] for time in times])
        return found if samples == "batch" else found[:, 0]

    def start(self, name: str, tables: list[dict[Key, Matrix]], samples: str) -> Array:
        """Initial values of a state: (B, ...), or (lag, B, ...) where there is more than one."""
        times = self.starts[name]
        found = self.series(self.recurrence.step(name).left, tables, times, samples)
        return found if len(times) > 1 else found[0]

    # -------------------------------------------------------------- the judges

    def scalar(self, sample: int, table: dict[Key, Matrix]) -> Any:
        """What is differentiated, for one sample."""
        if self.recurrence.loss is not None:
            return table[self.recurrence.loss.left.name, None][0, 0]
        return sum(np.sum(weight * table[key]) for key, weight in self.weights[sample].items())

    def response(self, sample: int, key: Key, place: int, step: complex) -> Any:
        """The scalar after one entry of one quantity was moved."""
        value = self.worlds[sample].run[key]
        nudge = np.zeros(value.size, type(step))
        nudge[place] = step
        return self.scalar(sample, self.worlds[sample].forward({key: nudge.reshape(value.shape)}))

    def by_complex_step(self, sample: int, key: Key, place: int) -> float:
        """The derivative by one entry, exact to the last digits."""
        return float(np.imag(self.response(sample, key, place, 1j * STEP)) / STEP)

    def by_finite_differences(self, sample: int, key: Key, place: int) -> float:
        """The derivative by one entry, from two runs in plain numbers."""
        ahead, back = (self.response(sample, key, place, step) for step in (NUDGE, -NUDGE))
        return float((ahead - back) / (2 * NUDGE))

    def gradient_tables(self, judge: str) -> list[dict[Key, Matrix]]:
        """For each sample the gradient of the scalar by every parameter, input and initial value."""
        derivative = self.by_complex_step if judge == "complex step" else self.by_finite_differences
        return [
            {
                **{
                    (name, time): np.zeros_like(world.run[name, time])
                    for name in self.starts
                    for time in self.starts[name]
                },
                **{key: self._gradient(derivative, sample, key) for key in self.variables()},
            }
            for sample, world in enumerate(self.worlds)
        ]

    def _gradient(self, derivative: Callable[[int, Key, int], float], sample: int, key: Key) -> Matrix:
        like = self.worlds[sample].run[key]
        return np.array([derivative(sample, key, i) for i in range(like.size)]).reshape(like.shape)

    def variables(self) -> Iterator[Key]:
        """Everything that there is a gradient by."""
        yield from ((p.name, None) for p in self.recurrence.parameters)
        yield from ((x.name, time) for x in self.recurrence.inputs for time in range(1, HORIZON + 1))
        for name, times in self.starts.items():
            first = times[-1]  # the one that may be computed
            yield from ((name, time) for time in times if time != first or name not in self.computed)

    @cached_property
    def judged(self) -> dict[str, list[dict[Key, Matrix]]]:
        """The gradient tables of both judges."""
        return {judge: self.gradient_tables(judge) for judge in ("finite differences", "complex step")}

    def gradients(self, judge: str, samples: str) -> dict[str, Arrays]:
        """What a judge says, in the shapes of generated code."""
        tables, r, times = self.judged[judge], self.recurrence, range(1, HORIZON + 1)
        used = tables if samples == "batch" else tables[:1]

        def total(p: Quantity) -> Matrix:
            found: Matrix = np.sum([table[p.name, None] for table in used], axis=0)
            return found

        return {
            "parameters": {self.key(p): _array(p, total(p)) for p in r.parameters},
            "inputs": {self.key(x): self.series(x, tables, times, samples) for x in r.inputs},
            "initial": {self.names.key(name): self.start(name, tables, samples) for name in self.starts},
        }

    def values(self, samples: str) -> Arrays:
        """The oracle's states and outputs at the times 1..T."""
        tables = [world.run for world in self.worlds]
        return {self.key(q): self.series(q, tables, range(1, HORIZON + 1), samples) for q in self.results}

    def total(self, samples: str) -> float:
        """The scalar itself, summed over the batch."""
        used = self.worlds if samples == "batch" else self.worlds[:1]
        return float(sum(np.real(self.scalar(i, world.run)) for i, world in enumerate(used)))


def _array(q: Quantity, matrix: Matrix) -> Array:
    """The oracle's matrix without the axes of length one that generated code leaves out."""
    return np.reshape(matrix, [length for length, axis in zip(matrix.shape, q.shape, strict=True) if axis])
