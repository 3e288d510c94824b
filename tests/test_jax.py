"""Generated gradients of the simple network against JAX's own, for several sizes."""

from __future__ import annotations

import numpy as np
import pytest

import symbptt

jax = pytest.importorskip("jax", reason="JAX is not installed")
jnp = pytest.importorskip("jax.numpy", reason="JAX is not installed")
jax.config.update("jax_enable_x64", True)


def loss(parameters, x, d, start):
    """The network written for JAX: a scan over time, a batch in rows."""

    def step(a, now):
        inputs, target = now
        a = jax.nn.sigmoid(a @ parameters["W_aa"].T + inputs @ parameters["W_ax"].T + parameters["b"])
        y = jax.nn.softmax(a @ parameters["W_ya"].T + parameters["b_y"], axis=-1)
        return a, -jnp.sum(target * jnp.log(y))

    return jnp.sum(jax.lax.scan(step, start, (x, d))[1])


@pytest.fixture(scope="module")
def module():
    from symbptt.programs import load

    return load(symbptt.generate(symbptt.load("simple_rnn")))


@pytest.mark.parametrize(
    ("n", "m", "p", "horizon", "batch"), [(3, 2, 5, 7, 1), (8, 4, 3, 20, 2), (17, 11, 13, 30, 5)]
)
def test_gradients_are_those_of_jax(module, n, m, p, horizon, batch):
    rng = np.random.default_rng(n)
    sizes = {"n": n, "m": m, "p": p}
    parameters = {
        name: rng.normal(size=[sizes[s] for s in shape]) / np.sqrt(n)
        for name, shape in module.PARAMETERS.items()
    }
    x, d = rng.normal(size=(horizon, batch, m)), rng.dirichlet(np.ones(p), size=(horizon, batch))
    start = rng.normal(size=(batch, n))
    value, gradients = module.loss_and_gradient(parameters, {"x": x}, {"d": d}, {"a": start})
    expected, (by_parameters, by_x, by_start) = jax.value_and_grad(loss, argnums=(0, 1, 3))(
        parameters, x, d, start
    )
    assert value == pytest.approx(float(expected), rel=1e-12)
    for name, found in gradients["parameters"].items():
        np.testing.assert_allclose(found, by_parameters[name], rtol=0, atol=1e-12 * np.abs(found).max())
    np.testing.assert_allclose(gradients["inputs"]["x"], by_x, rtol=0, atol=1e-12 * np.abs(by_x).max())
    np.testing.assert_allclose(
        gradients["initial"]["a"], by_start, rtol=0, atol=1e-12 * np.abs(by_start).max()
    )
