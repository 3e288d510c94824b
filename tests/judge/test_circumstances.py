"""Words that set a special case: what differs there by more than a slight edit is left open."""

from __future__ import annotations

import pytest

from symbptt.judge import verify

NETWORK = r"""
# A network

$$h_t = \tanh(W h_{t-1} + U x_t)$$
$$L = \tfrac12 \sum_{t=1}^T \|h_t - y_t\|^2$$

"""
# True where W is the identity; in general no slight edit makes it so.
SPECIAL = r"$$\frac{\partial L}{\partial h_T} = 3 W^\top U x_T - W y_T + h_T$$"
SLIP = r"$$\frac{\partial L}{\partial h_T} = h_T + y_T$$"


def last(text: str) -> tuple[str, str]:
    finding = verify(NETWORK + text).relations[-1].finding
    return finding.verdict, finding.suggestion


@pytest.mark.parametrize(
    "words",
    [
        "### Example\n\nWe compute\n\n",
        "Suppose that $W$ is orthogonal. Then\n\n",
        "Si la matrice est l'identité,\n\n",
        "Angenommen, $W$ ist die Einheitsmatrix:\n\n",
        "假设 $W$ 是单位矩阵，\n\n",
        "### Two steps, $T = 2$\n\n",
    ],
)
def test_what_is_meant_for_a_special_case_is_left_open(words):
    assert last(words + SPECIAL)[0] == "undetermined"


@pytest.mark.parametrize(
    "words", ["", "Example.\n\n$$h_0 = 0$$\n\nThe gradient is\n\n", "## The gradient\n\n"]
)
def test_without_such_words_it_fails(words):
    assert last(words + SPECIAL)[0] == "fails"


@pytest.mark.parametrize("words", ["### Example\n\n", "Suppose that\n\n"])
def test_a_slip_is_a_slip_in_an_example_too(words):
    verdict, suggestion = last(words + SLIP)
    assert verdict == "fails"
    assert "-" in suggestion
