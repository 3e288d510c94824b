"""Ways of writing names: which letter is the time, which scripts are times, which are powers.

A document's own ways decide: a name that carries a time anywhere has its number subscripts read as times,
elsewhere a number is a part of the name (a_0 is a at time 0 where a_t occurs; W_1 is a name of its own).
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Self

from symbptt.errors import SymbpttError
from symbptt.reader.syntax import (
    BigOperator,
    Binary,
    Bracket,
    Chain,
    Fraction,
    Name,
    Negative,
    Number,
    Span,
    Surface,
    Word,
    name_part,
)
from symbptt.reader.walks import names_in, walk

COUNTERS = frozenset("ijklmnrsuτ") | {"\\tau"}
LAYERS = frozenset(["l", "\\ell"])
STYLES = {"angle": "angle", "superscript": "paren", "call": "paren", "index": "paren"}


class ReadingError(SymbpttError):
    """What could not be understood, and where in the formula."""

    def __init__(self, message: str, at: Span) -> None:
        super().__init__(message)
        self.message = message
        self.at = at


@dataclass(frozen=True)
class Spelling:
    """The ways in which a document writes names."""

    letter: str = "t"
    timed: frozenset[str] = frozenset()
    layered: frozenset[str] = frozenset()  # stems whose number superscripts are part of the name
    above: bool = False  # h^t: the time stands above without brackets
    raised: frozenset[str] = frozenset()  # names whose time stands above in brackets: J^{(t)}
    style: str = "subscript"
    powers: frozenset[tuple[str, str]] = frozenset()  # stems with the letter of a sum above that is a power
    layers: frozenset[str] = frozenset()  # letters that count layers: h^l, so that h^{l-1} is no power
    last: frozenset[str] = frozenset()  # letters of last times: N where sums over time run to N
    bases: dict[str, Name] = field(default_factory=dict)

    @classmethod
    def of(cls, chains: Iterable[Chain], letter: str | None = None) -> Self:
        """The ways of the statements of a document."""
        chains = tuple(chains)
        every = [name for chain in chains for name in names_of(chain) if is_spellable(name)]
        found = cls(letter or _time_letter(every), above=_time_above(chains))
        found = replace(found, layered=frozenset(_layered(chains)), powers=frozenset(_powers(chains)))
        found = replace(found, layers=frozenset(_layers(every)), last=frozenset(_last(chains, found.letter)))
        timed = {name: found.split(name) for name in every}
        stems = frozenset(stem for stem, time, *_ in timed.values() if time is not None)
        raised = frozenset(timed[name][0] for name in every if name.style == "superscript")
        styles = Counter(STYLES.get(name.style or "", "subscript") for name in every if name.time is not None)
        style = styles.most_common(1)[0][0] if styles else "subscript"
        return replace(found, timed=stems, raised=raised, style=style)

    def split(self, name: Name, entries: frozenset[str] = frozenset()) -> tuple[str, Surface | None, Name]:
        """The name without its time, the time as written, and the surface name without it."""
        bare, time = replace(name, time=None, style=None), name.time
        if time is None:
            bare, time = self._time_below(bare, entries)
        if time is None:
            bare, time = self._time_above(bare)
        return canonical(self.without_power(bare)[0]), time, bare

    def _time_below(self, name: Name, entries: frozenset[str]) -> tuple[Name, Surface | None]:
        for position, item in enumerate(name.subscripts):
            letters = index_letters(item)
            if letters is None or letters & entries:
                continue
            rest = replace(name, subscripts=name.subscripts[:position] + name.subscripts[position + 1 :])
            counts = letters <= COUNTERS | self.last | {self.letter, "t", "T"}
            if self.letter in letters or (counts and canonical(self.without_power(rest)[0]) in self.timed):
                return rest, item
        return name, None

    def _time_above(self, name: Name) -> tuple[Name, Surface | None]:
        for position, item in enumerate(name.superscripts):
            bracketed = isinstance(item, Bracket) and item.kind == "()" and len(item.items) == 1
            inside = (
                item.items[0] if isinstance(item, Bracket) and bracketed else item if self.above else None
            )
            letters = None if inside is None else index_letters(inside)
            rest = _without_superscript(name, position)
            if letters is None or not (self.letter in letters or letters <= COUNTERS | {"t", "T"}):
                continue
            if self._is_power(name, item):
                continue
            paren = self.style == "paren" or self.above or canonical(rest) in self.raised
            if self.letter in letters or (paren and canonical(rest) in self.timed):
                return rest, inside
        return name, None

    def _is_power(self, name: Name, script: Surface) -> bool:
        return bool(self.powers) and (_bare(name), getattr(script, "base", "")) in self.powers

    def without_power(self, name: Name) -> tuple[Name, Surface | None]:
        """A superscript that is a power: a number (not of a layer), a sum, or what changes with time.

        Others are part of the name.
        """
        for position, item in enumerate(name.superscripts):
            letters = index_letters(item)
            plain = isinstance(item, (Number, Negative, Binary, Fraction)) and not (
                letters and letters & self.layers
            )
            plain = plain or bool(letters and (letters & {self.letter, "T"} or name.stem == "e"))
            plain = plain or self._is_power(name, item)
            plain = plain or (letters is None and any(n.time is not None for n in names_in(item)))
            plain = plain or (name.stem == "e" and not isinstance(item, (Bracket, Word)))
            if plain and not (isinstance(item, Number) and name.stem in self.layered):
                return _without_superscript(name, position), item
        return name, None


def _without_superscript(name: Name, position: int) -> Name:
    return replace(name, superscripts=name.superscripts[:position] + name.superscripts[position + 1 :])


def canonical(name: Name) -> str:
    """The name as it is kept: scripts in braces, primes as written. Raises ReadingError for an odd script."""
    try:
        return name.with_scripts(name_part).replace("\\mathbf{I}", "I") + "'" * name.primes
    except TypeError as error:
        raise ReadingError(str(error), name.at) from None


def index_letters(node: Surface) -> set[str] | None:
    """The letters of a sum of letters and numbers; None for any other node."""
    match node:
        case Number():
            return set()
        case Negative(operand=Number()):
            return set()
        case Name(accents=(), subscripts=(), superscripts=(), time=None, prefix=""):
            return {node.base}
        case Binary(op="+" | "-", left=left, right=right):
            first, second = index_letters(left), index_letters(right)
            return None if first is None or second is None else first | second
    return None


def _time_letter(names: Iterable[Name]) -> str:
    """t when it is a time anywhere; otherwise the letter that is most often shifted in a script (h_{k-1})."""
    shifted: Counter[str] = Counter()
    for name in names:
        if name.time is not None and "t" in (index_letters(name.time) or ()):
            return "t"
        scripts = (*name.subscripts, *name.superscripts, *([name.time] if name.time is not None else []))
        for item in scripts:
            inside = item.items[0] if isinstance(item, Bracket) and len(item.items) == 1 else item
            match inside:
                case Binary(left=Name(base=base), right=Number()):
                    shifted[base] += 1
    likely = [letter for letter, _ in shifted.most_common() if letter in COUNTERS | {"t"}]
    return "t" if "t" in likely or not likely else likely[0]


def _last(chains: Iterable[Chain], letter: str) -> Iterator[str]:
    """The letters up to which sums and products over time run: N of \\sum_{k=1}^{N} and \\sum_{k=0}^{N-1}."""
    for node in (node for chain in chains for side in sides_of(chain) for node in walk(side)):
        match node:
            case BigOperator(
                indices=(Name(base=index),), upper=Name(base=base) | Binary(op="-", left=Name(base=base))
            ) if index == letter:
                yield base


def _time_above(chains: Iterable[Chain]) -> bool:
    """Do equations define h^t, the time above without brackets, rather than h_t? J^t \\to 0 is a power."""
    equations = [chain for chain in chains if chain.links and chain.links[0].op not in ("\\to", "\\approx")]
    firsts = [one.first for one in equations if isinstance(one.first, Name) and one.first.time is None]
    above = sum(any(_is_letter(item, "t") for item in first.superscripts) for first in firsts)
    return above > sum(any(_is_letter(item, "t") for item in first.subscripts) for first in firsts)


def _is_letter(node: Surface, letter: str) -> bool:
    return isinstance(node, Name) and node.base == letter and not node.subscripts


def _layered(chains: Iterable[Chain]) -> Iterator[str]:
    """The stems whose numbers above are no powers: h^1_t = ..., W^2 \\in ..., W^1 (no first power)."""
    for chain in chains:
        firsts = chain.first.items if isinstance(chain.first, Bracket) else (chain.first,)
        for first in firsts:
            scripts = first.superscripts if chain.links and isinstance(first, Name) else ()
            if isinstance(first, Name) and any(map(_is_number, scripts)):
                yield first.stem
        yield from (name.stem for name in names_of(chain) if any(map(_is_one, name.superscripts)))


def _layers(names: Iterable[Name]) -> Iterator[str]:
    """The letters of layers that stand alone above a name."""
    for name in names:
        yield from (item.base for item in name.superscripts if isinstance(item, Name) and item.base in LAYERS)


def _powers(chains: Sequence[Chain]) -> Iterator[tuple[str, str]]:
    """\\sum_s A^s x_{t-s}, of a matrix that stands alone, too: a power that the sum runs over."""
    sides = [side for chain in chains for side in (chain.first, *(link.right for link in chain.links))]
    nodes = [node for side in sides if side is not None for node in walk(side)]
    found = []
    for node in nodes:
        if not isinstance(node, BigOperator) or not node.indices:
            continue
        letters = {index.base for index in node.indices if isinstance(index, Name)}
        for name in names_in(node.body):
            scripts = {item.base for item in name.superscripts if isinstance(item, Name)}
            found += [(_bare(name), letter) for letter in letters & scripts if name.base.isupper()]
    alone = {_bare(one) for one in nodes if isinstance(one, Name) and not one.superscripts} if found else ()
    yield from (one for one in found if one[0] in alone)


def _without_superscripts(name: Name) -> Name:
    return replace(name, superscripts=(), primes=0, prefix="")


def _bare(name: Name) -> str:
    plain = _without_superscripts(name)
    return plain.canonical if is_spellable(plain) else ""


def _is_number(script: Surface) -> bool:
    return isinstance(script, Number) or (isinstance(script, Word) and script.text.isdigit())


def _is_one(script: Surface) -> bool:
    return isinstance(script, Number) and script.text == "1"


def names_of(chain: Chain) -> Iterator[Name]:
    """The names of a statement, not those inside the scripts of another."""
    for node in sides_of(chain):
        yield from names_in(node)


def sides_of(chain: Chain) -> Iterator[Surface]:
    """What stands between the relation signs of a statement."""
    for node in (chain.first, *(link.right for link in chain.links)):
        if node is not None:
            yield node


def is_spellable(name: Name) -> bool:
    """Can the scripts of the name stand in a name?"""
    try:
        return bool(canonical(name))
    except ReadingError:
        return False


def is_capital(name: Name) -> bool:
    """A single capital letter, plain or in a style: W, \\mathbf{W}, W_{hh}."""
    letters = re.sub(r"\\[a-z]+|[{}]", "", name.base)
    return len(letters) == 1 and letters.isupper()


def called_at_number(left: Name, right: Surface) -> Name | None:
    """h(0) and h[1] as a name at a time; None where the bracket holds no number."""
    if (
        left.time is None
        and isinstance(right, Bracket)
        and len(right.items) == 1
        and isinstance(right.items[0], Number)
    ):
        return replace(left, time=right.items[0], style="call")
    return None
