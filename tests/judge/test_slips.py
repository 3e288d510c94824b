r"""A wrong time in an equation that defines a quantity: what follows contradicts it, and it alone fails."""

from pathlib import Path

import pytest

from symbptt.judge import verify

FOLDER = Path(__file__).parent / "documents"
SLIPS = [
    (
        "gated_chapter.md",
        r"\boldsymbol{W}\boldsymbol{h}^{(t-1)} + ",
        r"\boldsymbol{W}\boldsymbol{h}^{(t+1)} + ",
    ),
    ("weighted_input_zh.md", "Wh^{(t-1)} + b", "Wh^{(t+1)} + b"),
    ("weighted_input_zh.md", "Wh^{(t-1)} + b", "Wh^{(t)} + b"),
    ("row_states.md", "h_{t-1} W_h + b", "h_{t+1} W_h + b"),
    ("row_states.md", "= x_t W_x + h", "= x_{t-1} W_x + h"),
    ("sums_of_units.md", r"W_{ij} h_j(t-1) + \sum", r"W_{ij} h_j(t+1) + \sum"),
    ("character_blog.md", "W_{hh} h_{t-1} + W", "W_{hh} h_{t+1} + W"),
]
BACKWARDS = r"""
$$ h_t = \tanh(W h_{t+1} + U x_t + b) $$
$$ y_t = V h_t $$
$$ L = \frac{1}{2} \sum_{t=1}^{T} \|y_t - d_t\|^2 $$
$$ \frac{\partial L}{\partial h_1} = V^\top (y_1 - d_1) $$
$$ \frac{\partial L}{\partial h_t} = V^\top (y_t - d_t)
   + W^\top \left( (1 - h_{t-1} \odot h_{t-1}) \odot \frac{\partial L}{\partial h_{t-1}} \right) $$
$$ \frac{\partial L}{\partial V} = \sum_{t=1}^{T} (y_t - d_t) h_t^\top $$
"""


def failing(text: str, name: str = "page.md") -> list[tuple[str, str]]:
    """The relations that fail, with what is suggested."""
    relations = verify(text, name).relations
    return [(one.latex, one.finding.suggestion) for one in relations if one.finding.verdict == "fails"]


@pytest.mark.parametrize(("name", "right", "wrong"), SLIPS)
def test_the_definition_fails_and_not_what_follows(name, right, wrong):
    text = (FOLDER / name).read_text("utf-8").split("<!-- planted")[0]
    assert text.count(right) == 1
    found = failing(text.replace(right, wrong), name)
    assert len(found) == 1
    assert wrong in found[0][0]
    assert found[0][1]


def test_what_follows_is_said_to_hold_by_what_is_meant():
    text = (FOLDER / "row_states.md").read_text("utf-8").split("<!-- planted")[0]
    relations = verify(text.replace("h_{t-1} W_h + b", "h_{t+1} W_h + b"), "row_states.md").relations
    assert [one.finding.verdict for one in relations if "is mended" in one.finding.message] == ["holds"] * 3


def test_a_recurrence_that_runs_backwards_raises_no_alarm():
    assert failing(BACKWARDS) == []


def test_one_relation_that_fails_is_no_slip_of_the_definition():
    wrong = BACKWARDS.replace(r"(y_t - d_t) h_t^\top", r"(y_t - d_t) h_{t+1}^\top")
    assert [suggestion for _, suggestion in failing(wrong)] == [r"h_{t}^{\top}"]


FORMS = r"""
$$ a_t = S_t(W a_{t-1} + U x_t + b) $$
$$ \frac{\partial a_t}{\partial W} = \frac{\partial^+ a_t}{W} + \frac{\partial a_t}{\partial a_{t-1}}
   \frac{\partial a_{t-1}}{\partial W} $$
$$ \frac{\partial a_t}{\partial W}
   = \sum_{i=1}^{t} \frac{\partial a_t}{\partial a_i} \frac{\partial^+ a_i}{W} $$
$$ \frac{\partial a_t}{\partial U}
   = \sum_{i=1}^{t} \frac{\partial a_t}{\partial a_i} \frac{\partial^+ a_i}{U} $$
"""


def test_errors_of_form_are_no_slip_of_the_definition():
    relations = verify(FORMS).relations
    assert [one.finding.verdict for one in relations] == ["definition", "fails", "fails", "fails"]
    assert all("\\partial is missing" in one.finding.message for one in relations[1:])
