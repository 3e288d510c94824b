"""The letters of a claim that nothing binds, and the values that it is tried with."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product

from symbptt.judge.reading import Claim
from symbptt.judge.scope import Scope
from symbptt.judge.vocabulary import walk
from symbptt.judge.world import World
from symbptt.reader.spelling import COUNTERS
from symbptt.reader.syntax import (
    BigOperator,
    Cases,
    Dots,
    Elided,
    Indicator,
    Name,
    Relation,
    Scripted,
    Surface,
    children,
)


def assignments(
    claim: Claim, scope: Scope, world: World, entries: frozenset[str]
) -> Iterator[dict[str, int]]:
    """Values for the letters that are free in a claim."""
    sizes = {key[5:] for key in world.sizes if key.startswith("size ")}
    sides = [node for node in (claim.left, claim.right) if node is not None]
    last = scope.vocabulary.ends(world.horizon)
    free = set().union(*(free_in(node, scope, entries) for node in sides)) - sizes - set(last)
    letter = scope.vocabulary.names.letter
    nodes = [node for side in sides for node in walk(side)]
    dotted = any(isinstance(node, Dots | Elided) for node in nodes)
    letters = sorted(free | {letter})
    ranges = []
    for one in letters:
        if one == letter:
            ranges.append([world.horizon, 2] if dotted else [3, 4] if world.horizon > 3 else [2, 3])
        elif one in entries and one not in scope.vocabulary.quantities:
            ranges.append([1, 2])
        else:
            ranges.append([1] if dotted else [1, 2] if letter in free else [2, 3])
    apart = [one for one in letters if one in entries] if not _compares(nodes) else []
    for values in product(*ranges):
        places = [value for one, value in zip(letters, values, strict=True) if one in apart]
        if len(set(places)) < len(places):
            continue  # two indices that no condition compares are different
        yield {**last, **dict(zip(letters, values, strict=True))}


def _compares(nodes: list[Surface]) -> bool:
    """Does a condition such as 1(i = j) or \\delta_{ij} compare indices?"""
    return any(
        isinstance(node, Indicator | Cases) or (isinstance(node, Name) and node.base == "\\delta")
        for node in nodes
    )


def free_in(node: Surface, scope: Scope, entries: frozenset[str]) -> set[str]:
    """The letters of times, limits, indices and exponents that nothing binds."""
    match node:
        case BigOperator(indices=indices, lower=lower, upper=upper, body=body):
            bound = {index.base for index in indices if isinstance(index, Name)}
            outer = [_counters(limit) for limit in (lower, upper) if limit is not None]
            return set().union(free_in(body, scope, entries) - bound, *outer)
        case Name():
            reference = scope.vocabulary.refer(node, entries - scope.vocabulary.quantities)
            parts = [reference.time, *reference.indices, reference.exponent]
            return set().union(*(_counters(part) for part in parts if part is not None))
        case Scripted(base=base, subscript=below, superscript=above):
            inner = free_in(base, scope, entries)
            return inner.union(*(_counters(part) for part in (below, above) if part is not None))
        case Indicator() | Relation():
            return _counters(node)
        case Cases(rows=rows):
            conditions = [_counters(condition) for _, condition in rows if condition is not None]
            return set().union(*conditions, *(free_in(value, scope, entries) for value, _ in rows))
    return set().union(*(free_in(child, scope, entries) for child in children(node)))


def _counters(node: Surface) -> set[str]:
    return {
        item.base
        for item in walk(node)
        if isinstance(item, Name) and item.base in COUNTERS | {"t", "d", "l", "w"} and not item.subscripts
    }
