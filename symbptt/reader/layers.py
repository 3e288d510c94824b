r"""Families of equations, one member for each value of an index: h_t^{(l)} = ... for l = 1, ..., L.

A letter is the index of a family when a range gives it values and it stands in scripts of names. Every
statement about it is written once for each value, before anything is known of the names; what comes after
sees ordinary equations of h^{(1)}, h^{(2)}, ... The bound L is a number of the text (L = 3), or a given one.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, cast

import sympy

from symbptt.errors import SpecificationError
from symbptt.reader.ellipses import filled, skeleton
from symbptt.reader.rewriting import mapped
from symbptt.reader.scripts import LESS, MORE
from symbptt.reader.spelling import ReadingError, canonical, index_letters, is_spellable
from symbptt.reader.statements import Statement, all_names
from symbptt.reader.symbols import Names, arithmetic
from symbptt.reader.syntax import (
    BigOperator,
    Binary,
    Bracket,
    Dots,
    Juxtaposed,
    Link,
    Matrix,
    Name,
    Number,
    Surface,
    Word,
)
from symbptt.reader.walks import children

MOST_MEMBERS = 100
Values = Mapping[str, int]


@dataclass(frozen=True)
class Range:
    """The values of an index as a statement gives them: all from `low` to `high`, or those `listed`."""

    letter: str
    statement: Statement
    low: Surface
    high: Surface
    listed: tuple[Surface, ...] = ()


@dataclass(frozen=True)
class Families:
    """The ranges of a document, and the numbers that its bounds stand for."""

    ranges: tuple[Range, ...]
    numbers: dict[str, int]

    @property
    def letters(self) -> frozenset[str]:
        return frozenset(r.letter for r in self.ranges)

    def values(self, statement: Statement, letter: str) -> list[int]:
        """The values of an index in a statement: by the range beside it, or by all there are."""
        every = [r for r in self.ranges if r.letter == letter]
        beside = [r for r in every if r.statement.formula is statement.formula]
        after = [r for r in beside if r.statement.chain.at.start > statement.chain.at.start]
        chosen = after[:1] or beside[-1:] or every
        return sorted({value for r in chosen for value in self._of(r)})

    def _of(self, found: Range) -> list[int]:
        if found.listed:
            return [self._number(found, item) for item in found.listed]
        low, high = (self._number(found, limit) for limit in (found.low, found.high))
        if not low <= high < low + MOST_MEMBERS:
            message = f"{found.letter} runs from {low} to {high}: expected at least one value, "
            message += f"and at most {MOST_MEMBERS}"
            raise SpecificationError(message, found.statement.place(found.statement.chain.at))
        return list(range(low, high + 1))

    def _number(self, found: Range, limit: Surface) -> int:
        """A limit as a number. Raises SpecificationError for a letter that no number is given for."""

        def value(letter: str) -> sympy.Expr:
            if letter not in self.numbers:
                message = f"the number {letter} is not given: write ${letter} = 3$ in the text, "
                message += f"or set it: --set {letter}=3"
                raise SpecificationError(message, found.statement.place(limit.at))
            return sympy.Integer(self.numbers[letter])

        return int(_arithmetic(found.statement, limit, value))


def unrolled(statements: Sequence[Statement], given: Values) -> tuple[list[Statement], set[str]]:
    """The statements with every family written out, and the letters of the bounds.

    `given` numbers stand before those of the text. Raises SpecificationError for an index without a range, a
    bound without a number, and a range that is empty or too long.
    """
    time = {Names.of(s.chain for s in statements).letter, "t", "T"}
    ranges = tuple(_family_ranges(statements, time))
    _check_shifted(statements, {r.letter for r in ranges} | time)
    bounds = set[str]().union(*map(_bound_letters, ranges))
    if not ranges:
        return list(statements), bounds
    numbers = _numbers(statements, bounds) | {name: given[name] for name in bounds & set(given)}
    families = Families(ranges, numbers)
    apart = {id(r.statement) for r in ranges}
    kept = [s for s in statements if id(s) not in apart and not _is_number(s, bounds)]
    members = [member for s in kept for member in _members(families, s)]
    return _without_aliases(members, _skeletons(families, kept)), bounds


# ------------------------------------------------------------------ ranges and their bounds


def _family_ranges(statements: Sequence[Statement], time: set[str]) -> Iterator[Range]:
    """The ranges of letters that stand in scripts of names and are no time."""
    scripted = {letter for s in statements for letter in _scripted_in(s)}
    for statement in statements:
        found = _range(statement)
        if found is None or found.letter in time or found.letter not in scripted:
            continue
        if not _bound_letters(found) & {"t", "T"}:
            yield found


def _check_shifted(statements: Iterable[Statement], known: set[str]) -> None:
    """h_t^{(l)} by h_t^{(l-1)}: where a letter is shifted beside the time, it is an index with a range."""
    for s in statements:
        if s.definition is None or not isinstance(s.definition[0], Name) or s.definition[0].time is None:
            continue
        left, right = s.definition
        for name in all_names(right):
            for letter in _shifted(name) & _scripted_letters(left) - known:
                message = f"no values for the index {letter}: write ${letter} = 1, \\ldots, L$ and $L = 3$"
                raise SpecificationError(message, s.place(name.at))


def _shifted(name: Name) -> set[str]:
    """The letters in scripts of a name at a time that something is added to."""
    scripts = (*name.subscripts, *name.superscripts) if name.time is not None else ()
    inside = (i.items[0] if isinstance(i, Bracket) and len(i.items) == 1 else i for i in scripts)
    return set[str]().union(*(index_letters(i) or set() for i in inside if isinstance(i, Binary)))


def _bound_letters(found: Range) -> set[str]:
    return {letter for limit in (found.low, found.high) for letter in index_letters(limit) or ()}


def _range(statement: Statement) -> Range | None:
    r"""l = 1, \ldots, L; l \in \{1, 2, 3\}; l \in [1, L]; 1 \le l \le L, or None."""
    first, links = statement.chain.first, statement.chain.links
    match first, links:
        case Name() as index, (Link(op="=" | "\\in", right=Bracket(items=items)),) if _is_plain(index):
            return _listed(statement, index, items)
        case Name() as index, (
            Link(op="=", right=Juxtaposed(left=Juxtaposed(left=low, right=Dots()), right=high)),
        ) if _is_plain(index):
            return Range(index.base, statement, low, high)
        case Surface() as low, (Link(op=one, right=Name() as index), Link(op=two, right=high)) if _is_plain(
            index
        ):
            if LESS.get(one) is False and LESS.get(two) is False:
                return Range(index.base, statement, low, high)
            if MORE.get(one) is False and MORE.get(two) is False:
                return Range(index.base, statement, high, low)
    return None


def _listed(statement: Statement, index: Name, items: tuple[Surface, ...]) -> Range | None:
    """The range of a list: its ends where it holds dots or is an interval, else every item."""
    limits = [item for item in items if not isinstance(item, Dots)]
    if not limits or any(index_letters(item) is None for item in limits):
        return None
    interval = isinstance(statement.chain.links[0].right, Bracket) and (
        statement.chain.links[0].right.kind == "[]"
    )
    if interval and len(limits) == 1:
        return Range(index.base, statement, Number(limits[0].at, "1"), limits[0])
    ends = interval or len(limits) < len(items)
    return Range(index.base, statement, limits[0], limits[-1], () if ends else tuple(limits))


def _is_plain(name: Name) -> bool:
    return index_letters(name) is not None


def _numbers(statements: Iterable[Statement], bounds: set[str]) -> dict[str, int]:
    """The numbers that the text gives to bounds. Raises SpecificationError where one is something else."""
    found: dict[str, int] = {}
    for s in statements:
        match s.definition:
            case (Name(base=bound), Number(text=text)) if _is_number(s, bounds) and text.isdigit():
                found[bound] = int(text)
            case (Name(base=bound) as left, _) if _is_number(s, bounds):
                message = f"{bound} is the last value of an index, and is defined as something else here"
                raise SpecificationError(message, s.place(left.at))
    return found


def _is_number(statement: Statement, bounds: set[str]) -> bool:
    """Whether a statement says what a bound is."""
    first = statement.chain.first if statement.definition is not None else None
    return isinstance(first, Name) and _is_plain(first) and first.base in bounds


def _arithmetic(statement: Statement, node: Surface, value: Callable[[str], sympy.Expr]) -> sympy.Expr:
    try:
        return arithmetic(node, value)
    except ReadingError as error:
        raise SpecificationError(error.message, statement.place(error.at)) from None


# ------------------------------------------------------------------ one statement for each value


def _members(families: Families, statement: Statement) -> Iterator[Statement]:
    """The statement with numbers for its indices and bounds, once for each choice of them."""
    letters = sorted(families.letters & _scripted_in(statement))
    choices = [families.values(statement, letter) for letter in letters]
    for chosen in itertools.islice(itertools.product(*choices), MOST_MEMBERS + 1):
        values = {**families.numbers, **dict(zip(letters, chosen, strict=True))}
        yield replace(statement, chain=mapped(statement.chain, partial(_written, values=values)))


def sides(statement: Statement) -> Iterator[Surface]:
    """The formulas between the relation signs of a statement."""
    if statement.chain.first is not None:
        yield statement.chain.first
    yield from (link.right for link in statement.chain.links)


def _scripted_in(statement: Statement) -> set[str]:
    return set[str]().union(*map(_scripted_letters, sides(statement)))


def _scripted_letters(node: Surface) -> set[str]:
    """The letters in scripts of names, those bound by a sum left out."""
    found: set[str] = set()
    if isinstance(node, Name):
        for script in (*node.subscripts, *node.superscripts):
            found |= _letters(script)
    for child in children(node):
        found |= _scripted_letters(child)
    return found - {index.base for index in getattr(node, "indices", ()) if isinstance(index, Name)}


def _letters(script: Surface) -> set[str]:
    direct = index_letters(script)
    return direct if direct is not None else set().union(*(_letters(child) for child in children(script)))


def _written(node: Surface, values: Values) -> Surface:
    """A formula with numbers for letters: parts of names in scripts, numbers elsewhere."""
    match node:
        case Name() if _is_plain(node) and node.base in values:
            return Number(node.at, str(values[node.base]))
        case Name():
            scripts = {
                side: tuple(_script(item, values) for item in getattr(node, side))
                for side in ("subscripts", "superscripts")
            }
            return replace(node, **cast(Any, scripts))
        case BigOperator(kind="sum", indices=(Name(base=letter),)) if letter in _scripted_letters(node.body):
            return _sum(node, letter, values)
        case BigOperator(indices=indices):
            bound = {index.base for index in indices if isinstance(index, Name)}
            values = {k: v for k, v in values.items() if k not in bound}
    found = cast(Surface, mapped(node, lambda below: _written(below, values)))
    match found:
        case Bracket(items=items) if any(isinstance(item, Dots) for item in items):
            items = tuple(filled(items))
            return replace(found, items=items, separators=found.separators[:1] * (len(items) - 1))
        case Matrix(rows=rows) if all(len(row) == 1 for row in rows):
            return replace(found, rows=tuple((item,) for item in filled([row[0] for row in rows])))
    return found


def _script(node: Surface, values: Values) -> Surface:
    """A script with its value as a part of the name: (l-1) is (0), and no time."""
    letters = index_letters(node)
    if letters and letters <= set(values):
        return Word(node.at, str(arithmetic(node, lambda letter: sympy.Integer(values[letter]))))
    if isinstance(node, Name):
        return _written(node, values)
    return cast(Surface, mapped(node, lambda below: _script(below, values)))


def _sum(node: BigOperator, letter: str, values: Values) -> Surface:
    """A sum over the members of a family, term by term; any other sum stays one."""
    low, high = (None if n is None else index_letters(n) for n in (node.lower, node.upper))
    if low is None or not high or not low | high <= set(values):
        free = {name: value for name, value in values.items() if name != letter}
        return cast(Surface, mapped(node, partial(_written, values=free)))
    first, last = (
        int(arithmetic(cast(Surface, n), lambda name: sympy.Integer(values[name])))
        for n in (node.lower, node.upper)
    )
    terms = [_written(node.body, {**values, letter: i}) for i in range(first, last + 1)]
    total = terms[0] if terms else Number(node.at, "0")
    for term in terms[1:]:
        total = Binary(node.at, "+", total, term)
    return total


# ------------------------------------------------------------------ other names of members


def _skeletons(families: Families, statements: Iterable[Statement]) -> set[str]:
    """The names of families, with a mark in the place of the index."""
    marked = dict.fromkeys(families.letters, 0)
    names = (
        n
        for s in statements
        for side in sides(s)
        for n in all_names(side)
        if _scripted_letters(n) & families.letters
    )
    return {skeleton(cast(Name, _written(n, marked))) for n in names if is_spellable(n)}


def _without_aliases(statements: list[Statement], skeletons: set[str]) -> list[Statement]:
    """h_t^{(0)} = x_t, n_0 = m: the member before the first is another name of something, and is replaced."""
    defined = {_bare(s.definition[0]) for s in statements if s.definition is not None and not _is_name(s)}
    other: dict[str, Name] = {}
    kept: list[Statement] = []
    for s in statements:
        match s.definition:
            case (Name() as left, Name() as right) if (
                is_spellable(left)
                and skeleton(left) in skeletons
                and _bare(left) not in defined
                and left.time == right.time
            ):
                other[_bare(left)] = right
            case _:
                kept.append(s)
    return [replace(s, chain=mapped(s.chain, lambda n: _renamed(n, other))) for s in kept]


def _is_name(statement: Statement) -> bool:
    return statement.definition is not None and isinstance(statement.definition[1], Name)


def _bare(node: Surface) -> str:
    """The name without its time; empty for what is none."""
    return (
        canonical(replace(node, time=None, style=None))
        if isinstance(node, Name) and is_spellable(node)
        else ""
    )


def _renamed(node: Surface, other: Mapping[str, Name]) -> Surface:
    node = cast(Surface, mapped(node, lambda below: _renamed(below, other)))
    if isinstance(node, Name) and _bare(node) in other:
        return replace(other[_bare(node)], at=node.at, time=node.time, style=node.style)
    return node
