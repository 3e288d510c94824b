"""The JAX target: its modules against those of the NumPy target, under grad, jit and vmap; training."""

from __future__ import annotations

import ast
from functools import cache
from typing import get_args

import numpy as np
import pytest
from click.testing import CliRunner

from symbptt import cells
from symbptt.check.case import Case
from symbptt.cli import Target, app
from symbptt.programs import TARGETS, generate, load, load_file
from tests.examples import BACKWARDS, elman, two_lags
from tests.judges.given import arrays, recurrence, relative, worst
from tests.programs.recurrences import EVERY
from tests.programs.test_numpy import ruff

jax = pytest.importorskip("jax", reason="JAX is not installed: the jax target cannot run")
jnp = pytest.importorskip("jax.numpy", reason="JAX is not installed: the jax target cannot run")
check_grads = pytest.importorskip("jax.test_util", reason="JAX has no test_util here").check_grads
jax.config.update("jax_enable_x64", True)

TOLERANCE = 1e-12
SIZES = (3, 2, 5, 4)  # of a ready recurrence, in the order in which it names them
HORIZON, BATCH = 4, 2
# Recurrences with lags, starts, losses, series without inputs and shapes that the ready ones have not.
ODD = (
    *("two_lags", "long_lags", "a_state_divided", "no_state", "no_input", "no_input_and_a_start"),
    *("mean_with_weight_decay", "square_of_a_sum", "parts_of_the_series", "loss_of_every_step"),
    *("derived_parameters", "matrix_softmax", "awkward_names"),
)


@pytest.fixture(autouse=True)
def _quickly_compiled():
    """Compiled code that runs a few steps need not be fast."""
    jax.config.update("jax_disable_most_optimizations", True)
    yield
    jax.config.update("jax_disable_most_optimizations", False)


def quickly(f):
    """A function compiled for a single call: what takes long to compile is left out."""
    options = {"xla_cpu_use_fusion_emitters": False, "xla_cpu_parallel_codegen_split_count": 1}
    return jax.jit(f, compiler_options=options)


@cache
def ready(name: str, target: str = "jax"):
    return load(generate(recurrence(name), target))


@cache
def odd(name: str, target: str = "jax") -> str:
    return generate(EVERY[name](), target)


def numbers(group):
    return jax.tree.map(np.asarray, group)


def differences(module, judge, given) -> dict[str, float]:
    """Where a module for JAX differs too much from one for NumPy: values, and all gradients.

    Its gradients are taken by jax.vjp of `forward`, and by `loss_and_gradient`.
    """
    common = (given["parameters"], given["inputs"], given["initial"])
    cotangents, targets = given["cotangents"], given["targets"]
    has_loss, lengths = hasattr(judge, "loss_and_gradient"), "T" in common[1]  # which are plain numbers

    def all_of(parameters, inputs, initial):
        inputs = common[1] if lengths else inputs
        loss = module.loss_and_gradient(parameters, inputs, targets, initial) if has_loss else None
        if lengths:
            values = module.forward(parameters, inputs, initial)
            return values, module.backward(parameters, inputs, initial, cotangents), loss
        values, pull = jax.vjp(lambda *groups: module.forward(*groups), parameters, inputs, initial)
        return values, dict(zip(("parameters", "inputs", "initial"), pull(cotangents), strict=True)), loss

    found_values, by, found_loss = numbers(quickly(all_of)(*common))
    values = judge.forward(*common)
    assert set(found_values) == set(values)
    found = {name: relative(found_values[name], value) for name, value in values.items()}
    found |= worst(by, judge.backward(*common, cotangents))
    if has_loss:
        loss, gradients = judge.loss_and_gradient(*common[:2], targets, common[2])
        found["loss"] = relative(found_loss[0], loss)
        by_loss = worst(numbers(found_loss[1]), gradients)
        found |= {f"loss by {what}": error for what, error in by_loss.items()}
    return {what: error for what, error in found.items() if not error < TOLERANCE}


# ------------------------------------------------------------------ against NumPy


@pytest.mark.parametrize("name", cells.ready())
def test_ready_recurrences(name):
    given = arrays(recurrence(name), SIZES, HORIZON, BATCH)
    assert differences(ready(name), ready(name, "numpy"), given) == {}


@pytest.mark.parametrize("name", ODD)
def test_odd_recurrences(name):
    r = EVERY[name]()
    assert differences(load(odd(name)), load(odd(name, "numpy")), Case(r).arguments("batch")) == {}


@pytest.mark.parametrize("make", [elman, two_lags, EVERY["no_input"]])
def test_a_single_sample(make):
    r = make()
    given = Case(r).arguments("single")
    module, judge = load(generate(r, "jax")), load(generate(r))
    assert differences(module, judge, given) == {}


@pytest.mark.parametrize("name", ["gated_bidirectional", "two_lags_backwards"])
def test_recurrences_that_run_both_ways(name):
    r = BACKWARDS[name]()
    assert differences(load(generate(r, "jax")), load(generate(r)), Case(r).arguments("batch")) == {}


def test_linear_recurrences_in_pairs(monkeypatch):
    """The way that is taken on machines other than this one."""
    monkeypatch.setattr(jax.lax, "platform_dependent", lambda *given, cpu, default: default(*given))
    given = arrays(recurrence("min_gru"), SIZES, 11, BATCH)
    module = load(generate(recurrence("min_gru"), "jax"))
    assert "linear_sweep(1 - z, d_h)" in generate(recurrence("min_gru"), "jax")
    assert differences(module, ready("min_gru", "numpy"), given) == {}


def test_series_shorter_than_the_lags():
    r = EVERY["long_lags"]()
    module, judge = load(generate(r, "jax")), load(generate(r))
    given = arrays(r, SIZES, 1, BATCH)
    assert differences(module, judge, given) == {}


def test_a_planted_error_is_found():
    r = recurrence("elman_tanh")
    wrong = load(generate(r, "jax"))
    right = wrong.pull_back

    def pull_back(*arguments):
        gradients = right(*arguments)
        gradients["parameters"]["W_aa"] = gradients["parameters"]["W_aa"].T
        return gradients

    wrong.pull_back = pull_back
    found = differences(wrong, ready("elman_tanh", "numpy"), arrays(r, SIZES, HORIZON, BATCH))
    assert set(found) == {"parameters W_aa", "loss by parameters W_aa"}


def test_open_functions_are_set_by_the_user():
    r = EVERY["generic"]()
    module, judge, given = load(odd("generic")), load(odd("generic", "numpy")), Case(r).arguments("batch")
    with pytest.raises(ValueError, match="set f and f_prime"):
        module.forward(given["parameters"], given["inputs"])
    for symbol in r.functions:
        if symbol.meaning == "":
            for one, library in ((module, jnp), (judge, np)):
                setattr(one, symbol.name, library.sin)
                setattr(one, f"{symbol.name}_prime", library.cos)
    assert differences(module, judge, given) == {}


# ------------------------------------------------------------------ as a part of a larger program


def test_gradients_run_the_derived_sweep():
    """Not JAX's own way through the loop: the rule is called, once."""
    module, given = (
        load(generate(recurrence("lstm"), "jax")),
        arrays(recurrence("lstm"), SIZES, HORIZON, BATCH),
    )
    calls = []
    right = module.pull_back
    module.pull_back = lambda *arguments: calls.append(1) or right(*arguments)
    jax.eval_shape(jax.grad(lambda p: module.forward(p, given["inputs"])["a"].sum()), given["parameters"])
    assert calls == [1]


def test_finite_differences_agree():
    module, given = ready("lstm"), arrays(recurrence("lstm"), (3, 2, 2), 3, 2)
    f = lambda p, x, start: module.forward(p, {"x": x}, start)  # noqa: E731
    check_grads(f, (given["parameters"], given["inputs"]["x"], given["initial"]), order=1, modes=["rev"])


def test_a_second_derivative_goes_through_the_sweep():
    """The rule is made of JAX's functions: reverse mode of it gives the derivative of the gradient."""
    module, given = ready("elman_tanh"), arrays(recurrence("elman_tanh"), (2, 2, 2), 3, 1)

    def by_scan(W):
        p, x = given["parameters"], given["inputs"]["x"]
        step = lambda a, x: (jnp.tanh(a @ W.T + x @ p["W_ax"].T + p["b"]),) * 2  # noqa: E731
        return jnp.sum(jax.lax.scan(step, given["initial"]["a"], x)[1] ** 2)

    def by_rule(W):
        p = {**given["parameters"], "W_aa": W}
        return jnp.sum(module.forward(p, given["inputs"], given["initial"])["a"] ** 2)

    def along(f, W, v):
        """The derivative of the gradient along v."""
        return jax.grad(lambda W: jnp.vdot(jax.grad(f)(W), v))(W)

    W, v = given["parameters"]["W_aa"], given["parameters"]["W_aa"][::-1]
    mine, theirs = quickly(lambda W: (along(by_rule, W, v), along(by_scan, W, v)))(W)
    assert relative(mine, theirs) < TOLERANCE


def test_many_networks_at_once():
    """Under vmap, over parameters and over samples that come one by one."""
    module, given = ready("elman_tanh"), arrays(recurrence("elman_tanh"), SIZES, HORIZON, 3)
    many = {name: np.stack([value, 2 * value]) for name, value in given["parameters"].items()}
    x = given["inputs"]["x"]

    def gradient(p, one):
        return jax.grad(lambda p: jnp.sum(module.forward(p, {"x": one})["y"] ** 2))(p)

    over_both = quickly(jax.vmap(jax.vmap(gradient, (None, 1)), (0, None)))(many, x)
    for i in range(2):
        p = {name: np.asarray(value[i]) for name, value in many.items()}
        y = ready("elman_tanh", "numpy").forward(p, {"x": x})["y"]
        whole = ready("elman_tanh", "numpy").backward(p, {"x": x}, None, {"y": 2 * y})["parameters"]
        for name, value in whole.items():
            assert relative(over_both[name][i].sum(0), value) < TOLERANCE


def test_every_way_of_calling_gives_the_same():
    """Compiled or not, a batch whose axes lie the other way round in memory, a sample of it by itself."""
    module, given = ready("elman_tanh"), arrays(recurrence("elman_tanh"), SIZES, HORIZON, BATCH)
    p, x = given["parameters"], given["inputs"]["x"]
    by_batch = np.ascontiguousarray(x.swapaxes(0, 1)).swapaxes(0, 1)
    assert not by_batch.flags.c_contiguous

    def loss(p, x):
        return jnp.sum(module.forward(p, {"x": x})["y"] ** 2)

    value, slope = quickly(jax.value_and_grad(loss))(p, by_batch)
    y = ready("elman_tanh", "numpy").forward(p, {"x": x})["y"]
    judged = ready("elman_tanh", "numpy").backward(p, {"x": x}, None, {"y": 2 * y})["parameters"]
    assert relative(value, np.sum(y**2)) < TOLERANCE
    assert max(relative(slope[name], judged[name]) for name in judged) < TOLERANCE
    alone = module.forward(p, {"x": x[:, 0]})["y"]
    assert relative(alone, y[:, 0]) < TOLERANCE


@pytest.mark.parametrize("name", ["elman_tanh", "lstm"])
def test_precision_follows_the_parameters(name):
    given = arrays(recurrence(name), SIZES, HORIZON, BATCH)
    given["parameters"] = {key: np.float32(value) for key, value in given["parameters"].items()}
    common = (given["parameters"], given["inputs"], given["initial"])
    _, gradients = jax.eval_shape(ready(name).loss_and_gradient, *common[:2], given["targets"], common[2])
    values = jax.eval_shape(ready(name).forward, *common)
    found = {value.dtype for group in (values, *gradients.values()) for value in group.values()}
    assert found == {np.dtype(np.float32)}


# ------------------------------------------------------------------ trained


def test_a_network_is_trained_from_the_command_line(tmp_path):
    path = tmp_path / "network.py"
    done = CliRunner().invoke(app, ["generate", "elman_tanh", "--target", "jax", "-o", str(path)])
    assert done.exit_code == 0, done.output
    module, rng = load_file(path), np.random.default_rng(0)
    x = rng.normal(size=(6, 16, 2))
    d = (x[:-1].sum(-1) > 0)[..., None]
    sizes = {"n": 8, "m": 2, "p": 2}
    parameters = {
        name: rng.normal(size=[sizes[s] for s in shape]) / np.sqrt(8)
        for name, shape in module.PARAMETERS.items()
    }

    @jax.value_and_grad
    def loss(p):
        y = module.forward(p, {"x": x})["y"][1:]  # the sign of the sum of the input one step ago
        return -jnp.mean(jnp.log(jnp.where(d, y[..., :1], y[..., 1:])))

    @quickly
    def step(parameters):
        value, gradient = loss(parameters)
        return value, jax.tree.map(lambda p, g: p - 2.0 * g, parameters, gradient)

    losses = []
    for _ in range(80):
        value, parameters = step(parameters)
        losses.append(float(value))
    assert losses[-1] < losses[0] / 3


def test_gradient_descent_with_clipping():
    module = ready("simple_rnn")
    given = arrays(recurrence("simple_rnn"), SIZES, HORIZON, BATCH)
    d = {"d": np.abs(given["targets"]["d"])}
    clip = lambda gradients: module.clip_by_norm(gradients, 1.0)  # noqa: E731
    step = quickly(lambda parameters: module.train_step(parameters, given["inputs"], d, 0.1, clip))
    first, parameters = step(given["parameters"])
    for _ in range(3):
        loss, parameters = step(parameters)
    assert loss < first
    small = module.clip_by_norm({"W": jnp.full((2, 2), 3.0)}, 1.0)["W"]
    assert float(jnp.linalg.norm(small)) == pytest.approx(1.0)
    assert module.clip_by_value({"W": jnp.array([3.0, -9.0])}, 2.0)["W"].tolist() == [2.0, -2.0]


# ------------------------------------------------------------------ the source


def test_the_command_line_knows_every_target():
    assert set(get_args(Target)) == set(TARGETS)


@pytest.mark.parametrize("name", EVERY)
def test_modules_need_jax_alone(name):
    tree = ast.parse(odd(name))
    imports = [node for node in ast.walk(tree) if isinstance(node, (ast.Import, ast.ImportFrom))]
    assert {alias.name for node in imports for alias in node.names} <= {"jax", "jax.numpy", "math"}


def test_modules_are_clean(tmp_path):
    for name in EVERY:
        (tmp_path / f"{name}.py").write_text(odd(name), encoding="utf-8")
    ruff(tmp_path, "check", "--select", "E,F,W,I,B,UP,C4", "--ignore", "E501")


def test_modules_of_plain_cells_are_formatted(tmp_path):
    for name in ("elman", "two_lags", "matrix_state", "gated", "late_input", "fed_back_output"):
        (tmp_path / f"{name}.py").write_text(odd(name), encoding="utf-8")
    ruff(tmp_path, "check", "--select", "E501")
    ruff(tmp_path, "format", "--check")


def test_lines_of_the_simple_network():
    source = generate(elman(), "jax")
    for line in (
        "    def one_step(a_before, f):\n        f = f + a_before @ W_aa.T\n",
        "    _, a = jax.lax.scan(one_step, a_0, f)\n",
        "        d_a_before = d_f @ W_aa\n",
        "    d_W_aa = rows(d_f).T @ rows(a_before)\n",
        "    loss = -jnp.sum(d * jnp.log(y))\n",
    ):
        assert line in source
