"""Chains A = B = C whose B cannot be evaluated, and names that a chain gives to what is left over."""

from symbptt.judge import verify

NET = r"""
$$s_t = \tanh(U x_t + W s_{t-1})$$
"""
GATED = r"""
$$f_t = \sigma(U x_t + W h_{t-1})$$
$$g_t = \tanh(Q x_t)$$
$$c_t = f_t \odot c_{t-1} + g_t$$
$$h_t = \tanh(c_t)$$
"""
COLLECTED = r"""
$$\begin{aligned}
\frac{\partial c_t}{\partial W} &= \frac{\partial f_t}{\partial W} \odot c_{t-1}
  + f_t \odot \frac{\partial c_{t-1}}{\partial W} \\
&= f_t \odot \frac{\partial c_{t-1}}{\partial W} + C_t \\
&= f_t \odot \left(f_{t-1} \odot \frac{\partial c_{t-2}}{\partial W} + C_{t-1}\right) + C_t
\end{aligned}$$
"""


def findings(text: str) -> list:
    """The findings on a document."""
    return [one.finding for one in verify(text).relations]


def chain(middle: str, end: str) -> str:
    """The head, a line that holds, one that cannot be evaluated, and an end."""
    return (
        NET
        + r"$$\frac{\partial s_t}{\partial s_{t-2}} = \frac{\partial s_t}{\partial s_{t-1}}"
        + r"\frac{\partial s_{t-1}}{\partial s_{t-2}} = "
        + f"{middle} = {end}$$"
    )


UNKNOWN = r"q(W, \ldots)"
TRUE = r"\mathrm{diag}(1 - s_t^2) W \mathrm{diag}(1 - s_{t-1}^2) W"


def test_what_is_true_of_the_head_holds():
    found = findings(chain(UNKNOWN, TRUE))
    assert [one.verdict for one in found] == ["definition", "holds", "undetermined", "holds"]
    assert "head of the chain" in found[-1].message


def test_what_is_false_of_the_head_fails():
    found = findings(chain(UNKNOWN, "W W"))
    assert [one.verdict for one in found] == ["definition", "holds", "undetermined", "fails"]
    assert "head of the chain" in found[-1].message
    assert found[-1].evidence.relative_error > 1e-3


def test_another_sign_breaks_the_chain():
    text = chain(UNKNOWN, "W W").replace(f"= {UNKNOWN}", rf"\approx {UNKNOWN}")
    assert findings(text)[-1].verdict == "undetermined"


def test_nothing_fails_where_no_line_before_it_holds():
    text = NET + rf"$$\frac{{\partial s_t}}{{\partial s_{{t-2}}}} = {UNKNOWN} = W W$$"
    assert [one.verdict for one in findings(text)][1:] == ["undetermined", "undetermined"]


def test_a_name_for_what_is_left_over_is_defined_by_its_line():
    found = findings(GATED + COLLECTED)
    assert [one.verdict for one in found[4:]] == ["holds", "definition", "holds"]
    assert "collects" in found[5].message


def test_lines_after_it_can_fail():
    wrong = COLLECTED.replace(r"C_{t-1}\right) + C_t", r"C_{t-1}\right) + C_{t-1}")
    assert findings(GATED + wrong)[-1].verdict == "fails"
    wrong = COLLECTED.replace("c_{t-2}", "c_{t-1}")
    assert findings(GATED + wrong)[-1].verdict == "fails"


def test_a_name_that_stands_in_a_product_is_not_guessed():
    text = GATED + COLLECTED.replace("+ C_t", r"+ C_t \odot f_t").replace("+ C_{t-1}", "")
    assert "undetermined" in [one.verdict for one in findings(text)]
