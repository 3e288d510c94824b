r"""Pages of several networks, names without definitions, letters of times: each with an error to be found."""

import pytest

from symbptt.judge import verify

GATED = r"""
Now a gated one.

$$i_t = \sigma(W_i x_t + U_i h_{t-1})$$
$$o_t = \sigma(W_o x_t + U_o h_{t-1})$$
$$c_t = c_{t-1} + i_t \odot \tanh(W_c x_t)$$
$$h_t = o_t \odot \tanh(c_t)$$
"""
SIMPLE = r"""
$$h_t = \tanh(W h_{t-1} + U x_t + b)$$
$$y_t = V h_t$$
"""


def verdict(text: str, relation: str, after: str = "") -> str:
    """The verdict on a relation at its place in a text."""
    found = verify(f"{text}\n$$ {relation} $$\n{after}", "page.md").relations
    return next(one.finding.verdict for one in found if one.latex.strip() == relation)


@pytest.mark.parametrize(
    ("relation", "expected"),
    [
        (r"\frac{\partial L}{\partial V} = \sum_{t=1}^T \frac{\partial L}{\partial y_t} h_t^\top", "holds"),
        (
            r"\frac{\partial L}{\partial V} = \sum_{t=1}^T \frac{\partial L}{\partial y_t} h_{t-1}^\top",
            "fails",
        ),
    ],
)
def test_a_loss_is_that_of_the_network_before(relation, expected):
    assert verdict(SIMPLE, relation, GATED) == expected


def test_the_loss_of_one_of_two_networks_stays_open_after_both():
    wrong = r"\frac{\partial L}{\partial V} = \sum_{t=1}^T \frac{\partial L}{\partial y_t} h_{t-1}^\top"
    assert verdict(SIMPLE + GATED, wrong) in ("undetermined", "fails")


def test_a_step_later_is_the_same_network():
    page = SIMPLE + r"$$h_{t+1} = \tanh(W h_t + U x_{t+1} + b)$$"
    right = r"\frac{\partial L}{\partial V} = \sum_{t=1}^T \frac{\partial L}{\partial y_t} h_t^\top"
    assert verdict(page, right) == "holds"
    assert verdict(page, right.replace("h_t^", "h_{t-1}^")) == "fails"


SLOPE = r"\frac{\partial h_t}{\partial h_{t-1}} = \text{diag}(\tanh'(%s)) %s"


@pytest.mark.parametrize(
    ("name", "factor", "expected"),
    [("z_t", "W", "holds"), ("z_t", "U", "undetermined"), ("x_t", "W", "fails"), ("h_{t-1}", "W", "fails")],
)
def test_a_slope_at_a_name_that_nothing_defines(name, factor, expected):
    assert verdict(SIMPLE, SLOPE % (name, factor)) == expected


def test_a_slope_at_the_gate_of_another_network():
    gate = r"$$z_t = \sigma(W_z x_t)$$ $$h_t = (1 - z_t) \odot h_{t-1} + z_t \odot \tanh(W_c x_t)$$"
    assert verdict(SIMPLE + gate, SLOPE % ("z_t", "W")) == "holds"
    assert verdict(SIMPLE + gate, SLOPE % ("z_t", "U")) != "holds"


@pytest.mark.parametrize(("first", "last"), [("i", "j"), ("k", "l"), ("k", "m")])
def test_a_product_between_two_other_times(first, last):
    right = rf"\frac{{\partial h_{last}}}{{\partial h_{first}}} = \prod_{{{first} < t \le {last}}} "
    right += r"\frac{\partial h_t}{\partial h_{t-1}}"
    assert verdict(SIMPLE, right) == "holds"
    assert verdict(SIMPLE, right.replace("<", r"\le")) == "fails"


def test_a_function_that_a_chain_explains_is_no_claim():
    page = SIMPLE + r"$$p^{(i)} = g_{\theta}(x^{(i)}) = \theta^\top x^{(i)}$$"
    found = [one.finding.verdict for one in verify(page, "page.md").relations]
    assert "fails" not in found


def test_parameters_in_general_are_those_of_the_quantity():
    page = SIMPLE + r"$$s_t = A \tanh(s_{t-1}) + B u_t$$ $$E = \sum_{t=1}^T E_t(s_t)$$"
    right = r"\frac{\partial E}{\partial \theta} = \sum_{t=1}^T \frac{\partial E_t}{\partial \theta}"
    assert verdict(page, right) == "holds"
    assert verdict(page, right.replace("t=1", "t=2")) != "holds"
    alone = page.replace(SIMPLE, "")
    assert verdict(alone, right.replace("t=1", "t=2")) == "fails"


def test_an_equation_to_be_solved_is_no_claim():
    page = SIMPLE + r"$$A v = \lambda v$$"
    assert verdict(page, r"\lambda^2 - 2 \lambda = 0") == "undetermined"
    assert verdict(SIMPLE, r"\frac{\partial h_t}{\partial b} = 0") == "fails"
