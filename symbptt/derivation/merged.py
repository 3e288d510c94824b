"""The merged line of the expanded form: equal factors gathered into a power, as if they commuted.

It is what many lecture notes end with. It holds for numbers and fails for matrices, and is marked so.
"""

from __future__ import annotations

import sympy
from sympy.core.basic import Basic

from symbptt.derivation.frame import Frame
from symbptt.derivation.steps import SCALAR_ONLY, Step, TimeRange
from symbptt.expressions import Dot, MatrixPower, ProductOver, rewrite, shape_of


def merged_step(frame: Frame, left: Basic, right: Basic, times: tuple[TimeRange, ...]) -> list[Step]:
    """The step, or none where no factor of the Jacobian is the same at all times."""
    merged = rewrite(right, _gather)
    if merged == right:
        return []
    why = "the weights leave the product as a power: true for numbers, which commute, not for matrices"
    return [Step(left, merged, "merge", why, scope=SCALAR_ONLY, times=times)]


def _gather(node: Basic) -> Basic:
    if not isinstance(node, ProductOver):
        return node
    body, index, high, low = node.args
    factors = body.args if isinstance(body, Dot) else (body,)
    fixed = [f for f in factors if index not in f.free_symbols]
    moving = [f for f in factors if index in f.free_symbols]
    if not fixed or not moving or any(shape_of(f).rows != shape_of(f).cols for f in factors):
        return node
    count: sympy.Expr = high - low + 1
    return Dot(MatrixPower(Dot(*fixed), count), ProductOver(Dot(*moving), index, high, low))
