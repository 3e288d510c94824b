r"""What an error must mean that a document defines by a recursion, and nowhere as a derivative.

\delta_t = (V^\top e_t + W^\top \delta_{t+1}) \odot (1 - h_t^2) can only be a gradient of the loss by
something that the network computes at that time. Where it is none, and relations after it are false as it
stands and true of such a gradient, the equation is wrong; so it is where there are none, and one slight edit
makes it such a gradient. What follows is then judged by that.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import islice

from symbptt.judge.definitions.losses import is_derived, is_gradient
from symbptt.judge.definitions.scope import Scope
from symbptt.judge.definitions.shapes import SCALARS
from symbptt.judge.gradients.gates import with_argument
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
from symbptt.reader.syntax import BEFORE, Bracket, Derivative, Gradient, Name, Surface, Transpose
from symbptt.reader.walks import walk

MOST_WAYS = 16  # gradients that an error is held against
FEW = 3  # of them, and relations after it, that are asked where nothing tells what is meant
MOST_CLAIMS = 8  # relations after it that are asked
READINGS = 4  # of each


@dataclass(frozen=True, slots=True)
class Way:
    """One gradient that an error may be, in words, with the scope in which it is that."""

    said: str
    slope: Definition
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
    plain, ways = _ways(one, loss, scope)
    right, entries = replace(claim, link=1), scope.vocabulary.entries_of(claim)  # its left is not in question
    slopes = (replace(right, left=way.slope.left, right=way.slope.right) for way in ways)
    if any(_holds(slope, plain) for slope in slopes):
        return None
    after = _After.of(claim, one, plain, claims)
    likely = after.mending(ways)
    if likely and _holds(right, likely[0].scope):
        return Meant(Finding("definition", f"It defines {one.left.canonical}."), likely[0].scope)
    if any(tried(right, way.scope, False, entries).status in ("equal", "undecided") for way in ways):
        return None
    told = bool(likely)
    likely = likely if told or any(after.true) else ways[:FEW]
    trials = [Trial(right, way.scope, False, entries) for way in likely]
    for trial, way in zip(trials, likely, strict=True):
        found = repair(right, trial, claims, {})
        if found is not None:
            return Meant(_finding(trial, way, found), way.scope)
    return Meant(_finding(trials[0], likely[0], None), likely[0].scope) if told else None


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
    slopes = _slopes_in(one.right)
    turned = any(isinstance(node, Transpose) and _slopes_in(node) for node in walk(one.right))
    if turned or not all(map(_is_of_loss, slopes)):
        return False  # layouts of derivatives decide
    if isinstance(one.right, Derivative | Gradient) or one.time is None or one.indices or one.called:
        return False
    if argument_of(one.right) is not None or one.key in reached(names_in(loss.right), scope):
        return False
    gradients = {held.key for held in scope.every() if is_gradient(held)}
    rests = {scope.vocabulary.refer(name).key for name in names_in(one.right)}
    named = one.left.base == "\\delta" or one.left.prefix or slopes
    return bool(named or one.key in scope.backward or rests & gradients)


def _slopes_in(node: Surface) -> list[Derivative | Gradient]:
    """The derivatives in a formula."""
    return [inner for inner in walk(node) if isinstance(inner, Derivative | Gradient)]


def _is_of_loss(slope: Derivative | Gradient) -> bool:
    """Is this the derivative of a loss, and no Jacobian?"""
    of = slope.numerator if isinstance(slope, Derivative) else slope.operand
    return isinstance(of, Name) and of.base in SCALARS


def _ways(one: Definition, loss: Definition, scope: Scope) -> tuple[Scope, list[Way]]:
    """The gradients by what the network computes at a time, of the same layer where there are layers.

    First those by what functions are applied to; that has names of its own in the scope given with them,
    in which the error is what its equation says.
    """
    computed = reached(names_in(loss.right), scope)
    forward = [held for held in scope.every() if held.key in computed and _is_quantity(held)]
    sizes = scope.world(False, 1, ()).sizes
    sized = [held for held in forward if sizes.get(held.key) == sizes.get(one.key)] or forward
    akin = [held for held in sized if _labels(held.left) == _labels(one.left)]
    states = akin if _labels(one.left) != ((), ()) and akin else sized
    found: list[tuple[str, Name]] = []
    parted = scope
    for held in states:
        argument = argument_of(held.right)
        if argument is not None and not isinstance(argument, Name):
            gate, below = with_argument(held, scope.vocabulary)
            parted = parted.redefined(gate, False).redefined(below, False)
            found.append((f"the argument of {held.left.canonical}", below.left))
    found += [(held.left.canonical, held.left) for held in states]
    return parted.redefined(one, False), [_way(said, one, by, loss, parted) for said, by in found[:MOST_WAYS]]


def _is_quantity(held: Definition) -> bool:
    return held.pattern == "t" and not held.indices and not held.assumed and not is_derived(held)


def _labels(name: Name) -> tuple[object, object]:
    """What tells layers and directions apart: \\overleftarrow{h}, h^{(1)}."""
    accents = tuple(item for item in name.accents if item != BEFORE)
    return accents, tuple(item for item in name.superscripts if isinstance(item, Bracket))


def _way(said: str, one: Definition, by: Name, loss: Definition, scope: Scope) -> Way:
    """The scope in which an error is the gradient of the loss by a quantity, at every time."""
    slope = Derivative(one.right.at, "\\partial", loss.left, (by,))
    bare = scope.vocabulary.names.split(one.left)[2]
    left = replace(bare, time=by.time, style="subscript")
    only = replace(one, time=by.time, left=left, right=slope)
    held = [other for other in scope.definitions.get(one.key, ()) if not other.final]
    return Way(said, only, scope.without(held, scope.start).redefined(only, False))


@dataclass(frozen=True, slots=True)
class _After:
    """The relations after an equation that speak of what it defines; which of them are true by it."""

    claims: Sequence[Claim]
    true: Sequence[bool]

    @staticmethod
    def of(claim: Claim, one: Definition, scope: Scope, claims: Sequence[Claim]) -> _After:
        """The first ones that hold derivatives on the left, and define no other gradient by this one."""
        place = next(number for number, other in enumerate(claims) if other is claim)
        refer = scope.vocabulary.refer
        after = (
            other
            for other in claims[place + 1 :]
            if any(isinstance(node, Derivative | Gradient) for node in walk(other.head or other.right))
            and any(refer(name).key == one.key for name in claim_names(other))
        )
        first = list(islice(after, MOST_CLAIMS))
        return _After(first, [_holds(other, scope) for other in first])

    def mending(self, ways: Iterable[Way]) -> list[Way]:
        """The first way by which half of the false ones are true, and none of the others false."""
        untrue = [other for other, now in zip(self.claims, self.true, strict=True) if not now]
        others = [other for other, now in zip(self.claims, self.true, strict=True) if now]
        for way in ways if untrue else ():
            if not any(_holds(other, way.scope) for other in untrue[:FEW]):
                continue
            mended = sum(_holds(other, way.scope) for other in untrue)
            if 2 * mended >= len(untrue) and all(_holds(other, way.scope) for other in others):
                return [way]
        return []


def _holds(claim: Claim, scope: Scope) -> bool:
    """Is a relation true in one of the usual readings?"""
    trial = Trial(claim, scope, False, scope.vocabulary.entries_of(claim))
    return trial.holds(claim, {}, READINGS)
