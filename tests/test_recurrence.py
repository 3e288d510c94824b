"""Roles, order and errors of a recurrence."""

from __future__ import annotations

import pytest

from symbptt.errors import SpecificationError
from symbptt.expressions import Apply, FunctionSymbol, Quantity
from symbptt.recurrence import Builder, t, with_named_arguments
from tests.examples import EXAMPLES, elman, gated, generic, open_functions, two_lags


def names(quantities) -> list[str]:
    return [q.name for q in quantities]


def test_roles_follow_from_the_equations():
    r = elman()
    assert names(r.states) == ["a"]
    assert names(r.outputs) == ["y"]
    assert names(r.inputs) == ["x"]
    assert names(r.targets) == ["d"]
    assert names(r.parameters) == ["W_{aa}", "W_{ax}", "b", "W_{ya}", "b_{y}"]
    assert r.loss is not None
    assert [(q.name, q.time) for q in r.initials] == [("a", 0)]
    assert [r.role(q) for q in ("a", "x", "b", "y", "d", "L")] == [
        "state", "input", "parameter", "output", "target", "loss",
    ]  # fmt: skip
    with pytest.raises(KeyError):
        r.role("nobody")


def test_an_initial_value_of_zero_is_not_given():
    r = elman(initial_zero=True)
    assert r.initials == ()
    assert r.initial_is_zero(r.states[0])


def test_two_lags_need_two_initial_values():
    assert [(q.name, q.time) for q in two_lags().initials] == [("h", 0), ("h", -1)]


def test_steps_are_in_the_order_of_need():
    b = Builder()
    a, c = b.quantity("a", "n", timed=True), b.quantity("c", "n", timed=True)
    b.define(a[t], 2 * c[t])
    b.define(c[t], a[t - 1] * a[t - 1])
    assert names(e.left for e in b.recurrence().steps) == ["c", "a"]


def test_gates_are_intermediates():
    r = gated()
    assert names(r.states) == ["c", "a"]
    assert set(names(r.intermediates)) == {rf"\Gamma_{{{g}}}" for g in "fuog"}
    assert [str(s) for s in r.sizes] == ["n", "m"]


@pytest.mark.parametrize("name", EXAMPLES)
def test_arguments_of_functions_get_names(name):
    named = with_named_arguments(EXAMPLES[name]())
    for e in named.steps:
        if isinstance(e.right, Apply):
            assert isinstance(e.right.argument, Quantity)
    assert with_named_arguments(named).equations == named.equations


def test_the_only_function_of_the_states_gets_a_letter():
    named = with_named_arguments(elman())
    assert names(e.left for e in named.steps) == ["f", "a", "z_{y}", "y"]


def test_a_generic_function_is_listed():
    assert generic().functions == (FunctionSymbol("f"),)
    assert names(node.function for node in generic().generic) == ["f"]
    assert names(node.function for node in open_functions().generic) == ["f", "g", r"\ell"]
    assert open_functions().functions == ()


def broken(*equations) -> str:
    b = Builder()
    a, x = b.quantity("a", "n", timed=True), b.quantity("x", "m", timed=True)
    c = b.quantity("c", "n", timed=True)

    def build() -> None:
        for left, right in equations:
            b.define(*(side(a, c, x) for side in (left, right)))
        b.recurrence()

    with pytest.raises(SpecificationError) as problem:
        build()
    return str(problem.value)


def test_a_shape_that_does_not_fit():
    message = broken((lambda a, c, x: a[t], lambda a, c, x: x[t]))
    assert "different shapes: n x 1 on the left and m x 1 on the right" in message


def test_a_symbol_defined_twice():
    twice = (lambda a, c, x: a[t], lambda a, c, x: 2 * a[t - 1])
    assert "a is defined twice" in broken(twice, twice)


def test_a_circle_at_the_same_time():
    message = broken(
        (lambda a, c, x: a[t], lambda a, c, x: 2 * c[t]), (lambda a, c, x: c[t], lambda a, c, x: 3 * a[t])
    )
    assert "need each other at the same time: a -> c -> a" in message


def test_a_look_ahead_at_what_is_given():
    message = broken((lambda a, c, x: a[t], lambda a, c, x: 2 * a[t - 1] + c[t + 1]))
    assert "c is looked at after time t in the equation for a at time t: expected" in message
