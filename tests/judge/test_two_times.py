r"""Names with two times, J_{t,k} and \Phi(t, k), in their spellings; letters of times and of entries."""

import pytest

from symbptt.judge import verify

STATE = r"""
$$h_t = \tanh(W h_{t-1} + U x_t)$$
"""
SPELLINGS = [
    "J_{t,k}",
    "J_{t:k}",
    r"J_{t \leftarrow k}",
    r"\Phi(t, k)",
    "J_{k}^{(t)}",
    "J_{t}^{(k)}",
    "J_{t}^{k}",
]


def verdicts(text: str) -> list[str]:
    """The verdicts on the relations of a page."""
    return [one.finding.verdict for one in verify(text).relations]


@pytest.mark.parametrize("spelling", SPELLINGS)
def test_a_name_with_two_times_is_what_it_stands_for(spelling):
    stands = rf"$${spelling} = \frac{{\partial h_t}}{{\partial h_k}}$$"
    later = spelling.replace("k", "k+1") if "arrow" not in spelling else r"J_{t \leftarrow k+1}"
    right = rf"$${spelling} = {later} \operatorname{{diag}}(1 - h_{{k+1}}^2) W$$"
    wrong = rf"$${spelling} = {later} W \operatorname{{diag}}(1 - h_{{k+1}}^2)$$"
    assert verdicts(STATE + stands + right + wrong) == ["definition", "definition", "holds", "fails"]


def test_a_product_says_what_is_meant_where_no_derivative_does():
    stands = r"$$P_{t,k} = \prod_{j=k+1}^{t} \operatorname{diag}(1 - h_j^2) W$$"
    right = r"$$\frac{\partial h_t}{\partial h_k} = P_{t,k}$$ $$\sum_{j=1}^{2} P_{3,j} = P_{3,1} + P_{3,2}$$"
    assert verdicts(STATE + stands + right) == ["definition", "definition", "holds", "holds"]


def test_entries_are_no_times():
    stands = r"$$S_{i,j} = \frac{\partial y_i}{\partial z_j}$$"
    assert verify(STATE + stands).relations[-1].finding.message == "It defines S_{i,j}."


def test_a_letter_sums_over_entries_in_one_formula_and_over_times_in_another():
    loss = r"$$E_t = -\sum_k y_{t,k} h_{t,k}$$"
    right = r"$$\frac{\partial h_3}{\partial h_k} = \prod_{j=k+1}^{3} \frac{\partial h_j}{\partial h_{j-1}}$$"
    assert verdicts(STATE + loss + right)[-1] == "holds"
    assert verdicts(STATE + loss + right.replace("j=k+1", "j=k"))[-1] == "fails"


def test_kronecker_beside_errors():
    text = r"""$$o_t = V x_t$$ $$p_t = \mathrm{softmax}(o_t)$$ $$L = -\sum_{t=1}^{T} y_t^\top \log p_t$$
Let $\delta_t = \partial L / \partial o_t$.
$$\frac{\partial p_{t,i}}{\partial o_{t,j}} = p_{t,i} (\delta_{ij} - p_{t,j})$$
$$\frac{\partial p_{t,i}}{\partial o_{t,j}} = p_{t,i} (\delta_{ij} - p_{t,i})$$"""
    assert verdicts(text)[-2:] == ["holds", "fails"]
