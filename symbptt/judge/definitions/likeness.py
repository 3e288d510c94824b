r"""What two formulas that are made alike say of their parts, and a formula of the name that ends it.

\tanh(z_t) = \tanh(W h_{t-1})           z_t is W h_{t-1}
\sum_t E_t = \sum_t l(y_t)             E_t is l(y_t)
\prod_j \lambda_j = \alpha_t           \alpha_t is the product
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from symbptt.judge.notation.vocabulary import application
from symbptt.judge.numeric.functions import ELEMENTARY
from symbptt.judge.reading import Claim
from symbptt.reader.syntax import (
    Apply,
    BigOperator,
    Binary,
    Bracket,
    Derivative,
    Differential,
    Fraction,
    Gradient,
    Juxtaposed,
    Matrix,
    Name,
    Negative,
    Number,
    Surface,
)
from symbptt.reader.walks import walk

KNOWN = frozenset([*ELEMENTARY, "softmax", "prod", "diag"])


def mirrored(claim: Claim) -> Iterator[tuple[Name, Surface]]:
    r"""What begins with a formula and ends with the name of it: \prod_j \lambda_j = \alpha_t."""
    left, right = claim.left, claim.right
    if not isinstance(left, BigOperator | Binary | Juxtaposed | Apply) or claim.link or claim.aside:
        return
    derived = any(isinstance(node, Derivative | Differential | Gradient) for node in walk(left))
    if isinstance(right, Name) and right.time is not None and not right.prefix and not derived:
        yield right, left


def alike(left: Surface, right: Surface) -> Iterator[tuple[Name, Surface]]:
    """What stands in the same place on both sides, where the left side has a name there."""
    for one, other in _inside(left, right):
        call = application(one)
        plain = call[0] if call is not None and call[0].base not in KNOWN else one
        if isinstance(plain, Name) and plain.time is not None:
            yield plain, other
        else:
            yield from alike(one, other)


def _inside(left: Surface, right: Surface) -> Iterator[tuple[Surface, Surface]]:
    """The operands of two formulas that are made in the same way."""
    match left, right:
        case Apply(), Apply() if replace(left, argument=None) == replace(right, argument=None):
            if left.argument is not None and right.argument is not None:
                yield _bare(left.argument), _bare(right.argument)
        case BigOperator(), Negative(operand=BigOperator() as inner):
            yield from _inside(left, replace(inner, body=Negative(inner.body.at, inner.body)))
        case BigOperator(), BigOperator() if _limits(left) == _limits(right):
            yield _bare(left.body), _bare(right.body)
        case Negative(), Negative():
            yield left.operand, right.operand
        case Matrix(rows=rows), Matrix(rows=others) if list(map(len, rows)) == list(map(len, others)):
            for row, other in zip(rows, others, strict=True):
                yield from zip(row, other, strict=True)
        case Juxtaposed(left=Name() as one), Juxtaposed(left=Name() as other) if one == other:
            yield _bare(left.right), _bare(right.right)
        case ((Juxtaposed() | Binary()), (Juxtaposed() | Binary())):
            if _factor(left) is not None and _factor(left) == _factor(right):
                yield left.right, right.right


def _factor(node: Juxtaposed | Binary) -> tuple[str, Surface] | None:
    """A number, or a fraction of numbers, in front of a product."""
    op = node.op if isinstance(node, Binary) else ""
    constant = isinstance(node.left, Number | Fraction) and op not in ("+", "-")
    return (op, node.left) if constant else None


def _limits(node: BigOperator) -> tuple[object, ...]:
    return node.kind, node.indices, node.lower, node.upper, node.domain


def _bare(node: Surface) -> Surface:
    return node.items[0] if isinstance(node, Bracket) and len(node.items) == 1 else node
