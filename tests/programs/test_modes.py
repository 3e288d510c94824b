"""The modes of the gradient: forward accumulation, checkpoints, truncation."""

from __future__ import annotations

import subprocess
import sys
import tracemalloc
from typing import get_args

import numpy as np
import pytest
from click.testing import CliRunner

from symbptt import cli
from symbptt.cells import ready
from symbptt.check.case import Case
from symbptt.errors import SymbpttError
from symbptt.functions import function
from symbptt.interface import load as read
from symbptt.oracle import STEP, generic_instance
from symbptt.programs import MODES, generate, load
from symbptt.recurrence import Builder, t
from tests.programs.recurrences import EVERY, plain, timed

tanh, sigmoid = function("tanh"), function("sigmoid")
RECURRENCES = {**EVERY, **{name: lambda name=name: read(name) for name in ready()}}
WITHOUT_STREAM = {
    "a_state_divided": "no state depends on a parameter",
    "no_state": "no state depends on a parameter",
    "bag_of_vectors": "names the time or the number of steps",
    "bidirectional_rnn": "runs backwards",
}
WITHOUT_SEGMENTS = {
    "bag_of_vectors": "names the time or the number of steps",
    "bidirectional_rnn": "runs backwards",
}


def module_of(recurrence, mode):
    """The generated module of a mode, functions that the recurrence leaves open set."""
    module = load(generate(recurrence, gradient=mode))
    for symbol in recurrence.functions:
        if symbol.meaning == "":
            f = generic_instance(symbol.name)
            setattr(module, symbol.name, f)
            setattr(module, f"{symbol.name}_prime", lambda x, f=f: np.imag(f(x + 1j * STEP)) / STEP)
    return module


def series(recurrence, steps, samples=2, seed=0):
    """Arguments of `backward` over any number of steps: the case's own parameters, and random series."""
    given = Case(recurrence).arguments("batch")
    rng = np.random.default_rng(seed)

    def longer(group):
        return {key: rng.uniform(-1, 1, (steps, samples, *value.shape[2:])) for key, value in group.items()}

    inputs = longer(given["inputs"]) if recurrence.inputs else {"T": steps, "B": samples}
    return given["parameters"], inputs, given["initial"], longer(given["cotangents"])


def largest_difference(found, wanted):
    """The largest difference of any entry, relative to the largest; inputs as states are left out."""
    scale = max(np.abs(value).max() for group in wanted.values() for value in group.values())
    differences = []
    for group, values in wanted.items():
        assert {key for key in found[group] if not key.endswith("_seen")} == set(values)
        for key, value in values.items():
            assert np.shape(found[group][key]) == np.shape(value)
            differences.append(np.abs(found[group][key] - value).max())
    return max(differences) / max(scale, 1e-3)


# ------------------------------------------------------------------ forward accumulation


def steps_of(module, parameters, inputs, initial, cotangents, samples):
    """The gradients after each step of a stream."""
    state, influence = module.start_stream(parameters, initial, samples)
    length = len(next(iter(cotangents.values())))
    for i in range(length):
        now = {} if "T" in inputs else {key: value[i] for key, value in inputs.items()}
        state, influence, gradients = module.stream_step(
            parameters, state, influence, now, {key: value[i] for key, value in cotangents.items()}
        )
        yield gradients


@pytest.mark.parametrize("name", [name for name in RECURRENCES if name not in WITHOUT_STREAM])
def test_a_stream_has_the_gradients_of_backpropagation(name):
    recurrence = RECURRENCES[name]()
    module, given = module_of(recurrence, "forward"), series(recurrence, 4)
    wanted = module.backward(*given)["parameters"]
    total = dict.fromkeys(wanted, 0)
    for gradients in steps_of(module, *given, 2):
        total = {key: value + gradients[key] for key, value in total.items()}
    assert largest_difference({"parameters": total}, {"parameters": wanted}) < 1e-12


@pytest.mark.parametrize("name", ["elman", "two_lags", "lru", "lstm", "derived_parameters"])
def test_after_each_step_of_a_stream_of_one_sample(name):
    """The sum of the gradients so far is that of the series so far; nothing grows with its length."""
    recurrence = RECURRENCES[name]()
    module, case = module_of(recurrence, "forward"), Case(recurrence).arguments("single")
    common = (case["parameters"], case["inputs"], case["initial"], case["cotangents"])
    total = dict.fromkeys(module.PARAMETERS, 0)
    for i, gradients in enumerate(steps_of(module, *common, None), 1):
        total = {key: value + gradients[key] for key, value in total.items()}
        so_far = [{key: value[:i] for key, value in case[role].items()} for role in ("inputs", "cotangents")]
        wanted = module.backward(case["parameters"], so_far[0], case["initial"], so_far[1])["parameters"]
        assert largest_difference({"parameters": total}, {"parameters": wanted}) < 1e-12


def test_a_stream_keeps_the_same_amount_at_every_step():
    recurrence = read("lstm")
    module = module_of(recurrence, "forward")
    parameters, inputs, initial, cotangents = series(recurrence, 5)
    state, influence = module.start_stream(parameters, initial, 2)
    sizes = []
    for i in range(5):
        now = ({key: value[i] for key, value in group.items()} for group in (inputs, cotangents))
        state, influence, _ = module.stream_step(parameters, state, influence, *now)
        sizes.append(sum(value.nbytes for group in (state, influence) for value in group.values()))
    assert len(set(sizes)) == 1


@pytest.mark.parametrize("name", ["ind_rnn", "lru", "min_gru", "lstm_simplified", "diagonal", "generic"])
def test_a_diagonal_jacobian_needs_one_row_a_state(name):
    recurrence = RECURRENCES[name]()
    module = module_of(recurrence, "forward")
    _, influence = module.start_stream(series(recurrence, 1)[0], None, 2)
    for value in influence.values():
        assert value.shape[0] == len(recurrence.states)


@pytest.mark.parametrize("name", ["elman", "normalised", "scalar"])
def test_other_jacobians_have_a_row_an_entry(name):
    recurrence = RECURRENCES[name]()
    module = module_of(recurrence, "forward")
    parameters, _, initial, _ = series(recurrence, 1)
    _, influence = module.start_stream(parameters, initial, 2)
    entries = sum(value[0].size for value in initial.values())
    assert {value.shape[0] for value in influence.values()} == {entries}


@pytest.mark.parametrize("name", WITHOUT_STREAM)
def test_no_stream(name):
    with pytest.raises(SymbpttError, match=WITHOUT_STREAM[name]):
        generate(RECURRENCES[name](), gradient="forward")


# ------------------------------------------------------------------ checkpoints


@pytest.mark.parametrize("name", [name for name in RECURRENCES if name not in WITHOUT_SEGMENTS])
def test_checkpoints_give_the_same_gradients(name):
    recurrence = RECURRENCES[name]()
    plain_one, module = (module_of(recurrence, mode) for mode in ("bptt", "checkpointed"))
    given = series(recurrence, 7)
    wanted = plain_one.backward(*given)
    for every in (1, 3, 9, None):
        assert largest_difference(module.backward(*given, every=every), wanted) < 1e-12
    values = plain_one.forward(*given[:3])
    for key, value in module.forward(*given[:3]).items():
        if key in values:
            np.testing.assert_array_equal(value, values[key])


WITH_LOSS = [name for name in RECURRENCES if name not in WITHOUT_SEGMENTS and RECURRENCES[name]().loss]


@pytest.mark.parametrize("name", WITH_LOSS)
def test_checkpoints_under_a_loss(name):
    recurrence = RECURRENCES[name]()
    plain_one, module = (module_of(recurrence, mode) for mode in ("bptt", "checkpointed"))
    for samples in ("batch", "single"):
        given = Case(recurrence).arguments(samples)
        common = (given["parameters"], given["inputs"], given["targets"], given["initial"])
        loss, wanted = plain_one.loss_and_gradient(*common)
        again, found = module.loss_and_gradient(*common, every=3)
        np.testing.assert_allclose(again, loss, rtol=1e-12)
        assert largest_difference(found, wanted) < 1e-12


def workspace(module, recurrence, steps):
    """The most memory that `backward` holds beside what goes in and what comes out."""
    parameters, inputs, _, cotangents = series(recurrence, steps, samples=1)
    tracemalloc.start()
    gradients = module.backward(parameters, inputs, {}, cotangents)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return peak - sum(value.nbytes for value in gradients["inputs"].values())


def test_checkpoints_need_memory_as_the_square_root_of_the_steps():
    """Sixteen times the steps: four times the memory, and a margin for what does not grow."""
    recurrence = read("lstm")
    kept, whole = (module_of(recurrence, mode) for mode in ("checkpointed", "bptt"))
    assert workspace(kept, recurrence, 3200) < 5.5 * workspace(kept, recurrence, 200)
    assert workspace(whole, recurrence, 3200) > 6 * workspace(whole, recurrence, 200)


@pytest.mark.parametrize("name", WITHOUT_SEGMENTS)
@pytest.mark.parametrize("mode", ["checkpointed", "truncated"])
def test_no_segments(name, mode):
    with pytest.raises(SymbpttError, match=WITHOUT_SEGMENTS[name]):
        generate(RECURRENCES[name](), gradient=mode)


# ------------------------------------------------------------------ truncation


def test_a_truncated_gradient_by_hand():
    """h_t = w h_{t-1} + x_t over four steps, cut at time 2: d h_4 / d w stops at h_2."""
    b = Builder()
    h, x, w = *timed("h", "x"), plain("w")[0]
    b.define(h[t], tanh(x[t]) * 0 + w * h[t - 1] + x[t])
    module = module_of(b.recurrence(), "truncated")
    rng = np.random.default_rng(0)
    x, start, w = rng.normal(size=4), rng.normal(), 0.7
    values = module.forward({"w": w}, {"x": x}, {"h": start})["h"]
    before = np.concatenate([[start], values[:-1]])
    given = ({"w": w}, {"x": x}, {"h": start}, {"h": np.ones(4)})
    by_hand = before[0] + (before[1] + w * before[0]) + before[2] + (before[3] + w * before[2])
    found = module.backward(*given, steps=2)
    np.testing.assert_allclose(found["parameters"]["w"], by_hand, rtol=1e-14)
    np.testing.assert_allclose(found["inputs"]["x"], [1 + w, 1, 1 + w, 1], rtol=1e-14)
    np.testing.assert_allclose(found["initial"]["h"], w + w**2, rtol=1e-14)


@pytest.mark.parametrize("name", ["elman", "two_lags", "late_input", "gru", "lstm", "no_input"])
@pytest.mark.parametrize("steps", [1, 2, 3])
def test_a_truncated_gradient_is_that_of_the_pieces(name, steps):
    """Each piece by itself, from the states where the one before it ended."""
    recurrence = RECURRENCES[name]()
    module = module_of(recurrence, "truncated")
    parameters, inputs, initial, cotangents = series(recurrence, 7)
    found = module.backward(parameters, inputs, initial, cotangents, steps=steps)["parameters"]
    exact = module_of(recurrence, "checkpointed")  # an input that is looked back to is a state there too
    total = dict.fromkeys(found, 0)
    for first in range(0, 7, steps):
        last = min(first + steps, 7)
        part = {"T": last - first, "B": 2} if "T" in inputs else cut(inputs, first, last)
        piece = exact.backward(parameters, part, initial, cut(cotangents, first, last))["parameters"]
        total = {key: value + piece[key] for key, value in total.items()}
        kept = exact.run(parameters, part, initial)
        initial = exact.last_states(kept)
    assert largest_difference({"parameters": found}, {"parameters": total}) < 1e-12


def cut(group, first, last):
    return {key: value[first:last] for key, value in group.items()}


@pytest.mark.parametrize("name", ["elman", "ctrnn", "lru", "square_of_a_sum"])
def test_without_cuts_a_truncated_gradient_is_exact(name):
    recurrence = RECURRENCES[name]()
    given = Case(recurrence).arguments("batch")
    common = (given["parameters"], given["inputs"], given["targets"], given["initial"])
    if recurrence.loss is None:
        common = (*common[:2], given["initial"], given["cotangents"])
    results = []
    for mode in ("bptt", "truncated"):
        module = module_of(recurrence, mode)
        found = module.loss_and_gradient(*common)[1] if recurrence.loss else module.backward(*common)
        results.append(found)
    assert largest_difference(results[1], results[0]) < 1e-12


def test_a_cut_changes_the_gradient_and_not_the_loss():
    recurrence = read("simple_rnn")
    module, given = module_of(recurrence, "truncated"), Case(recurrence).arguments("batch")
    common = (given["parameters"], given["inputs"], given["targets"], given["initial"])
    (loss, exact), (again, found) = (module.loss_and_gradient(*common, steps=k) for k in (None, 1))
    assert loss == again
    assert largest_difference(found, exact) > 1e-3
    assert module.train_step(*common[:3], 0.1, steps=2)[0] == module.train_step(*common[:3], 0.1)[0]


# ------------------------------------------------------------------ asking for a mode


def test_modes_on_the_command_line(tmp_path):
    assert set(get_args(cli.Mode)) == set(MODES)
    path = tmp_path / "stream.py"
    done = CliRunner().invoke(cli.app, ["generate", "lru", "--gradient", "forward", "-o", str(path)])
    assert done.exit_code == 0
    assert "def stream_step(" in path.read_text()


def test_a_mode_that_is_not_there():
    with pytest.raises(SymbpttError, match="unknown mode sideways of the gradient: expected bptt"):
        generate(read("lru"), gradient="sideways")
    with pytest.raises(
        SymbpttError, match="gradients by forward are for numpy, jax and torch, not for numba"
    ):
        generate(read("lru"), "numba", "forward")


@pytest.mark.parametrize("mode", ["checkpointed", "truncated", "forward"])
def test_a_module_of_a_mode_is_formatted_and_keeps_the_precision(mode, tmp_path):
    """The code is what ruff would make of it; of parameters in single precision come gradients in it."""
    recurrence = read("ctrnn")
    path = tmp_path / f"{mode}.py"
    path.write_text(generate(recurrence, gradient=mode))
    command = ["ruff", "format", "--isolated", "--line-length", "110", "--check", str(path)]
    done = subprocess.run([sys.executable, "-m", *command], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    module, given = module_of(recurrence, mode), series(recurrence, 3)
    given = ({key: np.float32(value) for key, value in given[0].items()}, *given[1:])
    streams = mode == "forward"
    found = next(steps_of(module, *given, 2)) if streams else module.backward(*given)["parameters"]
    assert {value.dtype for value in found.values()} == {np.dtype(np.float32)}
