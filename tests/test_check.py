"""The checker passes what is right and catches planted errors, with a hint at what they are."""

from __future__ import annotations

import dataclasses
import io
from pathlib import Path

import numpy as np
import pytest
from rich.console import Console

from symbptt import functions
from symbptt.check import TOLERANCES, check, print_table
from symbptt.check.compare import compared
from symbptt.programs import generate
from tests.examples import elman, gated, matrix_state, two_lags

REFERENCE = Path(__file__).parents[1] / "derivations" / "simple_rnn" / "reference.py"


def failures(rows):
    return {row.quantity for row in rows if not row.passed}


def test_the_simple_network_agrees_with_the_compiled_reference():
    rows = check(elman(), REFERENCE)
    assert not failures(rows)
    assert {row.against for row in rows} == set(TOLERANCES)
    assert {row.quantity for row in rows} == {"a", "y", "L", "W_aa", "W_ax", "b", "W_ya", "b_y", "x"}
    assert {row.samples for row in rows} == {"batch", "single"}


# ------------------------------------------------------------------ planted errors


def test_a_wrong_slope_in_the_table(monkeypatch):
    wrong = dataclasses.replace(functions.FUNCTIONS["sigmoid"], slope=lambda x, y: y * (1 + y))
    monkeypatch.setitem(functions.FUNCTIONS, "sigmoid", wrong)
    assert failures(check(gated())) >= {"W_f", "W_u", "W_o", "x", "a", "c"}


def test_a_wrong_sign_in_the_table(monkeypatch):
    wrong = dataclasses.replace(functions.FUNCTIONS["tanh"], slope=lambda x, y: y**2 - 1)
    monkeypatch.setitem(functions.FUNCTIONS, "tanh", wrong)
    rows = check(matrix_state())
    assert failures(rows) == {"K", "x"}
    assert {row.hint for row in rows if row.quantity == "K"} == {"its sign is wrong"}


def planted(recurrence, right, wrong):
    """The rows of the generated code with one line spoilt."""
    source = generate(recurrence)
    assert right in source
    return check(recurrence, source=source.replace(right, wrong))


def test_a_dropped_transpose():
    rows = planted(two_lags(), "np.ascontiguousarray(W_1.T)", "np.ascontiguousarray(W_1)")
    assert "h" in failures(rows)
    assert "forward run" in {row.against for row in rows if not row.passed}


def test_a_transpose_dropped_in_the_reverse_sweep():
    rows = planted(two_lags(), "d_f[t] @ W_1\n", "d_f[t] @ W_1.T\n")
    assert failures(rows) >= {"W_1", "x"}
    assert "forward run" not in {row.against for row in rows if not row.passed}


def test_a_reversed_product():
    rows = planted(elman(), "rows(d_f[1:]).T @ rows(a[:-1])", "rows(a[:-1]).T @ rows(d_f[1:])")
    assert failures(rows) == {"W_aa"}
    assert {row.hint for row in rows if not row.passed} == {"it is transposed"}


def test_a_factor_of_two():
    rows = planted(elman(), "d_b = np.sum(", "d_b = 2 * np.sum(")
    assert {row.hint for row in rows if not row.passed} == {"it is twice what it should be"}


def test_a_time_step_off():
    source = '"inputs": {"x": d_x}'
    rows = planted(elman(), source, '"inputs": {"x": np.roll(d_x, 1, axis=0)}')
    assert failures(rows) == {"x"}
    assert {row.hint for row in rows if not row.passed} == {"it is one time step late"}


def test_a_gradient_that_is_no_number():
    rows = planted(elman(), "d_b = np.sum(", "d_b = np.nan * np.sum(")
    assert {row.hint for row in rows if not row.passed} == {"it has entries that are not finite"}


def test_a_gradient_of_the_wrong_shape():
    rows = planted(elman(), '"b": d_b,', '"b": d_b[:, None],')
    assert {row.difference for row in rows if not row.passed} == {float("inf")}


# ------------------------------------------------------------------ rows and the table


def test_the_worst_entry_is_named():
    other = np.arange(6.0).reshape(2, 3)
    mine = other.copy()
    mine[1, 2] += 1
    row = compared(("W", "parameters"), "batch", "complex step", mine, other, 1e-12, 1e-8)
    assert (row.entry, row.mine, row.other, row.passed) == ((1, 2), 6, 5, False)
    assert row.difference == pytest.approx(1 / 6)


def test_the_table_explains_failures():
    console = Console(file=io.StringIO(), width=120)
    rows = planted(elman(), "d_b = np.sum(", "d_b = 2 * np.sum(")
    print_table(rows, console)
    written = console.file.getvalue()
    assert "FAILS by b" in written
    assert "it is twice what it should be" in written
    for judge in ("finite differences", "complex step", "forward run"):
        assert judge in written
