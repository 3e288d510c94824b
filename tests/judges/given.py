"""Random numbers for a ready recurrence: as arrays for its programs, and as worlds for the oracle.

A batch is one world a sample, all with the same parameters. Nothing here looks at rules, derivations or
generated code.
"""

from __future__ import annotations

import importlib.util
import itertools
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np

from symbptt import cells
from symbptt.expressions import Quantity, is_zero, size
from symbptt.oracle import STEP, World
from symbptt.programs.plan.names import key
from symbptt.recurrence import Recurrence

REFERENCES = {
    n: p.with_name("reference.py") for n, p in cells.ready().items() if p.with_name("reference.py").exists()
}


@cache
def recurrence(name: str) -> Recurrence:
    return Recurrence.from_file(cells.find(name))


@cache
def load(path: Path):
    """A Python file as a module."""
    specification = importlib.util.spec_from_file_location(f"{path.parent.name}_{path.stem}", path)
    module = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(module)
    return module


def reference(name: str):
    return load(REFERENCES[name])


@dataclass(frozen=True)
class Given:
    """Worlds that differ in everything but their parameters, and the same numbers as arrays."""

    recurrence: Recurrence
    worlds: tuple[World, ...]

    @staticmethod
    def random(r: Recurrence, batch: int = 2, sizes: dict[str, int] | None = None, horizon: int = 3) -> Given:
        worlds = tuple(World.random(opened(r), sizes, horizon, seed) for seed in range(batch))
        for world in worlds:
            world.given.update({(q.name, None): worlds[0].given[q.name, None] for q in r.parameters})
        return Given(r, worlds)

    # -------------------------------------------------------------- as arrays

    def array(self, matrix: np.ndarray, q: Quantity) -> np.ndarray:
        """A matrix of the oracle in the shape that programs use: no axis of length one that is none."""
        return matrix.reshape(lengths(q, self.worlds[0]))

    def series(
        self, quantities: Iterable[Quantity], table=lambda world: world.given
    ) -> dict[str, np.ndarray]:
        """Time-major arrays (T, B, ...) at the times 1..T."""
        times = range(1, self.worlds[0].horizon + 1)
        return {
            key(q.name): np.array(
                [[self.array(table(world)[q.name, t], q) for world in self.worlds] for t in times]
            )
            for q in quantities
        }

    @property
    def parameters(self) -> dict[str, np.ndarray]:
        given = self.worlds[0].given
        return {key(q.name): self.array(given[q.name, None], q) for q in self.recurrence.parameters}

    @property
    def initial(self) -> dict[str, np.ndarray]:
        """(B, ...) for a state with one lag, (lags, B, ...) with the oldest first for one with more."""
        found = {}
        for q in open_states(self.recurrence):
            lag = self.recurrence.lags[q.name]
            times = self.start_times(q)
            rows = [[self.array(w.given[q.name, t], q) for w in self.worlds] for t in times]
            found[key(q.name)] = np.array(rows if lag > 1 else rows[0])
        return found

    def start_times(self, q: Quantity) -> range:
        """The times 0, -1, ... of a state's initial values, or T + 1, ... backwards; the furthest first."""
        lag, T = self.recurrence.lags[q.name], self.worlds[0].horizon
        forwards = self.recurrence.direction(q.name).sign > 0
        return range(1 - lag, 1) if forwards else range(T + lag, T, -1)

    @property
    def returned(self) -> tuple[Quantity, ...]:
        return (*self.recurrence.states, *self.recurrence.outputs)

    def arguments(self) -> tuple[dict, dict, dict]:
        """parameters, inputs and initial, as `forward` takes them."""
        return self.parameters, self.series(self.recurrence.inputs), self.initial

    def targets(self) -> dict[str, np.ndarray]:
        return self.series(self.recurrence.targets)

    def cotangents(self) -> dict[str, np.ndarray]:
        """Random numbers in the shapes of all states and outputs."""
        draw = np.random.default_rng(7).standard_normal
        values = self.series(self.returned, lambda world: world.run)
        return {name: draw(value.shape) for name, value in values.items()}

    # -------------------------------------------------------------- judged by the oracle

    def loss(self) -> float:
        return sum(float(world.run[self.recurrence.loss.left.name, None][0, 0]) for world in self.worlds)

    def gradients(self, cotangents: dict[str, np.ndarray]) -> tuple[dict, dict]:
        """By complex step: of the loss, and of the sum of cotangents times states and outputs."""
        r, times = self.recurrence, range(1, self.worlds[0].horizon + 1)
        by = {"parameters": {}, "inputs": {}, "initial": {}}
        for q in r.parameters:
            columns = sum(self._by(i, (q.name, None), cotangents) for i in range(len(self.worlds)))
            by["parameters"][key(q.name)] = np.array([self.array(c, q) for c in columns])
        for q in r.inputs:
            by["inputs"][key(q.name)] = np.stack([self._by_all(q, t, cotangents) for t in times], axis=1)
        for q in open_states(r):
            lag = r.lags[q.name]
            rows = [self._by_all(q, t, cotangents) for t in self.start_times(q)]
            by["initial"][key(q.name)] = np.stack(rows, axis=1) if lag > 1 else rows[0]
        return tuple(
            {role: {name: both[i] for name, both in group.items()} for role, group in by.items()}
            for i in (0, 1)
        )

    def _by_all(self, q: Quantity, t: int, cotangents) -> np.ndarray:
        """(2, B, ...) of the loss and the other scalar, by a quantity at one time."""
        every = [self._by(i, (q.name, t), cotangents) for i in range(len(self.worlds))]
        return np.array([[self.array(sample[i], q) for sample in every] for i in (0, 1)])

    def _by(self, sample: int, by: tuple[str, int | None], cotangents) -> np.ndarray:
        """(2, rows, columns): the gradients of the loss and of the other scalar in one world."""
        world = self.worlds[sample]
        at = world.given[by]
        found = np.empty((2, *at.shape))
        for place in np.ndindex(at.shape):
            nudge = np.zeros(at.shape, complex)
            nudge[place] = 1j * STEP
            table = world.forward({by: nudge})
            other = sum(
                (cotangents[key(q.name)][t - 1, sample] * self.array(table[q.name, t], q)).sum()
                for q in self.returned
                for t in range(1, world.horizon + 1)
            )
            loss = 0 if self.recurrence.loss is None else table[self.recurrence.loss.left.name, None][0, 0]
            found[(0, *place)], found[(1, *place)] = np.imag(loss) / STEP, np.imag(other) / STEP
        return found


def opened(r: Recurrence) -> Recurrence:
    """The same with every start at zero left open: a program takes another start for such a state, too."""
    at_zero = [q for q, value in r.initial_values.items() if is_zero(value)]
    return Recurrence(tuple(e for e in r.equations if e.left not in at_zero), r.name, r.time_style)


def open_states(r: Recurrence) -> tuple[Quantity, ...]:
    """The states whose start may be given: those that the equations do not compute from parameters."""
    names = {q.name for q in opened(r).initials}
    return tuple(q for q in r.states if q.name in names)


def arrays(r: Recurrence, sizes: Sequence[int], horizon: int, batch: int | None) -> dict[str, dict]:
    """Random arrays by role; sizes in the recurrence's order, no batch axis where batch is None."""
    rng = np.random.default_rng(horizon)
    length = dict(zip(r.sizes, itertools.cycle(sizes), strict=False))
    samples = () if batch is None else (batch,)

    def draw(q: Quantity, *lead: int) -> np.ndarray:
        axes = [int(size(axis).xreplace(length)) for axis in q.shape if axis]
        values = rng.uniform(0.2, 0.9, (*lead, *axes)) * rng.choice([-1, 1], (*lead, *axes))
        return values / np.sqrt(axes[-1]) if len(axes) == 2 else values

    lags = {q: (r.lags[q.name],) if r.lags[q.name] > 1 else () for q in open_states(r)}
    return {
        "parameters": {key(q.name): draw(q) for q in r.parameters},
        "inputs": {key(q.name): draw(q, horizon, *samples) for q in r.inputs},
        "initial": {key(q.name): draw(q, *lag, *samples) for q, lag in lags.items()},
        "targets": {key(q.name): draw(q, horizon, *samples) for q in r.targets},
        "cotangents": {key(q.name): draw(q, horizon, *samples) for q in (*r.states, *r.outputs)},
    }


def lengths(q: Quantity, world: World) -> tuple[int, ...]:
    return tuple(int(size(axis).xreplace(world.sizes)) for axis in q.shape if axis)


def sample(arrays: dict[str, np.ndarray], which: int, axis: int = 1) -> dict[str, np.ndarray]:
    """One sample of a batch."""
    return {name: array.take(which, axis) for name, array in arrays.items()}


def initial_axis(r: Recurrence, name: str) -> int:
    """Where the batch axis of an initial value is."""
    return int(max(lag for q, lag in r.lags.items() if key(q) == name) > 1)


def relative(ours: np.ndarray, judged: np.ndarray, least: float = 0.0) -> float:
    """The largest difference, relative to the largest entry or `least`; absolute where all is zero."""
    ours, judged = np.asarray(ours), np.asarray(judged)
    assert ours.shape == judged.shape
    return float(np.abs(ours - judged).max(initial=0) / (max(np.abs(judged).max(initial=0), least) or 1))


def worst(ours: dict[str, dict], judged: dict[str, dict]) -> dict[str, float]:
    """The difference of every gradient, by role and name.

    A gradient far smaller than the others is what is left of larger terms, as is its rounding error (a key
    of one entry has the length one, whatever it is): it is measured by a thousandth of the largest of all.
    """
    shapes = [{role: set(group) for role, group in each.items()} for each in (ours, judged)]
    assert shapes[0] == shapes[1]
    largest = max(np.abs(value).max(initial=0) for group in judged.values() for value in group.values())
    return {
        f"{role} {name}": relative(ours[role][name], value, largest / 1000)
        for role, group in judged.items()
        for name, value in group.items()
    }
