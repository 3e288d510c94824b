"""A relation in the case that the words before it set by numbers: for T = 2, with t = 3 and k = 1."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from symbptt.judge.definitions.scope import Scope
from symbptt.judge.notation.circumstances import numbers_set
from symbptt.judge.notation.normal import rebuilt
from symbptt.judge.reading import Claim
from symbptt.reader.syntax import Name, Number, Surface

LONGEST = 8  # steps


def in_numbers(claim: Claim, scope: Scope) -> tuple[Claim, Scope, str] | None:
    """The relation with the numbers put in, a scope of as many steps, and the case in words; None without."""
    numbers = numbers_set(claim)
    if not numbers or claim.left is None:
        return None
    steps = [number for letter, number in numbers.items() if letter in scope.vocabulary.writing.last]
    if not all(1 <= number <= LONGEST for number in steps):
        return None
    one = replace(claim, left=_put(claim.left, numbers), right=_put(claim.right, numbers))
    said = " and ".join(f"{letter} = {number}" for letter, number in numbers.items())
    return one, scope.of_length(steps[0]) if steps else scope, f"for {said}"


def _put(node: Surface, numbers: Mapping[str, int]) -> Surface:
    """A formula with numbers in the place of letters."""

    def change(one: Surface) -> Surface:
        if isinstance(one, Name) and one == Name(one.at, one.base) and one.base in numbers:
            return Number(one.at, str(numbers[one.base]))
        return one

    return rebuilt(node, change)
