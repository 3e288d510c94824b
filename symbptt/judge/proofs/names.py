"""The names of a document as symbols: what a name is worth in a proof, and what it is defined as."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from symbptt.judge.definitions.losses import is_gradient
from symbptt.judge.numeric.tensors import Tensor
from symbptt.judge.numeric.world import Kind, World
from symbptt.judge.proofs.arrays import Entries, tensor, unit
from symbptt.judge.proofs.chains import Chains
from symbptt.judge.proofs.sums import Sum, single
from symbptt.judge.proofs.times import FRESH, Numbers, Unproved, between

Question = tuple[object, ...]


class Generic:
    """A function of no special form, known by its name."""

    def __init__(self, name: str) -> None:
        self.name = name

    def __call__(self, x: object) -> object:
        """It has no numbers. Raises Unproved."""
        raise Unproved(f"{self.name} of numbers")


@dataclass
class Symbols(World):
    """The world in which a name is worth its own entries; ``sizes`` hold axes in the place of numbers."""

    numbers: Numbers = field(default_factory=Numbers)
    chains: Chains = field(default_factory=lambda: Chains({}))
    spent: int = 0  # the terms of attempts that came to nothing
    kinds_meant: Mapping[Question, set[Kind]] = field(default_factory=dict)

    def value(self, key: str, time: int | None) -> Tensor:
        """The entries of a name at a time; what is defined by derivatives is what defines it."""
        moment = None if time is None else self.numbers.time(time)
        for one in self.definitions.get(key, ()):
            bound = one.at(time, self.horizon)
            if bound is not None and is_gradient(one):
                return self._fitted(key, self.evaluate(self, one, bound, self.sizes.get(key)))
        size = self.sizes.get(key)
        if size is None:
            raise Unproved(f"the size of {key} is not known")
        if key.startswith("I_{"):
            return unit(size[0])
        if moment is None and key in self.definitions and not self._timeless(key):
            return tensor(Entries((1, *size, 1, 1), self._at_all_times(key)))
        return tensor(Entries((1, *size, 1, 1), single(self.chains.atom(key, moment))))

    def _timeless(self, key: str) -> bool:
        return any(one.time is None for one in self.definitions[key])

    def _at_all_times(self, key: str) -> Sum:
        """A loss without a time is the sum of those at all times."""
        base = next(FRESH)
        entry = single(self.chains.atom(key, (base, 0)))
        return entry.bound({}, base, between(("", 1), (base, 0), ("T", 0)))
