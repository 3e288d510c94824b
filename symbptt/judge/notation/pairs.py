r"""Names with two times: J_{t,k}, \Phi(t, k), \delta_k^{(t)}.

No quantity of a recurrence has two times, so what such a name stands for is put in its place, with the times
of each place: where J_{t,k} is \partial h_t / \partial h_k, J_{3,1} is the derivative of h_3 by h_1. What is
meant is best said by a derivative; where there is none, by a product over the times between the two.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

from symbptt.judge.notation.normal import Change, rebuilt, unchanged
from symbptt.judge.notation.sided import bound_letters
from symbptt.reader.spelling import COUNTERS, index_letters
from symbptt.reader.syntax import BigOperator, Bracket, Chain, Derivative, Juxtaposed, Name, Relation, Surface
from symbptt.reader.walks import names_in, walk

ARROWS = frozenset([":", "\\to", "\\leftarrow", "\\rightarrow", "\\gets", "\\mid", "|"])
Key = tuple[str, str]  # the name without its times, and how they stand
Times = tuple[Surface, Surface]


@dataclass(frozen=True)
class Pair:
    """What a name with two times stands for, where these are ``letters``."""

    letters: tuple[str, str]
    meaning: Surface

    def at(self, node: Surface, times: Times) -> Surface:
        """What it stands for at other times; what runs inside runs over a letter that is free there."""
        values = dict(zip(self.letters, times, strict=True))
        taken = {letter for time in times for letter in index_letters(time) or ()}
        for letter in sorted(bound_letters(self.meaning) & taken):
            free = min(COUNTERS - taken - bound_letters(self.meaning) - set(self.letters))
            values[letter] = Name(node.at, free)
            taken |= {free}
        return replace(rebuilt(self.meaning, lambda inner: _put(inner, values)), at=node.at)


def with_pairs(chains: Iterable[Chain]) -> Change:
    """The change that puts what names with two times stand for in their place."""
    known: dict[Key, Pair] = {}
    for key, pair in sorted(_defined(chains), key=lambda one: not isinstance(one[1].meaning, Derivative)):
        known.setdefault(key, pair)

    def change(node: Surface) -> Surface:
        found = _pair(node)
        return known[found[0]].at(node, found[1]) if found and found[0] in known else node

    return change if known else unchanged


def _defined(chains: Iterable[Chain]) -> Iterator[tuple[Key, Pair]]:
    """The names with two times on left sides, with what stands on the right where that says what they are."""
    for chain in chains:
        for relation in chain.relations():
            found = _pair(relation.left)
            if found is None:
                continue
            key, times = found
            one, other = (time.base if isinstance(time, Name) else "" for time in times)
            again = any((inner := _pair(node)) and inner[0] == key for node in walk(relation.right))
            running = "t" in (one, other) and one and other and one != other
            if running and not again and _are_times((one, other), relation.right):
                yield key, Pair((one, other), relation.right)


def _are_times(letters: tuple[str, str], right: Surface) -> bool:
    """Are both letters times here: of a derivative by another time, or limits of a product over the times?"""
    match right:
        case Derivative():
            alone = {_time_alone(name) for name in names_in(right)}
            return alone.issuperset(letters)
        case BigOperator(kind="prod", lower=Surface() as lower, upper=Surface() as upper):
            inside = (index_letters(lower) or set()) | (index_letters(upper) or set())
            return inside.issuperset(letters)
    return False


def _time_alone(name: Name) -> str:
    """The letter that is all of the scripts of a name: t of h_t, k of h_k."""
    items = [item for item in (name.time, *name.subscripts, *name.superscripts) if item is not None]
    item = items[0] if len(items) == 1 else None
    while isinstance(item, Bracket) and len(item.items) == 1:
        item = item.items[0]
    return item.base if isinstance(item, Name) and item == Name(item.at, item.base) else ""


def _pair(node: Surface) -> tuple[Key, Times] | None:
    """A name with two times: the name and how they stand, and the times in their order."""
    match node:
        case Juxtaposed(left=Name() as name, right=Bracket(kind="()", items=(one, other)), direct=True):
            bare = name == Name(name.at, name.base, accents=name.accents, prefix=name.prefix)
            return _of_times(name.stem, "call", [one, other]) if bare else None
        case Name(subscripts=(Relation(op=op, left=one, right=other),), superscripts=(), time=None) if (
            op in ARROWS
        ):
            return _of_times(node.stem, op, [one, other])
        case Name():
            above = [_inside(item) for item in node.superscripts]
            below = list(node.subscripts)
            if node.time is not None:
                (above if node.style == "superscript" else below).append(node.time)
            below.sort(key=lambda item: item.at.start)
            return _of_times(node.stem, f"{len(below)} below", [*below, *above])
    return None


def _of_times(stem: str, how: str, items: list[Surface]) -> tuple[Key, Times] | None:
    """Two items that may be times: t, k + 1, 3."""
    letters = [index_letters(item) for item in items]
    if len(items) != 2 or any(found is None or not found <= COUNTERS | {"t", "T"} for found in letters):
        return None
    return (stem, how), (items[0], items[1])


def _inside(item: Surface) -> Surface:
    """What stands in brackets of its own: t of (t)."""
    return item.items[0] if isinstance(item, Bracket) and len(item.items) == 1 else item


def _put(node: Surface, values: Mapping[str, Surface]) -> Surface:
    """A letter that stands alone as what it is here."""
    plain = isinstance(node, Name) and node == Name(node.at, node.base)
    return values.get(node.base, node) if plain and isinstance(node, Name) else node
