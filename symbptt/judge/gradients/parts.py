r"""Equations that say what one time step adds to a gradient, where the gradient is written as a name.

dW = dz_t x_t^\top is a part of dW: its sum over time is meant. dc_{t-1} = dc_t f_t, or dc_t += ..., is what
reaches c_{t-1} through one of the quantities that use it, or through some of them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from functools import reduce
from itertools import chain, combinations

from symbptt.judge.notation.deltas import is_delta
from symbptt.judge.notation.normal import rebuilt
from symbptt.judge.notation.vocabulary import Vocabulary, integer, names_in
from symbptt.judge.numeric.tensors import Undecided
from symbptt.judge.numeric.world import Definition
from symbptt.judge.reading import EQUALS, Claim, Reading
from symbptt.reader.syntax import BigOperator, Binary, Derivative, Juxtaposed, Name, Number, Surface, walk

ADDS = "+="
MOST = 24  # sums of parts that are tried


def summed_over_time(reading: Reading, vocabulary: Vocabulary) -> Reading:
    """The document with what each step adds to the gradient by a parameter as a sum over time."""
    claims = tuple(
        _summed(item, vocabulary) if isinstance(item, Claim) and _is_part(item, vocabulary) else item
        for item in reading.claims
    )
    return replace(reading, claims=claims)


def _is_part(claim: Claim, vocabulary: Vocabulary) -> bool:
    """Is the left side a gradient without a time, and has the right side a time that no sum runs over?"""
    left = claim.left
    if claim.link or not (claim.op in EQUALS or claim.op == ADDS) or left is None or not is_delta(left):
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


def of_parts(claim: Claim, definitions: Iterable[Definition], vocabulary: Vocabulary) -> Iterator[Claim]:
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
