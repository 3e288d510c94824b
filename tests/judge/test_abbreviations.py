r"""Names with three indices that stand for a derivative: p^k_{ij}(t) of real-time recurrent learning."""

import pytest

from symbptt.judge import verify

NETWORK = r"""
$$s_k(t) = \sum_l W_{kl} y_l(t-1) + \sum_m V_{km} x_m(t)$$
$$y_k(t) = \tanh(s_k(t))$$
$$J = \frac12 \sum_t \sum_k (y_k(t) - d_k(t))^2$$
"""
STANDS = r"p_{ij}^k(t) = \frac{\partial y_k(t)}{\partial W_{ij}}"
RECURSION = r"p_{ij}^k(t) = (1 - y_k(t)^2) \left[\sum_l W_{kl} p_{ij}^l(t-1) + \delta_{ik} y_j(t-1)\right]"


def last(*formulas):
    page = NETWORK + f"\nLet ${STANDS}$.\n\n" + "".join(f"$${one}$$\n" for one in formulas)
    return verify(page).relations[-1].finding.verdict


@pytest.mark.parametrize(
    ("formula", "verdict"),
    [
        (RECURSION, "holds"),
        (RECURSION.replace("y_j(t-1)", "y_j(t)"), "fails"),
        (RECURSION.replace("W_{kl}", "W_{lk}"), "fails"),
        (RECURSION.replace(r"\delta_{ik}", r"\delta_{jk}"), "fails"),
        (r"\frac{\partial J}{\partial W_{ij}} = \sum_t \sum_k (y_k(t) - d_k(t)) p_{ij}^k(t)", "holds"),
        (r"\frac{\partial J}{\partial W_{ij}} = \sum_t \sum_k (d_k(t) - y_k(t)) p_{ij}^k(t)", "fails"),
        (r"\frac{\partial J}{\partial W_{ij}} = \sum_t \sum_k (y_k(t) - d_k(t)) p_{ij}^k(t-1)", "fails"),
    ],
)
def test_the_sensitivities_of_real_time_recurrent_learning(formula, verdict):
    assert last(formula) == verdict


def test_two_indices_are_entries_of_a_matrix():
    assert last(r"\frac{\partial s_k(t)}{\partial y_l(t-1)} = W_{kl}") == "holds"
