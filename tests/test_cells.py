"""The ready recurrences: each is read, derived in every form, and is what its page says it is.

Cells are found, not listed: a new folder of `derivations/` is tested as it stands.
"""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest

from symbptt import cells
from symbptt.derivation import derive
from symbptt.derivation.local import Linearised
from symbptt.errors import SpecificationError
from symbptt.expressions import Quantity, check, is_scalar, shape_of
from symbptt.oracle import Matrix, World, difference
from symbptt.recurrence import Recurrence

READY = cells.ready()
FORMS = ("unrolled", "nested", "expanded", "adjoint")
SIZES = {"n": 2, "m": 3, "p": 4, "k": 3, "v": 5, "N": 3}
HORIZON = 3


@cache
def read(name: str) -> Recurrence:
    return Recurrence.from_file(READY[name])


# ------------------------------------------------------------------ pages


@pytest.mark.parametrize("name", READY)
def test_a_page_has_a_title_and_its_sources(name):
    lines = READY[name].read_text(encoding="utf-8").splitlines()
    assert lines[0] == f"# {cells.title(READY[name])}"
    where = lines.index("## Sources")
    assert any(line and not line.startswith("#") for line in lines[where + 1 :])


@pytest.mark.parametrize("name", READY)
def test_roles(name):
    r = read(name)
    assert r.name == name
    assert r.states
    assert r.inputs
    assert r.parameters
    assert r.loss is not None
    assert is_scalar(r.loss.left)
    for q in r.quantities.values():
        assert r.role(q.name)
    for e in r.equations:
        check(e.right)
        assert shape_of(e.left) == shape_of(e.right)


@pytest.mark.parametrize("name", READY)
def test_shapes_are_declared(name):
    """The sizes are letters of the page, not ones that the reader made up (n_1, n_2, ...)."""
    layered = "\\mathbb{R}^{n_l" in READY[name].read_text(encoding="utf-8")
    sizes = {str(size).split("_")[0] if layered else str(size) for size in read(name).sizes}
    assert sizes <= set(SIZES)


# ------------------------------------------------------------------ derivations


def variables(r: Recurrence) -> list[Quantity]:
    """Everything that may be asked for: parameters, inputs at time 1, initial values."""
    return [*r.parameters, *(q.at(1) for q in r.inputs), *r.initials]


def target(r: Recurrence, by: Quantity) -> Quantity:
    """The last state that depends on a variable; the loss where none does."""
    reached = Linearised.of(r).descendants(by.name)
    assert r.loss is not None
    return next((q for q in reversed(r.states) if q.name in reached), r.loss.left)


def sample(name: str, form: str) -> list[tuple[Quantity, Quantity]]:
    """What a form derives: by every fourth variable, in turn a state and the loss.

    Each form begins one variable later, so that together they go through all of them.
    """
    r = read(name)
    assert r.loss is not None
    chosen = variables(r)[FORMS.index(form) :: len(FORMS)]
    return [(target(r, by) if turn % 2 == 0 else r.loss.left, by) for turn, by in enumerate(chosen)]


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("name", READY)
def test_every_step_holds(name, form):
    for of, by in sample(name, form):
        derivation = derive(read(name), of, by, form, steps=HORIZON)
        found = derivation.errors(SIZES, HORIZON)
        wrong = [(s.rule, e) for s, e in zip(derivation.steps, found, strict=True) if not e < 1e-9]
        assert not wrong, f"{of.name} by {by.name}"


# ------------------------------------------------------------------ one network under two names

Values = dict[str, Matrix]


def world(name: str, values: Values | None = None) -> World:
    """Random numbers; inputs the same for every cell, given initial values zero, parameters from `values`."""
    made = World.random(read(name), SIZES, HORIZON)
    for q in made.recurrence.inputs:
        for time in range(1, HORIZON + 1):
            made.given[q.name, time] = np.random.default_rng(time).normal(size=made.given[q.name, time].shape)
    for q in made.recurrence.initials:
        made.given[q.name, int(q.time)] = np.zeros_like(made.given[q.name, int(q.time)])
    for key in (values or {}).keys() & {q.name for q in made.recurrence.parameters}:
        made.given[key, None] = np.broadcast_to(values[key], made.given[key, None].shape)
    return made


def given(name: str) -> Values:
    made = world(name)
    return {q.name: made.given[q.name, None] for q in made.recurrence.parameters}


def same(left: tuple[str, str], left_values: Values, right: tuple[str, str], right_values: Values) -> bool:
    """Whether two states, each (cell, state), are equal at the last time."""
    ends = [world(n, v).run[q, HORIZON] for (n, q), v in ((left, left_values), (right, right_values))]
    return difference(*ends) < 1e-13


def negated(values: Values, gate: str, *, of: str) -> Values:
    """Weights of a gate that is one minus another: sigma(-z) = 1 - sigma(z)."""
    return {f"{stem}_{{{gate}}}": -values[f"{stem}_{{{of}}}"] for stem in "WUb"}


ZERO = np.zeros(())


def test_the_concatenated_lstm_is_the_sum_of_its_blocks():
    p, found = given("lstm"), {"r": ZERO, "s": ZERO}
    for here, there in (("u", "i"), ("f", "f"), ("o", "o"), ("c", "g")):
        whole = p[f"W_{{{here}}}"]
        u, w = np.split(whole, [whole.shape[0]], axis=1)
        found |= {f"U_{{{there}}}": u, f"W_{{{there}}}": w, f"b_{{{there}}}": p[f"b_{{{here}}}"]}
    assert same(("lstm", "a"), p, ("lstm_sum", "h"), found)


def test_coupled_gates_are_two_gates_with_opposite_weights():
    p = given("lstm_coupled")
    found = {**p, **negated(p, "f", of="i"), "r": ZERO, "s": ZERO}
    assert same(("lstm_coupled", "h"), p, ("lstm_sum", "h"), found)


def test_peepholes_of_zero_see_nothing():
    p = {**given("lstm_peephole"), **dict.fromkeys(("p_{i}", "p_{f}", "p_{o}"), ZERO)}
    assert same(("lstm_peephole", "h"), p, ("lstm_sum", "h"), {**p, "r": ZERO, "s": ZERO})


def test_the_sign_of_the_update_gate_is_that_of_its_weights():
    p = given("gru_before")
    assert same(("gru_before", "h"), p, ("gru_other_sign", "h"), {**p, **negated(p, "z", of="z"), "s": ZERO})


@pytest.mark.parametrize("diagonal", [True, False])
def test_reset_before_and_after_differ_unless_the_matrix_is_diagonal(diagonal):
    p = given("gru_before")
    p["U_{h}"] = np.diag(np.diag(p["U_{h}"])) if diagonal else p["U_{h}"]
    after = {**p, "e_{n}": ZERO, **{f"{stem}_{{n}}": p[f"{stem}_{{h}}"] for stem in "WUb"}}
    assert same(("gru_before", "h"), p, ("gru_after", "h"), after) == diagonal


def test_independent_units_have_a_diagonal_matrix():
    p = given("ind_rnn")
    assert same(("ind_rnn", "h"), p, ("elman_relu", "h"), {**p, "W": np.diagflat(p["u"]), "U": p["W"]})


def test_without_a_leak_the_leaky_network_is_an_elman_network():
    p = given("elman_tanh")
    leaky = {r"\alpha": np.ones(()), "W": p["W_{aa}"], "U": p["W_{ax}"], "b": p["b"]}
    assert same(("elman_tanh", "a"), p, ("leaky_rnn", "h"), leaky)


def test_rows_and_columns_are_transposes():
    p = given("elman_batch_columns")
    names = (("W_{x}", "W_{xh}"), ("W_{a}", "W_{hh}"), ("b_{a}", "b_{h}"))
    columns, rows = world("elman_batch_columns", p), world("elman_batch_rows", {b: p[a].T for a, b in names})
    for time in range(1, HORIZON + 1):
        rows.given["X", time] = columns.given["X", time].T
    assert difference(columns.run["A", HORIZON], rows.run["H", HORIZON].T) < 1e-13


# ------------------------------------------------------------------ what the pages say


def test_plain_addition_wants_equal_sizes():
    text = READY["lstm_added"].read_text(encoding="utf-8")
    longer = text.replace(r"$x_t, a_t, c_t, d_t", r"$x_t \in \mathbb{R}^m$, $a_t, c_t, d_t")
    assert longer != text
    with pytest.raises(SpecificationError, match=r"a sum: a_\{t-1\} is n, x_t is m") as error:
        Recurrence.from_latex(longer)
    assert r"\Gamma_{u,t} &= \sigma(W_u (a_{t-1} + x_t) + b_u)" in str(error.value)


@pytest.mark.parametrize(("name", "alone"), [("lstm_simplified", True), ("lstm", False)])
def test_the_forget_gate_is_the_whole_derivative_only_without_the_previous_activation(name, alone):
    made = world(name)
    gate = np.diagflat(made.run[r"\Gamma_{f}", 3])
    assert difference(made.immediate(("c", 3), ("c", 2)), gate) < 1e-13
    assert (difference(made.total(("c", 3), ("c", 2)), gate) < 1e-13) == alone


def test_only_words_that_occur_change_the_embedding():
    made = world("embedding_rnn")
    words = np.eye(SIZES["v"])
    for time, word in enumerate((3, 1, 3), start=1):
        made.given["x", time] = words[:, word : word + 1]
    columns = made.total(("L", None), ("E", None)).reshape(SIZES["v"], -1)
    assert [bool(column.any()) for column in columns] == [False, True, False, True, False]


def test_a_bag_has_no_order():
    bag, again = world("bag_of_vectors"), world("bag_of_vectors")
    for time in range(1, HORIZON + 1):
        again.given["x", time] = bag.given["x", HORIZON + 1 - time]
    assert difference(bag.run["y", HORIZON], again.run["y", HORIZON]) < 1e-13


def test_what_the_matrix_memory_divides_by():
    made = world("mlstm")
    made.given["W_{q}", None] = 9 * made.given["W_{q}", None]
    products = {time: (made.run["z", time].T @ made.run["q", time]).item() for time in range(1, HORIZON + 1)}
    assert min(map(abs, products.values())) < 1 < max(map(abs, products.values()))
    for time, product in products.items():
        assert made.run[r"\rho", time].item() == pytest.approx(max(abs(product), 1))


def test_the_delta_rule_replaces_what_the_key_holds():
    made = world("delta_net")
    key, value, beta = (made.run[name, HORIZON] for name in ("k", "v", r"\beta"))
    before, after = (made.run["S", time] @ key for time in (HORIZON - 1, HORIZON))
    assert np.linalg.norm(key) == pytest.approx(1)
    assert difference(after, before + beta * (value - before)) < 1e-13
