"""A claim held against numbers: both sides at several times, in every reading that is left open."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import product
from typing import Literal

import numpy as np

from symbptt.judge.choices import Choice, readings
from symbptt.judge.evaluate import Evaluator
from symbptt.judge.naming import IDENTITY
from symbptt.judge.reading import Claim
from symbptt.judge.scope import Scope
from symbptt.judge.shapes import function_like
from symbptt.judge.tensors import Misfit, Tensor, Undecided, matched
from symbptt.judge.vocabulary import application, entries_of, names_in, walk
from symbptt.judge.world import OutOfRange, World
from symbptt.reader.symbols import COUNTERS
from symbptt.reader.syntax import (
    BigOperator,
    Cases,
    Derivative,
    Dots,
    Indicator,
    Name,
    Number,
    Relation,
    Scripted,
    Surface,
    children,
)

MOST_READINGS = 200
SECONDS = 1.5
TOLERANCE = 1e-6
UNFIT = "The sizes of the two sides fit in no reading."
VANISHING = 1e-11
Status = Literal["equal", "differs", "misfit", "undecided", "vanish"]


@dataclass(frozen=True)
class Outcome:
    """How a claim fared; ``error`` is the largest relative difference in the best reading."""

    status: Status
    message: str = ""
    error: float = 0.0
    where: str = ""
    left: str = ""
    right: str = ""
    spoken: dict[str, str] = field(default_factory=dict)


def tried(claim: Claim, scope: Scope, unit: bool, entries: frozenset[str]) -> Outcome:
    """The best outcome over all readings: equal in one, or different, or unfit, in all."""
    if claim.left is None:
        return Outcome("undecided", "Nothing stands on the left.")
    names = [*names_in(claim.left), *names_in(claim.right), *_inner(claim)]
    world = scope.world(unit, 1, names)
    bindings = list(assignments(claim, scope, world, entries))
    world.until = time.monotonic() + SECONDS
    best = Outcome("misfit", UNFIT)
    for choice in readings(MOST_READINGS, SECONDS):
        with np.errstate(all="ignore"):
            outcome = _under(choice, claim, scope, world, bindings, entries)
        if outcome.status in ("equal", "undecided"):
            return outcome
        if outcome.status == "misfit" and IDENTITY in outcome.message:
            best = outcome if best.status == "misfit" else best
        if outcome.status == "vanish" and best.status == "misfit":
            best = outcome
        if outcome.status == "differs" and (best.status != "differs" or outcome.error < best.error):
            best = outcome
    else:
        if choice.next_script() is not None:
            return Outcome("undecided", "It can be read in too many ways.")
    if best.status == "differs":
        return _founded(best, claim, scope, world)
    return Outcome("undecided", best.message) if best.status == "vanish" else best


def _founded(outcome: Outcome, claim: Claim, scope: Scope, world: World) -> Outcome:
    """A difference counts only when all that the claim speaks of has a meaning in the document."""
    defined = scope.keys_of_definitions()
    vocabulary = scope.vocabulary
    for side in (claim.left, claim.right):
        for node in walk(side) if side is not None else ():
            call = application(node)
            if (
                call is not None
                and function_like(vocabulary, *call)
                and call[0].base not in scope.functions()
            ):
                return Outcome("undecided", f"{call[0].base}(...) is a function that nothing defines.")
            if isinstance(node, Name):
                key = vocabulary.refer(node, entries_of(claim) - vocabulary.quantities).key
                if key in world.leaves and key not in defined:
                    return Outcome("undecided", f"{key} is nowhere defined.")
    return outcome


def _inner(claim: Claim) -> Iterator[Name]:
    for side in (claim.left, claim.right):
        for node in walk(side) if side is not None else ():
            if isinstance(node, Derivative):
                yield from (name for item in node.denominators for name in names_in(item))


def _under(
    choice: Choice,
    claim: Claim,
    scope: Scope,
    world: World,
    bindings: list[dict[str, int]],
    entries: frozenset[str],
) -> Outcome:
    """One reading at all the times."""
    worst = Outcome("equal")
    seen, vanished = 0, True
    try:
        for bound in bindings:
            try:
                left, right = (
                    Evaluator(
                        world,
                        scope.vocabulary,
                        bound,
                        choice,
                        entries - scope.vocabulary.quantities,
                        side,
                        scope.rows,
                    ).value(node)
                    for side, node in (("left", claim.left), ("right", claim.right))
                    if node is not None
                )
                one, other = compared(left, right, choice, claim)
            except OutOfRange:
                continue
            seen += 1
            error, size = difference(one, other)
            vanished = vanished and size < VANISHING
            if not error <= TOLERANCE:  # also for what is no number
                status: Status = "differs" if np.isfinite(error) else "undecided"
                where = _where(bound, world)
                return Outcome(status, "", error, where, _shown(one), _shown(other), choice.spoken())
            if error > worst.error:
                worst = Outcome("equal", "", error, _where(bound, world), _shown(one), _shown(other))
    except Misfit as misfit:
        return Outcome("misfit", str(misfit))
    except (Undecided, RecursionError) as doubt:
        return Outcome("undecided", f"Not decided: {doubt}.")
    if not seen:
        return Outcome("undecided", "It speaks of times outside the horizon.")
    if not np.isfinite(worst.error):
        return Outcome("undecided", "A value is not finite.")
    if vanished and not isinstance(claim.right, Number):
        return Outcome("vanish", "Both sides vanish.")
    return Outcome("equal", "", worst.error, worst.where, worst.left, worst.right, choice.spoken())


def compared(left: Tensor, right: Tensor, choice: Choice, claim: Claim) -> tuple[Tensor, Tensor]:
    """Both sides in one form. Raises Misfit where their sizes differ."""
    if isinstance(claim.right, Number) and right.scalar:
        return left, right
    one, other = matched(left, right, choice)
    if one.out != other.out or one.below != other.below:
        raise Misfit("the sizes of the two sides differ")
    return one, other


def difference(one: Tensor, other: Tensor) -> tuple[float, float]:
    """The largest difference relative to the larger side, and the size of that side."""
    size = max(float(np.abs(one.data).max(initial=0)), float(np.abs(other.data).max(initial=0)))
    return float(np.abs(one.data - other.data).max(initial=0)) / max(size, VANISHING), size


def assignments(
    claim: Claim, scope: Scope, world: World, entries: frozenset[str]
) -> Iterator[dict[str, int]]:
    """Values for the letters that are free in a claim."""
    sizes = {key[5:] for key in world.sizes if key.startswith("size ")}
    sides = [node for node in (claim.left, claim.right) if node is not None]
    free = set().union(*(free_in(node, scope, entries) for node in sides)) - sizes - {"T"}
    letter = scope.vocabulary.names.letter
    dotted = any(isinstance(node, Dots) for side in sides for node in walk(side))
    letters = sorted(free | {letter})
    ranges = []
    for one in letters:
        if one == letter:
            ranges.append([world.horizon] if dotted else [3, 4] if world.horizon > 3 else [2, 3])
        elif one in entries and one not in scope.vocabulary.quantities:
            ranges.append([1, 2])
        else:
            ranges.append([1] if dotted else [1, 2] if letter in free else [2, 3])
    for values in product(*ranges):
        yield {"T": world.horizon, **dict(zip(letters, values, strict=True))}


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


def _where(bound: dict[str, int], world: World) -> str:
    sizes = {key[5:]: size[0] for key, size in world.sizes.items() if key.startswith("size ")}
    unit = all(size == (1, 1) for size in world.sizes.values())
    parts = [f"{letter}={value}" for letter, value in {**bound, **sizes}.items()]
    return ", ".join([*parts, "every size 1"] if unit else parts)


def _shown(value: Tensor) -> str:
    flat = value.data.real.ravel()
    text = ", ".join(f"{number:.4g}" for number in flat[:4])
    return f"[{text}{', ...' if flat.size > 4 else ''}]" if flat.size > 1 else text
