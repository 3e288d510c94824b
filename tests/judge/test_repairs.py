"""Repairs: the smallest change, pointed at; also of gradients with names, and of what holds for scalars."""

import numpy as np
import pytest

from symbptt.judge import verify
from symbptt.judge.numeric.chance import signs, uniform

ELMAN = r"""
$W \in \mathbb{R}^{n \times n}$, $U \in \mathbb{R}^{n \times m}$,
$h_t \in \mathbb{R}^n$, $x_t \in \mathbb{R}^m$

$$z_t = W h_{t-1} + U x_t$$
$$h_t = \tanh(z_t)$$

"""
GRU = r"""
$$z_t = \sigma(W_z h_{t-1})$$
$$g_t = \tanh(W h_{t-1})$$
$$h_t = (1 - z_t) \odot h_{t-1} + z_t \odot g_t$$

"""
JACOBIAN = r"\frac{\partial h_t}{\partial h_{t-1}} = "
NAMED = r"""
$$f^{\langle t \rangle} = \sigma(W_f a^{\langle t-1 \rangle})$$
$$c^{\langle t \rangle} = f^{\langle t \rangle} * c^{\langle t-1 \rangle}$$
$$a^{\langle t \rangle} = \tanh(c^{\langle t \rangle})$$

"""


def pointed(document: str) -> tuple[str, str]:
    """The part of the last relation that its suggestion stands for, and the suggestion."""
    judged = verify(document).relations[-1]
    assert judged.part is not None
    line = document.split("\n")[judged.part.line - 1]
    return line[judged.part.column - 1 : judged.part.end_column - 1], judged.finding.suggestion


@pytest.mark.parametrize(
    ("document", "wrong", "part", "meant"),
    [
        (ELMAN, JACOBIAN + r"\mathrm{diag}(1 - h_{t-1}^2) W", "h_{t-1}^2", "h_{t}^{2}"),
        (ELMAN, JACOBIAN + r"\mathrm{diag}(1 + h_t^2) W", "1 + h_t^2", "1 - h_{t}^{2}"),
        (
            ELMAN,
            r"\frac{\partial h_t}{\partial h_k} = \prod_{i=k}^{t} \frac{\partial h_i}{\partial h_{i-1}}",
            "k",
            "k + 1",
        ),
        (GRU, r"\frac{\partial h_t}{\partial g_t} = \mathrm{diag}(1 - z_t)", "(1 - z_t)", "z_{t}"),
    ],
)  # fmt: skip
def test_the_smallest_part_is_pointed_at(document, wrong, part, meant):
    assert pointed(f"{document}$${wrong}$$\n") == (part, meant)


def test_what_is_written_in_a_macro_is_repaired_as_well():
    page = "$$\\newcommand{\\h}{h}$$\n" + ELMAN
    wrong = r"$$\frac{\partial h_t}{\partial \h_{t-1}} = \mathrm{diag}(1 + \h_t^2) W$$"
    assert pointed(f"{page}{wrong}\n") == (r"1 + \h_t^2", "1 - h_{t}^{2}")


def test_swapped_indices_are_said():
    page = r"""
$$a_{t,i} = \sum_{j=1}^{n} W_{ij} h_{t-1,j}$$

$$h_{t,i} = \tanh(a_{t,i})$$

$$\frac{\partial a_{t,i}}{\partial h_{t-1,j}} = W_{ji}$$
"""
    assert pointed(page) == ("W_{ji}", "W_{ij}")


def test_gradients_with_names_are_repaired():
    wrong = r"$$dc_{prev} = dc_{next} * f^{\langle t+1 \rangle}$$"
    judged = verify(NAMED + wrong + "\n").relations[-1]
    assert judged.finding.verdict == "fails"
    assert judged.finding.suggestion == r"f^{\langle t \rangle}"


def test_what_holds_for_scalars_says_what_holds_for_all_sizes():
    page = "$$z_t = W h_{t-1} + U x_t$$\n\n$$h_t = \\tanh(z_t)$$\n\n$$L = \\sum_t \\ell(h_t, y_t)$$\n\n"
    wrong = r"$$\frac{\partial L}{\partial U} = \sum_{t=1}^{T} x_t^\top \frac{\partial L}{\partial z_t}$$"
    finding = verify(page + wrong + "\n").relations[-1].finding
    assert finding.scope == "scalar" or finding.verdict == "fails"
    assert "swapped" in finding.message
    assert finding.suggestion


def test_an_edit_that_is_tried_leaves_no_trace():
    """The second of two failures is judged the same whether or not the first was repaired."""
    first = (
        r"$$\frac{\partial h_t}{\partial W} = \sum_{k=1}^{t} W^{t-k} \frac{\partial h_k}{\partial W}$$"
        + "\n\n"
    )
    second = (
        r"$$\frac{\partial h_t}{\partial U} = \sum_{k=1}^{t} W^{t-k} \frac{\partial h_k}{\partial U}$$" + "\n"
    )
    alone = verify(ELMAN + second).relations[-1].finding
    after = verify(ELMAN + first + second).relations[-1].finding
    assert (after.verdict, after.evidence) == (alone.verdict, alone.evidence)


def test_numbers_drawn_are_even_and_their_own_for_each_seed():
    drawn = uniform((1, 2, 3), -1.0, 3.0, (200, 100))
    assert drawn.shape == (200, 100)
    assert abs(drawn.mean() - 1) < 0.03
    assert abs(drawn.var() - 16 / 12) < 0.03
    assert np.array_equal(drawn, uniform((1, 2, 3), -1.0, 3.0, (200, 100)))
    firsts = np.array([uniform((7, number), 0.0, 1.0, (1,))[0] for number in range(500)])
    assert abs(np.corrcoef(firsts[:-1], firsts[1:])[0, 1]) < 0.15
    assert set(signs((4,), (50,)).tolist()) == {-1.0, 1.0}


@pytest.mark.parametrize(
    ("latex", "meant"),
    [
        (r"\prod_{i=k+1}^{t} \mathrm{diag}(1 - h_k^2) W", "h_{i}"),
        (r"\prod_{i=k+1}^{t} \frac{\partial h_i}{\partial h_{k-1}}", "h_{i - 1}"),
    ],
)
def test_another_letter_that_runs(latex, meant):
    text = rf"$$h_t = \tanh(W h_{{t-1}} + U x_t)$$ $$\frac{{\partial h_t}}{{\partial h_k}} = {latex}$$"
    finding = verify(text).relations[-1].finding
    assert finding.verdict == "fails"
    assert meant in finding.suggestion


def test_what_is_said_of_scalars_is_mended_for_scalars():
    text = r"""
$$h_t = \tanh(W h_{t-1} + U x_t)$$
$$\begin{aligned} \frac{\partial h_t}{\partial h_0}
&= W^{t} \prod_{k=1}^{t} (1 - h_{k-1}^2) && \text{(scalars only)} \end{aligned}$$
"""
    finding = verify(text).relations[-1].finding
    assert finding.verdict == "fails"
    assert finding.suggestion == "h_{k}^{2}"
