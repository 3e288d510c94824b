"""Names and functions in a formula: what they are worth, at the time and in the entries that are written."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property, partial
from typing import Self

import numpy as np

from symbptt.judge.definitions.shapes import SCALARS
from symbptt.judge.notation.functions import function_like
from symbptt.judge.notation.sets import ALL_UNITS, members
from symbptt.judge.notation.vocabulary import KRONECKER, Vocabulary, application, integer
from symbptt.judge.numeric import functions
from symbptt.judge.numeric.choices import Memory
from symbptt.judge.numeric.tensors import (
    Choose,
    Misfit,
    Tensor,
    Undecided,
    matrix_named,
    of_array,
)
from symbptt.judge.numeric.world import OutOfRange, World
from symbptt.reader.syntax import (
    BigOperator,
    Bracket,
    Derivative,
    Dots,
    Gradient,
    Name,
    Norm,
    Number,
    Surface,
)
from symbptt.reader.walks import walk

MOST_TERMS = 64
ONES = "\\mathbf{1}"
IDENTITY = "I is the identity, which has no size"


def unit_of(other: Tensor) -> Tensor:
    """The identity of the size of a square matrix. Raises Misfit for any other size."""
    rows, columns = other.out
    if rows != columns or not other.plain:
        raise Misfit(f"{IDENTITY} {rows}x{columns}: the matrix of ones is meant")
    return of_array(np.eye(rows))


def entry_of(value: Tensor, indices: tuple[int, ...]) -> Tensor:
    """One entry, counted from 1."""
    rows, columns = value.out
    if len(indices) == 1:
        place = (indices[0], 1) if columns == 1 else (1, indices[0]) if rows == 1 else None
    else:
        place = (indices[0], indices[1]) if len(indices) == 2 else None
    if place is None:
        raise Undecided("an entry of something else than a vector or matrix")
    if not (1 <= place[0] <= rows and 1 <= place[1] <= columns):
        raise OutOfRange("an entry outside the size")
    i, j = place[0] - 1, place[1] - 1
    return Tensor(value.data[:, i : i + 1, j : j + 1])


def below_of(value: Tensor, indices: tuple[int, ...]) -> Tensor:
    """The derivative by one entry of the variable."""
    (p, q) = value.below
    place = (
        (indices[0], 1) if len(indices) == 1 and q == 1 else (1, indices[0]) if len(indices) == 1 else indices
    )
    if len(place) != 2 or not (1 <= place[0] <= p and 1 <= place[1] <= q):
        raise OutOfRange("an entry outside the size")
    i, j = place[0] - 1, place[1] - 1
    return Tensor(value.data[:, :, :, i : i + 1, j : j + 1])


def picked(value: Tensor, indices: tuple[int, ...]) -> Tensor:
    """One entry; of a gradient, that by one entry of what it is by."""
    gradient = not value.plain and value.out == (1, 1)
    return below_of(value, indices) if gradient else entry_of(value, indices)


def diagonal_of(value: Tensor) -> Tensor:
    """The diagonal matrix of a vector."""
    if not value.plain or 1 not in value.out:
        raise Undecided("diag of something that is no vector")
    flat = value.data.reshape(value.data.shape[0], -1)
    return Tensor((flat[:, :, None] * np.eye(flat.shape[1]))[..., None, None])


def first(key: tuple[object, ...], count: int) -> int:
    """The usual reading."""
    return 0


def takes_arguments(world: World, key: str, name: Name, bracket: Bracket) -> bool:
    """Is L(\\theta) the quantity L, with what it depends on?"""
    plain = all(isinstance(item, Name | Dots) for item in bracket.items)
    called = any(one.called for one in world.definitions.get(key, []))
    return plain and (called or name.base in SCALARS)


@dataclass(frozen=True)
class Naming:
    """What a formula is evaluated in.

    ``bound`` holds the letters that have a value, ``side`` tells left from right; ``strict``: no definition.
    """

    world: World
    vocabulary: Vocabulary
    bound: dict[str, int]
    choose: Choose
    entries: frozenset[str] = frozenset()
    side: str = ""
    rows: bool = False
    shape: tuple[int, int] | None = None
    strict: bool = True
    memory: Memory | None = None
    beyond: bool = False  # are times after the last one allowed?

    @cached_property
    def place(self) -> tuple[tuple[str, int], ...]:
        """The letters with their values, to remember a value by."""
        return tuple(sorted(self.bound.items()))

    def at(self, **bound: int) -> Self:
        """The evaluator with more letters bound."""
        inner = object.__new__(type(self))  # made for every term of a sum: no check of fields that stay
        inner.__dict__.update(self.__dict__, bound={**self.bound, **bound})
        inner.__dict__.pop("place", None)
        return inner

    def value(self, node: Surface) -> Tensor:
        """The value of a formula."""
        raise NotImplementedError

    def _identity(self, name: Name) -> bool:
        """Is this I, and no quantity of the document, such as the input I_t?"""
        reference = self.vocabulary.refer(name)
        known = self.world.defined(reference.key) or self.vocabulary.declared(reference.key)
        return reference.key in ("I", "\\mathbf{I}") and reference.time is None and not known

    def is_unit(self, name: Name) -> bool:
        """Is this an identity or a vector of ones, whose size is not said?"""
        return (name.base == ONES and not name.subscripts) or self._identity(name)

    def numbers_of(self, node: BigOperator, letter: str) -> Sequence[int]:
        """What the index of a sum or product runs through: the units of a set, or numbers between limits."""
        found = self._members(node.domain) if node.domain is not None else None
        if found is not None:
            return found
        low, high = self.limits_of(node, letter)
        return range(low, high + 1)

    def _members(self, domain: Surface) -> list[int] | None:
        """The numbers of the units in a set."""
        units = self.world.sizes.get(f"size {ALL_UNITS}")
        return None if units is None else members(domain, self.vocabulary.sets, units[0])

    def limits_of(self, node: BigOperator, letter: str) -> tuple[int, int]:
        """The limits of a sum or product: over entries as far as they go, over time, or as written."""
        if letter in self.entries and self._over_entries(node.upper):
            size = self.extent(node.body, letter)
            if size:
                return (1 if node.lower is None else self.limit(node.lower)), size
        if node.domain is not None:
            raise Undecided("limits of a sum or product that are not understood")
        if node.upper is None and letter == self.vocabulary.names.letter:
            return (1 if node.lower is None else self.limit(node.lower)), self.world.horizon
        if node.upper is None:
            raise Undecided("a sum whose limits are not said")
        return (1 if node.lower is None else self.limit(node.lower)), self.limit(node.upper)

    def _over_entries(self, upper: Surface | None) -> bool:
        """Is a sum over entries as far as they go: without a limit, or up to a size?"""
        sizes = self.vocabulary.writing.sizes
        return upper is None or isinstance(upper, Norm) or (isinstance(upper, Name) and upper.base in sizes)

    def limit(self, node: Surface) -> int:
        """A limit of a sum: a time, or a declared size."""
        try:
            return integer(node, self.bound)
        except Undecided:
            sizes = {key[5:]: size[0] for key, size in self.world.sizes.items() if key.startswith("size ")}
            return integer(node, {**sizes, **self.bound})

    def extent(self, body: Surface, letter: str) -> int:
        """The size of the axis that a letter indexes in a formula; 0 where none is found."""
        for name in (item for item in walk(body) if isinstance(item, Name)):
            reference = self.vocabulary.refer(name, self.entries | {letter})
            size = self.world.sizes.get(reference.key)
            for place, item in enumerate(reference.indices if size is not None else ()):
                if isinstance(item, Name) and item.base == letter and size is not None:
                    return size[place] if len(reference.indices) == 2 else max(size)
        return 0

    def counted(self, body: Surface, node: Surface) -> int:
        """A time, an index, or the last entry of what it indexes in a formula."""
        if isinstance(node, Name) and node.base in self.vocabulary.writing.sizes:
            return self.extent(body, node.base) or self.limit(node)
        return self.limit(node)

    def _label(self, text: str) -> bool:
        """May a number beside a \\delta be the label of a step?"""
        return f"\\delta {text}" in self.vocabulary.known or f"\\delta{text}" in self.vocabulary.known

    def _defined(self, label: Name) -> bool:
        """Does the label of a brace name a quantity?"""
        key, time, _ = self.key(label)
        return self.world.definition(key, time) is not None

    def key(self, name: Name) -> tuple[str, int | None, tuple[int, ...]]:
        """The name with the numbers of its time and of its entries."""
        reference = self.vocabulary.refer(name, self.entries)
        time = None if reference.time is None else integer(reference.time, self.bound)
        timed = reference.key in self.vocabulary.names.timed and reference.key not in self.vocabulary.copies
        if time is None and timed and self._omitted(reference.key):
            time = self.bound.get(self.vocabulary.names.letter)
        return reference.key, time, tuple(integer(item, self.bound) for item in reference.indices)

    def _omitted(self, key: str) -> bool:
        """Is a name that always has a time written without it? A loss is then a sum over time."""
        if any(one.left.base in SCALARS for one in self.world.definitions.get(key, [])):
            return False
        return not any(one.time is None for one in self.world.definitions.get(key, []))

    def _ends(self, key: str) -> bool:
        """May a document take this for zero after the last time, as it does gradients?"""
        rights = [one.right for one in self.world.definitions.get(key, [])]
        slopes = any(isinstance(node, Derivative | Gradient) for right in rights for node in walk(right))
        return slopes or key.startswith(("\\delta", "d"))

    def _name(self, name: Name) -> Tensor:
        if name.base in self.bound and not name.subscripts and name.time is None and not name.prefix:
            return of_array(float(self.bound[name.base]))
        size = self.world.sizes.get(f"size {name.base}")
        if size and not name.subscripts and name.time is None and name.base not in self.vocabulary.quantities:
            return of_array(float(size[0]))
        if name.base == ONES and not name.subscripts and self.vocabulary.declared(ONES):
            return of_array(np.ones(self.world.sizes[ONES]))
        if self.is_unit(name):
            raise Undecided("an identity or a matrix of ones whose size is not said")
        reference = self.vocabulary.refer(name, self.entries)
        key, time, indices = self.key(name)
        if key == KRONECKER and not self.world.defined(key):
            return of_array(float(indices[0] == indices[1]))
        self.world.node_keys[id(name)] = (key, time)
        after = time is not None and time > self.world.horizon
        if self.strict and after and (not self.beyond or self._ends(key)):
            raise OutOfRange(f"{key} at time {time}")
        applied = self._applied(name, key, time)
        if applied is not None:
            return applied
        if reference.primes:
            raise Undecided(f"{key} with a prime")
        value = matrix_named(self.world.value(key, time))
        if indices:
            value = picked(value, indices)
        return value if reference.exponent is None else self._power(value, reference.exponent)

    def _applied(self, name: Name, key: str, time: int | None) -> Tensor | None:
        """S_t alone, where a_t = S_t(f_t): its value there; S_t' is its slope there."""
        if self.world.defined(key) or time is None:
            return None
        for held, one, function, bracket in self.world.applications(self.vocabulary).get(key, []):
            bound = one.at(time, self.world.horizon)
            if bound is None:
                continue
            if not name.primes:
                return self.world.value(held, time)
            inner = replace(self, bound={**self.vocabulary.ends(self.world.horizon), **bound}, choose=first)
            argument = inner.value(bracket.items[0])
            slope = partial(functions.derivative, self._function(function.base, key))
            return self._mapped(slope, argument)
        return None

    def _function(self, base: str, key: str) -> functions.Elementwise:
        """An elementwise function: known, said in the text to be one that is known, or of no special form."""
        base = self.vocabulary.spoken.get(base, base)
        return functions.ELEMENTARY.get(base) or functions.generic(key)

    def _power(self, value: Tensor, exponent: Surface) -> Tensor:
        if not value.plain:
            raise Undecided("a power of a derivative")
        power = self.value(exponent)
        if not power.scalar:
            raise Undecided("a power that is no number")
        number = power.data.item() if power.data.size == 1 else None
        rows, columns = value.out
        if rows == columns > 1:
            whole = -1 if number is None else round(number.real)
            if number is None or abs(number - whole) > 0 or not 0 <= whole <= MOST_TERMS:
                raise Undecided("a matrix with a power that is no small natural number")
            matrices = value.data[..., 0, 0]
            return Tensor(np.linalg.matrix_power(matrices, whole)[..., None, None])
        if np.any(value.data.real < 0) and np.any(power.data.real % 1):
            raise Undecided("a root of a negative number")
        return Tensor(value.data**power.data)

    def _called(self, name: Name, bracket: Bracket) -> Tensor | None:
        """f(x): a quantity with its arguments, a function, or None for a product."""
        reference = self.vocabulary.refer(name, self.entries)
        if self.world.defined(reference.key) and not reference.primes:
            if takes_arguments(self.world, reference.key, name, bracket):
                return self._name(name)
            if name.time is not None:
                return None
        if not function_like(self.vocabulary, name, bracket):
            return None
        for item in bracket.items:
            if isinstance(item, Number) and self._label(item.text):
                raise Undecided(f"the number {item.text} may be a label")
        arguments = [self.value(item) for item in bracket.items]
        if len(arguments) == 1:
            function = self._function(name.base, reference.key)
            out = self.shape
            if reference.primes == 1:
                function = partial(functions.derivative, function)
            elif reference.primes:
                raise Undecided("a higher derivative")
            elif (out is not None and out != arguments[0].out and out != (1, 1)) or name.base in (
                "l",
                "\\ell",
            ):
                return self._several(name.base, arguments, out or (1, 1))
            return self._mapped(function, arguments[0])
        return self._several(name.base, arguments, self.function_shape(name.base))

    def _several(self, name: str, arguments: list[Tensor], out: tuple[int, int]) -> Tensor:
        """A function of several arguments, or of one with a value of another size."""
        return functions.generic_of(name, arguments, out)

    def function_shape(self, base: str) -> tuple[int, int]:
        """The shape of f(...): that of the quantity it defines; a loss is a number."""
        for key, found in self.world.definitions.items():
            for one in found:
                call = application(one.right)
                if call is not None and call[0].base == base and key in self.world.sizes:
                    return self.world.sizes[key]
        if base in ("l", "\\ell", "L", "E", "J"):
            return 1, 1
        raise Undecided(f"the size of {base}(...) is not known")

    def _mapped(self, function: functions.Elementwise, value: Tensor) -> Tensor:
        if not value.plain:
            raise Undecided("a function of a derivative")
        return Tensor(function(value.data))
