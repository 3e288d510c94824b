r"""Blocks, cases, conditions, traces, derivatives at one step: right ones hold, wrong ones fail."""

import pytest

from symbptt.judge import verify

NET = r"""
$W, U \in \mathbb{R}^{n \times n}$, $x_t, h_t \in \mathbb{R}^n$.

$$z_t = W h_{t-1} + U x_t$$
$$h_t = \begin{cases} z_t & z_t > 0 \\ 0 & \text{otherwise} \end{cases}$$
$$L = \sum_t \ell(h_t)$$
"""
DOTS = (
    r"\begin{pmatrix} %s & \cdots & \frac{\partial z_{t,1}}{\partial x_{t,n}} \\ \vdots & \ddots & \vdots \\"
    r" \frac{\partial z_{t,n}}{\partial x_{t,1}} & \cdots & \frac{\partial z_{t,n}}{\partial x_{t,n}}"
    r" \end{pmatrix}"
)
PAIRS = [
    (
        r"\frac{\partial h_t}{\partial z_t} = \mathrm{diag}(\mathbf{1}[z_t > 0])",
        r"\frac{\partial h_t}{\partial z_t} = \mathrm{diag}(\mathbf{1}[z_t < 0])",
    ),
    (
        r"\frac{\partial h_t}{\partial z_t} = \mathrm{diag}(\mathbf{1}_{>0}(z_t))",
        r"\frac{\partial h_t}{\partial z_t} = \mathrm{diag}(\mathbf{1}_{z_t < 0})",
    ),
    (
        r"z_t = \begin{bmatrix} W & U \end{bmatrix} \begin{bmatrix} h_{t-1} \\ x_t \end{bmatrix}",
        r"W x_t = \begin{bmatrix} U & W \end{bmatrix} \begin{bmatrix} h_{t-1} \\ x_t \end{bmatrix}",
    ),
    (
        r"\begin{pmatrix} W & 0 \\ 0 & U \end{pmatrix} \begin{pmatrix} h_{t-1} \\ x_t \end{pmatrix}"
        r" = \begin{pmatrix} W h_{t-1} \\ U x_t \end{pmatrix}",
        r"\begin{pmatrix} W & I \\ 0 & U \end{pmatrix} \begin{pmatrix} h_{t-1} \\ x_t \end{pmatrix}"
        r" = \begin{pmatrix} W h_{t-1} \\ U x_t \end{pmatrix}",
    ),
    (r"\mathrm{tr}(W U) = \mathrm{tr}(U W)", r"\mathrm{tr}(W U) = \mathrm{tr}(U W^\top)"),
    (r"\det(W U) = \det(W) \det(U)", r"\det(W U) = \det(W) + \det(U)"),
    (
        r"\frac{\partial z_t}{\partial x_t} = " + DOTS % r"\frac{\partial z_{t,1}}{\partial x_{t,1}}",
        r"\frac{\partial z_t}{\partial h_{t-1}} = " + DOTS % r"\frac{\partial z_{t,1}}{\partial x_{t,1}}",
    ),
    (
        r"\frac{\partial L}{\partial W} = \sum_{i=1}^{T} \left.\frac{\partial L}{\partial W}\right|_{(i)}",
        r"\frac{\partial L}{\partial W} = \sum_{i=2}^{T} \left.\frac{\partial L}{\partial W}\right|_{(i)}",
    ),
    (r"\|W\|_F^2 = \mathrm{tr}(W W^\top)", r"\|W\|_F = \mathrm{tr}(W W^\top)"),
]


def last(claim: str):
    """The finding on a relation after the network."""
    return verify(f"{NET}$${claim}$$").relations[-1].finding


@pytest.mark.parametrize("claim", [right for right, _ in PAIRS])
def test_what_is_right_holds(claim):
    assert last(claim).verdict == "holds"


@pytest.mark.parametrize("claim", [wrong for _, wrong in PAIRS])
def test_what_is_wrong_fails(claim):
    assert last(claim).verdict == "fails"


def test_a_condition_in_words_decides_nothing():
    claim = r"h_t = \begin{cases} W x_t & \text{at the first step} \\ z_t & \text{otherwise} \end{cases}"
    assert last(claim).verdict != "fails"
