r"""Where the loss enters the backward equations of one step: dy = p_t - g_t, with no gradient on the right.

Such an equation is held against the loss, where that can be evaluated: dy is the gradient by
y, or by what the function of y is applied to. The equations after it rest on what it says.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from symbptt.judge.definitions.losses import is_gradient
from symbptt.judge.definitions.scope import Scope
from symbptt.judge.definitions.shapes import SCALARS
from symbptt.judge.gradients.gates import with_argument
from symbptt.judge.gradients.slopes import argument_of
from symbptt.judge.notation.vocabulary import application, names_in
from symbptt.judge.numeric.numbers import by_numbers
from symbptt.judge.numeric.trial import Trial
from symbptt.judge.numeric.world import Definition
from symbptt.judge.reading import Claim
from symbptt.judge.repairs.repairs import repair
from symbptt.judge.verdicts import Finding
from symbptt.reader.spelling import is_spellable
from symbptt.reader.syntax import Derivative, Name, Surface
from symbptt.reader.walks import walk

# Functions whose values are probabilities y: y - g is the gradient by what they are applied to.
OF_PROBABILITIES = frozenset(["softmax", "sigmoid", "\\sigma"])


@dataclass(frozen=True, slots=True)
class Origin:
    """What is found of dy = p_t - g_t; ``node`` is the argument that it is by, None for y itself."""

    finding: Finding | None
    node: Surface | None = None


def origin(claim: Claim, one: Definition, scope: Scope) -> Origin:
    """How an equation fares in which the loss enters at what a definition defines."""
    node = argument_of(one.right)
    found = list(_against_loss(claim, one, scope))
    for said, finding in found:
        if finding.verdict == "holds":
            message = f"It is the gradient of the loss by {said}."
            return Origin(replace(finding, message=message), node if said != one.left.canonical else None)
    at = node if _is_of_argument(claim, one) else None
    doubtful = any(finding.verdict != "fails" for _, finding in found) or _speaks_of_others(claim, scope)
    if not found or doubtful:
        return Origin(None, at)
    said, finding = found[-1 if at is not None else 0]
    message = f"It is not the gradient of the loss by {said}, in any reading."
    return Origin(replace(finding, message=f"{message} {finding.message}".strip()), at)


def _against_loss(claim: Claim, one: Definition, scope: Scope) -> Iterator[tuple[str, Finding]]:
    """The equation as one about the gradient by y, and by the argument of the function of y."""
    loss = _loss(scope)
    if loss is None:
        return
    said = one.left.canonical
    yield said, _as_slope(claim, loss, one.left, scope)
    if argument_of(one.right) is not None:
        gate, below = with_argument(one, scope.vocabulary)
        within = scope.redefined(gate).redefined(below)
        yield f"the pre-activation of {said}", _as_slope(claim, loss, below.left, within)


def _as_slope(claim: Claim, loss: Name, by: Name, scope: Scope) -> Finding:
    """The verdict on the equation as one about a derivative of the loss, with its repair for a message."""
    slope = Derivative(by.at, "\\partial", loss, (by,))
    meant = replace(claim, op="=", link=0, left=slope, head=slope)
    finding = by_numbers(meant, scope)[0]
    if finding.verdict != "fails":
        return finding
    found = repair(meant, Trial(meant, scope, False, scope.vocabulary.entries_of(meant)), [meant], {})
    if found is None:
        return replace(finding, message="")
    return replace(finding, message=found.sentence, suggestion=found.latex, at=found.at)


def _loss(scope: Scope) -> Name | None:
    """The loss of the document, the whole one before that of one time."""
    found = [
        one
        for one in scope.every()
        if one.left.base in SCALARS and not one.left.prefix and not one.assumed and not is_gradient(one)
    ]
    found.sort(key=lambda one: one.pattern != "")
    return found[0].left if found else None


def _speaks_of_others(claim: Claim, scope: Scope) -> bool:
    r"""Does an equation hold a name that no forward equation holds, as \mathbf{1}_{k_t} for a label?"""
    refer, entries = scope.vocabulary.refer, scope.vocabulary.entries_of(claim)
    forward = [one for one in scope.every() if not one.left.prefix]
    nodes = [node for one in forward for node in walk(one.right)]  # labels stand in scripts: p_t[k_t]
    names = [node for node in nodes if isinstance(node, Name) and is_spellable(node)]
    known = {refer(name, scope.shaped().entries).key for name in names}
    known |= {one.key for one in forward}
    return not {refer(name, entries).key for name in names_in(claim.right)} <= known


def _is_of_argument(claim: Claim, one: Definition) -> bool:
    """Is dy = y - g, with probabilities y, the gradient by what they are made of?"""
    call = application(one.right)
    function = call[0].base if call is not None else getattr(one.right, "function", "")
    own = any(name.stem == one.left.stem for name in names_in(claim.right))
    return own and function in OF_PROBABILITIES
