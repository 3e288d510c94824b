"""The letters of a claim that nothing binds, and the values that it is tried with."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import product

from symbptt.judge.definitions.scope import Scope
from symbptt.judge.notation.sided import claim_nodes, claim_sides
from symbptt.judge.numeric.world import World
from symbptt.judge.reading import Claim
from symbptt.reader.spelling import COUNTERS
from symbptt.reader.syntax import (
    BigOperator,
    Cases,
    Derivative,
    Dots,
    Elided,
    Indicator,
    Name,
    Number,
    Relation,
    Scripted,
    Surface,
)
from symbptt.reader.walks import children, walk


def assignments(
    claim: Claim, scope: Scope, world: World, entries: frozenset[str], letters: Letters | None = None
) -> Iterator[dict[str, int]]:
    """Values for the letters that are free in a claim; ``letters`` remembers what its parts hold."""
    held = letters or Letters(scope, entries)
    sides = list(map(held.of, claim_sides(claim)))
    sizes = {key[5:] for key in world.sizes if key.startswith("size ")}
    sizes -= set().union(*(side.scripted for side in sides))
    last = scope.vocabulary.ends(world.horizon)
    free = set().union(*(side.free for side in sides)) - sizes - set(last)
    letter = scope.vocabulary.names.letter
    dotted = any(side.dotted for side in sides)
    spans = {span for side in sides for span in side.spans}
    later = {high for low, high in spans if low == letter} & free if letter in free else set()
    if not later and _runs_back(claim, scope):
        later = {one for one in free - {letter} if one not in entries}
    inner = {(low, high) for low, high in spans if letter not in (low, high) and free.issuperset({low, high})}
    ends = {(low, int(high)) for low, high in spans if high.isdigit() and low in free}
    ordered = sorted(free | {letter})
    apart = [one for one in ordered if one in entries] if not any(side.compares for side in sides) else []
    ranges = []
    for one in ordered:
        if one in later:
            ranges.append([world.horizon - 1, world.horizon])
        elif one == letter and later:
            ranges.append([2, 3] if world.horizon > 3 else [1, 2])
        elif one == letter:
            ranges.append([world.horizon, 2] if dotted else [3, 4] if world.horizon > 3 else [2, 3])
        elif one in entries and one not in scope.vocabulary.quantities:
            ranges.append(list(range(1, 1 + max(2, len(apart)))))
        else:
            ranges.append([1] if dotted else [1, 2] if letter in free else [2, 3])
    for values in product(*ranges):
        places = [value for one, value in zip(ordered, values, strict=True) if one in apart]
        if len(set(places)) < len(places):
            continue  # two indices that no condition compares are different
        value = dict(zip(ordered, values, strict=True))
        if any(value[low] >= value[high] for low, high in inner):
            continue  # from i + 1 to j, where neither is the time: j is the later one
        if any(value[low] >= high for low, high in ends):
            continue  # from k + 1 to 3
        yield {**last, **value}


def _runs_back(claim: Claim, scope: Scope) -> bool:
    """Is what is differentiated a state that runs backwards, which depends on what is later?"""
    refer = scope.vocabulary.refer
    kinds = (node.numerator for node in claim_nodes(claim) if isinstance(node, Derivative))
    return bool(scope.backward) and any(
        isinstance(of, Name) and of.time is not None and refer(of).key in scope.backward for of in kinds
    )


@dataclass(frozen=True, slots=True)
class Held:
    """What a formula holds: free letters, letters in scripts, dots, and conditions that compare indices.

    ``spans`` are the letters from which and up to which sums and products run: t, k of \\prod_{j=t+1}^k.
    """

    free: frozenset[str]
    scripted: frozenset[str]
    dotted: bool
    compares: bool
    spans: frozenset[tuple[str, str]]


@dataclass
class Letters:
    """What formulas hold, found once for each part: the edits of a relation share most of theirs."""

    scope: Scope
    entries: frozenset[str]
    found: dict[int, tuple[Surface, Held]] = field(default_factory=dict)

    def of(self, node: Surface) -> Held:
        """What a formula holds."""
        known = self.found.get(id(node))
        if known is None:
            below = [self.of(child) for child in children(node)]
            free = free_in(node, self.scope, self.entries, self)
            scripted = _scripted(node, self.scope, self.entries).union(*(one.scripted for one in below))
            dotted = isinstance(node, Dots | Elided) or any(one.dotted for one in below)
            compared = compares([node]) or any(one.compares for one in below)
            spans = _spans(node).union(*(one.spans for one in below))
            known = node, Held(frozenset(free), frozenset(scripted), dotted, compared, spans)
            self.found[id(node)] = known
        return known[1]


def _spans(node: Surface) -> frozenset[tuple[str, str]]:
    """The letter from which a sum or product runs, with that up to which it does; a product to a number."""
    match node:
        case BigOperator(kind="prod", lower=Surface() as lower, upper=Number(text=text)):
            return frozenset((low, text) for low in _counters(lower))
        case BigOperator(lower=Surface() as lower, upper=Name() as upper):
            return frozenset((low, high) for low in _counters(lower) for high in _counters(upper) - {low})
    return frozenset()


def _scripted(node: Surface, scope: Scope, entries: frozenset[str]) -> set[str]:
    """The letters of times, indices and lower limits; there k is no size, whatever \\mathbb{R}^k says."""
    if isinstance(node, BigOperator) and node.lower is not None:
        return _counters(node.lower)
    if not isinstance(node, Name):
        return set()
    reference = scope.vocabulary.refer(node, entries - scope.vocabulary.quantities)
    parts = [reference.time, *reference.indices]
    return set().union(*(_counters(part) for part in parts if part is not None))


def compares(nodes: list[Surface]) -> bool:
    """Does a condition such as 1(i = j) or \\delta_{ij} compare indices?"""
    return any(
        isinstance(node, Indicator | Cases) or (isinstance(node, Name) and node.base == "\\delta")
        for node in nodes
    )


def free_in(
    node: Surface, scope: Scope, entries: frozenset[str], letters: Letters | None = None
) -> set[str] | frozenset[str]:
    """The letters of times, limits, indices and exponents that nothing binds."""
    held = letters or Letters(scope, entries)

    def below(part: Surface) -> frozenset[str]:
        return held.of(part).free

    match node:
        case BigOperator(indices=indices, lower=lower, upper=upper, body=body):
            bound = {index.base for index in indices if isinstance(index, Name)}
            outer = [_counters(limit) for limit in (lower, upper) if limit is not None]
            return set().union(below(body) - bound, *outer)
        case Name():
            reference = scope.vocabulary.refer(node, entries - scope.vocabulary.quantities)
            parts = [*reference.indices, reference.exponent]
            moment = _letters(reference.time) if reference.time is not None else set()
            moment |= {letter for part in reference.indices for letter in _letters(part) & entries}
            return moment.union(*(_counters(part) for part in parts if part is not None))
        case Scripted(base=base, subscript=lower, superscript=upper):
            return below(base).union(*(_counters(part) for part in (lower, upper) if part is not None))
        case Indicator() | Relation():
            return _counters(node)
        case Cases(rows=rows):
            conditions = [_counters(condition) for _, condition in rows if condition is not None]
            return set().union(*conditions, *(below(value) for value, _ in rows))
    return set().union(*map(below, children(node)))


def _letters(moment: Surface) -> set[str]:
    """The letters of a time, whichever they are: c^{(t-K)} is K steps back."""
    return _counters(moment) | {
        item.base
        for item in walk(moment)
        if isinstance(item, Name) and len(item.base) == 1 and not item.subscripts
    }


def _counters(node: Surface) -> set[str]:
    return {
        item.base
        for item in walk(node)
        if isinstance(item, Name) and item.base in COUNTERS | {"t", "d", "l", "w"} and not item.subscripts
    }
