"""Sums of products of scalars, with Kronecker deltas taken out: sum_k v_k delta_{ik} w_k is v_i w_i.

`Sum.doit()` answers with a Piecewise; here a delta on a summed index just drops the sum, since both of its
indices run over the same axis.
"""

from __future__ import annotations

from collections.abc import Sequence

import sympy
from sympy.core.basic import Basic
from sympy.functions.special.tensor_functions import KroneckerDelta

from symbptt.expressions import Braced, Plus, SumOver, Times, children, with_children

Sums = Sequence[tuple[sympy.Symbol, sympy.Expr]]


def contract(factors: Sequence[Basic], sums: Sums) -> Basic:
    """The sum over every index (from 1 to its size) of the product of scalar factors."""
    flat = flat_factors(factors)
    indices = {index for index, _ in sums}
    for n, factor in enumerate(flat):
        if isinstance(factor, (Plus, sympy.Add, SumOver, Braced)) and _has_delta(factor, indices):
            return _multiplied_out(factor, flat[:n], flat[n + 1 :], sums)
    for index, _ in sums:
        delta = next((f for f in flat if isinstance(f, KroneckerDelta) and index in f.args), None)
        if delta is not None:
            (other,) = set(delta.args) - {index}
            rest = [substituted(f, index, other) for f in flat if f is not delta]
            return contract(rest, [pair for pair in sums if pair[0] != index])
    return _summed(flat, sums)


def flat_factors(factors: Sequence[Basic]) -> list[Basic]:
    """The factors, products opened."""
    found: list[Basic] = []
    for factor in factors:
        if isinstance(factor, Times) or (isinstance(factor, sympy.Expr) and factor.is_Mul):
            found.extend(flat_factors(factor.args))
        else:
            found.append(factor)
    return found


def _has_delta(node: Basic, summed: set[sympy.Symbol]) -> bool:
    """Whether a delta on a summed index is a factor of some term of the node."""
    if isinstance(node, KroneckerDelta):
        return bool(set(node.args) & summed)
    if isinstance(node, (Plus, Times, SumOver, Braced)):
        return any(_has_delta(part, summed) for part in children(node))
    return isinstance(node, (sympy.Add, sympy.Mul)) and any(_has_delta(part, summed) for part in node.args)


def _multiplied_out(factor: Basic, before: list[Basic], after: list[Basic], sums: Sums) -> Basic:
    """The product with one sum multiplied out, or one brace taken away."""
    if isinstance(factor, Braced):
        return contract([*before, factor.args[0], *after], sums)
    if isinstance(factor, SumOver):
        return SumOver(contract([*before, factor.args[0], *after], sums), *factor.args[1:])
    return Plus(*(contract([*before, term, *after], sums) for term in factor.args))


def _summed(factors: Sequence[Basic], sums: Sums) -> Basic:
    """The sums written out, numbers in front of them; an index that nothing depends on counts its length."""
    numbers = [f for f in factors if f.is_number]
    body: Basic = Times(*(f for f in factors if not f.is_number))
    for index, length in reversed(sums):
        if index in body.free_symbols:
            body = SumOver(body, index, 1, length)
        else:
            numbers.append(length)
    return Times(*numbers, body)


def substituted(node: Basic, index: sympy.Symbol, value: sympy.Expr) -> Basic:
    """The node with an index replaced, except where a sum inside runs over the same letter."""
    if isinstance(node, SumOver) and node.args[1] == index:
        return node
    if isinstance(node, (Plus, Times, SumOver)):
        return with_children(node, [substituted(part, index, value) for part in children(node)])
    return node.xreplace({index: value})
