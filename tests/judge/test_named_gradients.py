r"""Gradients that a document writes as names: df_t by a gate or by its pre-activation, dW, dc_t += ..."""

import pytest

from symbptt import verify

CELL = r"""
$$
\begin{aligned}
f_t &= \sigma(W_f h_{t-1} + U_f x_t + b_f)\\
g_t &= \tanh(W_g h_{t-1} + U_g x_t + b_g)\\
o_t &= \sigma(W_o h_{t-1} + U_o x_t + b_o)\\
c_t &= f_t \odot c_{t-1} + (1 - f_t) \odot g_t\\
h_t &= o_t \odot \tanh(c_t)
\end{aligned}
$$
"""

BEFORE = (
    r"do_t = dh_t \odot \tanh(c_t) \odot o_t \odot (1 - o_t)",
    r"df_t = dc_t \odot (c_{t-1} - g_t) \odot f_t \odot (1 - f_t)",
    r"dg_t = dc_t \odot (1 - f_t) \odot (1 - g_t^2)",
)
AFTER = (
    r"do_t = dh_t \odot \tanh(c_t)",
    r"df_t = dc_t \odot (c_{t-1} - g_t)",
    r"dg_t = dc_t \odot (1 - f_t)",
)


def judged(*formulas):
    """The relations of a page with the cell and these displays, those of the cell left out."""
    page = CELL + "".join(f"\n$${formula}$$\n" for formula in formulas)
    return verify(page).relations[5:]


def verdicts(*formulas):
    return [relation.finding.verdict for relation in judged(*formulas)]


@pytest.mark.parametrize("gates", [BEFORE, AFTER])
def test_the_gradient_by_a_gate_or_by_its_pre_activation(gates):
    assert verdicts(*gates) == ["holds"] * 3


def test_each_gate_is_read_on_its_own():
    assert verdicts(AFTER[0], BEFORE[1], BEFORE[2]) == ["holds"] * 3


def test_a_wrong_gate_is_meant_as_the_others_are():
    wrong = r"dg_t = dc_t \odot (1 - f_t) \odot (1 - g_t)"
    *_, last = judged(BEFORE[0], BEFORE[1], wrong)
    assert last.finding.verdict == "fails"
    assert verdicts(BEFORE[0], BEFORE[1], wrong)[:2] == ["holds"] * 2


@pytest.mark.parametrize(
    ("gradient", "verdict"),
    [
        (r"dW_f = df_t h_{t-1}^\top", "holds"),
        (r"dW_f = df_t h_t^\top", "fails"),
        (r"dW_f = do_t h_{t-1}^\top", "fails"),
        (r"dW_f \mathrel{+}= df_t h_{t-1}^\top", "holds"),
        (r"dW_f \mathrel{+}= df_t h_t^\top", "fails"),
        (r"dW_f = \sum_t df_t h_{t-1}^\top", "holds"),
        (r"db_o = do_t", "holds"),
        (r"db_o = df_t", "fails"),
    ],
)
def test_what_a_step_adds_to_the_gradient_by_a_parameter(gradient, verdict):
    assert verdicts(*BEFORE, gradient)[-1] == verdict


@pytest.mark.parametrize(
    ("gradient", "verdict"),
    [
        (r"dc_{t-1} = dc_t \odot f_t", "holds"),
        (r"dc_{t-1} = dc_t \odot (1 - f_t)", "fails"),
        (r"dc_t \mathrel{+}= dh_t \odot o_t \odot (1 - \tanh^2(c_t))", "holds"),
        (r"dc_t \mathrel{+}= dh_t \odot f_t \odot (1 - \tanh^2(c_t))", "fails"),
        (r"dh_{t-1} = W_f^\top df_t + W_g^\top dg_t + W_o^\top do_t", "holds"),
        (r"dh_{t-1} = W_f^\top df_t + W_g^\top dg_t", "holds"),
        (r"dh_{t-1} = W_f^\top df_t + U_g^\top dg_t", "undetermined"),
        (r"dh_{t-1} = W_f df_t + W_g dg_t + W_o do_t", "fails"),
    ],
)
def test_what_reaches_a_state_through_the_quantities_that_use_it(gradient, verdict):
    assert verdicts(*BEFORE, gradient)[-1] == verdict


def test_a_repair_speaks_of_the_gradient_as_the_document_does():
    *_, last = judged(*BEFORE, r"dW_f = df_t h_t^\top")
    assert "df_{t}\\, h_{t - 1}" in last.finding.suggestion.replace("\\top", "")


def test_the_gradient_by_a_name_of_its_own_has_the_time_of_its_equation():
    """\\delta a is by nothing that the document names, so its equation defines it, at each time."""
    gate = r"\delta o_t = \delta h_t \odot \tanh(c_t)"
    cell = r"\delta c_t = \delta h_t \odot o_t \odot (1 - \tanh^2(c_t)) + \delta c_{t+1} \odot f_{t+1}"
    own = r"\delta a = \delta o_t \odot o_t \odot (1 - o_t)"
    page = (gate, cell, own)
    assert verdicts(*page, r"\frac{\partial L}{\partial W_o} = \sum_t \delta a h_{t-1}^\top")[-1] == "holds"
    assert verdicts(*page, r"\frac{\partial L}{\partial W_o} = \sum_t \delta a h_t^\top")[-1] == "fails"
    wrong = own.replace("1 - o_t", "1 - f_t")
    *_, definition, use = verdicts(gate, cell, wrong, r"\frac{\partial L}{\partial b_o} = \sum_t \delta a")
    assert (definition, use) == ("fails", "holds")  # the mistake is where it was made


SUMMED = r"""
$$
h_t = \tanh(W_{xh} x_t + W_{hh} h_{t-1} + b_h) \\
y_t = W_{hy} h_t + b_y \\
p_t = \mathrm{softmax}(y_t) \\
L = -\sum_t \log p_t[k_t]
$$

$$
dy_t = p_t - \mathbf{1}_{k_t} \\
dW_{hy} = \sum_t dy_t h_t^T \\
dh_t = W_{hy}^T dy_t + dh_{next} \\
dhraw_t = (1 - h_t \odot h_t) \odot dh_t \\
db_h = \sum_t dhraw_t \\
dW_{hh} = \sum_t dhraw_t h_{t-1}^T \\
dh_{next} = W_{hh}^T dhraw_t
$$
"""


def test_sums_over_time_of_gradients_of_one_step():
    verdicts = {one.latex.split("=")[0].strip(): one.finding.verdict for one in verify(SUMMED).relations}
    assert "fails" not in verdicts.values()
    assert {verdicts[name] for name in ("dW_{hy}", "dh_t", "db_h", "dW_{hh}", "dh_{next}")} == {"holds"}


@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        (r"\sum_t dhraw_t h_{t-1}^T", r"\sum_t dhraw_t h_t^T"),
        (r"\sum_t dy_t h_t^T", r"\sum_t h_t dy_t^T"),
        (r"db_h = \sum_t dhraw_t", r"db_h = \sum_t dh_t"),
    ],
)
def test_a_wrong_sum_over_time_fails(right, wrong):
    failing = [
        one.latex for one in verify(SUMMED.replace(right, wrong)).relations if one.finding.verdict == "fails"
    ]
    assert len(failing) == 1
    assert wrong.split("=")[-1].strip() in failing[0]
