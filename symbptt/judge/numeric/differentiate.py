"""Derivatives in a formula: complex steps through the forward run, in the kind that is meant."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from symbptt.judge.notation.vocabulary import application, integer, names_in
from symbptt.judge.numeric.naming import Naming, below_of, takes_arguments
from symbptt.judge.numeric.tensors import Key, Misfit, Tensor, Undecided, chain
from symbptt.judge.numeric.world import KINDS, Kind, slopes
from symbptt.reader.syntax import NAMED_GRADIENTS, Bracket, Derivative, Evaluated, Name, Surface
from symbptt.reader.walks import walk

KINDS_OF: dict[str, Kind] = {
    "partial+": "immediate",
    "direct": "direct",
    **dict.fromkeys(NAMED_GRADIENTS, "total"),
}  # derivatives of one kind only


OF_CALLS: tuple[Kind, ...] = ("total", "direct")  # of f(x, w): through x as well, or with x held


@dataclass(frozen=True)
class Differentiating(Naming):
    """Evaluates derivatives and quotients."""

    def _quotient(self, above: Tensor, below: Tensor) -> Tensor:
        if not below.plain:
            raise Undecided("a division by a derivative")
        if not below.scalar and above.out != below.out and not above.scalar:
            raise Misfit("sizes differ in a quotient")
        if not np.all(below.data):
            raise Undecided("a division by zero")
        return replace(above, data=above.data / below.data)

    def _derivative(self, node: Derivative) -> Tensor:
        if self.world.shift is not None:
            raise Undecided("a derivative inside a derivative")
        if node.order is not None or len(node.denominators) != 1:
            raise Undecided("a higher derivative")
        variable = node.denominators[0]
        if not isinstance(variable, Name):
            raise Undecided("a derivative by something that is no name")
        key, time, indices = self.key(variable)
        if time is not None and key in self.vocabulary.copies and node.kind not in KINDS_OF:
            result = self._by_step(node.numerator, key, time)
        else:
            result = self._chosen(node, (key, time))
        if indices:
            result = self._below(result, indices)
        return result if node.scale is None else self._quotient(result, self.value(node.scale))

    def _below(self, value: Tensor, indices: tuple[int, ...]) -> Tensor:
        """One entry of what a derivative is by."""
        return below_of(value, indices)

    def _at_step(self, node: Evaluated) -> Tensor:
        r"""The derivative by what a parameter is at one step alone, \partial L / \partial W |_{(i)}."""
        match node:
            case Evaluated(
                operand=Derivative(numerator=above, denominators=(Name() as below,)),
                condition=Bracket(kind="()", items=(index,)),
            ):
                key, time, indices = self.key(below)
                if time is None and not indices and self.world.shift is None:
                    return self._by_step(above, key, integer(index, self.bound))
        raise Undecided("a place after a bar that is no time step in brackets, as in |_{(i)}")

    def _by_step(self, above: Surface, key: str, step: int) -> Tensor:
        """The sum of the paths through all that a parameter enters at a step."""
        paths: list[Tensor] = []
        for held in list(self.world.definitions):
            found = self.world.definition(held, step)
            if found is None or not self._enters(key, found[0].right):
                continue
            outer = self._of_kinds(above, (held, step), ("total",))[0]
            moved = self.world.moving((key, None), "direct", step, (held, step))
            shape = self.world.value(key, None).out
            inner = slopes(moved.value(held, step), shape, (held, step), (key, None))
            paths.append(chain(outer, inner))
        if not paths:
            raise Undecided(f"{key} enters nothing at step {step}")
        return replace(paths[0], data=sum((path.data for path in paths[1:]), paths[0].data))

    def _enters(self, key: str, right: Surface) -> bool:
        """Is a name used in an equation of the recurrence?"""
        gradient = any(isinstance(node, Derivative) for node in walk(right))
        return not gradient and any(self.vocabulary.refer(name).key == key for name in names_in(right))

    def _chosen(self, node: Derivative, by: Key) -> Tensor:
        """The derivative in the kind that is chosen where the kinds differ."""
        if node.kind in KINDS_OF:
            return self._of_kinds(node.numerator, by, (KINDS_OF[node.kind],))[0]
        if self._is_lagrangian(node.numerator):
            return self._of_kinds(node.numerator, by, ("free",))[0]
        call = application(without_arguments(node.numerator, self))
        found = self._of_kinds(node.numerator, by, KINDS if call is None else OF_CALLS)
        known = self.world.definition(*by) is not None
        if known and not np.any(found[0].data) and (by[1] is None or self._at_one_time(node)):
            raise Undecided(f"the definitions do not lead from {by[0]} to what is differentiated")
        if len(found) == 1:
            return found[0]
        if call is not None and not self.strict:
            return found[-1]  # a definition by \partial f(x, w) / \partial w holds x
        above = (
            node.numerator if call is None else call[0]
        )  # f is meant in one way, whatever it is applied to
        question = ("kind", self.side, above, node.denominators, by[0])
        answer = min(self.choose(question, len(found)), len(found) - 1)
        self.world.meant.setdefault((question, answer), set()).add(self.world.kinds[id(found)][answer])
        return found[answer]

    def _is_lagrangian(self, above: Surface) -> bool:
        """Is this a cost to which the equations of a state are adjoined?"""
        return isinstance(above, Name) and self.vocabulary.refer(above).key in self.vocabulary.lagrangians

    def _at_one_time(self, node: Derivative) -> bool:
        """Are two quantities written with the same time, one differentiated by the other?"""
        above, below = node.numerator, node.denominators[0]
        if not isinstance(above, Name) or not isinstance(below, Name):
            return False
        one, other = (self.vocabulary.refer(name, self.entries) for name in (above, below))
        return one.time is not None and one.time == other.time and one.key != other.key

    def _of_kinds(self, numerator: Surface, by: Key, kinds: tuple[Kind, ...]) -> list[Tensor]:
        """The derivatives of these kinds that differ."""
        inner = without_arguments(numerator, self)
        of = self._differentiated(inner, by)
        plain = isinstance(inner, Name) and not self.key(inner)[2]
        bound = self.place if of is None or self.entries else None
        memo: tuple[object, ...] = (of, by, kinds) if plain else (inner, of, by, kinds, bound)
        if memo not in self.world.jacobians:
            found: list[Tensor] = []
            names: list[Kind] = []
            for kind in kinds:
                value = self._of_kind(inner, of, by, kind)
                if found and not np.any(value.data):
                    continue  # nobody writes a derivative in a sense in which it is zero
                if not any(_near(value, other) for other in found):
                    found.append(value)
                    names.append(kind)
            self.world.jacobians[memo] = found
            self.world.kinds[id(found)] = names
        return self.world.jacobians[memo]

    def _differentiated(self, inner: Surface, by: Key) -> Key | None:
        """The quantity that is differentiated; None for a larger expression."""
        if not isinstance(inner, Name):
            return None
        key, time, _ = self.key(inner)
        if self.vocabulary.refer(inner, self.entries).primes:
            raise Undecided(f"{key} with a prime")
        summed = time is None and key in self.world.definitions
        beyond = not self.strict and time is not None and time > self.world.horizon
        known = self.world.definition(key, time) is not None or summed or beyond
        other = by[0] != key and by[1] is not None and by[1] < 1  # s_0 by h_0 is not zero for being unsaid
        start = time is not None and time < 1 and not other
        if (key, time) != by and not known and not start:
            raise Undecided(f"{key} is nowhere defined")
        return key, time

    def _of_kind(self, inner: Surface, of: Key | None, by: Key, kind: Kind) -> Tensor:
        since = of[1] if of is not None else self._latest(inner)
        shifted = self.world.moving(by, kind, since, of)
        variable = self.world.value(*by)
        return slopes(replace(self, world=shifted, memory=None).value(inner), variable.out, of, by)

    def _latest(self, node: Surface) -> int | None:
        """The latest time in a formula."""
        times = [
            self.key(name)[1] for name in names_in(node) if self.vocabulary.refer(name, self.entries).time
        ]
        known = [time for time in times if time is not None]
        return max(known) if known else None


def without_arguments(node: Surface, evaluator: Differentiating) -> Surface:
    """A numerator without the arguments of a quantity: L(\\theta) is L."""
    found = application(node)
    if found is not None:
        key = evaluator.vocabulary.refer(found[0]).key
        if evaluator.world.defined(key) and takes_arguments(evaluator.world, key, *found):
            return found[0]
    return node


def _near(one: Tensor, other: Tensor) -> bool:
    """Equal up to rounding?"""
    if one.data.shape != other.data.shape:
        return False
    return bool((np.abs(one.data - other.data) <= 1e-13 + 1e-9 * np.abs(other.data)).all())
