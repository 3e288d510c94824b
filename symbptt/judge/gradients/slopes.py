"""Gradients of the loss that the backward equations of a document speak of, at one time step.

The loss is the inner product of the upstream gradients (seeds) with the states that they belong to. Its
gradient by a name, or by one occurrence of an expression in a definition, is a complex step through the
forward run, with everything before this time step held.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace

import numpy as np

from symbptt.errors import SymbpttError
from symbptt.judge.notation.vocabulary import application
from symbptt.judge.numeric.tensors import Key, Tensor, of_array
from symbptt.judge.numeric.world import TINY, Definition, Shift, World
from symbptt.reader.syntax import Apply, Number, Surface
from symbptt.reader.walks import walk

NOW = 3


@dataclass(frozen=True, eq=False, slots=True)
class Slope:
    """The gradient by one occurrence: of a quantity (``name``), or of a larger expression."""

    value: Tensor
    name: Key | None
    node: Surface | None


@dataclass
class Slopes:
    """All gradients of one loss."""

    world: World
    seeds: dict[Key, Tensor]
    within: list[tuple[Definition, Tensor]] = field(default_factory=list)  # seeds of what definitions hold
    found: list[Slope] = field(default_factory=list)
    names: dict[Key, Tensor | None] = field(default_factory=dict)
    nodes: dict[int, tuple[Surface, Tensor | None]] = field(default_factory=dict)

    def enter(self, state: Key, held: Definition, node: Surface | None, seed: Tensor) -> None:
        """One more upstream gradient: by a state, or by a part of its definition."""
        if node is None:
            self.seeds[state] = seed
        else:
            self.within.append((replace(held, right=node), seed))
        self.found.clear()
        self.names.clear()
        self.nodes.clear()

    def every(self) -> Iterator[Tensor]:
        """The upstream gradients."""
        yield from self.seeds.values()
        yield from (seed for _, seed in self.within)

    def by_name(self, target: Key) -> Tensor | None:
        """The gradient by a quantity at a time, through every path within the time step."""
        if target not in self.names:
            self.names[target] = self._by_name(target)
        return self.names[target]

    def _by_name(self, target: Key) -> Tensor | None:
        return self._of(Shift(target, "immediate", NOW, None), None, self.world.value(*target).out)

    def by_node(self, node: Surface) -> Tensor | None:
        """The gradient by one occurrence of an expression."""
        if id(node) not in self.nodes:
            shift = Shift(("", None), "immediate", NOW, None)
            self.nodes[id(node)] = node, self._of(shift, node, None)
        return self.nodes[id(node)][1]

    def _of(self, shift: Shift, node: Surface | None, shape: tuple[int, int] | None) -> Tensor | None:
        """The inner products of the seeds with the moved states; None where the loss does not move."""
        world = self.world
        moved = world.shifted(shift.target, shift.kind, shift.since, shift.of)
        moved.node = node
        total = 0.0
        for state, seed in self.seeds.items():
            change = moved.value(*state).data.imag / TINY
            total = total + (change * seed.data.real).sum(axis=(1, 2, 3, 4))
        for part, seed in self.within:
            change = world.evaluate(moved, part, part.at(NOW, world.horizon) or {}, None).data.imag / TINY
            total = total + (change * seed.data.real).sum(axis=(1, 2, 3, 4))
        shape = shape or moved.node_shape
        if shape is None or np.size(total) != shape[0] * shape[1] or not np.any(total):
            return None
        return of_array(np.reshape(total, shape))

    def occurrences(self) -> list[Slope]:
        """The gradients by every expression of the definitions that the states rest on."""
        if not self.found:
            self.found = list(self._occurrences())
        return self.found

    def _occurrences(self) -> Iterator[Slope]:
        for found in self.world.definitions.values():
            for one in found:
                for node in walk(one.right):
                    if isinstance(node, Number):
                        continue
                    try:
                        value = self.by_node(node)
                    except SymbpttError:
                        continue
                    if value is not None:
                        yield Slope(value, self.world.node_key(node), node)


def argument_of(right: Surface) -> Surface | None:
    """The pre-activation of a definition: x in \\sigma(x) or tanh(x)."""
    call = application(right)
    if call is not None and len(call[1].items) == 1:
        return call[1].items[0]
    if isinstance(right, Apply) and right.argument is not None:
        return right.argument
    return None


def same(one: Tensor, other: Tensor) -> bool:
    """Equal in size and, nearly, in numbers?"""
    if one.data.shape != other.data.shape:
        return False
    scale = max(float(np.abs(one.data).max()), float(np.abs(other.data).max()), 1e-12)
    return bool(np.abs(one.data - other.data).max() <= 1e-7 * scale)
