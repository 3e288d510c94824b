"""Streams in JAX and PyTorch, against the reverse sweep of the NumPy modules and autodiff."""

from __future__ import annotations

import numpy as np
import pytest

from symbptt.check.case import Case
from tests.programs.test_modes import RECURRENCES, WITHOUT_STREAM, largest_difference, series, steps_of
from tests.programs.test_series_modes import generated, judge, tensors

torch = pytest.importorskip("torch", reason="PyTorch is not installed")
jax = pytest.importorskip("jax", reason="JAX is not installed")
jax.config.update("jax_enable_x64", True)

# Lags, computed initial values, inputs looked back to, diagonal Jacobians, no inputs; compiling takes time.
COMPILED = ("long_lags", "late_input", "derived_parameters", "no_input", "min_gru", "gru_before")
ODD = ("two_lags", "matrix_state", "no_input_and_a_start", "square_of_a_sum", "lstm_sum", "delta_net", "lru")
OPEN = {
    name for name, make in RECURRENCES.items() if any(f.meaning == "" for f in make().functions)
}  # functions that NumPy's oracle gives: for other libraries there is none
NAMES = sorted({*COMPILED, *ODD} & set(RECURRENCES) - set(WITHOUT_STREAM) - OPEN)
CASES = [("torch", name) for name in NAMES] + [("jax", name) for name in NAMES if name in COMPILED]


def arrays(tree):
    return jax.tree.map(np.asarray, tree)


@pytest.mark.parametrize(("target", "name"), CASES)
def test_a_stream_has_the_gradients_of_backpropagation(target, name):
    module, given = generated(name, target, "forward"), series(RECURRENCES[name](), 4)
    wanted = judge(name, "bptt").backward(*given)["parameters"]
    if target == "torch":
        given = tuple(map(tensors, given))
    total = dict.fromkeys(wanted, 0)
    for gradients in steps_of(module, *given, 2):
        total = {key: value + np.asarray(gradients[key]) for key, value in total.items()}
    assert largest_difference({"parameters": total}, {"parameters": wanted}) < 1e-12


@pytest.mark.parametrize("target", ["torch", "jax"])
def test_one_sample_without_an_axis_of_samples(target):
    case = Case(RECURRENCES["elman"]()).arguments("single")
    module = generated("elman", target, "forward")
    given = (case["parameters"], case["inputs"], case["initial"], case["cotangents"])
    wanted = judge("elman", "bptt").backward(*given)["parameters"]
    given = tuple(map(tensors, given)) if target == "torch" else given
    total = dict.fromkeys(wanted, 0)
    for gradients in steps_of(module, *given, None):
        total = {key: value + np.asarray(gradients[key]) for key, value in total.items()}
    assert largest_difference({"parameters": total}, {"parameters": wanted}) < 1e-12


def test_cotangents_of_the_caller_stay_as_they_are():
    parameters, inputs, initial, cotangents = map(tensors, series(RECURRENCES["elman"](), 1))
    module = generated("elman", "torch", "forward")
    state, influence = module.start_stream(parameters, initial, 2)
    given = {key: value[0].clone() for key, value in cotangents.items()}
    module.stream_step(parameters, state, influence, {key: x[0] for key, x in inputs.items()}, given)
    assert all(torch.equal(value, cotangents[key][0]) for key, value in given.items())


def test_parameters_of_a_cell_under_autograd():
    """Parameters that require gradients may be given: a stream leaves no record of what it does."""
    parameters, inputs, initial, cotangents = map(tensors, series(RECURRENCES["elman"](), 2))
    module = generated("elman", "torch", "forward")
    leaves = {key: value.clone().requires_grad_() for key, value in parameters.items()}
    found = list(steps_of(module, leaves, inputs, initial, cotangents, 2))
    values = module.forward(leaves, inputs, initial)
    sum((values[key] * d).sum() for key, d in cotangents.items()).backward()
    for key, leaf in leaves.items():
        total = sum(gradients[key] for gradients in found)
        assert not total.requires_grad
        torch.testing.assert_close(total, leaf.grad, rtol=1e-12, atol=1e-12)


def test_a_stream_inside_of_a_scan():
    """In JAX a stream may itself be scanned: its step is a pure function of arrays."""
    recurrence = RECURRENCES["elman"]()
    module, given = generated("elman", "jax", "forward"), series(recurrence, 4)
    parameters, inputs, initial, cotangents = given

    def one_step(carry, now):
        state, influence, gradients = module.stream_step(parameters, *carry, *now)
        return (state, influence), gradients

    start = module.start_stream(parameters, initial, 2)
    _, each = jax.lax.scan(one_step, start, (inputs, cotangents))
    total = {key: np.asarray(value).sum(axis=0) for key, value in each.items()}
    wanted = judge("elman", "bptt").backward(*given)["parameters"]
    assert largest_difference({"parameters": total}, {"parameters": wanted}) < 1e-12
