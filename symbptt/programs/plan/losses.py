"""The gradient of the loss by what it looks at: the seeds of the backward sweep."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import sympy
from sympy.core.basic import Basic

from symbptt.expressions import Quantity, SumOver, children, quantities, rewrite, shape_of, subexpressions
from symbptt.programs.plan.places import ONCE, Scope
from symbptt.recurrence import Equation, Recurrence, T
from symbptt.rules import gradient, pullback


@dataclass(frozen=True)
class Part:
    """What the loss gives to the gradient by one quantity, at one time or along the index of a sum."""

    of: Quantity
    value: Basic
    scope: Scope


@dataclass
class LossParts:
    """The loss, what it gives to each quantity, and factors of sums over time that need names."""

    value: Basic
    parts: list[Part] = field(default_factory=list)
    factors: dict[Quantity, Basic] = field(default_factory=dict)


def loss_parts(recurrence: Recurrence) -> LossParts:
    """The loss differentiated by every quantity that is not a target; derived parameters are written out."""
    assert recurrence.loss is not None
    value = recurrence.loss.right
    for e in reversed(recurrence.statics):
        value = rewrite(value, _written_out(e))
    found = LossParts(recurrence.loss.right)
    given = {q.name for q in recurrence.targets}
    _walk(value, sympy.S.One, found, given)
    return found


def _written_out(e: Equation) -> Callable[[Basic], Basic]:
    return lambda node: e.right if node == e.left else node


def looked_at(node: Basic, scope: Scope = ONCE) -> Iterator[tuple[Quantity, Scope]]:
    """Every quantity that a loss looks at, with the scope of the sum over time that it stands in."""
    if isinstance(node, Quantity):
        yield node, scope
    inner = Scope("whole", *node.args[1:]) if isinstance(node, SumOver) else scope
    for part in children(node):
        yield from looked_at(part, inner)


def _walk(node: Basic, g: Basic, found: LossParts, given: set[str]) -> None:
    """Carry the gradient g down from the loss to its quantities, into the sums over time."""
    if isinstance(node, Quantity):
        if node.name not in given:
            found.parts.append(Part(node, g, ONCE))
    elif isinstance(node, SumOver):
        _into_sum(node, g, found, given)
    else:
        for i, part in enumerate(children(node)):
            if any(q.name not in given for q in quantities(part)):
                _walk(part, pullback(node, i, g), found, given)


def _into_sum(node: SumOver, g: Basic, found: LossParts, given: set[str]) -> None:
    body, index, low, high = node.args
    if any(isinstance(part, SumOver) for part in subexpressions(g)):
        name = Quantity(f"factor {len(found.factors) + 1}", *shape_of(g), T)
        found.factors[name] = g
        g = name
    scope = Scope("whole", index, low, high)
    for q in quantities(body):
        if q.name not in given:
            found.parts.append(Part(q, gradient(body, q, g), scope))
