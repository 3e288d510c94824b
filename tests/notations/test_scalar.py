"""Scalar notation: plain SymPy that a user can go on with, and the same numbers as the other notations."""

from __future__ import annotations

import numpy as np
import pytest
import sympy
from hypothesis import given, settings

from symbptt.derivation import FORMS, derive
from symbptt.errors import SymbpttError
from symbptt.expressions import (
    Apply,
    Dot,
    FunctionSymbol,
    Gradient,
    Immediate,
    Quantity,
    Total,
    shape,
    shape_of,
)
from symbptt.functions import FUNCTIONS, Columnwise, function
from symbptt.notations import NOTATIONS, to_scalar, to_sympy
from symbptt.notations.opaque import applied
from symbptt.notations.symbols import ImmediateDerivative, OrderedProductEntry, TotalDerivative
from symbptt.notations.values import scalar_value
from symbptt.oracle import evaluate
from symbptt.recurrence import Builder, T, t
from tests.examples import EXAMPLES, OPEN, elman, two_lags
from tests.notations.worlds import asked, world_of
from tests.trees import A, C, V, trees

x = sympy.Symbol("x")
ONES = {"n": 1, "m": 1, "p": 1}
DERIVED = {**EXAMPLES, **OPEN}
ELEMENTWISE = [key for key, known in FUNCTIONS.items() if not isinstance(known, Columnwise)]


@given(trees(3))
@settings(max_examples=80, deadline=None)
def test_random_trees(node):
    if shape_of(node.xreplace(dict.fromkeys(node.free_symbols, sympy.S.One))) != ((), ()):
        return  # stacked: not a number
    world = world_of(node, ONES)
    expected = evaluate(node, world.values(t=1))[0, 0]
    assert scalar_value(to_sympy(node), world) == pytest.approx(expected, rel=1e-9, abs=1e-9)


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("name", DERIVED)
def test_every_step_holds_in_scalar_notation(name, form):
    r = DERIVED[name]()
    for of, by in asked(r, form):
        derivation = to_scalar(derive(r, of, by, form, steps=2))
        assert all(
            isinstance(side, sympy.Expr) for step in derivation.steps for side in (step.left, step.right)
        )
        assert max(derivation.errors(horizon=2)) < 1e-9
        derivation.verify()


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("name", [name for name in DERIVED if name != "gated"])
def test_the_notations_agree_where_every_size_is_one(name, form):
    r = DERIVED[name]()
    derivation = derive(r, *asked(r, form)[0], form, steps=2)
    world = derivation.world({str(s): 1 for s in r.sizes}, horizon=2)
    results = [NOTATIONS[notation](derivation).result for notation in ("matrix", "index", "scalar")]
    numbers = {s: 2 if s in (t, T) else 1 for s in results[1].free_symbols if s in (t, T) or len(s.name) == 1}
    values = world.values().bound({**numbers, t: 2})
    matrix, index = (evaluate(result, values)[0, 0] for result in results[:2])
    scalar = scalar_value(results[2], world, {t: sympy.Integer(2)})
    assert (index, scalar) == (pytest.approx(matrix, rel=1e-12), pytest.approx(matrix, rel=1e-12))


# ------------------------------------------------------------------ going on with the result


def result() -> sympy.Expr:
    r = elman()
    return to_scalar(derive(r, r.states[0], r.quantities["W_{aa}"], "expanded")).result


def test_the_result_is_plain_sympy():
    found = result()
    assert isinstance(found, sympy.Sum)
    assert found.has(sympy.Product)
    assert sympy.latex(found)
    assert str(found)
    three = found.subs(t, 3).doit()
    assert not three.has(sympy.Sum, sympy.Product)
    a = sympy.IndexedBase("a")
    assert {a[0], a[1], a[2], a[3]} <= three.atoms(sympy.Indexed)


def test_lambdify_runs_the_result():
    three = result().subs(t, 3).doit()
    a, w = sympy.IndexedBase("a"), sympy.Symbol("W_{aa}")
    run = sympy.lambdify([a, w], three)
    states, weight = np.array([0.0, 0.3, 0.6, 0.7]), 0.5
    slope = states * (1 - states)
    expected = 0.0
    for i in (1, 2, 3):
        expected += np.prod([weight * slope[k] for k in range(i + 1, 4)]) * slope[i] * states[i - 1]
    assert run(states, weight) == pytest.approx(expected)


def test_numbers_can_be_put_in():
    three = result().subs(t, 3).doit()
    a = sympy.IndexedBase("a")
    values = {a[0]: 0.1, a[1]: 0.3, a[2]: 0.6, a[3]: 0.7, sympy.Symbol("W_{aa}"): 0.5}
    assert three.subs(values).is_number


def test_total_and_immediate_stay_and_differ():
    a, w = Quantity("a", *shape("n"), t), Quantity("W", *shape("n", "n"))
    total, immediate = to_sympy(Total(a, w)), to_sympy(Immediate(a, w))
    assert total != immediate
    assert isinstance(total, TotalDerivative)
    assert isinstance(immediate, ImmediateDerivative)
    assert total.subs(t, 3) == to_sympy(Total(a.at(3), w))
    assert total.subs(sympy.Symbol("W"), 2) == total
    assert sympy.latex(immediate) == r"\frac{\partial^{+} {a}_{t}}{\partial W}"
    assert to_sympy(Total(a, a)) == 1
    assert sympy.diff(total * x, x) == total
    loss = Quantity("L")
    assert to_sympy(Gradient(loss, w)) == TotalDerivative(sympy.Symbol("L"), sympy.Symbol("W"))


# ------------------------------------------------------------------ functions


@pytest.mark.parametrize("key", ELEMENTWISE)
def test_functions_have_their_derivative_and_their_numbers(key):
    closed = applied(FunctionSymbol("g", key), x)
    formula = FUNCTIONS[key].sympy
    at = 0.37
    assert float(sympy.lambdify(x, closed)(at)) == pytest.approx(float(formula(sympy.Float(at))))
    slope = (formula(sympy.Float(at + 1e-6)) - formula(sympy.Float(at - 1e-6))) / 2e-6
    assert float(sympy.lambdify(x, closed.diff(x))(at)) == pytest.approx(float(slope), abs=1e-8)
    prime = applied(FunctionSymbol("g", key), x, 1)
    assert float(sympy.lambdify(x, prime)(at)) == pytest.approx(float(slope), abs=1e-8)
    assert float(closed.subs(x, at).evalf()) == pytest.approx(float(formula(sympy.Float(at))))


def test_a_function_stays_closed_until_it_is_rewritten():
    sigma = applied(function("sigmoid"), x)
    assert sigma.diff(x) == (1 - sigma) * sigma
    assert sigma.rewrite(sympy.exp) == 1 / (1 + sympy.exp(-x))
    assert sympy.latex(sigma) == r"\sigma(x)"
    assert sympy.latex(sigma**2) == r"\left(\sigma(x)\right)^{2}"
    assert applied(function("tanh"), x) == sympy.tanh(x)
    assert applied(function("sqrt"), x) == sympy.sqrt(x)
    assert applied(function("softmax"), x) == 1


def test_generic_functions_and_formulas():
    f = applied(FunctionSymbol("f"), x)
    assert sympy.latex(f.diff(x)) == "f'(x)"
    assert f.rewrite(sympy.exp) == f
    z = sympy.Symbol("z")
    swish = FunctionSymbol("g", sympy.Lambda(z, z / (1 + sympy.exp(-z))))
    found = float(applied(swish, x).diff(x).subs(x, 0.3).evalf())
    expected = sympy.diff(z / (1 + sympy.exp(-z)), z).subs(z, 0.3)
    assert found == pytest.approx(float(expected))


# ------------------------------------------------------------------ what is stacked


def test_stacked_states_are_entries_of_an_ordered_product():
    r = two_lags()
    derivation = to_scalar(derive(r, r.states[0], r.parameters[0], "expanded"))
    products = [s for s in derivation.steps if s.right.has(OrderedProductEntry)]
    assert products
    assert not products[0].right.subs(t, 2).doit().has(OrderedProductEntry)


def tanh_network(size: int):
    b = Builder()
    h = b.quantity("h", size, timed=True)
    b.define(h[t], Apply(function("tanh"), Dot(b.quantity("W", size, size), h[t - 1])))
    return b.recurrence()


def test_sizes_that_are_numbers_are_written_entry_by_entry():
    r = tanh_network(2)
    for form in FORMS:
        derivation = to_scalar(derive(r, *asked(r, form)[0], form, steps=2))
        assert max(derivation.errors(horizon=2)) < 1e-9


def test_too_many_entries_are_an_error():
    with pytest.raises(SymbpttError, match="scalar notation: the shape stays 3 x 1"):
        to_sympy(Quantity("v", *shape(3)))
    r = tanh_network(30)
    with pytest.raises(SymbpttError, match="scalar notation: 30 x 30"):
        to_scalar(derive(r, r.states[0], r.parameters[0], "nested"))


def test_matrix_products_become_products():
    a, c, v = (sympy.Symbol(q.name) for q in (A, C, V))
    assert to_sympy(Dot(C, A, V)) == a * c * v
