"""What is known at time 0: states that the prose starts at zero, functions of them; discretised networks."""

import pytest

from symbptt.judge import verify

STATE = r"""
$$h_t = \tanh(W h_{t-1} + U x_t)$$

$$L = \frac{1}{2} \sum_{t=1}^{T} \| h_t - y_t \|^2$$
"""
GRADIENT = r"""
Let $\delta_t = \frac{\partial L}{\partial h_t} \odot (1 - h_t^2)$.

$$\frac{\partial L}{\partial W} = \sum_{t=1}^{T-1} \delta_{t+1} h_t^\top$$
"""
ZERO = [
    "The initial state $h_0$ is zero.",
    "Here $h_0$ and $x_0$ are set to zero.",
    "We write $h_0$ for the first state; $h_0$ is initialised to the zero vector.",
    r"Where \(h_0\) is taken to be zero.",
    "Dabei ist $x_0$ beliebig, und $h_0$ ist null.",
    "其中 $h_0$ 为零。",
]
ANY = [
    "The initial state $h_0$ is given.",
    "The gradient differs if $h_0$ is zero.",
    "The state $h_0$ is not necessarily zero.",
    "The state $h_0$ is zero-mean noise.",
    "The state $h_1$ is zero.",
]
LEAKY = r"""
$$v_t = v_{t-1} + \frac{\Delta t}{\tau} \left( -v_{t-1} + W r_{t-1} + B u_t + b \right)$$

$$r_t = \tanh(v_t)$$

$$L = \frac{1}{2} \sum_{t=1}^{T} \left( \| e_t \|^2 + \beta \| r_t \|^2 \right),
\qquad e_t = C r_t - z^{*}_t$$

$$\alpha = \Delta t / \tau$$

Write $D_t = \mathrm{diag}(1 - r_t^2)$ and $\lambda_t = \frac{\mathrm{d} L}{\mathrm{d} v_t}$.
"""
ADJOINT = [
    (
        r"\lambda_t = D_t (C^\top e_t + \beta r_t + \alpha W^\top \lambda_{t+1}) +"
        r" (1 - \alpha) \lambda_{t+1}",
        r"\beta r_t",
        "r_t",
    ),
    (
        r"\frac{\mathrm{d} L}{\mathrm{d} v_0} = (1 - \alpha) \lambda_1 + \alpha D_0 W^\top \lambda_1",
        "D_0",
        "D_1",
    ),
    (r"\frac{\partial v_t}{\partial v_{t-1}} = (1 - \alpha) I + \alpha W D_{t-1}", "D_{t-1}", "D_t"),
]


def last(text: str) -> str:
    """The verdict on the last relation of a page."""
    return verify(text).relations[-1].finding.verdict


@pytest.mark.parametrize("prose", ZERO)
def test_a_state_may_start_at_zero_by_the_prose(prose):
    assert last(f"{STATE}\n{prose}\n{GRADIENT}") == "holds"
    wrong = GRADIENT.replace(r"\delta_{t+1} h_t", r"\delta_t h_t")
    assert last(f"{STATE}\n{prose}\n{wrong}") == "fails"


@pytest.mark.parametrize("prose", ANY)
def test_a_state_that_nothing_starts_at_zero_is_any(prose):
    assert last(f"{STATE}\n{prose}\n{GRADIENT}") == "fails"


@pytest.mark.parametrize(("relation", "right", "wrong"), ADJOINT)
def test_the_adjoint_of_a_discretised_network(relation, right, wrong):
    assert last(f"{LEAKY}\n$${relation}$$\n") == "holds"
    assert last(f"{LEAKY}\n$${relation.replace(right, wrong)}$$\n") == "fails"
