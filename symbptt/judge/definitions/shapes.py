"""Sizes for the names of a document, found from its declarations and definitions by unification.

A shape is a pair of axes. What cannot be made to fit is left alone: the judge then says so with numbers.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from symbptt.judge.definitions.axes import ONE, Axes
from symbptt.judge.definitions.reductions import adds_entries, reduces, weights
from symbptt.judge.notation.functions import function_like
from symbptt.judge.notation.lying import PRODUCTS
from symbptt.judge.notation.sets import ALL_UNITS, SHARE, letter_of, members
from symbptt.judge.notation.vocabulary import PREFIXES, Vocabulary, application
from symbptt.judge.numeric.tensors import ELEMENTWISE
from symbptt.reader.syntax import (
    NAMED_GRADIENTS,
    Apply,
    BigOperator,
    Binary,
    Braced,
    Bracket,
    Cases,
    Derivative,
    Fraction,
    Juxtaposed,
    Matrix,
    Name,
    Negative,
    Norm,
    Number,
    Scripted,
    Surface,
    Transpose,
)
from symbptt.reader.walks import children

Pair = tuple[int, int]
SCALARS = frozenset(
    ["E", "L", "J", "\\mathcal{L}", "\\mathcal{J}", "\\mathcal{E}", "\\ell", "loss", "Loss", "\\xi"]
)
SMALL = frozenset(["\\alpha", "\\lambda", "\\eta", "\\epsilon", "\\varepsilon", "\\tau"])
REDUCING = frozenset(["sum", "tr", "trace", "Tr", "det"])


@dataclass
class Shapes:
    """The shapes of names; ``rows`` when vectors stand as rows."""

    vocabulary: Vocabulary
    declared: dict[str, tuple[str, ...]]
    rows: bool = False
    axes: Axes = field(default_factory=Axes)
    table: dict[str, Pair] = field(default_factory=dict)
    entries: frozenset[str] = frozenset()
    results: dict[str, Name] = field(
        default_factory=dict
    )  # by function of several, what it gives: h_t = F(...)
    jacobians: frozenset[str] = frozenset()  # names such as J that are defined as derivatives of vectors

    def vector(self) -> Pair:
        """A fresh vector."""
        axis = self.axes.new()
        return (ONE, axis) if self.rows else (axis, ONE)

    def of(self, name: Name) -> Pair:
        """The shape of a name, chosen by how it is written where nothing is known."""
        reference = self.vocabulary.refer(name, self.entries)
        key = reference.key
        if key not in self.table:
            if reference.sizes is not None:
                self.declared.setdefault(key, tuple(_size(item) for item in reference.sizes))
            pairs = len(reference.indices) == 2 and key not in self.declared
            self.table[key] = (
                (self.axes.new(), self.axes.new())
                if pairs
                else self._first(key, name, reference.time is not None)
            )
        return (ONE, ONE) if reference.indices else self.table[key]

    def _first(self, key: str, name: Name, timed: bool) -> Pair:
        if key in self.declared:
            return self._declared(self.declared[key])
        if name.prefix in PREFIXES and not name.base.isdigit():
            plain = key[len(name.prefix) :].lstrip()
            if plain in self.table:
                return self.table[plain]
            if plain == self.vocabulary.names.letter:
                return ONE, ONE  # a step of time
        partner = key[len("\\hat{") : -1] if key.startswith("\\hat{") else f"\\hat{{{key}}}"
        if partner in self.table:
            return self.table[partner]  # a target, and what is predicted for it
        base = name.base
        if key.startswith("I_{") and len(name.subscripts) == 1:
            axis = self.axes.label(_size(name.subscripts[0]))
            return axis, axis
        if base in SCALARS and not name.accents and key not in self.jacobians:
            return ONE, ONE
        if base in SMALL and not timed:
            return ONE, ONE
        if base.isalpha() and len(base) == 1 and base.isupper() and not timed and not name.prefix:
            return self.axes.new(), self.axes.new()
        row = key in self.vocabulary.lying and timed and not self.rows
        return (ONE, self.axes.new()) if row else self.vector()

    def _declared(self, sizes: tuple[str, ...]) -> Pair:
        axes = [self._axis(text) for text in sizes]
        if len(axes) == 1:
            return (ONE, axes[0]) if self.rows else (axes[0], ONE)
        return axes[0], axes[1]

    def _axis(self, text: str) -> int:
        if len(text) > 1 and text[0].isdigit() and not text[1].isdigit():
            return self.axes.joined([self.axes.label(text[1:])] * int(text[0]))
        return self.axes.label(text)

    def indexed(self, node: Surface, letters: dict[str, int]) -> None:
        """Learns from indices: a letter runs over one axis; ``letters`` holds those met so far."""
        match node:
            case BigOperator(indices=(Name(base=letter),), upper=upper, body=body, domain=domain):
                inner = {key: axis for key, axis in letters.items() if key != letter}
                self.indexed(body, inner)
                if domain is not None and members(domain, self.vocabulary.sets, 0) is not None:
                    self._counts_units(letter, inner)
                if (
                    isinstance(upper, Name)
                    and upper.base in self.vocabulary.writing.sizes
                    and letter in inner
                ):
                    self.axes.unify(inner[letter], self.axes.label(upper.base))
                letters.update({key: axis for key, axis in inner.items() if key != letter})
            case Name():
                pair = self.table[self._key(node)] if self.of(node) else (ONE, ONE)
                indices = self.vocabulary.refer(node, self.entries).indices
                axes = pair if len(indices) == 2 else tuple(axis for axis in pair if axis != ONE)
                for item, axis in zip(indices, axes, strict=False):
                    if isinstance(item, Name) and len(axes) == len(indices):
                        self.axes.unify(letters.setdefault(item.base, axis), axis)
            case Cases(rows=rows) if self.vocabulary.sets:
                for value, condition in rows:
                    self.indexed(value, letters)
                    if letter := letter_of(condition):
                        self._counts_units(letter, letters)
            case Scripted(base=base, subscript=Name(base=letter)) if letter in self.entries:
                self.indexed(base, letters)
                self._entry(base, letter, letters)
            case _:
                for child in children(node):
                    self.indexed(child, letters)

    def _counts_units(self, letter: str, letters: dict[str, int]) -> None:
        """Learns that a letter runs over units."""
        self.axes.unify(letters.setdefault(letter, self.axes.label(ALL_UNITS)), self.axes.label(ALL_UNITS))

    def _entry(self, base: Surface, letter: str, letters: dict[str, int]) -> None:
        """Learns from one entry of a vector that is no name: softmax(o_t)_k."""
        axes = [axis for axis in self.shape(base) or () if axis != ONE]
        if len(axes) == 1:
            self.axes.unify(letters.setdefault(letter, axes[0]), axes[0])

    def _key(self, name: Name) -> str:
        return self.vocabulary.refer(name, self.entries).key

    def equation(self, left: Surface, right: Surface) -> None:
        """Learns from left = right."""
        if isinstance(left, Name) and (self._of_numbers(right) or self._is_cost(left, right)):
            self._as_number(left)
            self.table[self._key(left)] = ONE, ONE
            return
        call = application(right)
        if isinstance(left, Name) and call is not None and len(call[1].items) > 1:
            self.results[call[0].base] = left
        one, other = self.shape(left), self.shape(right)
        if other is None and isinstance(left, Name):
            other = self._slope(right)
            other = other[::-1] if other is not None and one is not None and one[0] == ONE else other
        if isinstance(left, Name) and one is not None and other is not None:
            one = self._widened(left, one, other)
        if one is not None and other is not None and (one == (ONE, ONE)) == (other == (ONE, ONE)):
            self._same(one, other)

    def _counts(self, node: Surface) -> bool:
        """Is a formula a number, as far as is known?"""
        return self.shape(node) == (ONE, ONE)

    def _as_number(self, name: Name) -> None:
        """Makes a name a number, as what stands beside an inner product is, where nothing else is said."""
        pair = self.of(name)
        axes = {self.axes.find(axis) for axis in pair} - {ONE}
        matrices = [found for found in self.table.values() if ONE not in map(self.axes.find, found)]
        inside = any(axes & set(map(self.axes.find, found)) for found in matrices)
        if len(axes) == 1 and not inside and self.axes.lost(*axes):
            self.table = {
                key: (one if self.axes.find(one) else ONE, other if self.axes.find(other) else ONE)
                for key, (one, other) in self.table.items()
            }

    def _slope(self, node: Surface) -> Pair | None:
        """The shape of the vector that a number is differentiated by, in a term of a sum."""
        match node:
            case Transpose(operand=inside) | Bracket(kind="()", items=(inside,)) | Negative(operand=inside):
                return self._slope(inside)
            case Binary(op="+" | "-", left=left, right=right):
                return self._slope(left) or self._slope(right)
            case Derivative(numerator=above, denominators=(Name() as below,)):
                call = application(above)
                scalar = self.shape(above) if call is None else self._first("", call[0], False)
                return self.of(below) if scalar == (ONE, ONE) and ONE in self.of(below) else None
        return None

    def _of_numbers(self, node: Surface) -> bool:
        """Is this the derivative of a number by a number?"""
        match node:
            case Derivative(numerator=Name() as above, denominators=(Name() as below,)):
                return self.of(above) == self.of(below) == (ONE, ONE)
        return False

    def _is_cost(self, left: Name, right: Surface) -> bool:
        """Is a name of no declared size a number by what defines it: a norm, v^T h, or a sum over entries?"""
        open_ = self._key(left) not in self.declared and not self.vocabulary.refer(left, self.entries).indices
        reduced = reduces(right, self._counts) and self._counts(right)
        return open_ and (reduced or adds_entries(right, self.entries))

    def _widened(self, left: Name, one: Pair, other: Pair) -> Pair:
        """A name that was taken for a vector and is defined as a matrix: H_t of a batch X_t."""
        key = self._key(left)
        vector = (one[0] == ONE) != (one[1] == ONE) and key not in self.declared
        if not vector or ONE in other or self.vocabulary.refer(left, self.entries).indices:
            return one
        self.table[key] = one = (one[0] or other[0], one[1] or other[1])
        return one

    def _same(self, one: Pair, other: Pair) -> Pair:
        """The common shape; an axis of size 1 is stretched, a scalar fits all."""
        if one == (ONE, ONE):
            return other
        for a, b in zip(one, other, strict=True):
            if ONE not in (self.axes.find(a), self.axes.find(b)):
                self.axes.unify(a, b)
        return one[0] or other[0], one[1] or other[1]

    def shape(self, node: Surface) -> Pair | None:
        """The shape of a formula, or None where nothing can be said."""
        match node:
            case Number():
                return ONE, ONE
            case Norm(operand=operand):
                self.shape(operand)
                return ONE, ONE
            case Scripted(base=base):
                inside = self.shape(base)
                return inside if node.subscript is None and isinstance(node.superscript, Number) else None
            case Name():
                return self.of(node)
            case Binary(op="+" | "-", left=left, right=right):
                for term, beside in ((left, right), (right, left)):
                    if reduces(beside, self._counts):
                        for name in [term] if isinstance(term, Name) else weights(term):
                            self._as_number(name)
                return self._pair(left, right, self._same)
            case Binary(op="/", left=left):
                return self.shape(left)
            case Binary(op=op, left=left, right=right) if op in ELEMENTWISE:
                return self._pair(left, right, self._same)
            case Binary(op=op, left=left, right=right) if op in PRODUCTS:
                return self._pair(left, right, self._product)
            case Juxtaposed(left=Name() as left, right=Apply(function="log" | "ln") as right):
                if self.shape(right) == (ONE, ONE):
                    self._as_number(left)  # y \\log p
                return self._pair(left, right, self._product)
            case Juxtaposed(left=left, right=right):
                called = self._called(node)
                return called if called is not None else self._pair(left, right, self._product)
            case Negative(operand=inside) | BigOperator(body=inside) | Braced(body=inside):
                return self.shape(inside)
            case Fraction(numerator=above, denominator=below):
                one, _ = self.shape(above), self.shape(below)
                return one
            case Transpose(operand=operand):
                turned = self.shape(operand)
                return None if turned is None else (turned[1], turned[0])
            case Bracket(kind="()" | "list" | "\\{\\}", items=(inside,)):
                return self.shape(inside)
            case Bracket(kind="\\langle\\rangle", items=(first, second)):
                return self._inner(first, second)
            case Bracket(kind="[]" | "[;]", items=items):
                return self.shape(items[0]) if len(items) == 1 else self._stacked(items)
            case Matrix(rows=rows) if all(len(row) == 1 for row in rows):
                return self._stacked([row[0] for row in rows])
            case Matrix(rows=(row,)):
                return self._beside(row)
            case Apply(function=function, argument=argument) if argument is not None:
                given = self.shape(argument)
                if function in ("diag", "Diag"):
                    return _diagonal(given)
                return (ONE, ONE) if function in REDUCING else given
            case Derivative(kind=kind, denominators=(Name() as variable,)) if kind in NAMED_GRADIENTS:
                return self.of(variable)
            case Derivative():
                return None
        return None

    def _pair(self, left: Surface, right: Surface, join: Callable[[Pair, Pair], Pair | None]) -> Pair | None:
        one, other = self.shape(left), self.shape(right)
        return None if one is None or other is None else join(one, other)

    def _inner(self, first: Surface, second: Surface) -> Pair:
        """An inner product is a number; what stands in it has one shape."""
        one, other = self.shape(first), self.shape(second)
        if one is not None and other is not None:
            one = self._widened(first, one, other) if isinstance(first, Name) else one
            other = self._widened(second, other, one) if isinstance(second, Name) else other
            self._same(one, other)
        return ONE, ONE

    def _called(self, node: Surface) -> Pair | None:
        """The shape of f(x): that of x where f is an elementwise function."""
        found = application(node)
        if found is None or not function_like(self.vocabulary, *found):
            return None
        shapes = [self.shape(item) for item in found[1].items]
        result = self.results.get(found[0].base)
        return shapes[0] if len(shapes) == 1 else None if result is None else self.of(result)

    def _product(self, one: Pair, other: Pair) -> Pair | None:
        """A matrix product where one side is a matrix, elementwise between vectors."""
        if one == (ONE, ONE) or other == (ONE, ONE):
            return other if one == (ONE, ONE) else one
        matrix = ONE not in one or ONE not in other
        inner = (one[1] == ONE) == (other[0] == ONE)
        if (matrix and inner) or (one[1] == other[0] == ONE):
            self.axes.unify(one[1], other[0])
            return one[0], other[1]
        if one[0] == other[1] == ONE and not matrix and ONE not in (one[1], other[0]):
            self.axes.unify(one[1], other[0])  # y^T x
            return ONE, ONE
        if self.rows and ONE not in one and other[0] == ONE:
            return self._product(other, one)  # W * h, for a row h
        return self._same(one, other) if not matrix else None

    def _beside(self, blocks: Sequence[Surface]) -> Pair | None:
        """The shape of matrices side by side."""
        shapes = [pair for block in blocks if (pair := self.shape(block)) is not None and ONE not in pair]
        if len(shapes) < len(blocks) or not all(self.axes.unify(shapes[0][0], pair[0]) for pair in shapes):
            return None
        return shapes[0][0], self.axes.joined([pair[1] for pair in shapes])

    def _stacked(self, items: Sequence[Surface]) -> Pair | None:
        shapes = [self.shape(item) for item in items]
        if any(shape is None for shape in shapes):
            return None
        if self.rows:
            return ONE, self.axes.joined([shape[1] for shape in shapes if shape is not None])
        return self.axes.joined([shape[0] for shape in shapes if shape is not None]), ONE

    def sizes(self, unit: bool, first: int = 2) -> dict[str, tuple[int, int]]:
        """Numbers for all names: all 1, or different small ones."""
        numbers: dict[int, int] = {ONE: 1}
        if ALL_UNITS in self.axes.named and not unit:
            numbers[self.axes.find(self.axes.named[ALL_UNITS])] = SHARE * len(self.vocabulary.sets)

        def size(axis: int) -> int:
            axis = self.axes.find(axis)
            if axis in self.axes.parts:
                return sum(size(part) for part in self.axes.parts[axis])
            if axis not in numbers:
                numbers[axis] = 1 if unit else first + (len(numbers) - 1) % 5
            return numbers[axis]

        found = {key: (size(pair[0]), size(pair[1])) for key, pair in self.table.items()}
        for label, axis in self.axes.named.items():
            found[f"size {label}"] = (size(axis), 1)
        return found


def _diagonal(given: Pair | None) -> Pair | None:
    """The shape of diag(x): square for a vector, unknown for anything else."""
    if given is None or (given[0] == ONE) == (given[1] == ONE):
        return None
    axis = given[0] or given[1]
    return axis, axis


def _size(node: Surface) -> str:
    return node.text if isinstance(node, Number) else node.base if isinstance(node, Name) else "?"
