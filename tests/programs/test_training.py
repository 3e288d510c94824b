"""The training step of generated code: gradient descent, and clipping by value and by norm."""

from __future__ import annotations

import numpy as np
import pytest

from symbptt.programs import generate, load
from tests.examples import elman

SIZES = {"n": 4, "m": 3, "p": 5}


@pytest.fixture(scope="module")
def module():
    return load(generate(elman()))


@pytest.fixture
def case(module):
    rng = np.random.default_rng(0)
    shapes = {name: tuple(SIZES[s] for s in shape) for name, shape in module.PARAMETERS.items()}
    parameters = {name: rng.normal(size=shape) for name, shape in shapes.items()}
    targets = {"d": np.eye(5)[rng.integers(0, 5, (6, 2))]}
    return parameters, {"x": rng.normal(size=(6, 2, 3))}, targets


def test_a_step_goes_down_the_gradient(module, case):
    parameters, inputs, targets = case
    loss, gradients = module.loss_and_gradient(parameters, inputs, targets)
    again, updated = module.train_step(parameters, inputs, targets, rate=0.01)
    assert again == loss
    for name, value in updated.items():
        np.testing.assert_allclose(value, parameters[name] - 0.01 * gradients["parameters"][name])


def test_training_lowers_the_loss(module, case):
    parameters, inputs, targets = case
    first = module.loss_and_gradient(parameters, inputs, targets)[0]
    for _ in range(200):
        loss, parameters = module.train_step(
            parameters, inputs, targets, 0.05, lambda g: module.clip_by_norm(g, 1.0)
        )
    assert loss < 0.5 * first


def test_clipping_by_norm_scales_all_alike(module):
    gradients = {"a": np.array([3.0, 0.0]), "b": np.array([[4.0]])}
    clipped = module.clip_by_norm(gradients, 1.0)
    assert np.sqrt(sum(np.sum(v**2) for v in clipped.values())) == pytest.approx(1.0)
    np.testing.assert_allclose(clipped["a"] / gradients["a"][0], [0.2, 0.0])
    np.testing.assert_array_equal(module.clip_by_norm(gradients, 10.0)["b"], gradients["b"])


def test_clipping_by_value_cuts_each_entry(module):
    clipped = module.clip_by_value({"a": np.array([-3.0, 0.5])}, 1.0)
    np.testing.assert_array_equal(clipped["a"], [-1.0, 0.5])


def test_single_precision_stays(module, case):
    parameters, inputs, targets = case
    small = {name: value.astype(np.float32) for name, value in parameters.items()}
    _, updated = module.train_step(small, inputs, targets, 0.01, lambda g: module.clip_by_norm(g, 1.0))
    assert {value.dtype for value in updated.values()} == {np.dtype(np.float32)}
