"""Linear recurrences by scans: what is recognised, and that a scan is its loop."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given as examples
from hypothesis import settings
from hypothesis import strategies as st

from symbptt.check import check
from symbptt.check.case import Case
from symbptt.expressions import Dot
from symbptt.functions import function
from symbptt.interface import load as read
from symbptt.programs import generate, load
from symbptt.programs.arrays.pairwise import scan
from symbptt.programs.plan.linear import linear
from symbptt.recurrence import Builder, Equation, t
from tests.programs.recurrences import EVERY, plain, timed

tanh, sigmoid = function("tanh"), function("sigmoid")


def by_loop(gates, values):
    gates = np.broadcast_to(gates, (len(values) - 1, *values.shape[1:]))
    found = values.copy()
    for i in range(1, len(found)):
        found[i] += gates[i - 1] * found[i - 1]
    return found


@settings(deadline=None, max_examples=60)
@examples(
    st.integers(0, 70),
    st.sampled_from([(), (1,), (2, 3), (2, 3, 2), (200,)]),
    st.sampled_from([0.0, 1e-200, 0.5, 1.0, 1.5]),
    st.booleans(),
    st.booleans(),
)
def test_a_scan_is_its_loop(steps, shape, largest, timed_gates, backwards):
    rng = np.random.default_rng(steps)
    gates = rng.uniform(-largest, largest, (steps, *shape) if timed_gates else shape)
    values = rng.normal(size=(steps + 1, *shape))
    wanted = by_loop(gates, values)
    if backwards:  # the views that the reverse sweep hands over
        stored = values[::-1].copy()
        scan(gates[::-1][::-1] if timed_gates else gates, stored[::-1])
        values = stored[::-1]
    else:
        scan(gates, values)
    assert np.abs(values - wanted).max() <= 1e-13 * np.abs(wanted).max()


def linear_one(right, h):
    return linear(Equation(h, right))


def test_what_is_linear():
    h, x, z, s, v, k = timed("h n", "x n", "z n", "S n p", "v n", "k p")
    w, rate = plain("w n", "r")
    found = linear_one((1 - z[t]) * h[t - 1] + z[t] * x[t], h)
    assert (found.gate, found.rest) == (1 - z[t], z[t] * x[t])
    assert linear_one(h[t - 1] + rate * (x[t] - h[t - 1]), h).gate == 1 - rate
    assert linear_one(w * h[t - 1], h).rest == 0 * h
    assert linear_one(z[t] * s[t - 1] + v[t] @ k[t].T, s).gate == z[t]


def test_what_is_not_linear():
    h, x, s = timed("h n", "x n", "S n n")
    (w,) = plain("W n n")
    for right in (w @ h[t - 1], tanh(h[t - 1]), h[t - 1] * h[t - 1], h[t - 2] + x[t], h[t - 1] + h[t - 2]):
        assert linear_one(right, h) is None
    assert linear_one(s[t - 1].T, s) is None
    assert linear_one(x[t], h) is None


def two_linear_layers():
    """A linear layer over another, and a nonlinear state that both of them stand outside of."""
    b = Builder()
    g, h, x, y = timed("g n", "h n", "x m", "y n")
    w, u, v, decay = plain("W n m", "U n n", "V n n", r"\lambda n")
    b.define(g[t], sigmoid(decay) * g[t - 1] + w @ x[t])
    b.define(y[t], tanh(u @ y[t - 1] + v @ g[t]))
    b.define(h[t], sigmoid(y[t]) * h[t - 1] + y[t] + h[0] * 0)
    return b.recurrence()


def between_loops():
    """A linear state that a loop feeds, and that feeds another."""
    b = Builder()
    a, h, c, x = timed("a n", "h n", "c n", "x n")
    u, v = plain("U n n", "V n n")
    b.define(a[t], tanh(u @ a[t - 1] + x[t]))
    b.define(h[t], 0.5 * h[t - 1] + a[t])
    b.define(c[t], tanh(v @ c[t - 1] + h[t]))
    return b.recurrence()


def entrywise_matrix():
    """A matrix state with a gate for each of its entries, two steps of padding, and an initial value."""
    b = Builder()
    s, f, x, y = timed("S n p", "F n p", "x m", "y n")
    w, k, start = plain("W n m", "k p", "s p")
    b.define(f[t], sigmoid(Dot(w @ x[t], k.T)))
    b.define(s[t], f[t] * s[t - 1] + Dot(w @ x[t], k.T))
    b.define(y[t], tanh(s[t] @ start + y[t - 2]))
    return b.recurrence()


def calls(recurrence):
    """How often the forward run and the reverse sweep of a module call the scan."""
    source = generate(recurrence)
    return source[source.index("\ndef run(") :].count("    scan(")


@pytest.mark.parametrize(
    ("make", "count"), [(two_linear_layers, 4), (between_loops, 0), (entrywise_matrix, 2)]
)
def test_scans_inside_larger_recurrences(make, count):
    recurrence = make()
    assert calls(recurrence) == count
    rows = check(recurrence)
    assert rows
    assert not [row for row in rows if not row.passed]


@pytest.mark.parametrize("name", ["lru", "min_gru", "lstm_simplified", "mlstm", "matrix_state", "diagonal"])
def test_linear_recurrences_are_scanned(name):
    source = generate(EVERY[name]() if name in EVERY else read(name))
    assert "    scan(" in source
    assert "for t in range(1" not in source.replace("for t in range(steps)", "")


@pytest.mark.parametrize("name", ["simple_rnn", "lstm", "gru_before", "ind_rnn", "leaky_rnn", "delta_net"])
def test_other_recurrences_are_not(name):
    assert "scan(" not in generate(read(name))


def test_a_long_scan_in_a_module():
    """Long enough for several levels of pairs; one plain loop over the equation as written is the judge."""
    recurrence = read("min_gru")
    given = Case(recurrence).arguments("batch")
    inputs = {"x": np.random.default_rng(0).normal(size=(333, *given["inputs"]["x"].shape[1:]))}
    kept = load(generate(recurrence)).run(given["parameters"], inputs, given["initial"])
    wanted = kept["h"].copy()
    for i in range(1, 334):
        z = kept["z"][i - 1]
        wanted[i] = (1 - z) * wanted[i - 1] + z * kept["h_tilde"][i - 1]
    np.testing.assert_allclose(kept["h"], wanted, rtol=1e-12, atol=1e-13)
