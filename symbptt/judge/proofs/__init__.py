r"""Proofs: both sides of a relation that holds in numbers are the same for all sizes, values and times.

The relation is evaluated in symbols by the judge's own evaluator, under the reading that its numbers were
found in (``arrays``, ``evaluation``): what a product, a layout or a kind of derivative means is decided there
and nowhere else. A difference of sizes that only numbers of equal size hid is a misfit here, and no proof.

Left minus right is then a sum in normal form (``sums``), and is shown to be zero by eliminating derivatives
with the chain rule along the definitions of the document, and names by their definitions (``chains``,
``decision``). Ordered products over time are derivatives by induction (``ordered``).

A letter of time stands for every time of the run that has its neighbours in it, 1 <= k < t < T, and T is no
earlier than any time that is written as a number. Letters of entries stand for all entries, for different
ones where the numbers took them so; targets beside the logarithm of a prediction sum to 1, as they do in the
numbers. What is proved of sizes that are all 1 has the scope ``scalar`` and no other.
A proof never makes a verdict: it is asked for where numbers have found that a relation holds.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from symbptt.errors import SymbpttError
from symbptt.judge.definitions.scope import Scope
from symbptt.judge.notation.sided import claim_nodes
from symbptt.judge.numeric.bindings import assignments, compares
from symbptt.judge.numeric.trial import Outcome, compared
from symbptt.judge.numeric.world import World
from symbptt.judge.proofs.arrays import symbols
from symbptt.judge.proofs.decision import vanishes
from symbptt.judge.proofs.definitions import symbols_of
from symbptt.judge.proofs.effort import EFFORT
from symbptt.judge.proofs.evaluation import SymbolicEvaluator
from symbptt.judge.proofs.names import Symbols
from symbptt.judge.proofs.times import Difference, Numbers, Unproved
from symbptt.judge.reading import Claim

__all__ = ["proof"]
MOST_TERMS = 2_000  # that one relation may take
MOST_SPENT = 4_000  # terms in vain, after which nothing more is tried with the definitions of a scope


class Answers:
    """The reading that the numbers were found in: every question is answered as it was there."""

    def __init__(self, given: Mapping[tuple[object, ...], int]) -> None:
        self.given = given

    def __call__(self, key: tuple[object, ...], count: int) -> int:
        """The answer. Raises Unproved for a question that numbers did not ask."""
        if key in self.given:
            return min(self.given[key], count - 1)
        raise Unproved("a question of reading that numbers did not ask")


def proof(claim: Claim, scope: Scope, unit: bool, entries: frozenset[str], outcome: Outcome) -> str:
    """How both sides were shown to be the same, in words; empty where they were not."""
    held = scope.symbols.get(unit)
    if claim.left is None or (isinstance(held, Symbols) and held.spent > MOST_SPENT):
        return ""
    numeric = scope.world(unit, 1, ())
    world = symbols_of(scope, numeric, unit)
    with EFFORT.of(MOST_TERMS):
        try:
            found = _proof(claim, scope, numeric, world, entries, outcome)
        except (SymbpttError, RecursionError):
            found = ""
        world.spent += 0 if found else MOST_TERMS - EFFORT.left
    return found


def _proof(
    claim: Claim, scope: Scope, numeric: World, world: Symbols, entries: frozenset[str], outcome: Outcome
) -> str:
    world.numbers.release()
    indices = entries - scope.vocabulary.quantities
    letters = list(next(assignments(claim, scope, numeric, entries)))
    last = scope.vocabulary.ends(0)
    bound = {letter: world.numbers.number("T" if letter in last else letter) for letter in letters}
    choose = Answers(outcome.answers)
    world.kinds_meant = {
        question: kinds
        for (question, answer), kinds in numeric.meant.items()
        if outcome.answers.get(question) == answer
    }
    left, right = (
        SymbolicEvaluator(
            world, scope.vocabulary, bound, choose, indices, side, scope.rows, beyond=True
        ).value(node)
        for side, node in (("left", claim.left), ("right", claim.right))
        if node is not None
    )
    one, other = compared(left, right, choose, claim)  # type: ignore[arg-type]
    difference = (symbols(one) - symbols(other)).entry
    nodes = list(claim_nodes(claim))
    world.chains.apart = not compares(nodes)
    main = scope.vocabulary.names.letter
    known = list(_order(letters, main, indices | frozenset(last), world.numbers))
    return vanishes(difference, world.chains, known)


def _order(letters: list[str], main: str, others: frozenset[str], numbers: Numbers) -> Iterator[Difference]:
    """What is known of the times that a relation speaks of."""
    yield "", main, -2
    yield main, "T", -1
    yield "", "T", -max([2, *numbers.written])
    for letter in letters:
        if letter not in others and letter != main:
            yield "", letter, -1
            yield letter, main, -1
