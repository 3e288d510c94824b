"""Every hand-written, compiled reference against the oracle: its forward run and its complex steps."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest

from symbptt import cells
from symbptt.expressions import size
from symbptt.programs.plan.names import key
from tests.judges.given import (
    REFERENCES,
    Given,
    initial_axis,
    recurrence,
    reference,
    relative,
    sample,
    worst,
)

TOLERANCE = 1e-10


@cache
def given(name: str) -> Given:
    return Given.random(recurrence(name))


@cache
def judged(name: str):
    """The oracle's gradients of the loss, and of the sum of random cotangents times states and outputs."""
    return given(name).gradients(given(name).cotangents())


def test_every_ready_recurrence_has_a_reference():
    assert set(REFERENCES) == set(cells.ready())


@pytest.mark.parametrize("name", REFERENCES)
def test_parameters(name):
    ours = reference(name).PARAMETERS
    expected = {
        key(q.name): tuple(str(size(axis)) for axis in q.shape if axis) for q in recurrence(name).parameters
    }
    assert ours == expected


@pytest.mark.parametrize("name", REFERENCES)
def test_forward(name):
    g = given(name)
    ours = reference(name).forward(*g.arguments())
    expected = g.series(g.returned, lambda world: world.run)
    assert ours.keys() == expected.keys()
    assert {
        k: relative(ours[k], expected[k]) for k in ours if relative(ours[k], expected[k]) > TOLERANCE
    } == {}


@pytest.mark.parametrize("name", REFERENCES)
def test_loss_and_gradient(name):
    g = given(name)
    parameters, inputs, initial = g.arguments()
    loss, ours = reference(name).loss_and_gradient(parameters, inputs, g.targets(), initial)
    assert loss == pytest.approx(g.loss(), rel=1e-12)
    assert {k: e for k, e in worst(ours, judged(name)[0]).items() if e > TOLERANCE} == {}


@pytest.mark.parametrize("name", REFERENCES)
def test_backward(name):
    g = given(name)
    ours = reference(name).backward(*g.arguments(), g.cotangents())
    assert {k: e for k, e in worst(ours, judged(name)[1]).items() if e > TOLERANCE} == {}


@pytest.mark.parametrize("name", REFERENCES)
def test_a_single_sample(name):
    """Without the batch axis, the gradients are those of a batch of one without it."""
    g, module = given(name), reference(name)
    parameters, inputs, initial = g.arguments()
    one = {k: value.take(1, initial_axis(g.recurrence, k)) for k, value in initial.items()}
    batch = {k: np.expand_dims(value, initial_axis(g.recurrence, k)) for k, value in one.items()}
    x, cotangents, targets = (sample(arrays, 1) for arrays in (inputs, g.cotangents(), g.targets()))

    def batched(arrays):
        return {k: value[:, np.newaxis] for k, value in arrays.items()}

    ours = module.forward(parameters, x, one)
    for k, value in module.forward(parameters, inputs, initial).items():
        np.testing.assert_allclose(ours[k], value[:, 1], rtol=1e-13, atol=1e-15)
    loss, by_loss = module.loss_and_gradient(parameters, x, targets, one)
    same_loss, same_by_loss = module.loss_and_gradient(parameters, batched(x), batched(targets), batch)
    assert loss == same_loss
    single = module.backward(parameters, x, one, cotangents)
    same = module.backward(parameters, batched(x), batch, batched(cotangents))
    for ours, judge in ((by_loss, same_by_loss), (single, same)):
        for role, group in judge.items():
            for k, value in group.items():
                axis = {"parameters": None, "inputs": 1, "initial": None}[role]
                axis = initial_axis(g.recurrence, k) if role == "initial" else axis
                expected = value if axis is None else value.take(0, axis)
                assert relative(ours[role][k], expected) < 1e-13


@pytest.mark.parametrize("name", REFERENCES)
def test_what_is_not_given_is_zero(name):
    """No initial value means zero, and so does a missing cotangent."""
    g, module = given(name), reference(name)
    parameters, inputs, initial = g.arguments()
    zero = {k: np.zeros_like(value) for k, value in initial.items()}
    for k, value in module.forward(parameters, inputs).items():
        np.testing.assert_array_equal(value, module.forward(parameters, inputs, zero)[k])
    for group in module.backward(parameters, inputs, None, {}).values():
        assert not any(np.any(value) for value in group.values())


def test_a_planted_error_is_caught():
    """A gradient with one transpose dropped is nowhere near the oracle's."""
    g = given("lstm_sum")
    ours = reference("lstm_sum").backward(*g.arguments(), g.cotangents())
    ours["parameters"]["U_f"] = ours["parameters"]["U_f"].T
    assert [k for k, e in worst(ours, judged("lstm_sum")[1]).items() if e > 1e-2] == ["parameters U_f"]
