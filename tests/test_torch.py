"""Every ready recurrence against PyTorch: the compiled reference and the generated code equal autograd.

The forward passes are written by hand in tests/judges/torch_cells.py, one function for each recurrence.
"""

from __future__ import annotations

from functools import cache

import pytest

from symbptt import cells
from symbptt.programs import generate
from symbptt.programs import load as load_source
from tests.judges.given import REFERENCES, arrays, recurrence, reference, relative, worst

torch = pytest.importorskip("torch", reason="PyTorch is not installed: no judge for the ready recurrences")
from tests.judges import torch_cells  # noqa: E402

TOLERANCE = 1e-12
# Sizes in the order in which a recurrence names them, times and samples.
SIZES = (((3, 2, 5, 4), 3, 2), ((1, 1, 1, 1), 2, 1), ((2, 7, 3, 5), 1, 3), ((16, 5, 8, 11), 12, 4))


@cache
def generated(name: str):
    return load_source(generate(recurrence(name), "numpy"))


def differences(program, name: str, sizes, horizon: int, batch: int) -> dict[str, float]:
    """The relative differences from autograd that are too large, by what they are of."""
    given = arrays(recurrence(name), sizes, horizon, batch)
    forward = getattr(torch_cells, name)
    parameters, inputs, initial = (given[role] for role in ("parameters", "inputs", "initial"))
    loss, ours = program.loss_and_gradient(parameters, inputs, given["targets"], initial)
    judged_loss, judged = torch_cells.gradients(forward, given, "loss")
    found = {
        "loss": relative(loss, judged_loss),
        **{f"loss by {k}": e for k, e in worst(ours, judged).items()},
    }
    ours = program.backward(parameters, inputs, initial, given["cotangents"])
    _, judged = torch_cells.gradients(forward, given, "cotangents")
    found |= worst(ours, judged)
    return {what: error for what, error in found.items() if not error < TOLERANCE}


@pytest.mark.parametrize("name", cells.ready())
def test_it_has_a_torch_forward(name):
    assert callable(getattr(torch_cells, name, None)), f"write {name} in tests/judges/torch_cells.py"


@pytest.mark.parametrize("sizes", SIZES, ids=str)
@pytest.mark.parametrize("name", REFERENCES)
def test_reference(name, sizes):
    assert differences(reference(name), name, *sizes) == {}


@pytest.mark.parametrize("sizes", SIZES, ids=str)
@pytest.mark.parametrize("name", cells.ready())
def test_generated_code(name, sizes):
    assert differences(generated(name), name, *sizes) == {}


def test_a_planted_error_is_caught():
    """A gradient with one transpose dropped is noticed, and named."""

    class Wrong:
        forward, backward = reference("lstm_sum").forward, reference("lstm_sum").backward

        @staticmethod
        def loss_and_gradient(*given):
            loss, gradients = reference("lstm_sum").loss_and_gradient(*given)
            gradients["parameters"]["U_f"] = gradients["parameters"]["U_f"].T
            return loss, gradients

    assert list(differences(Wrong, "lstm_sum", *SIZES[0])) == ["loss by parameters U_f"]
