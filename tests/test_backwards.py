"""Recurrences with quantities that run backwards in time: roles, the oracle, all forms, and the program."""

from __future__ import annotations

import numpy as np
import pytest
import sympy

import symbptt
from symbptt.check import check
from symbptt.derivation import FORMS, derive
from symbptt.errors import SpecificationError, SymbpttError
from symbptt.expressions import Dot, ProductOver, Quantity, SumOver, subexpressions
from symbptt.notations import NOTATIONS
from symbptt.oracle import World, difference
from symbptt.programs import generate, load
from symbptt.recurrence import Builder, Recurrence, T, t
from tests.examples import BACKWARDS, bidirectional, deep_bidirectional, elman
from tests.test_derivation import broken, final_value, made

k = sympy.Symbol("k", integer=True)
FOUR = [form for form in FORMS if form != "paths"]
SMALL = {"n": 1, "k": 2, "m": 1, "p": 1, "q": 1, "r": 2}


def asked(name: str) -> list[tuple[Quantity, Quantity]]:
    """What is differentiated by what: everything of the small one, of the others what differs in kind."""
    r = BACKWARDS[name]()
    every = [*r.parameters, *(q.at(time) for q in (*r.inputs, *r.states) for time in (k, 1)), *r.initials]
    of = [*r.states, *r.outputs, *([r.loss.left] if r.loss else [])]
    if name in ("bidirectional", "two_lags_backwards"):
        return [(y, x) for y in of for x in every]
    chosen = {"W_g", "W_f", "A", "s", "x", "g", "C"}
    return [(y, x) for y in of[-1:] for x in every if x.name in chosen or x in r.initials[:1]]


def cases() -> list[pytest.ParameterSet]:  # type: ignore[name-defined]
    return [
        pytest.param(name, of, by, form, id=f"{name}-{of.name}-{by.name}-{by.time}-{form}")
        for name in BACKWARDS
        for of, by in asked(name)
        for form in FOUR
        if not (form == "unrolled" and by.time == k)
    ]


@pytest.mark.parametrize(("name", "of", "by", "form"), cases())
def test_every_step_holds(name, of, by, form):
    derivation = made(BACKWARDS[name], of, by, form)
    errors = derivation.errors(SMALL, horizon=3)
    assert max(errors) < 1e-10, [s.rule for s, e in zip(derivation.steps, errors, strict=True) if e > 1e-10]


@pytest.mark.parametrize("name", ["bidirectional", "two_lags_backwards"])
def test_the_forms_are_the_same_tensor(name):
    r = BACKWARDS[name]()
    for by in r.parameters[1:4]:
        forms = {form: final_value(derive(r, r.loss.left, by, form, steps=3), 3) for form in FOUR}
        for form, value in forms.items():
            assert difference(value, forms["unrolled"]) < 1e-12, (by.name, form)


@pytest.mark.parametrize("notation", NOTATIONS)
def test_every_notation_holds(notation):
    r = bidirectional()
    y, g = r.outputs[0], r.states[1]
    for of, by, form in ((y, r.quantities["A"], "expanded"), (g, g.at(t + 2), "paths")):
        assert max(NOTATIONS[notation](derive(r, of, by, form)).errors(SMALL, horizon=2)) < 1e-10


def test_the_sum_runs_over_later_times_with_the_earliest_jacobian_leftmost():
    r = bidirectional()
    derivation = derive(r, r.states[1], r.quantities["A"], "expanded")
    ((low, high),) = {n.args[2:] for n in subexpressions(derivation.result) if isinstance(n, SumOver)}
    assert (low, high) == (t, T)

    def reversed_product(node):
        if not isinstance(node, ProductOver):
            return node
        body, index, high, low = node.args
        return ProductOver(body.xreplace({index: high + low - index}), index, high, low)

    assert broken(derivation, reversed_product)
    assert broken(derivation, lambda n: Dot(*n.args[1:]) if isinstance(n, Dot) and len(n.args) > 2 else n)


def test_the_adjoint_of_what_runs_backwards_runs_forwards():
    r = bidirectional()
    steps = derive(r, r.loss.left, r.quantities["A"], "adjoint").steps
    ends = [(s.left.time, s.right) for s in steps if s.rule == "end"]
    assert [time for time, _ in ends] == [0]


# ------------------------------------------------------------------ roles and the oracle


def test_roles():
    r = bidirectional()
    f, g = r.states
    assert r.lags == {f.name: 1, g.name: 1}
    assert r.initials == (f.at(0),)
    assert r.initial_is_zero(g)
    assert (r.direction(f.name).sign, r.direction(g.name).sign) == (1, -1)
    assert not elman().runs_backwards
    assert deep_bidirectional().initials[1] == Quantity(
        "g", *deep_bidirectional().quantities["g"].shape, T + 1
    )


def test_the_run_is_that_of_the_reversed_input():
    r = bidirectional()
    world = World.random(r, horizon=4)
    W, B = world.given["A", None], world.given["B", None]
    g = np.zeros((W.shape[0], 1))
    for time in (4, 3, 2, 1):
        g = np.tanh(W @ g + B @ world.given["x", time])
        assert difference(world.run[r.states[1].name, time], g) < 1e-15
    assert not world.total((r.states[1].name, 3), ("x", 2)).any()
    assert world.total((r.states[1].name, 2), ("x", 3)).any()


# ------------------------------------------------------------------ programs


@pytest.mark.parametrize("name", [name for name in BACKWARDS if not name.startswith("deep")])
def test_generated_code_passes_the_check(name):
    assert all(row.passed for row in check(BACKWARDS[name]()))


def test_layers_that_read_both_ways_have_the_gradient_of_their_own_forward_run():
    r = deep_bidirectional()
    module = load(generate(r))
    rng = np.random.default_rng(0)
    sizes = {str(s): number for s, number in zip(r.sizes, (3, 2, 4, 2, 3, 2), strict=True)}
    shapes = {name: tuple(sizes[axis] for axis in axes) for name, axes in module.PARAMETERS.items()}
    parameters, way = ({name: rng.normal(size=shape) for name, shape in shapes.items()} for _ in range(2))
    inputs = {"x": rng.normal(size=(5, 2, sizes["m"]))}

    def loss(step: complex) -> complex:
        moved = {name: value + step * way[name] for name, value in parameters.items()}
        return np.sum(module.forward(moved, inputs)["y"] ** 2)

    found, gradients = module.loss_and_gradient(parameters, inputs, {})
    assert found == pytest.approx(loss(0).real, rel=1e-14)
    along = sum(np.sum(gradients["parameters"][name] * way[name]) for name in way)
    assert along == pytest.approx(np.imag(loss(1e-30j)) / 1e-30, rel=1e-12)


@pytest.mark.parametrize("name", BACKWARDS)
def test_the_unrolled_program_is_the_oracles(name):
    r = BACKWARDS[name]()
    world = World.random(r, {str(s): 1 for s in r.sizes}, 3)
    numbers = {}
    for (q, time), value in world.given.items():
        numbers[symbptt.programs.plan.names.key(q) + ("" if time is None else f"_{time}")] = value[0, 0]
    state = r.states[-1]
    for by in (r.parameters[-1] if name == "gated_bidirectional" else r.parameters[0], r.inputs[0].at(2)):
        for of in (state, r.outputs[0]):
            try:
                program = symbptt.unrolled(r, of, by, 3)
            except SymbpttError:
                continue
            time = 1 if of == state else 3
            value, derivative = program.function()(*(numbers[str(s)] for s in program.given))
            assert value == pytest.approx(world.run[of.name, time][0, 0], rel=1e-12)
            key = (by.name, None if by.time is None else int(by.time))
            assert derivative == pytest.approx(world.total((of.name, time), key)[0, 0], rel=1e-11, abs=1e-15)


def test_other_targets_refuse():
    with pytest.raises(SymbpttError, match="runs backwards in time"):
        generate(bidirectional(), "numba")


def test_code_that_would_look_ahead_of_its_run_is_refused():
    b = Builder()
    q = b.quantity
    g, x = q("g", "n", timed=True), q("x", "n", timed=True)
    b.define(g[t], g[t + 1] + x[t - 1])
    with pytest.raises(SymbpttError, match="looks at x at another time"):
        generate(b.recurrence())


# ------------------------------------------------------------------ errors


@pytest.mark.parametrize(
    ("latex", "message"),
    [
        (r"h_t = \tanh(W h_{t+1} + V h_{t-1} + U x_t)", "1:1: h is looked at one way in time here"),
        (r"h_t = \tanh(W h_{t-1} + U x_{t+1})", "1:1: x is looked at after time t in the equation for h"),
        (
            r"h_t = \tanh(W h_{t-1} + g_{t}), \quad g_t = \tanh(V g_{t+1} + h_{t-1})",
            "a circle through time runs one way",
        ),
        (
            r"h_t = \tanh(W h_{t-1} + U x_t) $$ $$ h_{T+1} = 0 $$ $$ q_{T+1} = 1",
            "expected q at time t or where it",
        ),
    ],
)
def test_mixed_ways_are_errors(latex, message):
    with pytest.raises(SpecificationError) as problem:
        Recurrence.from_latex(latex if "$$" not in latex else f"$${latex}$$")
    assert message in str(problem.value)


def test_a_claim_past_the_end_of_what_runs_forwards_is_left_out():
    r = Recurrence.from_latex(r"$$ h_t = \tanh(W h_{t-1} + U x_t) $$ $$ h_{T+1} = 0 $$")
    assert [e.left.time for e in r.equations] == [t]


def test_arrows_and_the_start_at_the_end_are_read():
    equation = r"$$ \overleftarrow{h}_t = \tanh(W \overleftarrow{h}_{t+1} + U x_t) $$"
    r = Recurrence.from_latex(equation + r" with $\overleftarrow{h}_{T+1} = 0$")
    assert r.direction(r.states[0].name).sign == -1
    assert r.initial_is_zero(r.states[0])
