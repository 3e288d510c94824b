r"""What an error must mean that a document defines by a recursion, and nowhere as a derivative.

\delta_t = (V^\top e_t + W^\top \delta_{t+1}) \odot (1 - h_t^2) can only be a gradient of the loss by
something that the network computes at that time. Where it is none, and one slight edit makes it one, the
equation is wrong, unless a relation after it is true by what it says. Where no edit does, it is wrong if at
least two relations after it are true of such a gradient and false as it stands. What follows is then judged
by that.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import islice

from symbptt.judge.definitions.losses import is_derived, is_gradient
from symbptt.judge.definitions.scope import Scope
from symbptt.judge.definitions.shapes import SCALARS
from symbptt.judge.gradients.gates import argument_name, by_argument
from symbptt.judge.gradients.slopes import argument_of
from symbptt.judge.notation.sided import claim_names
from symbptt.judge.notation.vocabulary import names_in
from symbptt.judge.numeric.numbers import evidence_of
from symbptt.judge.numeric.trial import Trial, tried
from symbptt.judge.numeric.world import Definition
from symbptt.judge.reading import Claim
from symbptt.judge.relations.generic import reached
from symbptt.judge.repairs.repairs import Repair, repair
from symbptt.judge.verdicts import Evidence, Finding
from symbptt.reader.syntax import BEFORE, Bracket, Derivative, Gradient, Name
from symbptt.reader.walks import walk

MOST_WAYS = 8  # gradients that an error is held against
MOST_CLAIMS = 8  # relations after it that are asked
LEAST = 2  # of them that tell what is meant where no edit does


@dataclass(frozen=True, slots=True)
class Way:
    """One gradient that an error may be, in words, with the scope in which it is that."""

    said: str
    scope: Scope


@dataclass(frozen=True, slots=True)
class Meant:
    """What is found of an equation that defines an error, and the scope in which it is what it must be."""

    finding: Finding
    scope: Scope


def meant(claim: Claim, one: Definition, scope: Scope, claims: Sequence[Claim]) -> Meant | None:
    """What an equation that should define a gradient is found to do; None where no gradient is meant.

    One that does so defines it at the ends as well, of which the recursion does not speak.
    """
    loss = _loss(scope)
    if loss is None or loss.doubtful or not _is_error(one, loss, scope):
        return None
    ways = list(islice(_ways(one, loss, scope), MOST_WAYS))
    entries = scope.vocabulary.entries_of(claim)
    right = replace(claim, link=1)  # what is defined is not in question
    trials = [Trial(right, way.scope, False, entries) for way in ways]
    after = _after(claim, one, scope, claims)
    true = [place for place, trial in enumerate(trials) if trial.outcome().status == "equal"]
    for place in true:
        if _gained(after, scope, ways[place].scope) > 0:
            return Meant(Finding("definition", f"It defines {one.left.canonical}."), ways[place].scope)
    if true:
        return None
    gains = [_gained(after, scope, way.scope) for way in ways]
    order = sorted(range(len(ways)), key=lambda place: -gains[place])
    likely = [place for place in order if gains[place] >= 0]
    for place in likely:
        found = repair(right, trials[place], claims, {})
        if found is not None:
            return Meant(_finding(trials[place], ways[place], found), ways[place].scope)
    if likely and gains[likely[0]] >= LEAST:
        return Meant(_finding(trials[likely[0]], ways[likely[0]], None), ways[likely[0]].scope)
    return None


def _finding(trial: Trial, way: Way, found: Repair | None) -> Finding:
    """The verdict on an equation that does not give what is meant."""
    outcome = trial.outcome()
    evidence = evidence_of(outcome) if outcome.status == "differs" else Evidence("form")
    message = f"It is not the gradient by {way.said}, in any reading."
    if found is None:
        return Finding("fails", f"{message} What follows takes it for that.", evidence=evidence)
    said = f"{message} {found.sentence}"
    return Finding("fails", said, evidence=evidence, suggestion=found.latex, at=found.at)


def _loss(scope: Scope) -> Definition | None:
    """The loss of the document, the whole one before that of one time."""
    found = [one for one in scope.every() if one.left.base in SCALARS and not one.left.prefix]
    plain = [one for one in found if not is_gradient(one) and not one.indices]
    return min(plain, key=lambda one: (one.pattern != "", one.assumed), default=None)


def _is_error(one: Definition, loss: Definition, scope: Scope) -> bool:
    """Is a quantity at a time, on which no loss rests, found from gradients or from later times?"""
    plain = one.time is None or one.indices or one.called or one.left.prefix or is_gradient(one)
    if plain or argument_of(one.right) is not None or one.key in reached(names_in(loss.right), scope):
        return False
    slopes = {held.key for held in scope.every() if is_gradient(held)}
    rests = {scope.vocabulary.refer(name).key for name in names_in(one.right)}
    return one.left.base == "\\delta" or one.key in scope.backward or bool(rests & slopes)


def _ways(one: Definition, loss: Definition, scope: Scope) -> Iterator[Way]:
    """The gradients by what the network computes at a time, of the same layer where there are layers."""
    computed = reached(names_in(loss.right), scope)
    forward = [held for held in scope.every() if held.key in computed and _is_quantity(held)]
    sizes = scope.world(False, 1, ()).sizes
    sized = [held for held in forward if sizes.get(held.key) == sizes.get(one.key)] or forward
    akin = [held for held in sized if _labels(held.left) == _labels(one.left)]
    for held in akin if _labels(one.left) != ((), ()) and akin else sized:
        argument = argument_of(held.right)
        if argument is not None and not isinstance(argument, Name):
            name = argument_name(held.left)
            below = replace(held, key=scope.vocabulary.refer(name).key, left=name, right=argument)
            within = scope.redefined(replace(held, right=by_argument(held)), False).redefined(below, False)
            yield _way(f"the argument of {held.left.canonical}", one, name, loss, within)
        yield _way(held.left.canonical, one, held.left, loss, scope)


def _is_quantity(held: Definition) -> bool:
    return held.pattern == "t" and not held.indices and not held.assumed and not is_derived(held)


def _labels(name: Name) -> tuple[object, object]:
    """What tells layers and directions apart: \\overleftarrow{h}, h^{(1)}."""
    accents = tuple(item for item in name.accents if item != BEFORE)
    return accents, tuple(item for item in name.superscripts if isinstance(item, Bracket))


def _way(said: str, one: Definition, by: Name, loss: Definition, scope: Scope) -> Way:
    """The scope in which an error is the gradient of the loss by a quantity, at every time."""
    moment = by.time
    slope = Derivative(one.right.at, "\\partial", loss.left, (by,))
    only = replace(one, time=moment, left=replace(one.left, time=moment), right=slope)
    held = [other for other in scope.definitions.get(one.key, ()) if not other.final]
    return Way(said, scope.without(held, scope.start).redefined(only, False))


def _after(claim: Claim, one: Definition, scope: Scope, claims: Sequence[Claim]) -> list[Claim]:
    """The relations after an equation that speak of what it defines, and define no other gradient by it."""
    place = next(number for number, other in enumerate(claims) if other is claim)
    refer = scope.vocabulary.refer
    after = (
        other
        for other in claims[place + 1 :]
        if any(isinstance(node, Derivative | Gradient) for node in walk(other.head or other.right))
        and any(refer(name).key == one.key for name in claim_names(other))
    )
    return list(islice(after, MOST_CLAIMS))


def _gained(after: Sequence[Claim], scope: Scope, anew: Scope) -> int:
    """How many relations become true by another definition; -1 where one becomes false."""
    gained = 0
    for other in after:
        entries = scope.vocabulary.entries_of(other)
        now, then = (tried(other, within, False, entries).status for within in (scope, anew))
        if now == "equal" and then != "equal":
            return -1
        gained += now != "equal" and then == "equal"
    return gained
