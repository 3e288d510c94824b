"""Checkpoints and truncation in JAX and PyTorch, against the NumPy modules."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest

from symbptt.check.case import Case
from symbptt.errors import SymbpttError
from symbptt.programs import BOTH_WAYS, MODES, generate, load
from tests.judges.given import recurrence
from tests.programs.recurrences import EVERY
from tests.programs.test_modes import largest_difference, module_of, series

torch = pytest.importorskip("torch", reason="PyTorch is not installed")
jax = pytest.importorskip("jax", reason="JAX is not installed")
jax.config.update("jax_enable_x64", True)

OPTION = {"checkpointed": "every", "truncated": "steps"}
# Lags, inputs that are looked back to, initial values that are computed, no inputs, and losses that look at
# initial values, inputs, parameters or what is neither state nor output.
ODD = (
    *("two_lags", "long_lags", "late_input", "no_input", "no_input_and_a_start", "derived_parameters"),
    *("parts_of_the_series", "mean_with_weight_decay", "awkward_names", "matrix_state"),
)
READY = ("lstm_sum", "min_gru", "gru_before", "delta_net")
COMPILED = ("long_lags", "no_input", "parts_of_the_series", "lstm_sum", "min_gru")  # compiling takes time


def made(name: str):
    return EVERY[name]() if name in EVERY else recurrence(name)


@cache
def generated(name: str, target: str, mode: str):
    return load(generate(made(name), target, mode))


@cache
def judge(name: str, mode: str):
    return module_of(made(name), mode)


def tensors(group):
    """A tree of arrays as tensors; lengths stay numbers."""
    if isinstance(group, dict):
        return {name: tensors(value) for name, value in group.items()}
    return group if isinstance(group, int) else torch.as_tensor(np.asarray(group))


def quickly(f):
    """A function compiled for a single call."""
    options = {"xla_cpu_use_fusion_emitters": False, "xla_cpu_parallel_codegen_split_count": 1}
    return jax.jit(f, compiler_options=options)


def call(target: str, function, *given):
    """The result of a function of a module, as arrays; in JAX compiled, for the lengths that are given."""
    if target == "torch":
        return jax.tree.map(np.asarray, function(*map(tensors, given)))
    parameters, inputs, *others = given
    if "T" in inputs:
        found = quickly(lambda parameters, *others: function(parameters, inputs, *others))(
            parameters, *others
        )
    else:
        found = quickly(function)(*given)
    return jax.tree.map(np.asarray, found)


def without_seen(gradients):
    """The gradients without those by inputs looked back to, which are states in segments."""
    return {
        role: {key: value for key, value in group.items() if not key.endswith("_seen")}
        for role, group in gradients.items()
    }


CASES = [("torch", name) for name in (*ODD, *READY)] + [("jax", name) for name in COMPILED]


@pytest.mark.parametrize(("target", "name"), CASES)
def test_checkpoints_give_the_same_gradients(target, name):
    module, plain, given = generated(name, target, "checkpointed"), judge(name, "bptt"), series(made(name), 7)
    found = call(target, lambda *given: module.backward(*given, every=3), *given)
    assert largest_difference(found, plain.backward(*given)) < 1e-12


@pytest.mark.parametrize(("target", "name"), CASES)
def test_a_truncated_gradient_is_that_of_numpy(target, name):
    module, given = generated(name, target, "truncated"), series(made(name), 7)
    found = call(target, lambda *given: module.backward(*given, steps=3), *given)
    wanted = judge(name, "truncated").backward(*given, steps=3)
    wanted = {
        role: {k: v for k, v in group.items() if not k.endswith("_seen")} for role, group in wanted.items()
    }
    assert largest_difference(found, wanted) < 1e-12


@pytest.mark.parametrize("mode", OPTION)
@pytest.mark.parametrize(("target", "name"), [case for case in CASES if made(case[1]).loss is not None])
def test_losses(target, name, mode):
    given, option = Case(made(name)).arguments("batch"), {OPTION[mode]: 2}
    common = (given["parameters"], given["inputs"], given["targets"], given["initial"])
    module = generated(name, target, mode)
    loss, found = call(target, lambda *given: module.loss_and_gradient(*given, **option), *common)
    wanted_loss, wanted = judge(name, mode).loss_and_gradient(*common, **option)
    wanted = {
        role: {k: v for k, v in group.items() if not k.endswith("_seen")} for role, group in wanted.items()
    }
    np.testing.assert_allclose(loss, wanted_loss, rtol=1e-12)
    assert largest_difference(found, wanted) < 1e-12


def test_values_and_a_planted_error():
    """Values are those of NumPy; a gradient that misses a segment's is seen."""
    name, given = "gru_before", series(made("gru_before"), 7)
    module = load(generate(made(name), "torch", "checkpointed"))
    values = judge(name, "bptt").forward(*given[:3])
    for key, value in module.forward(*map(tensors, given[:3]), every=2).items():
        np.testing.assert_allclose(value, values[key], rtol=1e-12)
    right = module.last_states
    module.last_states = lambda *given: {key: value.detach() for key, value in right(*given).items()}
    found = jax.tree.map(np.asarray, module.backward(*map(tensors, given), every=2))
    assert largest_difference(found, judge(name, "bptt").backward(*given)) > 1e-3


def test_autograd_and_jax_grad_go_through_the_segments():
    name, given = "lstm_sum", series(made("lstm_sum"), 7)
    wanted = judge(name, "bptt").backward(*given[:3], {"h": np.ones_like(given[3]["h"])})["parameters"]
    parameters = {key: value.requires_grad_() for key, value in tensors(given[0]).items()}
    generated(name, "torch", "checkpointed").forward(parameters, tensors(given[1]))["h"].sum().backward()
    forward = generated(name, "jax", "checkpointed").forward
    by_jax = quickly(jax.grad(lambda p: forward(p, given[1])["h"].sum()))(given[0])
    for key, value in wanted.items():
        np.testing.assert_allclose(parameters[key].grad, value, rtol=1e-9, atol=1e-12)
        np.testing.assert_allclose(by_jax[key], value, rtol=1e-9, atol=1e-12)


# ------------------------------------------------------------------ memory


def saved(module, steps: int) -> int:
    """The bytes that autograd keeps of a forward run beside what goes in."""
    parameters, inputs, _, _ = map(tensors, series(made("lstm_sum"), steps, samples=1))
    given = {value.untyped_storage().data_ptr() for value in (*parameters.values(), *inputs.values())}
    for value in parameters.values():
        value.requires_grad_()
    kept = {}

    def pack(value):
        kept[value.untyped_storage().data_ptr()] = value.untyped_storage().nbytes()
        return value

    with torch.autograd.graph.saved_tensors_hooks(pack, lambda value: value):
        values = module.forward(parameters, inputs)
    assert values["h"].requires_grad
    return sum(size for place, size in kept.items() if place not in given)


def test_checkpoints_keep_as_much_as_the_square_root_of_the_steps():
    """Sixteen times the steps: four times what is kept between the runs, and a margin."""
    kept, whole = (generated("lstm_sum", "torch", mode) for mode in ("checkpointed", "bptt"))
    assert saved(kept, 1024) < 5 * saved(kept, 64)
    assert saved(whole, 1024) > 12 * saved(whole, 64)


def test_compiled_checkpoints_need_less_memory():
    """What XLA sets aside for the gradient of a loss: a fraction of that of the plain module."""
    parameters, inputs, _, _ = series(made("lstm_sum"), 900, samples=1)
    targets = {"d": np.zeros_like(parameters["r"], shape=(900, 1, *parameters["r"].shape))}
    sizes = {}
    for mode in ("bptt", "checkpointed"):
        call = generated("lstm_sum", "jax", mode).loss_and_gradient
        compiled = quickly(call).lower(parameters, inputs, targets).compile()
        sizes[mode] = compiled.memory_analysis().temp_size_in_bytes
    assert sizes["checkpointed"] < sizes["bptt"] / 3


# ------------------------------------------------------------------ what cannot be had


@pytest.mark.parametrize("target", ["jax", "torch", "numba"])
def test_what_cannot_be_had_is_said(target):
    if target not in MODES["forward"]:
        with pytest.raises(SymbpttError, match="by forward are for numpy, jax and torch, not for numba"):
            generate(recurrence("lstm"), target, "forward")
    with pytest.raises(SymbpttError, match="backwards in time: gradients by bptt alone, not by truncated"):
        generate(recurrence("bidirectional_rnn"), target, "truncated")
    if target not in MODES["checkpointed"]:
        with pytest.raises(SymbpttError, match="by checkpointed are for numpy, jax and torch, not for numba"):
            generate(recurrence("lstm"), target, "checkpointed")
    if target not in BOTH_WAYS["bptt"]:
        with pytest.raises(
            SymbpttError, match="backwards in time is for numpy, jax and torch, not for numba"
        ):
            generate(recurrence("bidirectional_rnn"), target)
    with pytest.raises(SymbpttError, match=r"no segments: the equation for .* names the time"):
        generate(recurrence("bag_of_vectors"), "jax", "checkpointed")
