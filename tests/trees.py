"""Random expression trees over a few parameters, for property-based tests."""

from __future__ import annotations

from hypothesis import strategies as st
from sympy.core.basic import Basic

from symbptt.expressions import (
    Block,
    Diagonal,
    Dot,
    Inner,
    Kron,
    MatrixPower,
    Plus,
    Power,
    Quantity,
    Slice,
    Times,
    Transposed,
    Vec,
    shape,
    shape_of,
    size,
)
from symbptt.functions import function

A = Quantity("A", *shape("n", "m"))
C = Quantity("C", *shape("n", "n"))
U = Quantity("u", *shape("n"))
V = Quantity("v", *shape("m"))
LAMBDA = Quantity("r", *shape())
LEAVES = (A, C, U, V, LAMBDA)


def _grow(left: Basic, right: Basic, choice: int) -> Basic:
    """One node over two trees: the first of a list of constructions, from `choice` on, whose shapes fit."""
    (lr, lc), (rr, rc) = shape_of(left), shape_of(right)
    options = [
        lambda: Plus(left, right) if (lr, lc) == (rr, rc) or not (rr or rc) else None,
        lambda: Times(left, right) if (lr, lc) == (rr, rc) or not (rr or rc) else None,
        lambda: Dot(left, right) if lc == rr and (lc or rc) else None,
        lambda: Dot(left, Transposed(right)) if lc == rc else None,
        lambda: Transposed(left),
        lambda: function("tanh")(left),
        lambda: function("sigmoid")(left),
        lambda: function("sin")(left),
        lambda: function("softmax")(left) if lr else None,
        lambda: function("log_softmax")(left) if lr else None,
        lambda: function("layer_norm")(left) if lr else None,
        lambda: Power(left, 2),
        lambda: Inner(left, right) if (lr, lc) == (rr, rc) else None,
        lambda: Block([left], [right]) if lc == rc == () and len(lr) < 2 and len(rr) < 2 else None,
        lambda: (
            Slice(Block([left], [right]), 0, size(lr), size(lr) + size(rr), rr)
            if lc == rc == () and lr and rr
            else None
        ),
        lambda: MatrixPower(left, 2) if lr == lc and lr else None,
    ]
    for option in options[choice:] + options[:choice]:
        made = option()
        if made is not None:
            return made
    return left


def trees(depth: int = 3) -> st.SearchStrategy[Basic]:
    """Trees that every derivative rule can pass through."""
    return st.recursive(
        st.sampled_from(LEAVES),
        lambda inner: st.builds(_grow, inner, inner, st.integers(0, 15)),
        max_leaves=2 + depth,
    )


def arrangements() -> st.SearchStrategy[Basic]:
    """Trees with the nodes that Jacobians are made of on top."""
    return st.builds(_arrange, trees(2), trees(2), st.integers(0, 3))


def _arrange(left: Basic, right: Basic, choice: int) -> Basic:
    if choice == 0:
        return Kron(left, right)
    if choice == 1:
        return Vec(left)
    if choice == 2 and not shape_of(left).cols:
        return Diagonal(left)
    return Dot(Kron(left, right), Transposed(Kron(left, right)))
