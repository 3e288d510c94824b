"""Expressions summed over time and batch as array source: where it can be, one product over all rows."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sympy.core.basic import Basic

from symbptt.expressions import Block, Dot, Inner, Plus, SumOver, Times, Transposed, is_scalar, shape_of
from symbptt.programs.source import code as c
from symbptt.programs.source.code import Code
from symbptt.programs.source.contraction import chained_and_summed
from symbptt.programs.source.lowering import (
    Lowering,
    factors,
    fraction,
    joined,
    scope_of_sum,
    signed_sum,
    split_sign,
)


def summed(lo: Lowering, node: Basic) -> Code:
    """The source of an expression summed over the leading axes of the scope (time and batch)."""
    rule = SUMMED.get(type(node))
    found = None if rule is None else rule(lo, node)
    return counted(lo, lo.lower(node)) if found is None else found


def counted(lo: Lowering, code: Code) -> Code:
    """The sum over the leading axes of the scope: a value that lacks one counts once for each entry."""
    times = [Code(text) for text in lo.leading()[: lo.scope.lead - code.lead]]
    return c.multiplied([*times, c.summed_lead(lo.dialect, code) if code.lead else code])


def _summed_times(lo: Lowering, node: Times) -> Code | None:
    """What is the same for all times and samples stays outside of the sum."""
    minus, positive = split_sign(node)
    if minus:
        return c.negated(summed(lo, positive))
    outside = [f for f in node.args if is_scalar(f) and not lo.lower(f).lead]
    inside = [f for f in node.args if f not in outside]
    if not outside or not inside:
        return _summed_weighted_dot(lo, node)
    below = [bottom for _, bottom in map(fraction, outside) if bottom != 1]
    above = [top for top, _ in map(fraction, outside) if top != 1]
    return c.multiplied([*map(lo.lower, above), summed(lo, Times(*inside))], [lo.lower(f) for f in below])


def _summed_weighted_dot(lo: Lowering, node: Times) -> Code | None:
    """A product with a number for each sample: the number goes into the first factor, a column."""
    weights, dots = [f for f in node.args if is_scalar(f)], [f for f in node.args if isinstance(f, Dot)]
    if len(dots) != 1 or len(weights) + 1 != len(node.args):
        return None
    (first, *rest), inner = factors(lo, dots[0])
    codes = [c.multiplied([*map(lo.lower, weights), first]), *rest]
    return (
        chained_and_summed(lo.dialect, codes, inner)
        if max(code.lead for code in codes) == lo.scope.lead
        else None
    )


def _summed_dot(lo: Lowering, node: Dot) -> Code | None:
    codes, inner = factors(lo, node)
    return (
        chained_and_summed(lo.dialect, codes, inner)
        if max(code.lead for code in codes) == lo.scope.lead
        else None
    )


def _chained(lo: Lowering, codes: list[Code], inner: list[str]) -> Code | None:
    leads = max(code.lead for code in codes) == lo.scope.lead
    return chained_and_summed(lo.dialect, codes, inner) if leads else None


def _summed_inner(lo: Lowering, node: Inner) -> Code | None:
    first, second = node.args
    product = c.multiplied([lo.lower(part) for part in node.args])
    full = (lo.scope.lead, *map(bool, shape_of(node.args[0])))
    if (product.lead, product.rows, product.cols) != full:
        return None
    if first == second and lo.dialect.squared:
        return Code(lo.dialect.squared.format(x=lo.lower(first).text))
    return c.summed_all(lo.dialect, product)


def _summed_block(lo: Lowering, node: Block) -> Code:
    return joined(lo, node, [[summed(lo, block) for block in row.args] for row in node.args], 0)


def _summed_sum_over(lo: Lowering, node: SumOver) -> Code:
    return summed(lo.at(scope_of_sum(lo, node)), node.args[0])


SUMMED: dict[type, Callable[[Lowering, Any], Code | None]] = {
    Plus: lambda lo, node: signed_sum(lambda term: summed(lo, term), node.args),
    Times: _summed_times,
    Dot: _summed_dot,
    Inner: _summed_inner,
    Transposed: lambda lo, node: c.flipped(summed(lo, node.args[0])),
    Block: _summed_block,
    SumOver: _summed_sum_over,
}
