"""One numeric instance of a document: a value for every name at every time, from its own definitions.

What has no definition gets random numbers of its size. Derivatives are complex steps through the forward
run: total (through every path), immediate (earlier times held), direct (all other definitions held), or free
(the states of a Lagrangian held).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import Literal

import numpy as np

from symbptt.judge.notation.vocabulary import Vocabulary, application, integer, names_in
from symbptt.judge.numeric.chance import distributions, labels, signs, uniform
from symbptt.judge.numeric.functions import seed_of
from symbptt.judge.numeric.tensors import Clash, Key, Misfit, Tensor, Undecided, of_array, transposed
from symbptt.judge.numeric.work import Work
from symbptt.reader.syntax import Bracket, Derivative, Name, Surface

Kind = Literal["total", "immediate", "direct", "own", "free"]
KINDS: tuple[Kind, ...] = ("total", "immediate", "direct", "own")
TINY = 1e-30
LAST = "T"  # the letter of the last time
STEP = "\\Delta t"  # of a discretisation; positive, and shorter than the time constant: its states stay small
CONSTANT = "\\tau"


class OutOfRange(Undecided):
    """A time beyond the horizon."""


class Circular(Undecided):
    """A quantity that is defined by itself, at the same time."""


@dataclass(frozen=True, eq=False, slots=True)
class Definition:
    """``key`` at ``time`` (None: no time) is ``right``; ``indices`` where its entries are defined."""

    key: str
    time: Surface | None
    indices: tuple[Surface, ...]
    right: Surface
    display: int
    left: Name
    called: bool = False
    assumed: bool = False  # a loss that the document leaves open
    doubtful: bool = False  # such a loss where the document defines several networks or outputs

    @property
    def pattern(self) -> str:
        """What tells definitions of one name apart: at any time, at time 0, at the last one, without time."""
        if self.time is None:
            return ""
        letters = {name.base for name in names_in(self.time)}
        if letters == {LAST}:
            after = integer(self.time, {LAST: 0})
            return f"{LAST}{after:+d}" if after else LAST
        return "t" if letters else str(integer(self.time, {}))

    @property
    def initial(self) -> bool:
        """Does this give a value at time 0 or before?"""
        return self.pattern.lstrip("-").isdigit() and int(self.pattern) <= 0

    @property
    def final(self) -> bool:
        """Does this give a value after the last time, from which a state runs back?"""
        return self.pattern.startswith(f"{LAST}+")

    def at(self, time: int | None, horizon: int) -> dict[str, int] | None:
        """The values of the letters under which this defines the name at a time of so many, or None."""
        if self.time is None or time is None:
            return {} if self.time is None and time is None else None
        letter, offset = _linear(self.time)
        if letter is None:
            return None
        if not letter or letter == LAST:
            return {} if offset + (horizon if letter else 0) == time else None
        return {letter: time - offset}


@lru_cache(maxsize=4096)
def _linear(time: Surface) -> tuple[str | None, int]:
    """The letter of a time and what is added to it; no letter is "", more than one None."""
    letters = sorted({name.base for name in names_in(time)})
    if len(letters) > 1:
        return None, 0
    return (letters[0], integer(time, {letters[0]: 0})) if letters else ("", integer(time, {}))


Evaluate = Callable[["World", Definition, dict[str, int], tuple[int, int] | None], Tensor]


@dataclass(frozen=True, slots=True)
class Shift:
    """A complex step of every entry of one quantity; ``since`` is the only time at which nothing is held."""

    target: Key
    kind: Kind
    since: int | None
    of: Key | None


@dataclass
class World:
    """The values of one instance; ``base`` is the unshifted world of a shifted one."""

    definitions: Mapping[str, list[Definition]]
    sizes: dict[str, tuple[int, int]]
    horizon: int
    seed: int
    evaluate: Evaluate
    rows: bool = False
    spread: float = 1.0  # how large the numbers of a name are that nothing defines
    shift: Shift | None = None
    base: World | None = None
    memo: dict[Key, Tensor] = field(default_factory=dict)
    active: set[Key] = field(default_factory=set)
    rests: dict[Key, set[Key]] = field(default_factory=dict)  # what each value rests on, at any depth
    resting: list[set[Key]] = field(default_factory=list)
    shifts: dict[tuple[object, ...], World] = field(default_factory=dict)
    jacobians: dict[tuple[object, ...], list[Tensor]] = field(default_factory=dict)
    kinds: dict[int, list[Kind]] = field(default_factory=dict)  # of each list of jacobians, by its identity
    meant: dict[tuple[tuple[object, ...], int], set[Kind]] = field(default_factory=dict)  # by answer
    leaves: set[str] = field(default_factory=set)
    applied: dict[str, list[tuple[str, Definition, Name, Bracket]]] | None = None
    targets: frozenset[str] = frozenset()  # names that stand beside the logarithm of a prediction
    binary: frozenset[str] = frozenset()  # names that stand in 1 - y, which are no distributions
    positive: frozenset[str] = frozenset()  # names that a logarithm is taken of
    symmetric: frozenset[str] = frozenset()  # matrices that are their own transposes
    free: frozenset[str] = frozenset()  # states whose equations a Lagrangian adjoins, and multipliers
    from_later: frozenset[str] = frozenset()  # names found from themselves at later times
    from_earlier: frozenset[str] = frozenset()  # gradients found so from earlier ones
    labelled: int | None = None  # how much later the label is that a target stands for
    work: Work = field(default_factory=Work)  # shared with the instances that are made of this one
    node: Surface | None = None  # an occurrence of an expression that is moved, instead of a quantity
    node_shape: tuple[int, int] | None = None
    node_keys: dict[int, Key] = field(default_factory=dict)
    misfits: set[str] = field(default_factory=set)  # names whose definitions have other sizes than their uses
    dark: dict[str, str] = field(default_factory=dict)  # names whose definitions are in doubt, with the doubt

    def node_key(self, node: Surface) -> Key | None:
        """The quantity that an occurrence in a definition was, when it was evaluated."""
        return self.node_keys.get(id(node))

    def moved(self, node: Surface, value: Tensor) -> Tensor:
        """The value of the occurrence that is moved."""
        self.node_shape = value.out
        return stepped(Tensor(value.data[:1].real.astype(np.complex128)))

    def definition(self, key: str, time: int | None) -> tuple[Definition, dict[str, int]] | None:
        """The definition that holds at a time, an exact time before a letter; none at time 0 and before."""
        found = None
        for one in self.definitions.get(key, []):
            bound = one.at(time, self.horizon)
            if bound is None:
                continue
            if not bound:
                return one, bound
            started = time is not None and (time >= 1 or isinstance(one.right, Derivative))
            if time is not None and started and time <= self.horizon:
                found = one, bound
        return found

    def applications(self, vocabulary: Vocabulary) -> dict[str, list[tuple[str, Definition, Name, Bracket]]]:
        """The definitions a = f(x) by what f is called, found once."""
        if self.base is not None:
            return self.base.applications(vocabulary)
        if self.applied is None:
            self.applied = {}
            for key, found in self.definitions.items():
                for one in found:
                    call = application(one.right)
                    if call is not None:
                        name = vocabulary.refer(call[0]).key
                        self.applied.setdefault(name, []).append((key, one, *call))
        return self.applied

    def defined(self, key: str) -> bool:
        """Has the name a definition?"""
        return key in self.definitions

    def value(self, key: str, time: int | None) -> Tensor:
        """The value of a name at a time. Raises Undecided for a circle."""
        place = (key, time)
        if self.resting:
            self.resting[-1].add(place)
        if place not in self.memo:
            self.memo[place] = self._found(place)
        if self.resting:
            self.resting[-1] |= self.rests.get(place, set())
        return self.memo[place]

    def _found(self, place: Key) -> Tensor:
        """A value for the first time, with what it rests on."""
        if place in self.active:
            raise Circular(f"{place[0]} is defined in a circle")
        self.active.add(place)
        self.resting.append(set())
        try:
            return self._value(*place)
        finally:
            self.active.discard(place)
            self.rests[place] = self.resting.pop()

    def _value(self, key: str, time: int | None) -> Tensor:
        shift = self.shift
        if shift is not None and self.base is not None:
            if (key, time) == shift.target:
                return stepped(self.base.value(key, time))
            if self._held(shift, key, time) or self._apart(shift, (key, time)):
                return self.base.value(key, time)
        found = self.definition(key, time)
        if found is None:
            if time is None and key in self.definitions:
                return self._over_time(key)
            return self.base.value(key, time) if self.base is not None else self.leaf(key, time)
        try:
            return self._fitted(key, self.evaluate(self, *found, self.sizes.get(key)))
        except Clash as clash:
            raise Misfit(f"in the definition of {key} {clash}") from None

    def _over_time(self, key: str) -> Tensor:
        """A loss without a time is the sum of those at all times."""
        values = [self.value(key, time) for time in range(1, self.horizon + 1)]
        if not all(value.scalar for value in values):
            raise Undecided(f"{key} without its time")
        return Tensor(np.asarray(sum(value.data for value in values)))

    def _held(self, shift: Shift, key: str, time: int | None) -> bool:
        if shift.kind == "total" or self.definition(key, time) is None:
            return False
        if shift.kind == "free":
            return key in self.free
        if shift.kind == "direct":
            return (key, time) != shift.of
        if shift.kind == "own":
            return shift.of is None or key != shift.of[0]
        return time is not None and shift.since is not None and time != shift.since

    def _apart(self, shift: Shift, place: Key) -> bool:
        """Does a value rest on nothing that is moved?"""
        if self.base is None or self.node is not None or place in self.base.active:
            return False
        self.base.value(*place)
        return place in self.base.rests and shift.target not in self.base.rests[place]

    def _fitted(self, key: str, value: Tensor) -> Tensor:
        """A value in the orientation that the name was found to have."""
        size = self.sizes.get(key)
        turned = size is not None and size != (1, 1) and value.below == size[::-1]
        if turned and value.out == (
            1,
            1,
        ):  # a gradient that lies among columns, or (\partial L / \partial h)^T
            return Tensor(value.data.swapaxes(1, 4).swapaxes(2, 3))
        if size is None or not value.plain or value.out == size:
            return value
        if size == (1, 1) and 1 in value.out:
            return Tensor(value.data.sum(axis=(1, 2), keepdims=True))  # E = -y log y: an inner product
        if value.scalar:
            return Tensor(np.broadcast_to(value.data, (value.data.shape[0], *size, 1, 1)))
        if value.out == size[::-1] and 1 in size:
            return transposed(value)
        if value.out != size[::-1]:
            self.misfits.add(key)
        return value

    def leaf(self, key: str, time: int | None) -> Tensor:
        """Random numbers for a name that nothing defines."""
        self.leaves.add(key)
        size = self.sizes.get(key)
        if size is None:
            raise Undecided(f"the size of {key} is not known")
        if key.startswith("I_{"):
            if size[0] != size[1]:
                raise Undecided(f"the size of the identity {key} is not known")
            return of_array(np.eye(size[0]))
        if time is not None and self._is_beyond(key, time):
            return of_array(np.zeros(size))
        seed = (seed_of(key), self.seed, 0 if time is None else abs(time + 10))
        values = self.spread * uniform(seed, 0.25, 1.0, size) * signs((*seed, 1), size)
        if key in self.positive or key == STEP:
            values = np.abs(values)
        if key == CONSTANT and time is None and size == (1, 1):
            values = 1 / np.abs(values)
        if (key in self.symmetric or key.startswith("\\Sigma")) and size[0] == size[1]:
            values = values + values.T  # a covariance is symmetric
        predicted = key in self.targets or f"\\hat{{{key}}}" in self.sizes
        if predicted and key not in self.binary:  # the entries of what is predicted sum to 1
            axis = 1 if size[0] == 1 or (self.rows and size[1] != 1) else 0
            if self.labelled is not None and time is not None:
                return of_array(labels(size, axis, time + self.labelled))
            values = distributions(values, axis)
        return of_array(values)

    def _is_beyond(self, key: str, time: int) -> bool:
        """Is this a gradient where nothing comes from, after the last time or before the first?"""
        return key in self.from_later if time > self.horizon else time < 1 and key in self.from_earlier

    def unlearn(self, leaves: set[str]) -> None:
        """Forgets the names that nothing defines but these."""
        for place in [place for place in self.memo if place[0] in self.leaves - leaves]:
            del self.memo[place]
        self.leaves = leaves

    def shifted(self, target: Key, kind: Kind, since: int | None, of: Key | None) -> World:
        """This world with a complex step of one quantity."""
        shift = Shift(target, kind, since, of)
        return replace(
            self,
            shift=shift,
            base=self,
            memo={},
            active=set(),
            rests={},
            resting=[],
            shifts={},
            jacobians={},
            kinds={},
            meant={},
            leaves=set(),
            node_keys={},
        )

    def moving(self, target: Key, kind: Kind, since: int | None, of: Key | None) -> World:
        """This world with a complex step of one quantity, shared by all that ask for the same."""
        place = (target, kind, {"total": None, "immediate": since, "direct": of, "own": of, "free": of}[kind])
        if place not in self.shifts:
            self.shifts[place] = self.shifted(target, kind, since, of)
        return self.shifts[place]

    def instances(self, draws: Iterable[tuple[int, float]]) -> Iterator[World]:
        """Fresh worlds with other numbers, for each seed and spread."""
        for seed, spread in draws:
            fresh = self.among(self.definitions)
            fresh.seed, fresh.spread = seed, spread
            yield fresh

    def among(self, definitions: Mapping[str, list[Definition]]) -> World:
        """A fresh world with other definitions."""
        return World(
            definitions,
            self.sizes,
            self.horizon,
            self.seed,
            self.evaluate,
            self.rows,
            targets=self.targets,
            binary=self.binary,
            positive=self.positive,
            symmetric=self.symmetric,
            free=self.free,
            from_later=self.from_later,
            from_earlier=self.from_earlier,
            labelled=self.labelled,
            work=self.work,
        )


def stepped(value: Tensor) -> Tensor:
    """A value once for each of its entries, that entry moved by a complex step."""
    if not value.plain:
        raise Undecided("a derivative by a derivative")
    rows, columns = value.out
    count = rows * columns
    steps = 1j * TINY * np.eye(count).reshape(count, rows, columns, 1, 1)
    return Tensor(value.data + steps)


def slopes(value: Tensor, below: tuple[int, int], of: Key | None, by: Key) -> Tensor:
    """The derivative tensor, [output axes, variable axes], from values under a complex step."""
    if not value.plain:
        raise Undecided("a derivative of a derivative")
    count = below[0] * below[1]
    imaginary = np.broadcast_to(value.data.imag / TINY, (count, *value.data.shape[1:]))[..., 0, 0]
    data = imaginary.transpose(1, 2, 0).reshape(1, *value.out, *below)
    return Tensor(data.astype(np.complex128), of, by)
