"""The oracle against formulas known by heart, and its own errors."""

from __future__ import annotations

import numpy as np
import pytest
import sympy

from symbptt.expressions import Apply, Entry, FunctionSymbol, Immediate, PathSum, ProductOver, Total
from symbptt.functions import FUNCTIONS, Columnwise, function
from symbptt.oracle import World, difference, evaluate
from symbptt.recurrence import Builder, t
from tests.examples import elman
from tests.trees import A, C, U


def scalar_world() -> World:
    """s_t = w s_{t-1} + x_t with s_0 given."""
    b = Builder()
    s, x, w = b.quantity("s", timed=True), b.quantity("x", timed=True), b.quantity("w")
    b.define(s[t], w * s[t - 1] + x[t])
    return World.random(b.recurrence(), horizon=3)


def test_total_and_immediate_of_a_linear_recurrence():
    world = scalar_world()
    value = {key: float(number.real[0, 0]) for key, number in world.run.items()}
    w = value["w", None]
    immediate = world.immediate(("s", 2), ("w", None))[0, 0]
    total = world.total(("s", 2), ("w", None))[0, 0]
    assert immediate == pytest.approx(value["s", 1])
    assert total == pytest.approx(value["s", 1] + w * value["s", 0])
    assert world.total(("s", 3), ("s", 1))[0, 0] == pytest.approx(w**2)


def test_derivatives_in_an_expression_come_from_the_run():
    world = World.random(elman(), {"n": 3, "m": 2, "p": 4})
    a = world.recurrence.states[0]
    w = world.recurrence.parameters[0]
    values = world.values(t=2)
    assert evaluate(Total(a, w), values).shape == (3, 9)
    assert difference(evaluate(Total(a, w), values), evaluate(Immediate(a, w), values)) > 1e-3


@pytest.mark.parametrize("key", [k for k, f in FUNCTIONS.items() if not isinstance(f, Columnwise)])
def test_every_slope_of_the_table_is_the_derivative(key):
    x = np.array([[0.3], [1.2], [0.7]])
    b = Builder()
    y = b.quantity("y", "n", timed=True)
    b.define(y[t], function(key)(U))
    world = World.random(b.recurrence(), {"n": 3}, 1)
    world.given["u", None] = x
    from symbptt.rules import jacobian

    found = evaluate(jacobian(function(key)(U), U), world.values(t=1))
    assert difference(found, world.total(("y", 1), ("u", None))) < 1e-12


def test_a_path_sum_is_an_entry_of_the_product():
    b = Builder()
    y = b.quantity("y", "n", timed=True)
    b.define(y[t], C @ y[t - 1])
    world = World.random(b.recurrence(), {"n": 3}, 2)
    k, path = sympy.Symbol("k", integer=True), sympy.Function("j")
    n = C.shape.rows[0]
    by_paths = PathSum(Entry(C, path(k), path(k - 1)) * k, path, k, 3, 1, n, 2, 3)
    product = Entry(ProductOver(C * k, k, 3, 1), 2, 3)
    assert difference(evaluate(by_paths, world.values()), evaluate(product, world.values())) < 1e-12


def test_what_has_no_value_is_named():
    world = scalar_world()
    with pytest.raises(ValueError, match="no value for s at time 9"):
        evaluate(world.recurrence.states[0].at(9), world.values())
    with pytest.raises(ValueError, match="no value for t"):
        evaluate(world.recurrence.states[0], world.values())
    with pytest.raises(ValueError, match="no value for A"):
        evaluate(A, world.values().bound({s: 2 for axis in A.shape for s in axis}))
    with pytest.raises(ValueError, match="no function is given for the generic g"):
        evaluate(Apply(FunctionSymbol("g"), sympy.Integer(1)), world.values())
    with pytest.raises(TypeError, match="has no value for Tuple"):
        evaluate(sympy.Tuple(), world.values())


def test_difference_is_relative_and_shapes_matter():
    one = np.ones((2, 1))
    assert difference(one, one * (1 + 1e-6)) == pytest.approx(1e-6, rel=1e-3)
    assert difference(one, one.T) == float("inf")
