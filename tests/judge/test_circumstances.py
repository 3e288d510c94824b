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
        "### Two steps, $T = 2$, for example\n\n",
        "### Two steps, $T = 2$\n\nNow $W = I$, so that\n\n",
        "With $U_{x} = 1$ for the moment\n\n",
    ],
)
def test_what_is_meant_for_a_special_case_is_left_open(words):
    assert last(words + SPECIAL)[0] == "undetermined"


@pytest.mark.parametrize(
    "words", ["", "Example.\n\n$$h_0 = 0$$\n\nThe gradient is\n\n", "## The gradient\n\n"]
)
def test_without_such_words_it_fails(words):
    assert last(words + SPECIAL)[0] == "fails"


LENGTH_TWO = (
    r"$$\frac{\partial L}{\partial h_1} = h_1 - y_1 + W^\top \bigl((1 - h_2^2) \odot (h_2 - y_2)\bigr)$$"
)


@pytest.mark.parametrize("words", ["### Two steps, $T = 2$\n\n", "For $T = 2$ this is\n\n"])
def test_a_case_set_by_numbers_alone_is_tried_with_them(words):
    assert last(words + LENGTH_TWO) == ("holds", "")
    assert last(words + LENGTH_TWO.replace(r"\odot (h_2", r"\odot (h_1"))[0] == "fails"
    assert last(words + SPECIAL)[0] == "fails"


def test_numbers_for_the_letters_of_a_relation_are_put_in():
    words, right = (
        "For $t = 3$ and $k = 1$,\n\n",
        r"\mathrm{diag}(1 - h_3^2) W \, \mathrm{diag}(1 - h_2^2) W$$",
    )
    left = r"$$\frac{\partial h_t}{\partial h_k} = "
    assert last(words + left + right)[0] == "holds"
    assert last(words + left + right.replace("h_2", "h_1"))[0] == "fails"


@pytest.mark.parametrize("words", ["### Example\n\n", "Suppose that\n\n"])
def test_a_slip_is_a_slip_in_an_example_too(words):
    verdict, suggestion = last(words + SLIP)
    assert verdict == "fails"
    assert "-" in suggestion
