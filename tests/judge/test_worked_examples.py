"""What is written out for a few steps, the last time, layouts that a document mixes, and bounds of work."""

import pytest

from symbptt.judge import verify
from symbptt.judge.numeric.work import TooLong, Work

NETWORK = r"""
For $t = 1, \dots, T$ with $h_0 = 0$:

$$a_t = R h_{t-1} + S x_t$$
$$h_t = \tanh(a_t)$$
$$y_t = Q h_t$$
$$E = \frac{1}{2} \sum_{t=1}^{T} \|y_t - d_t\|^2$$
"""
TWO_STEPS = r"\mathrm{diag}(1 - h_2^2) Q^\top (y_2 - d_2) h_1^\top"


def last(text: str):
    """The finding on the last relation."""
    return verify(text).relations[-1].finding


def test_what_is_written_out_for_two_steps_holds_for_two():
    finding = last(NETWORK + rf"$$\frac{{\partial E}}{{\partial R}} = {TWO_STEPS}$$")
    assert finding.verdict == "holds"
    assert finding.message == "It holds for 2 steps."


def test_a_slip_in_it_is_mended_for_two_steps():
    wrong = TWO_STEPS.replace("h_2^2", "h_1^2")
    finding = last(NETWORK + rf"$$\frac{{\partial E}}{{\partial R}} = {wrong}$$")
    assert finding.verdict == "fails"
    assert "h_{2}" in finding.suggestion


@pytest.mark.parametrize(("lower", "verdict"), [("t+1", "holds"), ("t", "fails")])
def test_the_upper_limit_of_a_product_may_be_the_later_time(lower, verdict):
    chain = rf"\prod_{{j={lower}}}^{{k}} \frac{{\partial h_j}}{{\partial h_{{j-1}}}}"
    assert last(NETWORK + rf"$$\frac{{\partial h_k}}{{\partial h_t}} = {chain}$$").verdict == verdict


def test_a_gradient_in_another_layout_than_the_first_fails():
    text = (
        NETWORK
        + r"""
$$\delta_t = \frac{\partial E}{\partial a_t}$$
$$\nabla_R E = \sum_{t=1}^{T} \delta_t h_{t-1}^\top$$
"""
    )
    assert last(text + r"$$\nabla_S E = \sum_{t=1}^{T} \delta_t x_t^\top$$").verdict == "holds"
    finding = last(text + r"$$\nabla_S E = \sum_{t=1}^{T} x_t \delta_t^\top$$")
    assert finding.verdict == "fails"
    assert "transposed" in finding.message


def test_what_a_quantity_is_at_the_last_time_says_nothing_of_others():
    text = r"""
$$s_t = f(s_{t-1}, u_t)$$
$$p_T = \frac{\partial \ell(s_T)}{\partial s_T}$$
$$p_t = p_{t+1} \frac{\partial f(s_t, u_{t+1})}{\partial s_t}$$
"""
    assert [one.finding.verdict for one in verify(text).relations] == ["definition"] * 3


def test_work_is_bounded_by_a_number_of_parts():
    work = Work()
    with work.of(10), work.of(2):
        work.go_on()
        work.go_on()
        with pytest.raises(TooLong):
            work.go_on()
    work.go_on()
    assert work.done == 4
