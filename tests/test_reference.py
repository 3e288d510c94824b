"""The hand-written, compiled reference of the simple RNN, judged by numbers alone.

It stands outside the engine, so nothing here imports symbptt: the complex-step judge below runs a forward
pass of its own, written in whole-array NumPy.
"""

import importlib.util
from pathlib import Path

import numpy as np
import pytest

REFERENCE = Path(__file__).parents[1] / "derivations" / "simple_rnn" / "reference.py"
T, B, N, M, P = 5, 2, 3, 4, 7


def load():
    specification = importlib.util.spec_from_file_location("simple_rnn_reference", REFERENCE)
    module = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(module)
    return module


reference = load()


def given(batch=(B,), dtype=np.float64, seed=1):
    """Random arrays as {"parameters", "inputs", "initial", "targets"}."""
    draw = np.random.default_rng(seed).standard_normal
    sizes = {"n": N, "m": M, "p": P}
    arrays = {
        "parameters": {name: draw([sizes[size] for size in of]) for name, of in reference.PARAMETERS.items()},
        "inputs": {"x": draw((T, *batch, M))},
        "initial": {"a": draw((*batch, N))},
        "targets": {"d": draw((T, *batch, P))},
    }
    return {role: {name: a.astype(dtype) for name, a in group.items()} for role, group in arrays.items()}


def own_forward(parameters, inputs, initial):
    """The same recurrence in whole arrays, fit for complex numbers, with a batch axis or without."""
    a, states, outputs = initial["a"], [], []
    for x in inputs["x"]:
        a = 1 / (1 + np.exp(-(a @ parameters["W_aa"].T + x @ parameters["W_ax"].T + parameters["b"])))
        e = np.exp(a @ parameters["W_ya"].T + parameters["b_y"])
        states.append(a)
        outputs.append(e / e.sum(axis=-1, keepdims=True))
    return {"a": np.stack(states), "y": np.stack(outputs)}


def own_loss(arrays):
    y = own_forward(arrays["parameters"], arrays["inputs"], arrays["initial"])["y"]
    return -(arrays["targets"]["d"] * np.log(y)).sum()


def compiled(arrays):
    """The compiled loss and its gradients."""
    return reference.loss_and_gradient(*(arrays[r] for r in ("parameters", "inputs", "targets", "initial")))


def compiled_loss(arrays):
    return compiled(arrays)[0]


def nudged(arrays, role, name, index, step):
    """The arrays with one entry moved by step."""
    moved = arrays[role][name].astype(np.result_type(arrays[role][name], type(step)))
    moved[index] += step
    return {**arrays, role: {**arrays[role], name: moved}}


def central(f, arrays, role, name, index, h=1e-5):
    return (f(nudged(arrays, role, name, index, h)) - f(nudged(arrays, role, name, index, -h))) / (2 * h)


def complex_step(f, arrays, role, name, index, h=1e-30):
    return f(nudged(arrays, role, name, index, 1j * h)).imag / h


def numeric_gradient(judge, f, arrays, role, name):
    """The gradient of f by one array, entry by entry."""
    gradient = np.empty(arrays[role][name].shape)
    for index in np.ndindex(gradient.shape):
        gradient[index] = judge(f, arrays, role, name, index)
    return gradient


def relative(ours, judged):
    return np.abs(ours - judged).max() / np.abs(judged).max()


BY = [("parameters", name) for name in reference.PARAMETERS] + [("inputs", "x"), ("initial", "a")]


@pytest.mark.parametrize(("role", "name"), BY)
@pytest.mark.parametrize("batch", [(B,), ()], ids=["batch", "single"])
def test_gradient_of_the_loss(role, name, batch):
    arrays = given(batch)
    _, gradients = compiled(arrays)
    ours = gradients[role][name]
    assert ours.shape == arrays[role][name].shape
    assert relative(ours, numeric_gradient(central, compiled_loss, arrays, role, name)) < 1e-8
    assert relative(ours, numeric_gradient(complex_step, own_loss, arrays, role, name)) < 1e-12


@pytest.mark.parametrize(("role", "name"), BY)
@pytest.mark.parametrize("batch", [(B,), ()], ids=["batch", "single"])
@pytest.mark.parametrize("kept", [("a", "y"), ("a",), ("y",)], ids="+".join)
def test_backward_from_any_cotangents(role, name, batch, kept):
    arrays = given(batch)
    draw = np.random.default_rng(2).standard_normal
    sizes = {"a": N, "y": P}
    cotangents = {name: draw((T, *batch, sizes[name])) for name in kept}

    def scalar(arrays):
        values = own_forward(arrays["parameters"], arrays["inputs"], arrays["initial"])
        return sum((cotangents[name] * values[name]).sum() for name in kept)

    gradients = reference.backward(arrays["parameters"], arrays["inputs"], arrays["initial"], cotangents)
    ours = gradients[role][name]
    judged = numeric_gradient(complex_step, scalar, arrays, role, name)
    if not judged.any():
        assert not ours.any()  # y alone feeds no state: a cotangent of a gives nothing to W_ya and b_y
    else:
        assert relative(ours, judged) < 1e-12


@pytest.mark.parametrize("batch", [(B,), ()], ids=["batch", "single"])
def test_forward_agrees_with_whole_arrays(batch):
    arrays = given(batch)
    ours = reference.forward(arrays["parameters"], arrays["inputs"], arrays["initial"])
    judged = own_forward(arrays["parameters"], arrays["inputs"], arrays["initial"])
    for name, value in judged.items():
        np.testing.assert_allclose(ours[name], value, rtol=1e-13)


def test_a_batch_is_its_samples():
    arrays = given()
    whole = reference.forward(arrays["parameters"], arrays["inputs"], arrays["initial"])
    for s in range(B):
        x, a = arrays["inputs"]["x"][:, s], arrays["initial"]["a"][s]
        one = reference.forward(arrays["parameters"], {"x": x}, {"a": a})
        for name in whole:
            np.testing.assert_array_equal(one[name], whole[name][:, s])


def test_the_state_starts_at_zero():
    arrays = given()
    zero = {"a": np.zeros((B, N))}
    np.testing.assert_array_equal(
        reference.forward(arrays["parameters"], arrays["inputs"])["a"],
        reference.forward(arrays["parameters"], arrays["inputs"], zero)["a"],
    )


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_precision_is_kept(dtype):
    arrays = given(dtype=dtype)
    outputs = reference.forward(arrays["parameters"], arrays["inputs"], arrays["initial"])
    _, gradients = compiled(arrays)
    for group in (outputs, *gradients.values()):
        assert {array.dtype for array in group.values()} == {np.dtype(dtype)}


def test_large_arguments_do_not_overflow():
    arrays = given()
    arrays["parameters"] = {name: 1e3 * value for name, value in arrays["parameters"].items()}
    with np.errstate(all="raise"):
        values = reference.forward(arrays["parameters"], arrays["inputs"], arrays["initial"])
    assert all(np.isfinite(value).all() for value in values.values())


def test_a_planted_error_is_caught():
    """A gradient with one transpose dropped is nowhere near the judge's."""
    arrays = given()
    _, gradients = compiled(arrays)
    wrong = gradients["parameters"]["W_aa"].T
    assert relative(wrong, numeric_gradient(complex_step, own_loss, arrays, "parameters", "W_aa")) > 1e-2
