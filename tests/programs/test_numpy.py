"""Generated modules: their contract, and what their source looks like."""

from __future__ import annotations

import ast
import subprocess
import sys

import numpy as np
import pytest

from symbptt.check import check
from symbptt.check.case import Case
from symbptt.errors import SymbpttError
from symbptt.expressions import Kron, Vec
from symbptt.oracle import generic_instance
from symbptt.programs import generate, load
from symbptt.recurrence import Builder, Recurrence, t
from tests.examples import elman, gated, matrix_state, two_lags
from tests.programs.recurrences import EVERY, TRIED

DERIVATIVE_STEP = 1e-30


def module_of(recurrence):
    """The generated module, ready to run."""
    module = load(generate(recurrence))
    for symbol in recurrence.functions:
        if symbol.meaning == "":
            f = generic_instance(symbol.name)
            setattr(module, symbol.name, f)
            prime = lambda x, f=f: np.imag(f(x + 1j * DERIVATIVE_STEP)) / DERIVATIVE_STEP  # noqa: E731
            setattr(module, f"{symbol.name}_prime", prime)
    return module


def gradients_of(module, given):
    common = (given["parameters"], given["inputs"])
    if hasattr(module, "loss_and_gradient"):
        return module.loss_and_gradient(*common, given["targets"], given["initial"])[1]
    return module.backward(*common, given["initial"], given["cotangents"])


# ------------------------------------------------------------------ values and gradients


@pytest.mark.parametrize("name", EVERY)
def test_every_value_and_gradient_is_the_oracles(name):
    rows = check(EVERY[name]())
    assert rows
    assert not [row for row in rows if not row.passed]


@pytest.mark.parametrize("make", [elman, TRIED["no_state"]])
def test_backward_takes_cotangents_beside_a_loss(make):
    """Without its loss the recurrence is another; its backward is the same."""
    r = make()
    alone = Builder([e for e in r.equations if e is not r.loss]).recurrence()
    given = Case(alone).arguments("batch")
    found = [
        module_of(x).backward(given["parameters"], given["inputs"], given["initial"], given["cotangents"])
        for x in (r, alone)
    ]
    for group in found[0]:
        for key, value in found[0][group].items():
            np.testing.assert_allclose(value, found[1][group][key], rtol=1e-14)


@pytest.mark.parametrize("name", EVERY)
def test_a_batch_is_the_sum_of_its_samples(name):
    recurrence = EVERY[name]()
    if not recurrence.inputs:
        pytest.skip("a series without inputs has no samples of its own")
    module, given = module_of(recurrence), Case(recurrence).arguments("batch")
    whole = gradients_of(module, given)
    samples = [gradients_of(module, one_sample(recurrence, given, i)) for i in range(2)]
    for key, value in whole["parameters"].items():
        np.testing.assert_allclose(value, sum(s["parameters"][key] for s in samples), rtol=1e-10, atol=1e-12)
    for key, value in whole["inputs"].items():
        np.testing.assert_allclose(value, np.stack([s["inputs"][key] for s in samples], axis=1), atol=1e-12)


def one_sample(recurrence, given, i):
    """The arguments of sample i, without the axis of the batch."""
    case = Case(recurrence)
    long = {case.names.key(name) for name, times in case.starts.items() if len(times) > 1}
    found = {
        role: {key: a[:, i] for key, a in given[role].items()} for role in ("inputs", "targets", "cotangents")
    }
    start = {key: a[:, i] if key in long else a[i] for key, a in given["initial"].items()}
    return {**found, "parameters": given["parameters"], "initial": start}


@pytest.mark.parametrize("name", [name for name in EVERY if name not in ("generic",)])
def test_precision_follows_the_parameters(name):
    recurrence = EVERY[name]()
    module, given = module_of(recurrence), Case(recurrence).arguments("batch")
    if not given["parameters"]:
        pytest.skip("without parameters the precision is that of the inputs")
    given["parameters"] = {key: np.float32(value) for key, value in given["parameters"].items()}
    values = module.forward(given["parameters"], given["inputs"], given["initial"])
    for group in (values, *gradients_of(module, given).values()):
        assert {np.asarray(a).dtype for a in group.values()} <= {np.dtype(np.float32)}


@pytest.mark.parametrize("name", EVERY)
def test_initial_values_are_zero_where_left_out(name):
    recurrence = EVERY[name]()
    module, given = module_of(recurrence), Case(recurrence).arguments("batch")
    zero = {key: np.zeros_like(value) for key, value in given["initial"].items()}
    left_out = module.forward(given["parameters"], given["inputs"])
    for key, value in module.forward(given["parameters"], given["inputs"], zero).items():
        np.testing.assert_array_equal(left_out[key], value)


def test_cotangents_left_out_are_zero():
    recurrence = gated()
    module, given = module_of(recurrence), Case(recurrence).arguments("batch")
    common = (given["parameters"], given["inputs"], given["initial"])
    some = {"a": given["cotangents"]["a"]}
    full = {**some, "c": np.zeros_like(given["cotangents"]["c"])}
    np.testing.assert_array_equal(
        module.backward(*common, some)["parameters"]["W_f"],
        module.backward(*common, full)["parameters"]["W_f"],
    )


def test_arguments_are_left_as_they_were():
    recurrence = elman()
    module, given = module_of(recurrence), Case(recurrence).arguments("batch")
    before = {role: {key: a.copy() for key, a in group.items()} for role, group in given.items()}
    gradients_of(module, given)
    module.backward(given["parameters"], given["inputs"], given["initial"], given["cotangents"])
    for role, group in before.items():
        for key, value in group.items():
            np.testing.assert_array_equal(given[role][key], value)


# ------------------------------------------------------------------ the contract


def test_parameters_and_keys():
    module = load(generate(gated()))
    assert module.PARAMETERS["W_f"] == ("n", "m + n")
    assert load(generate(matrix_state())).PARAMETERS == {"lambda": (), "V": ("n", "m"), "K": ("p", "m")}
    gru = load(generate(TRIED["gru"]()))
    assert set(gru.PARAMETERS) == {"W_z", "U_z", "b_z", "W_r", "U_r", "b_r", "W", "U", "b"}


def test_shapes_of_two_lags():
    recurrence = two_lags()
    module, given = module_of(recurrence), Case(recurrence).arguments("batch")
    assert given["initial"]["h"].shape == (2, 2, 3)
    assert 'initial: {"h": (2, B, n)}' in module.forward.__doc__
    assert gradients_of(module, given)["initial"]["h"].shape == (2, 2, 3)


def test_a_generic_function_must_be_set():
    recurrence = EVERY["generic"]()
    module, given = load(generate(recurrence)), Case(recurrence).arguments("batch")
    with pytest.raises(ValueError, match="set f and f_prime"):
        module.forward(given["parameters"], given["inputs"])


def test_a_module_without_a_loss_has_no_loss():
    assert not hasattr(load(generate(two_lags())), "loss_and_gradient")


def test_an_initial_value_of_zero_may_still_be_given():
    recurrence = TRIED["scalar"]()
    module, given = module_of(recurrence), Case(recurrence).arguments("batch")
    one = module.forward(given["parameters"], given["inputs"], {"h": np.ones(2)})["h"]
    assert not np.allclose(one, module.forward(given["parameters"], given["inputs"])["h"])


@pytest.mark.parametrize("name", EVERY)
def test_modules_need_numpy_alone(name):
    imports = [
        n for n in ast.walk(ast.parse(generate(EVERY[name]()))) if isinstance(n, (ast.Import, ast.ImportFrom))
    ]
    assert {alias.name for node in imports for alias in node.names} <= {"numpy", "math"}


def ruff(folder, *arguments):
    command = [sys.executable, "-m", "ruff", *arguments, "--isolated", "--line-length", "110", str(folder)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_modules_are_clean(tmp_path):
    for name, make in EVERY.items():
        (tmp_path / f"{name}.py").write_text(generate(make()), encoding="utf-8")
    ruff(tmp_path, "check", "--select", "E,F,W,I,B,UP,C4", "--ignore", "E501")


def test_modules_of_plain_cells_are_formatted(tmp_path):
    for name in ("elman", "two_lags", "matrix_state", "gated", "generic", "late_input", "fed_back_output"):
        (tmp_path / f"{name}.py").write_text(generate(EVERY[name]()), encoding="utf-8")
    ruff(tmp_path, "check", "--select", "E501")
    ruff(tmp_path, "format", "--check")


# ------------------------------------------------------------------ readable


def test_lines_of_the_simple_network():
    source = generate(elman())
    for line in (
        "    W_aa_T = np.ascontiguousarray(W_aa.T)\n",
        "    np.matmul(rows(x), W_ax.T, out=rows(f[1:]))\n    f[1:] += b\n",
        "        f[t] += a[t - 1] @ W_aa_T\n",
        "        d_f[t] = d_a[t] * a[t] * (1 - a[t])\n",
        "        d_a[t - 1] += d_f[t] @ W_aa\n",
        "    d_W_aa = rows(d_f[1:]).T @ rows(a[:-1])\n",
        "    loss = -np.sum(d * np.log(y))\n",
    ):
        assert line in source


def test_lines_of_two_lags_and_of_a_matrix():
    assert "h[t - 2] @ W_2_T" in generate(two_lags())
    assert "S[1:] = v[..., None] * k[..., None, :]" in generate(matrix_state())


# ------------------------------------------------------------------ errors


def test_an_unknown_target():
    with pytest.raises(SymbpttError, match="unknown target fortran: expected numpy"):
        generate(elman(), "fortran")


def test_what_has_no_numpy_form_is_named():
    b = Builder()
    s, x = b.quantity("S", "n", "n", timed=True), b.quantity("x", "n", "n", timed=True)
    b.define(s[t], s[t - 1] + x[t])
    b.define(b.quantity("y", timed=True)[t], (Vec(s[t]).T @ Kron(x[t], x[t])) @ Vec(s[t]))
    with pytest.raises(TypeError, match=r"no (NumPy form|derivative rule) for (Kron|Vec)"):
        generate(b.recurrence())


def test_a_size_that_nothing_tells():
    b = Builder()
    h, x = b.quantity("h", "n", timed=True), b.quantity("x", timed=True)
    b.define(h[t], h[t - 1] * x[t])
    with pytest.raises(SymbpttError, match="tells the size n"):
        generate(b.recurrence())


def test_a_size_may_be_called_like_a_quantity():
    r = Recurrence.from_latex(
        r"$$n_t = \tanh(W x_t), \qquad h_t = (1 - n_t) \odot h_{t-1} + x_t \odot n_t$$"
        r" with $h_t \in \mathbb{R}^n$"
    )
    assert '"W": ("n_size", "n_size")' in generate(r)
    assert all(row.passed for row in check(r))
