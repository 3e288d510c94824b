"""How a relation was read: in LaTeX, with the shapes that the judge worked with, and the readings chosen."""

from symbptt.judge import verify

PAGE = r"""
$U \in \mathbb{R}^{n \times 3}$
$$h_t = \tanh(W h_{t-1} + U x_t)$$
$$\frac{\partial h_t}{\partial h_{t-1}} = diag(1-h_t^2)W$$
"""


def test_shapes_are_named_as_the_document_names_them():
    relation = verify(PAGE, explain=True).relations[0]
    assert relation.explanation.latex == r"h_{t} = \tanh\left( W\, h_{t - 1} + U\, x_{t} \right)"
    assert dict(relation.explanation.shapes) == {"h": "n", "W": "n x n", "U": "n x 3", "x": "3"}


def test_sizes_that_the_document_does_not_name_get_letters():
    shapes = (
        verify(r"$$h_t = \tanh(W [h_{t-1}; x_t] + b) \cdot E$$", explain=True).relations[0].explanation.shapes
    )
    assert dict(shapes) == {"h": "n", "W": "n x n+m", "x": "m", "b": "n", "E": "scalar"}


def test_it_is_worked_out_on_request_only():
    assert verify(PAGE).relations[0].explanation is None


def test_what_was_chosen_is_said():
    judgement = verify(PAGE, explain=True)
    assert judgement.conventions["vectors"] == "columns"
    assert judgement.recurrences == (r"h_t = \tanh(W h_{t-1} + U x_t)",)
