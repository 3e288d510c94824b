"""What a document leaves unsaid or says in the way of programs; each with an error that must be found."""

import pytest

from symbptt.judge.judge import verify


def findings(text):
    return [one.finding for one in verify(text).relations]


def verdicts(text):
    return [one.verdict for one in findings(text)]


def last(text):
    return verdicts(text)[-1]


def both(page, right, wrong):
    """The last verdict on a page that is right, and with an error planted."""
    assert page.count(right) == 1
    return last(page), last(page.replace(right, wrong))


STATE = r"""
$$h_t = \tanh(W h_{t-1} + U x_t + b), \qquad o_t = V h_t$$

$$L_t = -\sum_k y_{t,k} \log \text{softmax}(o_t)_k$$

$$L = \sum_{t=1}^T L_t$$

"""


@pytest.mark.parametrize("limits", [r"\sum_t^T", r"\sum^{T}_{t}", r"\sum_{t=1}^T"])
def test_a_sum_without_its_lower_limit(limits):
    page = (
        STATE
        + rf"$$\frac{{\partial L}}{{\partial W}} = {limits} \frac{{\partial L}}{{\partial h_t}} "
        + r"\frac{\partial^+ h_t}{\partial W}$$"
    )
    assert both(page, r"\frac{\partial L}{\partial h_t}", r"\frac{\partial L_t}{\partial h_t}") == (
        "holds",
        "fails",
    )


UNCLEAR = r"""
$$h_t = \tanh(\underbrace{x_t}_{(n, m)} @ \underbrace{U}_{(m, k)} + h_{t-1} @ W + b)$$

$$y_t = V h_t, \qquad L = \sum_t \ell(y_t)$$

$$\frac{\partial h_T}{\partial h_1} = \prod_{j=2}^T \frac{\partial h_j}{\partial h_{j-1}}$$
"""


def test_what_holds_whatever_an_unclear_definition_says():
    assert last(UNCLEAR) == "holds"


def test_what_fails_by_an_unclear_definition_is_in_doubt():
    wrong = UNCLEAR.replace("{j=2}^T", "{j=3}^T")
    assert last(wrong) == "undetermined"
    slope = r"$$\frac{\partial h_t}{\partial h_{t-1}} = W^\top$$"
    assert last(UNCLEAR + slope) == "undetermined"


def test_conditions_in_the_cell_of_their_value():
    page = r"""
$$h_t = \tanh(w h_{t-1} + u x_t), \qquad l_t = (h_t - d_t)^2$$

$$L_t = \begin{cases} l_t + L_{t+1}, \; t < T \\ l_t, \; t = T \end{cases}$$

$$\frac{dL_t}{dh_t} = 2 (h_t - d_t) + \frac{dL_{t+1}}{dh_{t+1}} w (1 - h_{t+1}^2)$$
"""
    assert both(page, "w (1 - h_{t+1}^2)", "w (1 - h_t^2)") == ("holds", "fails")


def test_a_quantity_that_is_defined_without_its_time():
    page = r"""
$$h_t = \sigma(a_t), \qquad a_t = u x_t + w h_{t-1}$$

$$p = \sigma(v h + c)$$

$$l_t = -(y_t \log p_t + (1 - y_t) \log (1 - p_t))$$

$$\frac{dl_t}{dh_t} = v (p_t - y_t)$$
"""
    assert both(page, "p_t - y_t)$$", "y_t - p_t)$$") == ("holds", "fails")


AT_ONCE = r"""
$$h_t = \tanh(W h_t + U x_t + b)$$

$$y_t = V h_t$$

$$\frac{\partial h_t}{\partial h_{t-1}} = \mathrm{diag}(1 - h_t^2) W$$
"""


def test_a_state_by_itself_at_its_own_time_is_a_slip():
    first, _, slope = findings(AT_ONCE)
    assert first.verdict == "fails"
    assert first.suggestion == "h_{t - 1}"
    assert slope.verdict == "holds"


@pytest.mark.parametrize(
    "page",
    [
        r"$$z = \tanh(W z + U x)$$ $$y = V z$$",  # a fixed point, without times
        r"$$h_t = \tanh(W h_t + U x_t)$$ $$y_t = V h_t$$",  # nothing speaks of another time
        r"$$h_t = W h_{t-1} + U x_t$$ $$h_t = D h_t$$",
    ],
)
def test_other_equations_of_a_quantity_with_itself_are_no_slips(page):
    assert "fails" not in verdicts(page)


TOY = r"""
$$h_1 = w h_0 + u x_1, \quad h_2 = w h_1 + u x_2, \quad y = v h_2$$

$$\frac{dh_2}{dw} = h_1 + w h_0$$

$$h_t = \tanh(w h_{t-1} + u x_t)$$

$$\frac{dh_2}{dh_1} = w (1 - h_2^2)$$
"""


def test_another_network_after_steps_that_are_written_out():
    assert verdicts(TOY)[3:] == ["holds", "definition", "holds"]
    assert both(TOY, "w (1 - h_2^2)", "w (1 - h_1^2)") == ("holds", "fails")


def test_steps_that_agree_with_the_rule_after_them_stay():
    page = TOY.replace(r"\tanh(w h_{t-1} + u x_t)", "w h_{t-1} + u x_t").replace("w (1 - h_2^2)", "w")
    assert last(page) == "holds"


CODE = r"""
$$ai = W_i x + U_i h_{prev} + b_i, \quad ag = W_g x + U_g h_{prev} + b_g$$

$$i = \sigma(ai), \quad g = \tanh(ag)$$

$$h_{next} = i * g + (1 - i) * h_{prev}$$

$$di = dh_{next} * (g - h_{prev})$$

$$dg = dh_{next} * i$$

$$dai = di * i * (1 - i)$$

$$dag = dg * (1 - g^2)$$

$$dU_i = dai \, h_{prev}^T$$

$$dh_{prev} = dh_{next} * (1 - i) + U_i^T dai + U_g^T dag$$
"""


@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        (r"+ U_g^T dag$$", r"+ U_g^T dai$$"),
        (r"di = dh_{next} * (g - h_{prev})", r"di = dh_{next} * (g - h_{next})"),
        (r"dg * (1 - g^2)", r"dg * (1 - g)"),
        (r"dU_i = dai \, h_{prev}^T", r"dU_i = dai \, h_{next}^T"),
        (r"dai = di * i * (1 - i)", r"dai = di * i"),
    ],
)
def test_the_names_of_a_program(right, wrong):
    assert set(verdicts(CODE)) == {"definition", "holds"}
    assert CODE.count(right) == 1
    assert "fails" in verdicts(CODE.replace(right, wrong))


def test_letters_that_stand_close_are_products_where_they_stand_alone_as_well():
    page = r"$$ab = c + d, \quad ac = b + d, \quad a = 2 ab, \quad b = ac$$"
    assert "It defines ab." not in [one.message for one in findings(page)]


ENTRIES = r"""
$W \in \mathbb{R}^{n \times n}$, $U \in \mathbb{R}^{n \times m}$.

$$a_t = W s_{t-1} + U x_t, \quad s_t = f(a_t), \quad \delta_t = \frac{\partial E}{\partial a_t}$$

$$\frac{\partial E}{\partial w_{ij}} = \sum_{t=1}^{T} \delta_{t,i} \, s_{t-1,j}$$
"""


def test_the_gradient_by_an_entry_of_a_matrix_in_its_small_letter():
    wrong = r"\delta_{t,j} \, s_{t-1,i}"
    assert both(ENTRIES, r"\delta_{t,i} \, s_{t-1,j}", wrong) == ("holds", "fails")


def test_a_column_of_ones():
    page = r"""
$X_t \in \mathbb{R}^{n \times d}$, $H_t \in \mathbb{R}^{n \times h}$, $b \in \mathbb{R}^{1 \times h}$,
$W \in \mathbb{R}^{h \times h}$, $U \in \mathbb{R}^{d \times h}$ and $\mathbf{1} \in \mathbb{R}^{n \times 1}$.

$$A_t = X_t U + H_{t-1} W + b, \quad H_t = \tanh(A_t), \quad L = \sum_t \ell(H_t)$$

$$\frac{\partial L}{\partial b} = \sum_{t=1}^{T} \mathbf{1}^\top \frac{\partial L}{\partial A_t}$$
"""
    assert both(page, r"\partial A_t}$$", r"\partial H_t}$$") == ("holds", "fails")


@pytest.mark.parametrize("script", [r"\sum_i n_i", r"\underbrace{a}_{b}", r"\int x dx", r"0_d", r"\nabla f"])
def test_a_script_that_is_no_name_does_no_harm(script):
    page = rf"$$x_{{{script}}} = 2 y_t$$ $$dx^{{{script}}} = d y_{{{script}}}$$ $$z_t = 2 y_t$$"
    assert last(page) == "definition"


GATE = r"""
$$\Gamma_t = \sigma(W_g [a_{t-1}; x_t] + b_g), \quad z_t = \tanh(W_z [a_{t-1}; x_t] + b_z)$$

$$a_t = \Gamma_t * z_t + (1 - \Gamma_t) * a_{t-1}, \quad p_t = \mathrm{softmax}(V a_t)$$

with the cost $J = -\sum_{t=1}^{T} \sum_{j=1}^{n} y_{t,j} \log p_{t,j}$.

$$d\gamma_t = da_t * (z_t - a_{t-1}) * \Gamma_t * (1 - \Gamma_t)$$

$$dz_t = da_t * \Gamma_t$$

$$dx_t = W_{gx}^T d\gamma_t + W_{zx}^T (dz_t * (1 - z_t^2))$$

$$dV = \sum_{t=1}^{T} (p_t - y_t) a_t^T$$
"""


@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        (r"(z_t - a_{t-1}) * \Gamma_t *", r"(z_t - a_t) * \Gamma_t *"),
        (r"W_{gx}^T d\gamma_t + W_{zx}^T", r"W_{zx}^T d\gamma_t + W_{gx}^T"),
        (r"dz_t = da_t * \Gamma_t", r"dz_t = da_t * (1 - \Gamma_t)"),
        (r"(p_t - y_t) a_t^T", r"(p_t - y_t) a_{t-1}^T"),
    ],
)
def test_arguments_in_small_letters_and_blocks_by_what_they_act_on(right, wrong):
    assert set(verdicts(GATE)) == {"definition", "holds"}
    assert GATE.count(right) == 1
    assert "fails" in verdicts(GATE.replace(right, wrong))


@pytest.mark.parametrize("function", [r"\sigma", "f"])
def test_the_transpose_of_a_function_of_a_vector(function):
    page = rf"""
$$x_t = W {function}(x_{{t-1}}) + U u_t, \qquad E = \sum_{{t=1}}^T E_t$$

$$\frac{{\partial E_t}}{{\partial W}} = \sum_{{k=1}}^t \left(\frac{{\partial x_t}}{{\partial x_k}}\right)^\top
\left(\frac{{\partial E_t}}{{\partial x_t}}\right)^\top {function}(x_{{k-1}})^\top$$
"""
    assert both(page, "(x_{k-1})^", "(x_k)^") == ("holds", "fails")


def test_a_bracket_after_a_quantity_is_a_factor():
    page = r"$$h_t = \tanh(W h_{t-1} + x_t), \; L = \sum_t \ell(h_t)$$"
    page += r"$$\delta_t = \frac{\partial L}{\partial h_t}$$"
    page += r"$$\frac{\partial L}{\partial W} = \sum_t (\delta_t \odot (1 - h_t^2)) (h_{t-1})^\top$$"
    assert both(page, r"(h_{t-1})^\top$$", r"(h_t)^\top$$") == ("holds", "fails")


def test_a_sum_in_braces_reaches_as_far_as_its_index():
    page = STATE + r"$$\frac{\partial L}{\partial V} = \sum_{t=1}^{T} {\frac{\partial L_t}{\partial o_t}} "
    page += r"\cdot {\frac{\partial o_t}{\partial V}}$$"
    right, wrong = (rf"{{\frac{{\partial o_{{{time}}}}}{{\partial V}}}}$$" for time in ("t", "t-1"))
    assert both(page, right.replace("{t}", "t"), wrong) == ("holds", "fails")


@pytest.mark.parametrize("sign", [r"\defeq", r"\eqdef", r"\coloneq"])
def test_signs_of_definition_by_their_usual_names(sign):
    page = rf"$$h_t {sign} \tanh(w h_{{t-1}} + u x_t)$$ $$\frac{{dh_t}}{{dh_{{t-1}}}} = w (1 - h_t^2)$$"
    assert both(page, "h_t^2)$$", "h_{t-1}^2)$$") == ("holds", "fails")


def test_a_macro_of_the_document_goes_before():
    assert verdicts(r"$$\newcommand{\defeq}{+} a_t = b_t \defeq c_t$$") == ["definition"]
