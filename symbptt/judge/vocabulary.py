"""The names of a document: what is their time, which scripts index entries, which are powers or sizes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from typing import Protocol

from symbptt.judge.tensors import Undecided
from symbptt.judge.writing import Writing, names_of, sides_of, walk
from symbptt.reader.spelling import ReadingError, Spelling, canonical, index_letters
from symbptt.reader.syntax import (
    Apply,
    BigOperator,
    Binary,
    Bracket,
    Chain,
    Fraction,
    Indicator,
    Juxtaposed,
    Name,
    Negative,
    Number,
    Relation,
    Scripted,
    Surface,
    Word,
    names_in,
)
from symbptt.reader.written import written

PREFIXES = ("d", "dp", "\\delta", "\\Delta")
LONGEST_NUMBER = 50  # digits of an index
NEIGHBOURS = {"next": 0, "prev": -1}


class Sided(Protocol):
    """Anything with two sides."""

    @property
    def left(self) -> Surface | None:
        """The left side."""

    @property
    def right(self) -> Surface:
        """The right side."""


@dataclass(frozen=True, slots=True)
class Reference:
    """A name taken apart: ``key`` without time, entries, powers and primes."""

    key: str
    time: Surface | None
    indices: tuple[Surface, ...]
    exponent: Surface | None
    primes: int
    sizes: tuple[Surface, Surface] | None = None


@dataclass
class Vocabulary:
    """The ways of writing names in one document."""

    names: Spelling
    known: frozenset[str]
    quantities: frozenset[str]  # letters that are quantities, so no indices
    spoken: dict[str, str] = field(default_factory=dict)  # functions that the prose names
    sized: frozenset[str] = frozenset()
    positive: frozenset[str] = frozenset()  # names that a logarithm is taken of
    writing: Writing = field(default_factory=lambda: Writing())
    parameters: dict[str, int] = field(default_factory=dict)  # of the recurrence, with where each is met
    cache: dict[tuple[int, frozenset[str]], tuple[Name, Reference]] = field(default_factory=dict)
    spelled: dict[tuple[Name, frozenset[str]], Reference] = field(default_factory=dict)

    @staticmethod
    def of(chains: Iterable[Chain]) -> Vocabulary:
        """The vocabulary of all statements of a document."""
        chains = tuple(chains)
        names = Spelling.of(chains)
        every = [name for chain in chains for name in names_of(chain)]
        found = Vocabulary(names, frozenset(), frozenset(), writing=Writing.of(chains, names))
        plain = frozenset(found.refer(name).key for name in every)
        timed = frozenset(name.base for name in every if found.refer(name).time is not None)
        sides = [side for chain in chains for side in sides_of(chain)]
        logged = frozenset(found.refer(name).key for side in sides for name in _logged(side))
        return replace(found, known=plain, quantities=timed, positive=logged, cache={}, spelled={})

    def ends(self, horizon: int) -> dict[str, int]:
        """The letters of the last time, with its number."""
        return dict.fromkeys(self.writing.last, horizon)

    def entries_of(self, claim: Sided) -> frozenset[str]:
        """The letters that index entries in a relation."""
        return self.writing.entries(*(node for node in (claim.left, claim.right) if node is not None))

    def declared(self, key: str) -> bool:
        """Has the document declared the size of this name?"""
        return key in self.sized

    def refer(self, name: Name, entries: frozenset[str] = frozenset()) -> Reference:
        """What a name says; ``entries`` are the letters that index entries in this formula."""
        held = self.cache.get((id(name), entries))
        if held is None:
            found = self.spelled.get((name, entries))
            if found is None:
                found = self.spelled[name, entries] = self._refer(name, entries - self.quantities)
            held = self.cache[id(name), entries] = (name, found)
        return held[1]

    def _refer(self, name: Name, entries: frozenset[str]) -> Reference:
        """A name with a script that is no name, W^{(a/b)^2}, is a name of its own as it is written."""
        try:
            return self._taken_apart(name, entries)
        except ReadingError:
            return Reference(written(name), None, (), None, 0)

    def _taken_apart(self, name: Name, entries: frozenset[str]) -> Reference:
        sizes = None
        above = []
        for item in name.superscripts:
            if isinstance(item, Binary) and item.op == "\\times":
                sizes = (item.left, item.right)
            else:
                above.append(item)
        bare = replace(name, primes=0, superscripts=tuple(above))
        key, time, bare = self.names.split(bare, entries)
        exponent = None
        for item in bare.superscripts:
            rest = tuple(other for other in bare.superscripts if other is not item)
            if canonical(bare) != key and canonical(replace(bare, superscripts=rest)) == key:
                bare, exponent = replace(bare, superscripts=rest), item
                break
        bare, indices = self._entries(bare, time is not None, entries)
        return Reference(canonical(bare), time, indices, exponent, name.primes, sizes)

    def _entries(self, name: Name, timed: bool, entries: frozenset[str]) -> tuple[Name, tuple[Surface, ...]]:
        kept: list[Surface] = []
        found: list[Surface] = []
        for item in name.subscripts:
            letters = index_letters(item)
            split = [Name(item.at, letter) for letter in item.text] if isinstance(item, Word) else []
            indexing = letters is not None and letters <= entries | self.writing.sizes
            beside = timed or bool(letters and letters & entries)
            if (letters and indexing and beside) or (isinstance(item, Number) and timed):
                found.append(item)
            elif split and {letter.base for letter in split} <= entries:
                found += split
            else:
                kept.append(item)
        return replace(name, subscripts=tuple(kept)), tuple(found)


def _logged(root: Surface) -> Iterator[Name]:
    """The names that a logarithm is taken of."""
    for node in walk(root):
        if isinstance(node, Apply) and node.function in ("log", "ln"):
            inner = node.argument
            if isinstance(inner, Bracket) and len(inner.items) == 1:
                inner = inner.items[0]
            if isinstance(inner, Name):
                yield inner


def index_names(node: Surface) -> Iterator[Name]:
    """The letters that stand in times, scripts, limits and conditions of a formula."""
    for item in walk(node):
        parts: list[Surface | None] = []
        if isinstance(item, Name):
            parts = [item.time, *item.subscripts, *item.superscripts]
        elif isinstance(item, Scripted):
            parts = [item.subscript, item.superscript]
        elif isinstance(item, BigOperator):
            parts = [item.lower, item.upper]
        elif isinstance(item, Indicator):
            parts = [item.condition]
        for part in parts:
            if part is not None:
                yield from (one for one in walk(part) if isinstance(one, Name))
        if isinstance(item, Name) and not item.subscripts and item.time is None:
            yield item


def integer(node: Surface, bound: dict[str, int]) -> int:
    """A time, limit or index as a number. Raises Undecided for a letter without a value."""
    match node:
        case Number(text=text) if text.isdigit() and len(text) <= LONGEST_NUMBER:
            return int(text)
        case Name(time=None):
            letter = node.base if not node.subscripts else node.canonical
            if letter not in bound:
                raise Undecided(f"the index {letter} has no value")
            return bound[letter]
        case Negative(operand=operand):
            return -integer(operand, bound)
        case Binary(op="+", left=left, right=right):
            return integer(left, bound) + integer(right, bound)
        case Binary(op="-", left=left, right=right):
            return integer(left, bound) - integer(right, bound)
        case Binary(op="*" | "\\cdot", left=left, right=right) | Juxtaposed(left=left, right=right):
            return integer(left, bound) * integer(right, bound)
        case Bracket(items=(inside,)):
            return integer(inside, bound)
        case Relation(op="=", right=right):
            return integer(right, bound)
    raise Undecided("an index that is no sum of letters and numbers")


def free_letters(node: Surface, bound: frozenset[str]) -> set[str]:
    """The letters of a time, limit or index that are not bound."""
    return {item.base for item in names_in(node)} - bound


def application(node: Surface) -> tuple[Name, Bracket] | None:
    """A name with the bracket right after it: f(x), J^{(t)}(\\theta)."""
    match node:
        case Juxtaposed(left=Name() as name, right=Bracket(kind="()" | "[]") as bracket, direct=True):
            return name, bracket
        case Apply(function=function, argument=Bracket() as bracket, primes=0, superscript=None):
            return Name(node.at, function), bracket
    return None


def quotient(node: Surface) -> bool:
    """Is this a fraction?"""
    return isinstance(node, Fraction)


__all__ = [
    "NEIGHBOURS",
    "PREFIXES",
    "Reference",
    "Sided",
    "Vocabulary",
    "application",
    "free_letters",
    "index_names",
    "integer",
    "names_in",
    "names_of",
    "quotient",
    "walk",
]
