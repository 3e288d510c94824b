"""Words below braces, roots, labels of batches: pages where the judge had been wrong or had stopped."""

import pytest

from symbptt.judge.judge import verify


def verdicts(text):
    return [one.finding.verdict for one in verify(text).relations]


BRACES = r"""
$$h_t = \tanh(\underbrace{W h_{t-1}}_{\text{what it was}} + \underbrace{U x_t}_{\textstyle\text{what is}})$$

$$\frac{\partial h_t}{\partial h_{t-1}} = \underbrace{\text{diag}(1 - h_t^2)}_{\text{the slope of tanh}} W$$
"""


def test_words_below_a_brace_say_nothing_of_the_formula():
    assert verdicts(BRACES) == ["definition", "holds"]
    assert verdicts(BRACES.replace("(1 - h_t^2)", "(1 - h_t)"))[-1] == "fails"
    assert verdicts(BRACES.replace("tanh}} W", "tanh}} U"))[-1] != "holds"


ROOTS = r"""
$$s_t = \exp(a_t), \qquad r_t = \tanh(q_t), \qquad h_t = \tanh(W h_{t-1} + s_t + r_t)$$

$$\frac{\partial s_t \odot \sqrt{c - r_t^2}}{\partial a_t} =
\frac{\partial s_t \odot \sqrt{c - r_t^2}}{\partial s_t} \frac{\partial s_t}{\partial a_t}$$
"""


@pytest.mark.parametrize("inside", ["c - r_t^2", "1 - 9 r_t^2", "-r_t^2"])
def test_the_root_of_a_negative_number_proves_nothing(inside):
    assert verdicts(ROOTS.replace("c - r_t^2", inside))[-1] != "fails"


def test_a_root_that_is_a_number_does():
    page = ROOTS.replace("c - r_t^2", "1 + r_t^2")
    assert verdicts(page)[-1] == "holds"
    assert (
        verdicts(page.replace(r"{\partial s_t} \frac{\partial s_t}{\partial a_t}", r"{\partial s_t}"))[-1]
        == "fails"
    )


BATCH = r"""
$$h_t = \tanh(W h_{t-1} + U x_t), \qquad p_t = \text{softmax}(V h_t)$$

$$L_t = -\log p_{t, y_t}$$

For a batch, $H_t \in \mathbb{R}^{n \times d}$,
$X_t \in \mathbb{R}^{n \times m}$ and $Y_t \in \mathbb{R}^{n \times q}$:

$$H_t = \tanh(H_{t-1} A + X_t B), \qquad \hat{Y}_t = H_t C$$

$$J_t = \frac{1}{2} \| \hat{Y}_t - Y_t \|^2$$

$$\frac{\partial J_t}{\partial \hat{Y}_t} = \hat{Y}_t - Y_t$$
"""


def test_labels_of_one_example_and_of_a_batch():
    assert verdicts(BATCH)[-1] == "holds"
    assert verdicts(BATCH.replace(r"= \hat{Y}_t - Y_t", r"= Y_t - \hat{Y}_t"))[-1] == "fails"


STACKED = r"""
$$\begin{bmatrix} \hat{i}_t \\ \hat{f}_t \\ \hat{o}_t \end{bmatrix} =
\begin{bmatrix} W_i \\ W_f \\ W_o \end{bmatrix} x_t
+ \begin{bmatrix} U_i \\ U_f \\ U_o \end{bmatrix} out_{t-1} +
\begin{bmatrix} b_i \\ b_f \\ b_o \end{bmatrix}$$

$$\begin{bmatrix} i_t \\ f_t \\ o_t \end{bmatrix} =
\begin{bmatrix} \tanh(\hat{i}_t) \\ \sigma(\hat{f}_t) \\ \sigma(\hat{o}_t) \end{bmatrix}$$

$$state_t = f_t \odot state_{t-1} + i_t, \qquad out_t = \tanh(state_t) \odot o_t$$

$$\frac{\partial o_t}{\partial out_{t-1}} = \text{diag}(o_t \odot (1 - o_t)) U_o$$
"""


def test_columns_of_matrices_row_by_row():
    assert verdicts(STACKED)[-1] == "holds"
    assert verdicts(STACKED.replace(r"o_t)) U_o", r"o_t)) U_f"))[-1] == "fails"
    assert verdicts(STACKED.replace(r"(o_t \odot (1 - o_t))", r"(1 - o_t^2)"))[-1] == "fails"


def test_rows_times_a_transposed_matrix_are_rows():
    page = r"""
$$h_t = \tanh(a_t W^T + h_{t-1} U^T + b), \qquad y_t = s(h_t V^T + c), \qquad L = f(y_t, z_t)$$

$$\frac{\partial L}{\partial V} = \frac{\partial L}{\partial y_t} \frac{\partial y_t}{\partial V}$$

$$\frac{\partial h_t}{\partial a_t} = \text{diag}(1 - h_t^2) W$$
"""
    found = [one.finding for one in verify(page).relations]
    assert [one.verdict for one in found[-2:]] == ["holds", "holds"]
    assert found[-2].scope == "any"
    assert verdicts(page.replace(r"(1 - h_t^2) W", r"(1 - h_t^2) U"))[-1] == "fails"


SEVERAL = r"""
$$h_t = \tanh(W h_{t-1} + U x_t), \qquad y_t = V h_t$$

$$\frac{\partial L}{\partial h_t} =
\frac{\partial L}{\partial h_T} \prod_{i=t}^{T-1} \frac{\partial h_{i+1}}{\partial h_i}$$

A gate keeps more: $f_t = \sigma(A h_{t-1} + B x_t)$.

$$c_t = f_t \odot c_{t-1} + \tanh(C x_t)$$

$$\overrightarrow{h_t} = \text{RNN}(x_t, \overrightarrow{h_{t-1}})$$

$$y_t = D [\overrightarrow{h_t}; c_t]$$
"""


def test_a_relation_is_about_the_network_before_it():
    finding = [one.finding for one in verify(SEVERAL).relations][2]
    assert (finding.verdict, finding.scope) == ("holds", "any")
    wrong = SEVERAL.replace(r"h_{i+1}}{\partial h_i}", r"h_i}{\partial h_{i-1}}")
    assert verdicts(wrong)[2] != "holds"


SIZED = r"""
- $W_h \in \mathbb{R}^{H \times H}$
- $h_t \in \mathbb{R}^H$

$$h_t = \tanh(W_h h_{t-1} + W_x x_t + b)$$

$$\frac{\partial h_{t+1}}{\partial h_t} = \text{diag}(1 - h_{t+1}^2) W_h$$

- $W_x \in \mathbb{R}^{q \times d}$
- $b \in \mathbb{R}^q$
"""


def test_a_size_that_does_not_fit_the_recurrence_refutes_nothing_else():
    assert verdicts(SIZED)[1] != "fails"


def test_a_full_stop_after_a_closing_delimiter_that_is_not_seen():
    cases = r"\left\{ \begin{array}{lr} x_t, & t > 1 \\ 0, & t = 1 \end{array} \right.."
    assert verdicts(rf"\begin{{equation}} g_t = {cases} \end{{equation}}") == ["definition"]
