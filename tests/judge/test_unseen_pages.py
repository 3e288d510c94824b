"""What further pages that the judge was not made with have shown; each with an error that must be found."""

import pytest

from symbptt.judge.judge import verify

ELMAN = r"""
$$h_t = \tanh(W h_{t-1} + U x_t + b)$$

"""


def verdicts(text):
    return [one.finding.verdict for one in verify(text).relations]


def last(text):
    return verdicts(text)[-1]


def both(page, right, wrong):
    """The verdicts on a page that is right, and with an error planted."""
    assert right in page
    return last(page), last(page.replace(right, wrong))


SOFTMAX = r"""
The loss is the cross-entropy of the prediction.

$$h_t = \tanh(W h_{t-1} + U x_t), \qquad o_t = V h_t + c, \qquad \hat{y}_t = \text{softmax}(o_t)$$

$$L = \sum_t L_t$$

"""


@pytest.mark.parametrize("name", ["cross-entropy", "negative log-likelihood", "交叉熵", "교차 엔트로피"])
def test_a_loss_that_prose_alone_names(name):
    page = SOFTMAX.replace("cross-entropy", name) + r"$$\frac{\partial L_t}{\partial o_t} = \hat{y}_t - y_t$$"
    assert last(page) == "holds"
    assert last(page.replace(r"\hat{y}_t - y_t", r"y_t - \hat{y}_t")) != "holds"


def test_a_loss_that_nothing_names_stays_open():
    page = SOFTMAX.replace("The loss is the cross-entropy of the prediction.", "")
    assert last(page + r"$$\frac{\partial L_t}{\partial o_t} = \hat{y}_t - y_t$$") == "undetermined"


CALLED = r"""
$$h_t = \tanh(W h_{t-1} + U x_t), \qquad p_t = \text{softmax}(V h_t)$$

$$J_t = \text{crossentropy}(p_t, \text{labels}_t)$$

$$\frac{\partial J_t}{\partial V} = \frac{\partial J_t}{\partial p_t} \frac{\partial p_t}{\partial V}$$
"""


def test_the_cross_entropy_as_a_function():
    wrong = (
        r"\frac{\partial J_t}{\partial p_t} \frac{\partial p_t}{\partial h_t} \frac{\partial h_t}{\partial V}"
    )
    right = r"\frac{\partial J_t}{\partial p_t} \frac{\partial p_t}{\partial V}"
    assert last(CALLED) == "holds"
    assert last(CALLED.replace(right, wrong)) != "holds"


def test_the_written_steps_say_how_long_the_series_is():
    total = r"""
$$\sum_t \frac{\partial J_t}{\partial V}
= \frac{\partial J_3}{\partial V} + \frac{\partial J_2}{\partial V} + \frac{\partial J_1}{\partial V}$$
"""
    assert both(CALLED + total, r"+ \frac{\partial J_1}", r"+ \frac{\partial J_2}") == ("holds", "fails")


EXAMPLE = r"""
$$z_t = W h_{t-1} + U x_t$$

$$h_t = \tanh(z_t)$$

$$h_3 = 0.98$$

$$\frac{\partial h_t}{\partial h_{t-1}} = \operatorname{diag}(1 - h_t^2) W$$
"""


def test_the_numbers_of_an_example_define_nothing():
    assert verdicts(EXAMPLE)[2] == "definition"
    assert both(EXAMPLE, "(1 - h_t^2) W", "(1 - h_{t-1}^2) W") == ("holds", "fails")


@pytest.mark.parametrize(
    ("written", "verdict"), [("0.172", "holds"), ("0.171", "holds"), ("0.25", "fails"), ("0.19", "fails")]
)
def test_arithmetic_to_the_digits_that_are_written(written, verdict):
    assert last(ELMAN + f"$$1 - (0.910)^2 = {written}$$") == verdict


def test_the_number_of_a_step_is_no_claim():
    assert verdicts(ELMAN + "$$t=1$$") == ["definition", "definition"]


ENTRYWISE = r"""
$$h^{(t)} = \tanh(W h^{(t-1)} + U x^{(t)})$$

$$h_i^{(t)} = \tanh\Big(\sum_j W_{i,j} h_j^{(t-1)} + \sum_j U_{i,j} x_j^{(t)}\Big)$$
"""
GATED = r"""
$$h_i^{(t)} = u_i^{(t)} h_i^{(t-1)} + (1 - u_i^{(t)}) \tanh\Big(\sum_j W_{i,j} h_j^{(t-1)}\Big)$$

$$u_i^{(t)} = \sigma\Big(\sum_j U_{i,j}^u x_j^{(t)}\Big)$$
"""


def test_another_network_entry_by_entry():
    assert both(ENTRYWISE, "h_j^{(t-1)}", "h_j^{(t)}")[0] == "holds"
    assert verdicts(ENTRYWISE + GATED)[2:] == ["definition", "definition"]


def test_an_error_entry_by_entry_is_no_other_network():
    assert last(ENTRYWISE.replace(r"\sum_j U_{i,j} x_j^{(t)}", r"\sum_j U_{i,j} x_j^{(t-1)}")) == "fails"


BY_HAND = r"""
$$s_t = \tanh(U x_t + W s_{t-1})$$

$$z_1 = a_1 + b_1 + k$$

$$s_1 = \text{func}(z_1)$$
"""


def test_another_network_one_step_at_a_time():
    assert last(BY_HAND) != "fails"
    assert last(BY_HAND.replace(r"\text{func}(z_1)", r"\tanh(U x_2 + W s_0)")) == "fails"


LEFT_OUT = r"""
$$f_t = \sigma(W_f x_t + U_f h_{t-1}), \qquad o_t = \sigma(W_o x_t + U_o h_{t-1})$$

$$c_t = f_t \odot c_{t-1} + x_t, \qquad h_t = o_t \odot \tanh(c_t)$$

$$\frac{\partial L}{\partial W_f} = \frac{\partial L}{\partial f_t} \frac{\partial f_t}{\partial W_f}$$

$$\frac{\partial L}{\partial W_o} = \frac{\partial L}{\partial o_t} \frac{\partial o_t}{\partial W_o}$$
"""
SUMMED = r"""
$$\frac{\partial L}{\partial U_f} = \sum_t \frac{\partial L}{\partial f_t} \frac{\partial f_t}{\partial U_f}$$
"""


def test_a_page_that_leaves_out_all_sums_over_time():
    assert verdicts(LEFT_OUT)[-2:] == ["holds", "holds"]
    wrong = LEFT_OUT.replace(r"\frac{\partial L}{\partial o_t} \f", r"\frac{\partial L}{\partial f_t} \f")
    assert last(wrong) == "fails"


def test_one_sum_left_out_is_an_error():
    assert verdicts(LEFT_OUT + SUMMED)[-3:] == ["fails", "fails", "holds"]


TANH = r"""
Here $\sigma$ is the activation function of the network, mostly tanh.

$$h_t = \sigma(W h_{t-1} + U x_t)$$

$$\frac{\partial h_t}{\partial h_{t-1}} = \operatorname{diag}(1 - h_t^2) W$$
"""


def test_sigma_may_be_tanh_where_the_prose_says_so():
    assert both(TANH, "1 - h_t^2", "1 - h_{t-1}^2") == ("holds", "fails")
    assert last(TANH.replace("mostly tanh", "mostly a sigmoid")) == "fails"


MISPRINT = r"""
$$a_t = \tanh(W_{ax} x_t + W_{aa} a_{t-1} + b_a)$$

$$\begin{aligned}
d\tanh &= da_{nezt} \circ (1 - \tanh^2(W_{ax} x_t + W_{aa} a_{t-1} + b_a)) \\
dx_t &= W_{ax}^T \cdot d\tanh
\end{aligned}$$
"""


def test_what_rests_on_a_misprint_is_in_doubt():
    assert last(MISPRINT) != "fails"
    page = MISPRINT.replace("nezt", "next")
    assert both(page, "W_{ax}^T \\cdot", "W_{aa}^T \\cdot") == ("holds", "fails")


def test_letters_that_a_site_defines_and_no_page():
    page = r"""
$$\Va^{(t)} = \Vb + \MW \Vh^{(t-1)} + \MU \Vx^{(t)}$$

$$\Vh^{(t)} = \tanh(\Va^{(t)})$$

$$\frac{\part \Vh^{(t)}}{\part \Vh^{(t-1)}} = \operatorname{diag}(1 - (\Vh^{(t)})^2) \MW$$
"""
    assert both(page, r"\MW$$", r"\MU$$") == ("holds", "fails")


def test_inline_formulas_with_blanks_inside_their_dollars():
    page = r"""
$$h_t = \tanh(W h_{t-1} + U x_t)$$

It costs $ 5 = and $ 7. With $ z_t = W h_{t-1} + U x_t $ we find

$$\frac{\partial z_t}{\partial h_{t-1}} = W$$
"""
    assert both(page, "= W$$", "= U$$") == ("holds", "fails")


def test_a_minus_before_the_sign_of_a_derivative():
    page = r"""
$$h_t = \tanh(W h_{t-1})$$

$$\frac{\partial h_t}{\partial h_{t-1}} = \frac{-\partial[-\tanh(W h_{t-1})]}{\partial h_{t-1}}$$
"""
    assert both(page, r"-\partial[-\tanh", r"\partial[-\tanh") == ("holds", "fails")


def test_what_the_softmax_is():
    page = r"$$softmax(x_i) = \frac{\exp(x_i)}{\sum_{j=1}^n \exp(x_j)}$$"
    assert verdicts(page) == ["definition"]


LAYERED = r"""
$$h^{(l)}_t = \tanh(W^{(l)} h^{(l-1)}_t + U^{(l)} h^{(l)}_{t-1} + b^{(l)}), \quad l = 1, \dots, L$$

with $a^{(l)}_t = W^{(l)} h^{(l-1)}_t + U^{(l)} h^{(l)}_{t-1} + b^{(l)}$, and for
$\mathcal{L} = \sum_t \ell_t(h_t^{(L)})$ let $\delta^{(l)}_t = \partial \mathcal{L}/\partial a^{(l)}_t$.

$$\frac{\partial \mathcal{L}}{\partial W^{(l)}} = \sum_t \delta^{(l)}_t h^{(l-1)\top}_t$$
$$\frac{\partial \mathcal{L}}{\partial U^{(l)}} = \sum_t \delta^{(l)}_t h^{(l)\top}_%s$$
"""


@pytest.mark.parametrize(("time", "verdict"), [("{t-1}", "holds"), ("{t}", "fails")])
def test_the_number_of_a_layer_has_no_time(time, verdict):
    relations = verify(LAYERED % time).relations
    assert [one.finding.verdict for one in relations][-2:] == ["holds", verdict]
