"""Every step of every form, against the oracle; and the forms against each other."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import sympy

from symbptt import functions
from symbptt.derivation import FORMS, derive
from symbptt.derivation.steps import SCALAR_ONLY, Derivation
from symbptt.errors import SymbpttError
from symbptt.expressions import Dot, Gradient, Quantity, Times, Total, Transposed, check, shape_of
from symbptt.functions import Elementwise
from symbptt.oracle import difference, evaluate
from symbptt.recurrence import Recurrence, T, t
from tests.examples import EXAMPLES, OPEN, elman, gated, generic, two_lags

k = sympy.Symbol("k", integer=True)
DERIVED = {**EXAMPLES, **OPEN}
FOUR = [form for form in FORMS if form != "paths"]


def variables(r: Recurrence) -> list[Quantity]:
    """Everything to differentiate by: parameters, inputs, states and initial values."""
    timed = [q.at(time) for q in (*r.inputs, *r.states) for time in (k, 1)]
    return [*r.parameters, *timed, *(q for q in r.initials)]


def cases() -> list[pytest.ParameterSet]:  # type: ignore[name-defined]
    found = []
    for name, make in DERIVED.items():
        r = make()
        asked = [*r.states, *r.outputs, *([r.loss.left] if r.loss else [])]
        for of in asked:
            for by in variables(r):
                for form in FOUR:
                    if not (form == "unrolled" and by.time == k):
                        found.append(
                            pytest.param(
                                make, of, by, form, id=f"{name}-{of.name}-{by.name}-{by.time}-{form}"
                            )
                        )
    return found


def made(make, of: Quantity, by: Quantity, form: str) -> Derivation:
    try:
        return derive(make(), of, by, form)
    except SymbpttError as problem:
        if "does not depend" in str(problem):
            pytest.skip(str(problem))
        raise


@pytest.mark.parametrize(("make", "of", "by", "form"), cases())
def test_every_step_holds(make, of, by, form):
    derivation = made(make, of, by, form)
    assert derivation.steps
    for step in derivation.steps:
        check(step.left)
        check(step.right)
        assert shape_of(step.left) == shape_of(step.right)
        assert step.rule
        assert step.why
    worst = max(derivation.errors(horizon=3))
    assert worst < 1e-10, [
        s.rule for s, e in zip(derivation.steps, derivation.errors(horizon=3), strict=True) if e > 1e-10
    ]


def final_value(derivation: Derivation, horizon: int) -> np.ndarray:
    """The last line for the derivative asked for, as a number at time T."""
    target = {Total(derivation.of, derivation.by)}
    if derivation.of.time is None:
        target.add(Gradient(derivation.of, derivation.by))
    last = [s for s in derivation.steps if s.left in target and s.scope != SCALAR_ONLY][-1]
    world = derivation.world({"n": 3, "m": 2, "p": 5}, horizon)
    values = world.values().bound({t: horizon, T: horizon})
    value = evaluate(last.right, values)
    is_gradient = isinstance(last.left, Gradient)
    return value.reshape(1, -1, order="F") if is_gradient else value


@pytest.mark.parametrize("name", DERIVED)
def test_the_forms_are_the_same_tensor(name):
    r = DERIVED[name]()
    of = r.loss.left if r.loss else (*r.states, *r.outputs)[-1]
    horizon = 4
    for by in r.parameters:
        forms = {form: final_value(derive(r, of, by, form, steps=horizon), horizon) for form in FOUR}
        for form, value in forms.items():
            assert difference(value, forms["unrolled"]) < 1e-12, (by.name, form)


def test_the_merged_line_is_for_scalars_only():
    derivation = derive(elman(), elman().states[0], elman().parameters[0], "expanded")
    merged = [s for s in derivation.steps if s.rule == "merge"]
    assert [s.scope for s in merged] == [SCALAR_ONLY]
    claimed = replace(derivation, steps=(replace(merged[0], scope="any"),))
    assert max(claimed.errors()) > 1e-3
    with pytest.raises(SymbpttError, match="merge"):
        claimed.verify()


def test_total_and_immediate_differ():
    r = elman()
    derivation = derive(r, r.states[0], r.parameters[0], "nested")
    assert "Immediate" in str(sympy.srepr(derivation.steps[0].right))
    assert "Total" in str(sympy.srepr(derivation.steps[0].right))


def test_a_derivative_split_by_path():
    r = gated()
    c = r.quantities["c"]
    derivation = derive(r, c, c.at(t - 1), "paths")
    assert max(derivation.errors()) < 1e-12
    assert len(derivation.steps[0].right.args) == 4  # directly, and through three gates and a_{t-1}
    with pytest.raises(SymbpttError, match="give both a time"):
        derive(r, c, r.parameters[0], "paths")


# ------------------------------------------------------------------ planted errors


def broken(derivation: Derivation, rule) -> bool:
    """Whether the checks notice a rewriting of the right sides."""
    from symbptt.expressions import rewrite

    wrong = tuple(replace(s, right=rewrite(s.right, rule)) for s in derivation.steps)
    return max(replace(derivation, steps=wrong).errors()) > 1e-6


def test_a_wrong_derivative_in_the_table_is_caught(monkeypatch):
    wrong = replace(functions.FUNCTIONS["sigmoid"], slope=lambda x, y: y * (1 + y))
    assert isinstance(wrong, Elementwise)
    monkeypatch.setitem(functions.FUNCTIONS, "sigmoid", wrong)
    r = elman()
    with pytest.raises(SymbpttError, match="does not hold"):
        derive(r, r.states[0], r.parameters[0], "expanded").verify()


def test_a_dropped_transpose_is_caught():
    r = elman()
    derivation = derive(r, r.loss.left, Quantity("W_{aa}", *r.quantities["W_{aa}"].shape), "adjoint")
    square = {r.quantities["W_{aa}"]}
    assert broken(derivation, lambda n: n.args[0] if isinstance(n, Transposed) and n.args[0] in square else n)


def test_a_reversed_product_is_caught():
    r = two_lags()
    derivation = derive(r, r.states[0], r.parameters[0], "nested")

    def reverse(node):
        square = isinstance(node, Dot) and all(shape_of(f).rows == shape_of(f).cols for f in node.args)
        return Dot(*reversed(node.args)) if square else node

    assert broken(derivation, reverse) or broken(
        derive(elman(), elman().states[0], elman().initials[0], "expanded"), reverse
    )


def test_a_lost_factor_is_caught():
    r = gated()
    derivation = derive(r, r.states[0], r.parameters[0], "nested")
    assert broken(
        derivation, lambda n: n.args[0] if isinstance(n, Times) and n.shape == shape_of(n.args[0]) else n
    )


# ------------------------------------------------------------------ errors


def test_no_dependence_is_an_error():
    r = elman()
    with pytest.raises(SymbpttError, match="a does not depend on"):
        derive(r, r.states[0], r.quantities["W_{ya}"])


def test_unrolled_by_a_symbolic_time_is_an_error():
    r = elman()
    with pytest.raises(SymbpttError, match="needs a time for x"):
        derive(r, r.states[0], r.quantities["x"].at(k), "unrolled")


def test_unknown_form_and_name():
    r = elman()
    with pytest.raises(SymbpttError, match="expected unrolled, nested"):
        derive(r, r.states[0], r.parameters[0], "sideways")
    with pytest.raises(SymbpttError, match="no quantity q"):
        derive(r, r.states[0], Quantity("q"))


def test_a_learned_initial_state_gets_a_gradient():
    r = generic()
    derivation = derive(r, r.states[0], r.quantities["s"], "expanded")
    assert max(derivation.errors()) < 1e-12
