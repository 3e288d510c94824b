"""Transformations of the program: stacked products, shared memory, turned weights, names for what repeats."""

from __future__ import annotations

import re
import tracemalloc

import numpy as np
import pytest
import sympy
from hypothesis import given, settings
from hypothesis import strategies as st

from symbptt.cells import find
from symbptt.check import check
from symbptt.check.case import Case
from symbptt.expressions import Block, Dot, Plus, Slice, SumOver, Times
from symbptt.functions import function
from symbptt.programs import generate, load
from symbptt.programs.plan.groups import grouped
from symbptt.programs.plan.normal import factored, prepared
from symbptt.programs.plan.program import Plan
from symbptt.programs.plan.stacked import stacked
from symbptt.programs.plan.turned import turned
from symbptt.reader import read_recurrence
from symbptt.recurrence import Builder, Recurrence, T, t
from tests.examples import EXAMPLES

FUNCTIONS = {key: function(key) for key in ("sigmoid", "tanh", "sin")}
n, m = sympy.symbols("n m", integer=True, positive=True)


def ready(name: str) -> Recurrence:
    return read_recurrence(find(name).read_text(encoding="utf-8"))


def loop_of(source: str, name: str) -> str:
    """The lines of the loop over time in a function of a module."""
    body = source[source.index(f"def {name}(") :]
    lines = body[body.index("    for t in ") :].splitlines()[1:]
    return "\n".join(lines[: next(i for i, line in enumerate(lines) if not line.startswith("        "))])


@st.composite
def gate_families(draw) -> Recurrence:
    """h_t = sin(g_0 (g_0 + g_1 + ...)) + V x_t; a gate g is a function of weights times h_{t-1} and x_t."""
    b = Builder()
    h, x = b.quantity("h", "n", timed=True), b.quantity("x", "m", timed=True)
    gates, parts = draw(st.integers(1, 4)), []
    joined = draw(st.booleans())
    for i in range(gates):
        g = b.quantity(f"g_{{{i}}}", "n", timed=True)
        if joined:
            value = Dot(b.quantity(f"W_{{{i}}}", n, n + m), Block([h[t - 1]], [x[t]]))
        else:
            value = b.quantity(f"U_{{{i}}}", "n", "n") @ h[t - 1]
            if draw(st.booleans()):
                value = value + b.quantity(f"W_{{{i}}}", "n", "m") @ x[t]
        if draw(st.booleans()):
            value = value + b.quantity(f"b_{{{i}}}", "n")
        kind = draw(st.sampled_from([*FUNCTIONS, ""]))
        b.define(g[t], FUNCTIONS[kind](value) if kind else value)
        parts.append(g[t])
    b.define(h[t], FUNCTIONS["sin"](Plus(*parts) * parts[0]) + b.quantity("V", "n", "m") @ x[t])
    return b.recurrence("family")


@given(gate_families())
@settings(max_examples=8, deadline=None)
def test_stacked_families_keep_their_values_and_gradients(recurrence):
    assert not [row for row in check(recurrence) if not row.passed]


@given(gate_families())
@settings(max_examples=15, deadline=None)
def test_no_two_equations_of_the_loop_share_all_operands(recurrence):
    again = stacked(stacked(prepared(recurrence)))
    assert again == stacked(prepared(recurrence))


@pytest.mark.parametrize(
    ("name", "products", "back"), [("lstm", 1, 1), ("lstm_sum", 1, 1), ("gru_before", 2, 2), ("mgu", 2, 2)]
)
def test_one_product_a_step_for_gates_with_the_same_operand(name, products, back):
    source = generate(ready(name))
    assert loop_of(source, "run").count(" @ ") == products
    assert loop_of(source, "pull_back").count(" @ ") == back


@pytest.mark.parametrize("name", ["lstm", "gru_before", "gru_after", "lstm_sum"])
def test_gates_of_one_function_take_it_once_and_nothing_is_joined_in_a_loop(name):
    source = generate(ready(name))
    assert loop_of(source, "run").count("sigmoid(") == 1
    assert "concatenate" not in loop_of(source, "run") + loop_of(source, "pull_back")


def test_an_output_is_not_drawn_into_the_loop():
    """Both read a_t, but no state needs y_t: it stays one product over all times."""
    b = Builder()
    a, c, y, x = (b.quantity(name, "n", timed=True) for name in ("a", "c", "y", "x"))
    tanh = FUNCTIONS["tanh"]
    b.define(a[t], tanh(x[t] + b.quantity("U", "n", "n") @ c[t - 1]))
    b.define(c[t], tanh(b.quantity("V", "n", "n") @ a[t]))
    b.define(y[t], tanh(b.quantity("W", "n", "n") @ a[t]))
    recurrence = b.recurrence()
    assert "y" in {e.left.name for e in grouped(stacked(prepared(recurrence))).after}
    assert not [row for row in check(recurrence) if not row.passed]


def test_the_plan_of_stacked_gates():
    plan = Plan(EXAMPLES["gated"]())
    (whole,) = [s for s in plan.forward_loop if isinstance(s.value, (Plus, Dot)) and s.adds]
    assert isinstance(plan.recurrence.statics[0].right, Block)
    assert any(isinstance(e.right, Slice) for e in plan.recurrence.steps)
    assert [s for s in plan.backward_loop if s.target.name.endswith(whole.target.name)]


# ------------------------------------------------------------------ memory


def run_of(recurrence: Recurrence):
    module, arguments = load(generate(recurrence)), Case(recurrence).arguments("batch")
    return module, arguments, module.run(arguments["parameters"], arguments["inputs"], arguments["initial"])


def test_gates_lie_in_one_array():
    _, _, kept = run_of(ready("lstm"))
    assert kept["Gamma_u"].strides == kept["c_tilde"].strides
    assert kept["Gamma_u"].strides[1] == 4 * kept["Gamma_u"].shape[2] * kept["Gamma_u"].itemsize
    assert not np.shares_memory(kept["c_tilde"], kept["Gamma"])


@pytest.mark.parametrize("name", ["lstm", "gru_after", "elman_tanh"])
def test_what_comes_out_is_the_callers(name):
    """A second call changes nothing that the first returned, and no two results share memory."""
    recurrence = ready(name)
    module, arguments = load(generate(recurrence)), Case(recurrence).arguments("batch")
    given = arguments["parameters"], arguments["inputs"], arguments["initial"]
    values = module.forward(*given)
    cotangents = {key: np.ones_like(value) for key, value in values.items()}
    gradients = module.backward(*given, cotangents)
    held = [*values.values(), *gradients["inputs"].values(), *gradients["initial"].values()]
    before = [value.copy() for value in held]
    module.backward(*given, module.forward(*given))
    assert all(np.array_equal(a, b) for a, b in zip(held, before, strict=True))
    assert not any(np.shares_memory(a, b) for i, a in enumerate(held) for b in held[:i])
    assert all(np.array_equal(value, np.ones_like(value)) for value in cotangents.values())


def test_every_kept_array_has_the_precision_of_the_parameters():
    module, arguments, _ = run_of(ready("lstm_peephole"))
    single = {key: np.float32(value) for key, value in arguments["parameters"].items()}
    kept = module.run(single, arguments["inputs"], arguments["initial"])
    assert {value.dtype for value in kept.values()} == {np.dtype(np.float32)}


def test_memory_of_the_gradient_of_an_lstm():
    """In series of states: 4 gates, c, tanh c and a; 4 gradients of gates, those of c and a; 2 results."""
    recurrence = ready("lstm_sum")
    module, (horizon, samples, rows, columns) = load(generate(recurrence)), (40, 16, 64, 8)
    lengths = {symbol.name: rows for symbol in recurrence.sizes} | {"m": columns}
    random = np.random.default_rng(0)
    shapes = {p: [lengths.get(str(s), rows) for s in shape] for p, shape in module.PARAMETERS.items()}
    parameters = {p: random.normal(size=shape) / 8 for p, shape in shapes.items()}
    inputs = {"x": random.normal(size=(horizon, samples, columns))}
    values = module.forward(parameters, inputs)
    unit = horizon * samples * rows * 8
    cotangents = {key: np.ones_like(value) for key, value in values.items()}
    tracemalloc.start()
    module.backward(parameters, inputs, None, cotangents)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak / unit < 4 + 3 + 4 + 2 + 2


# ------------------------------------------------------------------ weights, products and repeats with names


def test_weights_of_a_loop_are_turned_once():
    plan = Plan(ready("elman_tanh"))
    equations, statements = turned(plan.forward_loop, {"U_T"})
    assert len(equations) == 1
    assert equations[0].left.name not in {"U_T"}
    assert turned(statements, set())[0] == []


def test_a_product_that_two_gradients_need_is_computed_once():
    source = generate(ready("gru_before"))
    assert "d_r_h = d_z_h_tilde[t] @ U_h" in loop_of(source, "pull_back")


def test_a_product_of_weights_that_the_gradient_reads_is_kept():
    source = generate(ready("gru_after"))
    assert len(re.findall(r" @ ", loop_of(source, "pull_back"))) == 2
    assert '"U_n_h": U_n_h' in source


def test_what_stands_twice_in_a_loss_has_a_name():
    b = Builder()
    a, x, d = (b.quantity(name, "n", timed=True) for name in "axd")
    b.define(a[t], FUNCTIONS["tanh"](b.quantity("U", "n", "n") @ a[t - 1] + x[t]))
    residual = a[t] - d[t]
    b.define(b.quantity("L"), SumOver(Dot(residual.T, residual), t, 1, T) / 2)
    recurrence = b.recurrence()
    source = generate(recurrence)
    assert source.count("a[1:] - d") == 1
    assert "loss = 0.5 * np.vdot(a_d, a_d)" in source
    assert not [row for row in check(recurrence) if not row.passed]


def test_shared_factors_stand_in_front():
    u, v, w = (Builder.quantity(name, "n", timed=True)[t] for name in "uvw")
    assert factored(Plus(Times(u, v), Times(-1, w, v))) == Times(v, Plus(u, Times(-1, w)))
    assert factored(Plus(Times(v, v), Times(v, v, u))) == Times(v, v, Plus(1, u))
    for left_alone in (Plus(Times(u, v), w), Plus(Times(u, v), Times(w, w)), u):
        assert factored(left_alone) == left_alone
