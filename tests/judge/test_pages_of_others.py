"""Ways of writing met on pages that the judge was not made with; each with an error that must be found."""

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


PRODUCT = r"""
$$s_t = \lambda_t s_{t-1} + k_t$$

$$\prod_{j=1}^t \lambda_j = \alpha_t$$

$$s_t = \alpha_t s_0 + \sum_{j=1}^t \frac{\alpha_t}{\alpha_j} k_j$$
"""


def test_a_formula_may_define_the_name_after_it():
    assert both(PRODUCT, r"\sum_{j=1}^t", r"\sum_{j=1}^{t-1}") == ("holds", "fails")


DIAGONAL = r"""
$u_t \in \mathbb{R}^n$, $k_t \in \mathbb{R}^n$, $v_t \in \mathbb{R}^m$.
Here $\mathbf{D}$ denotes $\mathrm{diag}$.

$$p_t = \mathbf{D}(u_t) p_{t-1} + k_t v_t^\top$$

$$\mathbf{D}(u_t) p_{t-1} + k_t v_t^\top
= \mathbf{D}(u_t \odot u_{t-1}) p_{t-2} + \mathbf{D}(u_t) k_{t-1} v_{t-1}^\top + k_t v_t^\top$$
"""


def test_a_letter_for_diag():
    assert both(DIAGONAL, r"\mathbf{D}(u_t) k_{t-1}", r"\mathbf{D}(u_{t-1}) k_{t-1}") == ("holds", "fails")


def test_a_capital_that_makes_matrices_and_that_nothing_defines():
    assert last(DIAGONAL.replace("Here $\\mathbf{D}$ denotes $\\mathrm{diag}$.", "")) != "fails"


def test_a_letter_may_be_index_and_quantity():
    page = r"""
$$s_t = s_{t-1} + k_t \odot v_t$$

$$s_t = s_0 + \sum_{k=1}^t k_k \odot v_k$$
"""
    assert both(page, "v_k$$", "v_t$$") == ("holds", "fails")
    message = verify(page.replace("v_k$$", "v_t$$")).relations[-1].finding.message
    assert "takes it for a quantity" not in message


LATER = r"""
$$a_t = \tanh(W a_{t-1} + U x_t + b)$$

With the pre-activation

$$z_t = W a_{t-1} + U x_t + b, \quad a_t = \tanh(z_t)$$

$$\frac{\partial J}{\partial z_t} = \frac{\partial J}{\partial a_t} \odot (1 - a_t^2)$$
"""


def test_a_pre_activation_that_is_named_later_makes_no_second_network():
    assert both(LATER, "(1 - a_t^2)", "(1 + a_t^2)") == ("holds", "fails")


GENERAL = r"""
$$h_t = f(h_{t-1}, x_t)$$

$$h_t = \tanh(W h_{t-1} + U x_t), \quad y_t = V h_t$$

$$\frac{\partial L_t}{\partial h_t} = V^\top \frac{\partial L_t}{\partial y_t}$$
"""


def test_a_general_equation_first_makes_no_second_network():
    assert both(GENERAL, "V^\\top", "W^\\top") == ("holds", "fails")


LAYERS = r"""
$$net_t^{l} = U a_t^{l-1} + W s_{t-1}$$

$$a_t^{l-1} = f^{l-1}(net_t^{l-1})$$

$$\frac{\partial net_t^{l}}{\partial a_t^{l-1}} = U$$
"""


def test_a_layer_below_is_no_power():
    assert "fails" not in verdicts(LAYERS)
    assert both(LAYERS, "= U$$", "= W$$") == ("holds", "fails")


COPIES = r"""
$$s_t = f(U x_t + W s_{t-1})$$

$$\nabla_{W_t} E = \delta_t s_{t-1}^\top$$

$$f(U x_t + W s_{t-1}) = f(U x_t + W f(U x_{t-1} + W s_{t-2}))$$
"""


def test_a_parameter_at_a_time_below_a_derivative():
    assert both(COPIES, "W s_{t-2}", "U s_{t-2}") == ("holds", "fails")


def test_what_is_met_for_the_first_time_is_not_held_against_a_relation():
    page = r"""
$$s_t = s_{t-1} + k_t p_t^\top, \quad S_t = s_{2t}$$

$$S_t = s_{2t} = S_{t-1} + K_t^\top P_t$$

$$O_t = Q_t S_{t-1} + K_t P_t$$
"""
    assert "fails" not in verdicts(page)


def test_signs_that_are_no_products():
    page = ELMAN + r"$$h_t \oplus x_t = h_t \odot x_t$$"
    assert last(page) == "undetermined"


OVER = r"""
$$p(t) = U x(t) + W h(t-1) + b, \quad h(t) = \tanh(p(t)), \quad q(t) = V h(t) + c$$

$$e_h(t) = {\delta E \over \delta p(t)}, \quad e_o(t) = {\delta E \over \delta q(t)}$$

$${\delta E \over \delta c} = \sum_t e_o(t)$$
"""


def test_infix_fractions_of_deltas():
    assert both(OVER, r"\sum_t e_o(t)", r"\sum_t e_h(t)")[0] == "holds"
    assert last(OVER.replace(r"\sum_t e_o(t)", r"2 \sum_t e_o(t)")) == "fails"


def test_brackets_of_prose_are_no_displays():
    text = r"The unit is **\[volts]**, see [\[1\]](#one)." + "\n" + ELMAN
    assert verdicts(text) == ["definition"]


@pytest.mark.parametrize("word", ["where", "otherwise"])
def test_words_beside_formulas(word):
    page = rf"$$h_t = \tanh(a_t), {word}\quad a_t = W h_{{t-1}}$$"
    assert verdicts(page) == ["definition", "definition"]


TWO = r"""
$$c_t = f_t \odot c_{t-1} + g_t, \quad h_t = o_t \odot \tanh(c_t)$$

Another network:

$$h_t = u_t \odot h_{t-1} + (1 - u_t) \odot v_t, \quad y_t = V h_t$$

$$dv_t = \frac{\partial J}{\partial v_t} \quad\Rightarrow\quad dv_t = dh_t \odot (1 - u_t)$$
"""


def test_a_loss_of_several_networks_makes_no_alarm():
    assert "fails" not in verdicts(TWO)
    assert "fails" not in verdicts(TWO.replace("(1 - u_t)$$", "(1 + u_t)$$"))
