"""Recurrences as their papers and books write them: read, derived, verified, and their code checked.

They are inputs alone; none is a ready recurrence, and nothing in the package knows any of them.
"""

from __future__ import annotations

from inspect import cleandoc

import pytest

from symbptt.check import check
from symbptt.errors import SpecificationError, SymbpttError
from symbptt.interface import derive
from symbptt.notations import NOTATIONS
from symbptt.reader import read_recurrence
from symbptt.writers import text

# Each text, and what is read of it: the states.
PAPERS = {
    "peepholes as diagonal matrices": (
        r"""$$f_t = \sigma(W_f x_t + R_f h_{t-1} + \operatorname{diag}(p_f) c_{t-1})$$
        $$c_t = f_t \odot c_{t-1} + (1 - f_t) \odot \tanh(W_c x_t + R_c h_{t-1}), \quad h_t = \tanh(c_t)$$""",
        "c h",
    ),
    "QRNN, Bradbury et al. 2017: numbers above as names": (
        r"""$$z_t = \tanh(W_z^1 x_{t-1} + W_z^2 x_t), \quad f_t = \sigma(W_f^1 x_{t-1} + W_f^2 x_t)$$
        $$c_t = f_t \odot c_{t-1} + (1 - f_t) \odot z_t$$""",
        "c",
    ),
    "FastGRNN, Kusupati et al. 2018: shared weights and two numbers": (
        r"""$\zeta, \nu \in \mathbb{R}$
        $$z_t = \sigma(W x_t + U h_{t-1} + b_z), \quad \tilde{h}_t = \tanh(W x_t + U h_{t-1} + b_h)$$
        $$h_t = (\zeta (\mathbf{1} - z_t) + \nu) \odot \tilde{h}_t + z_t \odot h_{t-1}$$""",
        "h",
    ),
    "Li-GRU, Ravanelli et al. 2018": (
        r"""$$z_t = \sigma(W_z x_t + U_z h_{t-1})$$
        $$\tilde{h}_t = \operatorname{ReLU}(W_h x_t + U_h h_{t-1})$$
        $$h_t = z_t \odot h_{t-1} + (1 - z_t) \odot \tilde{h}_t$$""",
        "h",
    ),
    "multiplicative RNN, Sutskever et al. 2011": (
        r"""$$f_t = \operatorname{diag}(W_{fx} x_t) \cdot W_{fh} h_{t-1}$$
        $$h_t = \tanh(W_{hf} f_t + W_{hx} x_t)$$""",
        "h",
    ),
    "leaky echo state network, time in brackets by n": (
        r"""$\alpha \in \mathbb{R}$
        $$\mathbf{x}(n) = (1 - \alpha) \mathbf{x}(n-1) + \alpha \mathbf{c}(n)$$
        $$\mathbf{c}(n) = \tanh(W [1; \mathbf{u}(n)] + V \mathbf{y}(n-1))$$
        $$\mathbf{y}(n) = C [1; \mathbf{x}(n)]$$""",
        "x y",
    ),
    "filter of order two, y[n]": (
        r"""$b_0, b_1, a_1, a_2, x[n], y[n] \in \mathbb{R}$
        $$y[n] = b_0 x[n] + b_1 x[n-1] - a_1 y[n-1] - a_2 y[n-2]$$""",
        "y",
    ),
    "Kalman filter, x_{k|k-1}": (
        r"""$$\hat{x}_{k|k-1} = A \hat{x}_{k-1|k-1} + B u_k$$
        $$\hat{x}_{k|k} = \hat{x}_{k|k-1} + K (y_k - C \hat{x}_{k|k-1})$$""",
        r"\hat{x}",
    ),
    "Adam, Kingma and Ba 2015: powers of time, roots": (
        r"""$\beta_1, \beta_2, \eta, \epsilon \in \mathbb{R}$ and $g_t, \theta_t \in \mathbb{R}^n$
        $$m_t = \beta_1 m_{t-1} + (1 - \beta_1) g_t, \quad v_t = \beta_2 v_{t-1} + (1 - \beta_2) g_t^2$$
        $$\hat{m}_t = \frac{m_t}{1 - \beta_1^t}, \quad \hat{v}_t = \frac{v_t}{1 - \beta_2^t}$$
        $$\theta_t = \theta_{t-1} - \eta \frac{\hat{m}_t}{\sqrt{\hat{v}_t} + \epsilon}$$""",
        r"m v \theta",
    ),
    "Runge-Kutta of order four: a function by its formula, stages without a time": (
        r"""$h \in \mathbb{R}$ $$k_1 = f(x_t), \quad k_2 = f(x_t + \frac{h}{2} k_1)$$
        $$k_3 = f(x_t + h k_2)$$
        $$x_{t+1} = x_t + \frac{h}{6}(k_1 + 4 k_2 + k_3)$$ where $f(x) = \tanh(W x)$.""",
        "x",
    ),
    "a step as a function of two arguments": (
        r"""$$h_t = f(h_{t-1}, x_t)$$ where $f(h, x) = \tanh(W h + U x + b)$.""",
        "h",
    ),
    "GARCH(1,1): a square as a name": (
        r"""$\omega, \alpha, \beta, \sigma_t^2, \epsilon_t \in \mathbb{R}$
        $$\sigma_t^2 = \omega + \alpha \epsilon_{t-1}^2 + \beta \sigma_{t-1}^2$$""",
        r"\sigma^{2}",
    ),
    "Holt-Winters: a lag of three": (
        r"""$\alpha, \beta, \gamma, y_t, \ell_t, b_t, s_t \in \mathbb{R}$
        $$\ell_t = \alpha (y_t - s_{t-3}) + (1 - \alpha)(\ell_{t-1} + b_{t-1})$$
        $$b_t = \beta (\ell_t - \ell_{t-1}) + (1 - \beta) b_{t-1}$$
        $$s_t = \gamma (y_t - \ell_{t-1} - b_{t-1}) + (1 - \gamma) s_{t-3}$$""",
        r"\ell b s",
    ),
    "epidemics": (
        r"""$S_t, I_t, \beta, \gamma, N \in \mathbb{R}$
        $$S_{t+1} = S_t - \beta \frac{S_t I_t}{N}$$
        $$I_{t+1} = I_t + \beta \frac{S_t I_t}{N} - \gamma I_t$$""",
        "S I",
    ),
    "hidden Markov model, normalised": (
        r"""$$\tilde\alpha_t = b_t \odot (A^\top \alpha_{t-1}), \quad c_t = \mathbf{1}^\top \tilde\alpha_t$$
        $$\alpha_t = \frac{\tilde\alpha_t}{c_t}$$ $$L = -\sum_{t=1}^{T} \log c_t$$""",
        r"\alpha",
    ),
    "temporal differences with traces": (
        r"""$\gamma, \lambda, \alpha, r_t \in \mathbb{R}$; $w_t, e_t, \phi_t \in \mathbb{R}^n$
        $$\delta_t = r_t + \gamma w_{t-1}^\top \phi_t - w_{t-1}^\top \phi_{t-1}$$
        $$e_t = \gamma \lambda e_{t-1} + \phi_{t-1}, \quad w_t = w_{t-1} + \alpha \delta_t e_t$$""",
        "e w",
    ),
    "writing as in a Turing machine: a formula beside the display": (
        r"""$M_t \in \mathbb{R}^{N \times M}$, $w_t \in \mathbb{R}^N$, $e_t, a_t \in \mathbb{R}^M$
        $$e_t = \sigma(W_e M_{t-1}^\top w_t), \quad a_t = \tanh(W_a x_t)$$
        $$M_t = M_{t-1} \odot (\mathbf{1} \mathbf{1}^\top - w_t e_t^\top) + w_t a_t^\top$$
        with $w_t = \operatorname{softmax}(W_w x_t)$.""",
        "M",
    ),
    "S4D: \\Delta A is a product": (
        r"""$A, B, C \in \mathbb{R}^n$, $\Delta, u_t, D \in \mathbb{R}$
        $$\bar{A} = \exp(\Delta A), \quad \bar{B} = (\bar{A} - 1) \odot B \odot \frac{1}{A}$$
        $$x_t = \bar{A} \odot x_{t-1} + \bar{B} u_t, \quad y_t = C^\top x_t + D u_t$$""",
        "x",
    ),
    "one channel of Mamba: a vector behind a number that changes": (
        r"""$\Delta_t, x_t \in \mathbb{R}$, $A, B_t, C_t, h_t \in \mathbb{R}^n$
        $$\Delta_t = \mathrm{softplus}(w x_t + b)$$
        $$h_t = \exp(\Delta_t A) \odot h_{t-1} + \Delta_t B_t x_t$$
        $$y_t = C_t^\top h_t$$""",
        "h",
    ),
    "RG-LRU, De et al. 2024: a power that changes with time": (
        r"""$c \in \mathbb{R}$, $\alpha \in \mathbb{R}^n$
        $$r_t = \sigma(W_a x_t + b_a), \quad a_t = \alpha^{c r_t}$$
        $$h_t = a_t \odot h_{t-1} + \sqrt{1 - a_t^2} \odot x_t$$""",
        "h",
    ),
    "linear attention, Katharopoulos et al. 2020: a feature map by a formula": (
        r"""$q_t, k_t, z_t \in \mathbb{R}^n$, $v_t \in \mathbb{R}^p$, $S_t \in \mathbb{R}^{p \times n}$
        $$q_t = \phi(W_q x_t), \quad k_t = \phi(W_k x_t), \quad v_t = W_v x_t$$
        $$S_t = S_{t-1} + v_t k_t^\top, \quad z_t = z_{t-1} + k_t, \quad y_t = \frac{S_t q_t}{z_t^\top q_t}$$
        where $\phi(u) = \max(0, u) + e^{\min(0, u)}$.""",
        "S z",
    ),
    "gated linear attention": (
        r"""$S_t \in \mathbb{R}^{n \times p}$, $\alpha_t, k_t, q_t \in \mathbb{R}^n$, $v_t \in \mathbb{R}^p$
        $$S_t = \operatorname{Diag}(\alpha_t) S_{t-1} + k_t v_t^\top, \quad o_t = S_t^\top q_t$$""",
        "S",
    ),
    "all layers read out": (
        r"""$L = 3$ $$h_t^{(l)} = \tanh(W^{(l)} h_t^{(l-1)} + U^{(l)} h_{t-1}^{(l)}), \quad l = 1, \ldots, L$$
        $$h_t^{(0)} = x_t, \quad y_t = V [h_t^{(1)}; \ldots; h_t^{(L)}]$$""",
        "h^{(1)} h^{(2)} h^{(3)}",
    ),
    "the smaller of two": (
        r"""$$h_t = \tanh(W h_{t-1} + U x_t), \quad y_t = \max(\min(h_t, x_t), a)$$""",
        "h",
    ),
    "Williams and Zipser 1989: entries": (
        r"""$$s_k(t) = \sum_l w_{kl} y_l(t-1) + \sum_i v_{ki} x_i(t), \quad y_k(t) = \sigma(s_k(t))$$
        $$J = \frac12 \sum_{t=1}^T \sum_k (d_k(t) - y_k(t))^2$$""",
        "y",
    ),
    "Graves 2012: entries, time above": (
        r"""$$a_h^t = \sum_{i} w_{ih} x_i^t + \sum_{j} u_{jh} b_{j}^{t-1}, \quad b_h^t = \tanh(a_h^t)$$""",
        "b",
    ),
    "Lotka and Volterra, many species": (
        r"""$$x_{i,t+1} = x_{i,t} \left(1 + r_i - \sum_{j=1}^{n} A_{ij} x_{j,t}\right)$$""",
        "x",
    ),
    "cross entropy over classes": (
        r"""$$h_t = \tanh(W h_{t-1} + U x_t), \quad \hat y_t = \operatorname{softmax}(V h_t)$$
        $$\mathcal{L} = -\sum_{t} \sum_{k} y_{t,k} \log \hat{y}_{t,k}$$""",
        "h",
    ),
    "hinge loss": (
        r"""$y_t \in \mathbb{R}$ $$h_t = \tanh(W h_{t-1} + U x_t), \quad s_t = w^\top h_t$$
        $$L = \sum_{t=1}^{T} \max(0, 1 - y_t s_t)$$""",
        "h",
    ),
}


@pytest.mark.parametrize("paper", PAPERS)
def test_it_is_read(paper):
    source, states = PAPERS[paper]
    assert [q.name for q in read_recurrence(cleandoc(source)).states] == states.split()


@pytest.mark.parametrize("paper", PAPERS)
def test_it_is_derived(paper):
    recurrence = read_recurrence(cleandoc(PAPERS[paper][0]))
    for form in ("nested", "expanded", "adjoint"):
        derivation = derive(recurrence, form=form) if recurrence.parameters else None
        if derivation is not None:
            assert max(derivation.errors(dict.fromkeys(map(str, recurrence.sizes), 2), horizon=3)) < 1e-9
            for notation in NOTATIONS.values():
                assert all(text(step.right) for step in notation(derivation).steps)


@pytest.mark.parametrize("paper", PAPERS)
def test_its_code_is_right(paper):
    rows = check(read_recurrence(cleandoc(PAPERS[paper][0])))
    assert [(row.quantity, row.against, row.difference) for row in rows if not row.passed] == []


@pytest.mark.parametrize(
    ("source", "message"),
    [
        (r"$$a_t = W a_{t-1} + a$$", "a stands with a time and without one"),
        (r"$$S_i^{(t+1)} = \tanh(\sum_{j,k} W_{ijk} S_j^{(t)} x_k^{(t)})$$", "an entry with 3 indices"),
        (r"$$s_t = H(W s_{t-1})$$ where $H'(v) = \frac{1}{(1 + v)^2}$.", "unknown function H"),
        (
            r"$$h_t = f(h_{t-1})$$ where $f(h, x) = \tanh(W h + x)$.",
            "f is a function of 2 arguments, not of 1",
        ),
    ],
)
def test_what_is_refused(source, message):
    with pytest.raises(SpecificationError, match=message):
        read_recurrence(cleandoc(source))


def test_no_numbers_give_a_value():
    recurrence = read_recurrence(r"$$x_t = \log(-x_{t-1}^2 - w^2)$$")
    with pytest.raises(SymbpttError, match="no value for the numbers tried"):
        derive(recurrence, form="nested").verify()
