"""What names refer to: a quantity with its time, entry and exponent, in SymPy's integers and numbers."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial

import sympy

from symbptt.reader.spelling import ReadingError, Spelling, canonical
from symbptt.reader.syntax import (
    Binary,
    Bracket,
    Fraction,
    Juxtaposed,
    Name,
    Negative,
    Number,
    Span,
    Surface,
    Word,
)
from symbptt.recurrence import T, t

LONGEST_NUMBER = 50
MOST_BITS = 4096


@dataclass(frozen=True, slots=True)
class Reference:
    """What a name refers to: a quantity, and the time, entry and exponent that were written on it."""

    name: str
    time: sympy.Expr | None = None
    indices: tuple[str, ...] = ()
    exponent: Surface | None = None


@dataclass(frozen=True)
class Names(Spelling):
    """The ways of writing of a document, and what names refer to in them."""

    def refer(self, name: Name, entries: frozenset[str] = frozenset()) -> Reference:
        """What a name refers to; ``entries`` are the letters that index entries here. Raises ReadingError."""
        _, time, bare = self.split(name, entries)
        bare, exponent = self.without_power(bare)
        bare, indices = _indices(bare, entries)
        return Reference(canonical(bare), None if time is None else self.integer(time), indices, exponent)

    def without_entries(self, name: Name, entries: frozenset[str]) -> Name:
        """The name of the whole of which this is an entry."""
        return _indices(name, entries)[0] if entries else name

    def integer(self, node: Surface) -> sympy.Expr:
        """A time, limit or index as a SymPy integer expression. Raises ReadingError for anything else."""
        return arithmetic(node, self.index)

    def index(self, letter: str) -> sympy.Expr:
        """The symbol of an index: the document's time letter is t."""
        if letter == self.letter:
            return t
        return T if letter == "T" else sympy.Symbol(letter, integer=True)


def number(node: Number) -> sympy.Expr:
    """A number as written, exactly. Raises ReadingError for one of unreasonable length."""
    if len(node.text) > LONGEST_NUMBER:
        raise ReadingError(f"the number has more than {LONGEST_NUMBER} digits", node.at)
    return sympy.Rational(node.text)


def power(base: sympy.Rational, exponent: int, at: Span) -> sympy.Rational:
    """A power of a number. Raises ReadingError for one of unreasonable length, and for 0 below a fraction."""
    if base == 0 and exponent < 0:
        raise ReadingError("a division by zero", at)
    if max(int(base.p).bit_length(), int(base.q).bit_length()) * abs(exponent) > MOST_BITS:
        raise ReadingError("a power that is too large", at)
    return base**exponent


def arithmetic(node: Surface, of_letter: Callable[[str], sympy.Expr]) -> sympy.Expr:
    """Sums, products and quotients of numbers and letters. Raises ReadingError for anything else."""
    again = partial(arithmetic, of_letter=of_letter)
    match node:
        case Number():
            return number(node)
        case Name(time=None, prefix="", superscripts=()):
            return of_letter(canonical(node))
        case Negative(operand=operand):
            return -again(operand)
        case Binary(op="+", left=left, right=right):
            return again(left) + again(right)
        case Binary(op="-", left=left, right=right):
            return again(left) - again(right)
        case (
            Binary(op="\\cdot" | "*" | "\\times", left=left, right=right) | Juxtaposed(left=left, right=right)
        ):
            return again(left) * again(right)
        case Binary(op="/", left=left, right=right) | Fraction(numerator=left, denominator=right):
            below = again(right)
            if below == 0:
                raise ReadingError("a division by zero", node.at)
            return again(left) / below
        case Bracket(items=(inside,)):
            return again(inside)
        case Word(text=text):
            return of_letter(text)
    raise ReadingError("expected a time, an index or a size", node.at)


def _indices(name: Name, entries: frozenset[str]) -> tuple[Name, tuple[str, ...]]:
    """The subscripts that index entries, taken off the name: x_i, W_{ij}, y_{t,i}."""
    kept: list[Surface] = []
    found: list[str] = []
    for item in name.subscripts:
        letters = [item.base] if isinstance(item, Name) else list(item.text) if isinstance(item, Word) else []
        if letters and all(letter in entries for letter in letters):
            found += letters
        else:
            kept.append(item)
    return replace(name, subscripts=tuple(kept)), tuple(found)
