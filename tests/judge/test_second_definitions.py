"""A quantity that is defined twice: the same in other words, a slip, or a new recurrence."""

import pytest

from symbptt.judge import verify

LSTM = r"""
$$f_t = \sigma(U_f h_{t-1} + W_f x_t)$$
$$i_t = \sigma(U_i h_{t-1} + W_i x_t)$$
$$g_t = \tanh(U_g h_{t-1} + W_g x_t)$$
$$k_t = c_{t-1} \odot f_t$$
$$c_t = g_t \odot i_t + k_t$$
$$o_t = \sigma(U_o h_{t-1} + W_o x_t)$$
$$h_t = o_t \odot \tanh(c_t)$$
"""
SLIPS = [
    (r"c_t = g_t \odot f_t + c_{t-1} \odot i_t", "changed places"),
    (r"c_t = g_t \odot i_t - c_{t-1} \odot f_t", "sign"),
    (r"c_t = g_t \odot f_t + c_{t-1} \odot f_t", "is meant"),
    (r"c_t = g_t \odot i_t + c_{t-2} \odot f_t", "time"),
]
ONE_SIGN_OR_NAME = [
    (r"k_t = c_{t-1} + f_t", r"\odot"),
    (r"k_t = c_{t-2} \odot f_t", "c_{t - 1}"),
    (r"h_t = o_t + \tanh(c_t)", r"\odot"),
    (r"h_t = o_{t-1} \odot \tanh(c_t)", "o_{t}"),
    (r"h_t = o_t \odot \tanh(k_t)", "c_{t}"),
    (r"f_t = \sigma(U_f h_{t-1} + W_i x_t)", "W_{f}"),
    (r"f_t = \sigma(U_f h_{t-1} - W_f x_t)", "+"),
    (r"g_t = \sigma(U_g h_{t-1} + W_g x_t)", "tanh"),
]


def last(text: str):
    """The finding on the last relation."""
    return verify(text).relations[-1].finding


def test_the_same_in_other_words_holds():
    assert last(LSTM + r"$$c_t = c_{t-1} \odot f_t + g_t \odot i_t$$").verdict == "holds"


@pytest.mark.parametrize(("claim", "said"), SLIPS)
def test_a_slip_is_pointed_at(claim, said):
    finding = last(f"{LSTM}$${claim}$$")
    assert finding.verdict in ("definition", "fails")
    assert finding.suggestion
    assert said in finding.message
    assert "line 6" in finding.message or finding.verdict == "fails"


@pytest.mark.parametrize(("claim", "meant"), ONE_SIGN_OR_NAME)
def test_what_differs_in_one_sign_or_name_is_pointed_at(claim, meant):
    finding = last(f"{LSTM}$${claim}$$")
    assert finding.verdict == "definition"
    assert finding.suggestion
    assert meant in finding.message


@pytest.mark.parametrize(
    "words", ["Recall that", "As above,", "Remember the gate again:", "回顾前面的定义："]
)
@pytest.mark.parametrize(("claim", "meant"), ONE_SIGN_OR_NAME[:4])
def test_what_is_said_to_be_the_same_and_is_not_fails(words, claim, meant):
    finding = last(f"{LSTM}\n{words}\n$${claim}$$")
    assert finding.verdict == "fails"
    assert "contradicts the definition in line" in finding.message
    assert meant in finding.message


def test_a_slip_that_defines_in_a_circle_fails():
    finding = last(LSTM + r"$$f_t = \sigma(U_f h_t + W_f x_t)$$")
    assert finding.verdict == "fails"
    assert "h_{t - 1}" in finding.message


@pytest.mark.parametrize("words", ["Another cell has", "With peepholes,", "Without a forget gate,"])
def test_a_variant_is_no_failure(words):
    finding = last(f"{LSTM}\n{words}\n" + r"$$h_t = o_t \odot \sigma(c_t)$$")
    assert finding.verdict == "definition"


def test_a_slip_fails_where_what_follows_needs_the_definition_before():
    wrong = r"$$c_t = g_t \odot i_t - c_{t-1} \odot f_t$$"
    after = r"$$\frac{\partial c_t}{\partial c_{t-1}} = \mathrm{diag}(f_t)$$"
    relations = verify(LSTM + wrong + after).relations
    assert relations[-2].finding.verdict == "fails"
    assert "contradicts the definition" in relations[-2].finding.message
    assert relations[-1].finding.verdict == "holds"


def test_a_new_rule_stands_where_what_follows_needs_it():
    other = r"$$c_t = g_t \odot i_t - c_{t-1} \odot f_t$$"
    after = r"$$\frac{\partial c_t}{\partial c_{t-1}} = -\mathrm{diag}(f_t)$$"
    relations = verify(LSTM + other + after).relations
    assert [one.finding.verdict for one in relations[-2:]] == ["definition", "holds"]


@pytest.mark.parametrize(
    "other",
    [
        # a peephole: all gates are defined anew
        r"""$$\begin{aligned} f_t &= \sigma(U_f c_{t-1} + W_f x_t) \\ i_t &= \sigma(U_i c_{t-1} + W_i x_t) \\
        o_t &= \sigma(U_o c_{t-1} + W_o x_t) \end{aligned}$$""",
        # another cell with new gates
        r"""$$\begin{aligned} z_t &= \sigma(U_z h_{t-1} + W_z x_t) \\ r_t &= \sigma(U_r h_{t-1} + W_r x_t) \\
        g_t &= \tanh(U_g (r_t \odot h_{t-1}) + W_g x_t) \\
        h_t &= (1 - z_t) \odot h_{t-1} + z_t \odot g_t \end{aligned}$$""",
        # new parameters
        r"$$h_t = o_t \odot \tanh(V c_t)$$",
    ],
)
def test_a_new_recurrence_is_no_slip(other):
    relations = verify(LSTM + other).relations
    assert {one.finding.verdict for one in relations} == {"definition"}
    assert not any(one.finding.suggestion for one in relations)


NETWORK = r"""
$$ z_t = W h_{t-1} + U x_t + b $$
$$ h_t = \tanh(z_t) $$
$$ o_t = V h_t $$
$$ L = \frac{1}{2} \sum_{t=1}^T \|o_t - y_t\|^2 $$
$$ \delta_t = \frac{\partial L}{\partial o_t} $$
$$ \delta_t = o_t - y_t $$
$$ \delta_t = \frac{\partial L}{\partial z_t} $$
"""


def test_an_error_term_that_is_the_gradient_by_something_else_from_here_on():
    text = NETWORK + r"$$ \frac{\partial L}{\partial W} = \sum_{t=1}^T \delta_t h_{t-1}^\top $$"
    verdicts = [one.finding.verdict for one in verify(text).relations[-3:]]
    assert verdicts == ["holds", "definition", "holds"]


def test_an_error_term_that_nothing_says_so_of_fails():
    text = NETWORK + r"$$ \frac{\partial L}{\partial V} = \sum_{t=1}^T \delta_t h_t^\top $$"
    verdicts = [one.finding.verdict for one in verify(text).relations[-3:]]
    assert verdicts == ["holds", "fails", "holds"]
