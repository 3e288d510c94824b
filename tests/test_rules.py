"""Jacobians and pullbacks of random expressions, against complex step and against each other."""

from __future__ import annotations

import numpy as np
import pytest
import sympy
from hypothesis import given, settings

from symbptt import rules
from symbptt.expressions import (
    Dot,
    Inner,
    Kron,
    Quantity,
    SumOver,
    Transposed,
    Vec,
    check,
    quantities,
    shape_of,
)
from symbptt.oracle import World, difference, evaluate
from symbptt.recurrence import Builder, t
from tests.trees import A, C, U, trees


def world_of(node) -> World:
    """A world in which y_t is the expression, so that the oracle can differentiate it."""
    b = Builder()
    b.define(Quantity("y", *shape_of(node), t), node)
    return World.random(b.recurrence(), {"n": 3, "m": 2}, horizon=1)


ROUNDING = (
    1e-13  # of terms of order one that cancel: the shift of a softmax or a normalisation has derivative 0
)


def close(left, right) -> bool:
    """Equal to 1e-9 of the larger, or both as good as zero."""
    return difference(left, right) < 1e-9 or float(np.max(np.abs(left - right), initial=0)) < ROUNDING


@given(trees())
@settings(max_examples=150, deadline=None)
def test_jacobians_agree_with_the_complex_step(node):
    world = world_of(node)
    values = world.values(t=1)
    for q in quantities(node):
        found = rules.jacobian(node, q)
        check(found)
        assert close(evaluate(found, values), world.total(("y", 1), (q.name, None)))


@given(trees())
@settings(max_examples=150, deadline=None)
def test_pullbacks_are_the_transposed_jacobians(node):
    g = Quantity("g", *shape_of(node))
    world = world_of(Inner(node, g))
    values = world.values(t=1)
    for q in quantities(node):
        found = rules.gradient(node, q, g)
        check(found)
        assert shape_of(found) == shape_of(q)
        expected = Dot(Transposed(rules.jacobian(node, q)), Vec(g))
        assert close(evaluate(Vec(found), values), evaluate(expected, values))


def test_sums_are_differentiated_term_by_term():
    i = sympy.Symbol("i", integer=True)
    node = SumOver(Dot(C, C, U) * i, i, 1, 3)
    world = world_of(node)
    found = rules.jacobian(node, C)
    assert difference(evaluate(found, world.values(t=1)), world.total(("y", 1), ("C", None))) < 1e-12


def test_a_node_without_a_rule_is_named():
    with pytest.raises(TypeError, match="no derivative rule for Kron"):
        rules.jacobian(Kron(A, U), A)


def test_a_planted_error_is_noticed(monkeypatch):
    local, pull = rules.RULES[Dot]
    monkeypatch.setitem(
        rules.RULES, Dot, (local, lambda n, i, g: Transposed(Transposed(g)) if i == 0 else pull(n, i, g))
    )
    g = Quantity("g", *shape_of(C))
    node = Dot(C, C)
    world = world_of(Inner(node, g))
    found = rules.gradient(node, C, g)
    expected = Dot(Transposed(rules.jacobian(node, C)), Vec(g))
    assert difference(evaluate(Vec(found), world.values(t=1)), evaluate(expected, world.values(t=1))) > 1e-3
