"""The names of a document: what is their time, which scripts index entries, which are powers or sizes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace

from symbptt.judge.notation.lagrangians import lagrangians
from symbptt.judge.notation.layers import Layers
from symbptt.judge.notation.lying import lying
from symbptt.judge.notation.sets import unit_sets
from symbptt.judge.notation.sided import Sided, claim_sides
from symbptt.judge.notation.writing import Writing
from symbptt.judge.numeric.tensors import Undecided
from symbptt.reader.spelling import (
    ReadingError,
    Spelling,
    canonical,
    index_letters,
    is_spellable,
    names_of,
    sides_of,
)
from symbptt.reader.syntax import (
    Apply,
    BigOperator,
    Binary,
    Bracket,
    Chain,
    Derivative,
    Fraction,
    Gradient,
    Indicator,
    Juxtaposed,
    Name,
    Negative,
    Number,
    Relation,
    Scripted,
    Surface,
    Transpose,
    Word,
)
from symbptt.reader.walks import names_in, walk
from symbptt.reader.written import written

PREFIXES = ("d", "dp", "\\delta", "\\Delta")
LONGEST_NUMBER = 50  # digits of an index
CLASSES = 2
PAIR = 2
KRONECKER = "\\delta_{i,j}"  # of two entries, whatever \\delta_i(t) is
NEIGHBOURS = {"next": 0, "prev": -1}
BEFORE = ("raw", "pre", "net", "lin", "linear", "preact")  # h_{raw}: what h is a function of


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
    running: frozenset[str] = frozenset()  # letters that are quantities at the time t itself: k_t
    copies: frozenset[str] = frozenset()  # parameters whose use at one time is differentiated by: W_t
    spoken: dict[str, str] = field(default_factory=dict)  # functions that the prose names
    sized: frozenset[str] = frozenset()
    positive: frozenset[str] = frozenset()  # names that a logarithm is taken of
    symmetric: frozenset[str] = frozenset()  # matrices of which Q = Q^T is said
    lying: frozenset[str] = frozenset()  # names that are rows where others are columns
    sets: tuple[str, ...] = ()  # of units, U and I of \\sum_{l \\in U \\cup I}
    lagrangians: dict[str, frozenset[str]] = field(default_factory=dict)  # with what is free in them
    labelled: int | None = None  # how much later than p_t the label y_t of -\\log p_{t,y_t} is
    numbered: frozenset[str] = frozenset()  # z_2 that is defined beside z, so no entry of it
    writing: Writing = field(default_factory=lambda: Writing())
    layers: Layers | None = None
    parameters: dict[str, int] = field(default_factory=dict)  # of the recurrence, with where each is met
    cache: dict[tuple[int, frozenset[str]], tuple[Name, Reference]] = field(default_factory=dict)
    spelled: dict[tuple[Name, frozenset[str]], Reference] = field(default_factory=dict)
    shown: dict[int, tuple[Surface, tuple[set[str], set[str]]]] = field(default_factory=dict)

    @staticmethod
    def of(chains: Iterable[Chain]) -> Vocabulary:
        """The vocabulary of all statements of a document."""
        chains = tuple(chains)
        names = Spelling.of(chains)
        every = [name for chain in chains for name in names_of(chain)]
        numbered = frozenset(_numbered(chains, names))
        found = Vocabulary(
            names,
            frozenset(),
            frozenset(),
            numbered=numbered,
            writing=Writing.of(chains, names),
            layers=Layers.of(chains, names),
        )
        plain = frozenset(found.refer(name).key for name in every)
        timed = frozenset(name.base for name in every if found.refer(name).time is not None)
        sides = [side for chain in chains for side in sides_of(chain)]
        logged = frozenset(found.refer(name).key for side in sides for name in _logged(side))
        label = found.label_in(every)
        symmetric = frozenset(found.refer(name).key for chain in chains for name in _symmetric(chain))
        running = frozenset(name.base for name in every if _is_at(found.refer(name).time, names.letter))
        found = replace(found, copies=_copies(sides, found), running=running)
        return replace(
            found,
            known=plain,
            quantities=timed,
            positive=logged,
            symmetric=symmetric,
            sets=unit_sets(chains),
            lying=lying(
                chains, lambda name: found.refer(name).key, lambda name: found.refer(name).time is not None
            ),
            lagrangians=lagrangians(chains, lambda name: found.refer(name).key),
            labelled=label,
            cache={},
            spelled={},
        )

    def label_in(self, names: Iterable[Name]) -> int | None:
        """How many steps after p_t the label y_t of p_{t,y_t} is; None where there are no labels."""
        letter = {self.names.letter: 0}
        for reference in (self.refer(name) for name in names if name.subscripts):
            for item in reference.indices:
                if isinstance(item, Name) and item.time is not None and reference.time is not None:
                    return integer(item.time, letter) - integer(reference.time, letter)
        return None

    def ends(self, horizon: int) -> dict[str, int]:
        """The letters of the last time, with its number."""
        return dict.fromkeys(sorted(self.writing.last), horizon)

    def entries_of(self, claim: Sided) -> frozenset[str]:
        """The letters that index entries in a relation."""
        return self.writing.entries_by(map(self._shown, claim_sides(claim)))

    def times_of(self, claim: Sided) -> set[str]:
        """The letters that count time in a relation."""
        return set[str]().union(*(self._shown(side)[1] for side in claim_sides(claim)))

    def _shown(self, node: Surface) -> tuple[set[str], set[str]]:
        """What the letters of one side do, found once."""
        held = self.shown.get(id(node))
        if held is None:
            held = self.shown[id(node)] = node, self.writing.shown(node)
        return held[1]

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
        kronecker = canonical(bare) == "\\delta" and time is None and len(indices) == PAIR
        key = KRONECKER if kronecker else canonical(bare)
        return Reference(key, time, indices, exponent, name.primes, sizes)

    def _entries(self, name: Name, timed: bool, entries: frozenset[str]) -> tuple[Name, tuple[Surface, ...]]:
        kept: list[Surface] = []
        found: list[Surface] = []
        for item in name.subscripts:
            letters = index_letters(item)
            split = [Name(item.at, letter) for letter in item.text] if isinstance(item, Word) else []
            indexing = letters is not None and letters <= entries | self.writing.sizes
            beside = timed or bool(letters and letters & entries)
            counted = isinstance(item, Number) and timed and canonical(name) not in self.numbered
            if (letters and indexing and beside) or counted:
                found.append(item)
            elif split and {letter.base for letter in split} <= entries:
                found += split
            elif timed and isinstance(item, Name) and (label := self._label(item)) is not None:
                found.append(label)
            else:
                kept.append(item)
        return replace(name, subscripts=tuple(kept)), tuple(found)

    def _label(self, item: Name) -> Name | None:
        """A quantity with a time that picks an entry: p_{y_t}, the probability of the class that is seen."""
        _, time, bare = self.names.split(item)
        return None if time is None else replace(bare, time=time, style="subscript")


def _is_at(time: Surface | None, letter: str) -> bool:
    return isinstance(time, Name) and time.base == letter


def _copies(sides: Iterable[Surface], known: Vocabulary) -> frozenset[str]:
    r"""The names that have a time only where \partial W_t stands below, and none elsewhere."""
    below: set[int] = set()
    elsewhere: dict[str, set[bool]] = {}
    sides = tuple(sides)
    for node in (node for side in sides for node in walk(side)):
        variables: tuple[Surface | None, ...] = node.denominators if isinstance(node, Derivative) else ()
        variables = (node.variable,) if isinstance(node, Gradient) else variables
        below |= {id(name) for one in variables if one is not None for name in names_in(one)}
    for side in sides:
        entries = known.writing.entries(side)
        for name in (name for name in names_in(side) if id(name) not in below):
            reference = known.refer(name, entries)
            letters = {one.base for one in names_in(reference.time)} if reference.time is not None else set()
            if reference.time is None or known.names.letter in letters:
                elsewhere.setdefault(reference.key, set()).add(reference.time is not None)
    return frozenset(key for key, timed in elsewhere.items() if timed == {False} and key in known.names.timed)


def _numbered(chains: Iterable[Chain], names: Spelling) -> Iterator[str]:
    """The names with a number below that are defined beside the same name without it: z_{2,t} beside z_t."""
    firsts = [chain.first for chain in chains if isinstance(chain.first, Name) and chain.links]
    split = [names.split(first) for first in firsts if is_spellable(first)]
    keys = {key for key, _, _ in split}
    for key, _, bare in split:
        others = tuple(item for item in bare.subscripts if not isinstance(item, Number))
        if others != bare.subscripts and canonical(replace(bare, subscripts=others)) in keys:
            yield key


def _logged(root: Surface) -> Iterator[Name]:
    """The names that a logarithm is taken of."""
    for node in walk(root):
        if isinstance(node, Apply) and node.function in ("log", "ln"):
            inner = node.argument
            if isinstance(inner, Bracket) and len(inner.items) == 1:
                inner = inner.items[0]
            if isinstance(inner, Name):
                yield inner


def _symmetric(chain: Chain) -> Iterator[Name]:
    """The names that a statement says to be symmetric: Q = Q^T."""
    for relation in chain.relations():
        match relation:
            case Relation(op="=", left=Name() as name, right=Transpose(operand=other)) if name == other:
                yield name
            case Relation(op="=", left=Transpose(operand=other), right=Name() as name) if name == other:
                yield name


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
    """A time, limit or index as a number. Raises Undecided for a letter without a value.

    A label y_t is the number of a class; here it takes turns between the first and the second.
    """
    match node:
        case Number(text=text) if text.isdigit() and len(text) <= LONGEST_NUMBER:
            return int(text)
        case Name(time=None):
            letter = node.base if not node.subscripts else node.canonical
            if letter not in bound:
                raise Undecided(f"the index {letter} has no value")
            return bound[letter]
        case Name(time=Surface() as time):
            return 1 + integer(time, bound) % CLASSES
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
    "BEFORE",
    "KRONECKER",
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
