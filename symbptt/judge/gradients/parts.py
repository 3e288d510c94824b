r"""Equations that say what one time step adds to a gradient, where the gradient is written as a name.

dW = dz_t x_t^\top is a part of dW: its sum over time is meant. dc_{t-1} = dc_t f_t, or dc_t += ..., is what
reaches c_{t-1} through one of the quantities that use it, or through some of them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from functools import reduce
from itertools import chain, combinations

from symbptt.judge.definitions.scope import Scope
from symbptt.judge.definitions.shapes import SCALARS
from symbptt.judge.notation.deltas import is_delta
from symbptt.judge.notation.normal import EQUALS, rebuilt
from symbptt.judge.notation.vocabulary import Vocabulary, integer, names_in
from symbptt.judge.numeric.numbers import evidence_of, reading_of
from symbptt.judge.numeric.tensors import Undecided
from symbptt.judge.numeric.trial import tried
from symbptt.judge.numeric.world import Definition
from symbptt.judge.reading import Claim, Reading
from symbptt.judge.verdicts import Finding
from symbptt.reader.syntax import BigOperator, Binary, Derivative, Juxtaposed, Name, Number, Surface
from symbptt.reader.walks import walk

ADDS = "+="
MOST = 24  # sums of parts that are tried
LEAST = 2  # gradients that leave out their sum
PART = "It is a part of the gradient; other steps may add to it."


def summed_over_time(reading: Reading, vocabulary: Vocabulary) -> Reading:
    """The document with what each step adds to the gradient by a parameter as a sum over time."""
    by_step = _by_step(reading, vocabulary)
    claims = tuple(
        _summed(item, vocabulary)
        if isinstance(item, Claim) and (_is_part(item, vocabulary) or id(item) in by_step)
        else item
        for item in reading.claims
    )
    return replace(reading, claims=claims)


def _by_step(reading: Reading, vocabulary: Vocabulary) -> set[int]:
    r"""The relations \partial L / \partial W = ..._t of a document that sums no gradient over time."""
    claims = [item for item in reading.claims if isinstance(item, Claim)]
    summed = any(
        isinstance(node, BigOperator) and any(isinstance(inner, Derivative) for inner in walk(claim.head))
        for claim in claims
        if claim.head is not None
        for node in walk(claim.right)
    )
    found = {id(claim) for claim in claims if _is_loss_by_name(claim.left) and _of_step(claim, vocabulary)}
    return found if len(found) >= LEAST and not summed else set()


def _is_loss_by_name(node: Surface | None) -> bool:
    """Is this the derivative of a loss by a name?"""
    match node:
        case Derivative(numerator=Name(base=base), denominators=(Name(),)):
            return base in SCALARS
    return False


def _is_part(claim: Claim, vocabulary: Vocabulary) -> bool:
    """Is the left side a gradient with a name and without a time, and is the right side of one step?"""
    return claim.left is not None and is_delta(claim.left) and _of_step(claim, vocabulary)


def _of_step(claim: Claim, vocabulary: Vocabulary) -> bool:
    """Has the right side alone a time, which no sum runs over?"""
    left = claim.left
    if claim.link or not (claim.op in EQUALS or claim.op == ADDS) or left is None:
        return False
    letter = vocabulary.names.letter
    sums = [node for node in walk(claim.right) if isinstance(node, BigOperator)]
    if any(getattr(index, "base", "") == letter for one in sums for index in one.indices):
        return False
    return not _at_time(left, vocabulary) and _at_time(claim.right, vocabulary)


def _at_time(node: Surface, vocabulary: Vocabulary) -> bool:
    """Does a formula hold the letter of the time in one of its times?"""
    for name in names_in(node):
        time = vocabulary.refer(name).time
        if time is not None and any(one.base == vocabulary.names.letter for one in names_in(time)):
            return True
    return False


def _summed(claim: Claim, vocabulary: Vocabulary) -> Claim:
    index = Name(claim.right.at, vocabulary.names.letter)
    return replace(claim, op="=", right=BigOperator(claim.right.at, "sum", (index,), None, None, claim.right))


def part(claim: Claim, scope: Scope) -> Finding | None:
    """The verdict on what one step adds to a gradient; None where it cannot be said."""
    entries = scope.vocabulary.entries_of(claim)
    outcomes = []
    for one in _of_parts(claim, scope.every(), scope.vocabulary):
        outcome = tried(one, scope, False, entries)
        if outcome.status == "equal":
            return Finding("holds", PART, "any", evidence_of(outcome), reading_of(outcome))
        outcomes.append(outcome)
    if not outcomes or any(outcome.status != "differs" for outcome in outcomes):
        return None
    least = min(outcomes, key=lambda outcome: outcome.error or 0.0)
    return Finding("fails", "It is no part of the gradient.", evidence=evidence_of(least))


def _of_parts(claim: Claim, definitions: Iterable[Definition], vocabulary: Vocabulary) -> Iterator[Claim]:
    """The claims that the right side is what reaches a quantity through one that uses it, or through some."""
    left = claim.left
    if not isinstance(left, Derivative) or not is_delta(left) or not isinstance(left.denominators[0], Name):
        return
    target, loss = left.denominators[0], left.numerator
    users = list(_users(target, definitions, vocabulary))
    parts: list[Surface] = [_through(left, user, target) for user in users]
    parts.append(Derivative(left.at, "direct", loss, (target,)))
    sizes = range(1, len(parts) + 1)
    sums = chain.from_iterable(combinations(parts, size) for size in sizes)
    for _, some in zip(range(MOST), sums, strict=False):
        total = reduce(lambda one, other: Binary(left.at, "+", one, other), some)
        yield replace(claim, op="=", left=total)


def _users(target: Name, definitions: Iterable[Definition], vocabulary: Vocabulary) -> Iterator[Name]:
    """The quantities whose definitions hold the target, at the times at which they hold it."""
    reference = vocabulary.refer(target)
    letter = vocabulary.names.letter
    for one in definitions:
        lags = {
            lag
            for name in names_in(one.right)
            if (lag := _lag(one, name, reference.key, vocabulary)) is not None
        }
        for lag in sorted(lags):
            time = reference.time
            if time is None:
                return

            def moved(node: Surface, lag: int = lag, time: Surface = time) -> Surface:
                if node != Name(node.at, letter):
                    return node
                return Binary(node.at, "+", time, Number(node.at, str(lag))) if lag else time

            user = rebuilt(one.left, moved)
            if isinstance(user, Name):
                yield user


def _lag(one: Definition, name: Name, key: str, vocabulary: Vocabulary) -> int | None:
    """How many steps a definition looks back where it holds a quantity; None for any other name."""
    reference = vocabulary.refer(name)
    if reference.key != key or reference.time is None or one.time is None or one.pattern != "t":
        return None
    try:
        zero = {vocabulary.names.letter: 0}
        return integer(one.time, zero) - integer(reference.time, zero)
    except Undecided:
        return None


def _through(left: Derivative, user: Name, target: Name) -> Surface:
    """The gradient by what uses the target, times its own derivative by it."""
    outer = Derivative(left.at, left.kind, left.numerator, (user,))
    return Juxtaposed(left.at, outer, Derivative(left.at, "direct", user, (target,)))
