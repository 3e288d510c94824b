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
