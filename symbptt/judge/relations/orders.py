r"""Inequalities and approximations held against numbers.

    \|A B\| \le \|A\| \|B\|     a \ne b     a \approx b

Numbers prove no inequality, and one that is false for some numbers may be meant under a condition that the
prose states. So an inequality fails only where it is false in every instance that is tried, from small
parameters to large ones, in all its readings; else it stays undetermined, and the message says how it fared.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from symbptt.judge.definitions.scope import Scope
from symbptt.judge.notation.sided import claim_names, claim_nodes, claim_sides
from symbptt.judge.numeric.bindings import assignments
from symbptt.judge.numeric.choices import Choice, readings
from symbptt.judge.numeric.evaluate import Evaluator
from symbptt.judge.numeric.numbers import evidence_of
from symbptt.judge.numeric.tensors import Misfit, Undecided, matched
from symbptt.judge.numeric.trial import OUTSIDE, Outcome, founded, instance, shown, tried
from symbptt.judge.numeric.world import OutOfRange, World
from symbptt.judge.reading import Claim
from symbptt.judge.relations.arithmetic import approximate
from symbptt.judge.verdicts import Evidence, Finding
from symbptt.reader.syntax import Binary, Name, Negative, Number

Real = NDArray[np.float64]
DRAWS = tuple((seed, spread) for spread in (1.0, 0.1, 2.0) for seed in (1, 2, 3))
MOST_PARTS = 60_000  # of formulas, evaluated in one reading
SLACK = 1e-9
MOST_READINGS = 24
TRUE = 2  # the rank of a reading that is true in all instances
LESS = frozenset(["<", "\\le", "\\leq", "\\leqslant", "<="])
MORE = frozenset([">", "\\ge", "\\geq", "\\geqslant", ">="])
STRICT = frozenset(["<", ">"])
UNEQUAL = frozenset(["\\ne", "\\neq"])
NEAR = frozenset(["\\approx", "\\simeq", "\\sim", "\\cong"])
SAID = {
    "\\propto": "Not decided: a proportion leaves a factor open.",
    "\\ll": "Not decided: nothing says how much smaller is meant.",
    "\\gg": "Not decided: nothing says how much larger is meant.",
    "\\to": "Not decided: a limit or a map is nothing to evaluate.",
    "\\rightarrow": "Not decided: a limit or a map is nothing to evaluate.",
    "\\Rightarrow": "Not decided: it says what follows from what.",
    "\\mapsto": "Not decided: a map is nothing to evaluate.",
}
ALWAYS = "It is true in all {count} instances tried; numbers do not prove an inequality."
SOMETIMES = (
    "It is true for some numbers and false for others ({where}: {left} and {right}): it needs a condition."
)
TIED = "It is false: both sides are equal in every instance tried."
NEVER = "It is false in every instance tried, from small parameters to large ones."


@dataclass(frozen=True, slots=True)
class Instance:
    """Both sides with one set of numbers: is the relation true there, and is it false in every entry?

    What numbers cannot tell from equal is true of <, for rounding, unless it is so of all of them.
    """

    true: bool
    false: bool
    outcome: Outcome
    tied: bool = False  # are both sides of < or > the same?


@dataclass(frozen=True, slots=True)
class Fared:
    """How a reading fares with all numbers, in words; ``false``: in none of them is any entry right."""

    said: str
    outcome: Outcome = field(default_factory=lambda: Outcome("differs"))
    false: bool = False
    rank: int = 0


def ordered(claim: Claim, scope: Scope) -> Finding:
    """The verdict on a relation that is no equation."""
    entries = scope.vocabulary.entries_of(claim)
    if claim.left is None:
        return Finding("undetermined", "Nothing stands on the left: what it goes on from is elsewhere.")
    if claim.op in LESS or claim.op in MORE:
        if condition := _condition(claim, scope):
            return Finding("definition", f"It is a condition on {condition}: there is nothing to prove.")
        return _compared(claim, scope, entries)
    if claim.op in UNEQUAL or claim.op in NEAR:
        return _near(claim, tried(claim, scope, False, entries))
    return Finding(
        "undetermined", SAID.get(claim.op, f"Not decided: the relation {claim.op} is no equation.")
    )


def _condition(claim: Claim, scope: Scope) -> str:
    """The name of which t < n or \\beta < 1 says how large it may be; "" for a claim about quantities."""
    plain = all(isinstance(node, Name | Number | Binary | Negative) for node in claim_nodes(claim))
    bare = [side for side in claim_sides(claim) if isinstance(side, Name)]
    names = [scope.vocabulary.refer(name) for name in claim_names(claim)]
    free = all(reference.key not in scope.definitions for reference in names)
    return bare[0].canonical if bare and plain and free else ""


def _near(claim: Claim, outcome: Outcome) -> Finding:
    """An approximation is true where it is an equation; what is not equal differs for some numbers."""
    numbers = evidence_of(outcome)
    match outcome.status, claim.op in UNEQUAL:
        case "equal", True:
            return Finding("fails", "Both sides are equal in every instance tried.", evidence=numbers)
        case "equal", False:
            return Finding("holds", "It is even an equation.", "any", numbers)
        case "differs", True:
            return Finding("holds", "The two sides differ in every reading.", "any", numbers)
        case "differs", False:
            said = f"({outcome.where}: {outcome.left} and {outcome.right})"
            open_ = f"Not decided: nothing says how near the two sides should be {said}."
            return approximate(claim, Finding("undetermined", open_, evidence=numbers))
    return Finding("undetermined", outcome.message or "The sizes fit in no reading.")


def _compared(claim: Claim, scope: Scope, entries: frozenset[str]) -> Finding:
    """The verdict on an inequality: by sizes that differ, and where it is false by sizes of 1 as well."""
    names = list(claim_names(claim))
    general = _fared(claim, scope, scope.world(False, 1, names), entries)
    if not general.false:
        return Finding("undetermined", general.said)
    unit = _fared(claim, scope, scope.world(True, 1, names), entries)
    if not unit.false:
        return Finding("undetermined", unit.said)
    numbers = Evidence("numeric", None, general.outcome.where, general.outcome.left, general.outcome.right)
    return Finding("fails", general.said, evidence=numbers)


def _fared(claim: Claim, scope: Scope, world: World, entries: frozenset[str]) -> Fared:
    """How an inequality fares with many numbers, in the reading in which it fares best."""
    best: Fared | None = None
    for choice in readings(MOST_READINGS):
        try:
            with world.work.of(MOST_PARTS):
                found = list(_instances(claim, scope, world, entries, choice))
        except Misfit:
            continue
        except (Undecided, RecursionError) as problem:
            return Fared(f"Not decided: {problem}.")
        fared = _counted(found)
        if best is None or fared.rank > best.rank:
            best = fared
    if best is None:
        return Fared("The sizes fit in no reading.")
    if best.rank == TRUE or best.said == TIED:  # equal for any numbers, so for those that nothing defines
        return best
    outcome = founded(replace(best.outcome, message=best.said), claim, scope, world)
    return best if outcome.status == "differs" else Fared(outcome.message)


def _counted(found: Sequence[Instance]) -> Fared:
    """How a reading fares, from its instances."""
    if not found:
        return Fared(OUTSIDE)
    if all(one.tied for one in found):
        return Fared(TIED, found[0].outcome, false=True)
    wrong = next((one.outcome for one in found if not one.true), None)
    if wrong is None:
        return Fared(ALWAYS.format(count=len(found)), found[0].outcome, rank=TRUE)
    if all(one.false for one in found):
        return Fared(NEVER, wrong, false=True)
    return Fared(SOMETIMES.format(where=wrong.where, left=wrong.left, right=wrong.right), wrong, rank=1)


def _instances(
    claim: Claim, scope: Scope, world: World, entries: frozenset[str], choice: Choice
) -> Iterator[Instance]:
    """How a reading fares with each set of numbers. Raises Misfit, Undecided."""
    for one in world.instances(DRAWS):
        for bound in assignments(claim, scope, one, entries):
            try:
                yield _instance(claim, scope, one, bound, choice)
            except OutOfRange:
                continue
        world.leaves |= one.leaves


def _instance(claim: Claim, scope: Scope, world: World, bound: dict[str, int], choice: Choice) -> Instance:
    indices = scope.vocabulary.entries_of(claim) - scope.vocabulary.quantities
    evaluator = Evaluator(world, scope.vocabulary, bound, choice, indices, "left", scope.rows)
    if claim.left is None:
        raise Undecided("nothing stands on the left")
    with np.errstate(all="ignore"):
        left, right = matched(
            evaluator.value(claim.left), replace(evaluator, side="right").value(claim.right), choice
        )
    less, more = (left, right) if claim.op in LESS else (right, left)
    above, below = less.data.real, more.data.real
    if not (np.isfinite(above).all() and np.isfinite(below).all()):
        raise Undecided("a value is not finite")
    slack = SLACK * (1 + np.abs(below))
    wrong = above > below + slack
    tied = claim.op in STRICT and bool((np.abs(above - below) <= slack).all())
    outcome = Outcome("differs", "", 1.0, instance(bound, world), shown(left), shown(right))
    return Instance(not wrong.any(), bool(wrong.all()), outcome, tied)
