r"""What a relation takes from the rest of its document: layout, names of one time, letters, namesakes."""

import pytest

from symbptt.judge import verify

NET = r"""
$$h_t = \tanh(W h_{t-1} + U x_t)$$
$$J_t = \frac{\partial h_t}{\partial h_{t-1}} = \mathrm{diag}(1 - h_t^2) W$$
$$\frac{d h_t}{d U} = \sum_{k=1}^{t} J_t J_{t-1} \cdots J_{k+1} \frac{\partial^+ h_k}{\partial U}$$
"""
SCALAR = r"""
$$h_1 = w h_0 + u x_1, \quad h_2 = w h_1 + u x_2, \quad h_3 = w h_2 + u x_3$$
$$L = \frac{1}{2}(h_3 - y)^2$$
"""
SOFTMAX = r"""
$$s_t = \tanh(U x_t + W s_{t-1})$$
$$p_t = \mathrm{softmax}(V s_t)$$
$$E_t = -y_t^\top \log p_t$$
With $z_3 = V s_3$ and $\otimes$ for the outer product,
"""
SIZED = r"""
Let $h_t \in \mathbb{R}^n$, $x_t \in \mathbb{R}^m$, $y_t \in \mathbb{R}^k$.
$$h_t = \tanh(W h_{t-1} + U x_t)$$
$$y_t = V h_t$$
"""
LOSSES = r"""
$$h_t = \tanh(W h_{t-1} + U x_t)$$
$$J^{(t)}(\theta) = \ell(h_t)$$
$$J(\theta) = \frac{1}{T} \sum_{t=1}^{T} J^{(t)}(\theta)$$
"""


def last(text: str):
    """The finding on the last relation."""
    return verify(text).relations[-1].finding


@pytest.mark.parametrize(("factors", "verdict"), [("J_3 J_2", "holds"), ("J_2 J_3", "fails")])
def test_a_name_for_a_jacobian_is_a_matrix(factors, verdict):
    claim = (
        r"$$\frac{d h_3}{d U} = \frac{\partial^+ h_3}{\partial U} + J_3 \frac{\partial^+ h_2}{\partial U}"
        rf" + {factors} \frac{{\partial^+ h_1}}{{\partial U}}$$"
    )
    assert last(NET + claim).verdict == verdict


def test_either_layout_of_such_names_is_right_by_itself():
    columns = r"""
$$h_t = \tanh(W h_{t-1} + U x_t)$$
$$J_t = \frac{\partial h_t}{\partial h_{t-1}} = W^\top \mathrm{diag}(1 - h_t^2)$$
$$\frac{\partial h_3}{\partial h_1} = J_2 J_3$$
"""
    assert [one.finding.verdict for one in verify(columns).relations] == ["definition"] * 2 + ["holds"] * 2


def test_a_gradient_of_the_wrong_shape_is_to_be_transposed():
    text = r"""
$W \in \mathbb{R}^{n \times n}$, $U \in \mathbb{R}^{n \times m}$, $V \in \mathbb{R}^{l \times n}$.
$$z_t = W h_{t-1} + U x_t$$
$$h_t = \tanh(z_t)$$
$$o_t = V h_t$$
$$L = \sum_t \ell(o_t)$$
$$\nabla_W L = \sum_t (\nabla_{z_t} L) h_{t-1}^\top$$
$$\nabla_U L = \sum_t (\nabla_{z_t} L) x_t^\top$$
"""
    assert last(text + r"$$\nabla_V L = \sum_t (\nabla_{o_t} L) h_t^\top$$").verdict == "holds"
    finding = last(text + r"$$\nabla_V L = \sum_t h_t (\nabla_{o_t} L)^\top$$")
    assert finding.verdict == "fails"
    assert "transposed" in finding.message
    assert finding.suggestion.endswith(r"^{\top}")


@pytest.mark.parametrize(
    ("right", "verdict"), [(r"(p_3 - y_3) \otimes s_3", "holds"), (r"(y_3 - p_3) \otimes s_3", "fails")]
)
def test_a_name_at_one_time_stands_in_the_equation_of_that_time(right, verdict):
    chain = (
        r"$$\frac{\partial E_3}{\partial V} = \frac{\partial E_3}{\partial p_3}"
        rf" \frac{{\partial p_3}}{{\partial z_3}} \frac{{\partial z_3}}{{\partial V}} = {right}$$"
    )
    relations = verify(SOFTMAX + chain).relations
    assert relations[-2].finding.verdict == "holds"
    assert relations[-1].finding.verdict == verdict


def test_a_namesake_that_makes_the_relation_hold_is_named():
    right = r"$$\frac{dL}{du} = (h_3 - y)(x_3 + w x_2 + w^2 x_1)$$"
    assert last(SCALAR + right).verdict == "holds"
    finding = last(SCALAR + right.replace("x_1)", "x_0)"))
    assert finding.verdict == "undetermined"
    assert finding.message.startswith("x_{0} is nowhere defined. x_{1} is meant")
    assert "x_{1}" in finding.suggestion


@pytest.mark.parametrize(("end", "verdict"), [(r"\prod_{j=k+1}^{t}", "holds"), (r"\prod_{j=k}^{t}", "fails")])
def test_a_letter_that_names_a_size_may_be_an_index(end, verdict):
    claim = (
        r"$$\frac{\partial h_t}{\partial h_k} = \prod_{j=k+1}^{t} \frac{\partial h_j}{\partial h_{j-1}}"
        rf" = {end} \mathrm{{diag}}(1 - h_j^2) W$$"
    )
    assert last(SIZED + claim).verdict == verdict


@pytest.mark.parametrize(
    ("claim", "verdict"),
    [
        (r"\frac{1}{T} (J^{(1)}(\theta) + J^{(2)}(\theta) + \ldots) = J(\theta)", "holds"),
        (r"J^{(1)}(\theta) + J^{(2)}(\theta) + \ldots = J(\theta)", "fails"),
        (r"J^{(1)} + J^{(2)} + \ldots + J^{(T)} = T J", "holds"),
        (r"J^{(1)} + J^{(2)} + \ldots + J^{(T-1)} = T J", "fails"),
    ],
)
def test_a_number_above_is_a_time_where_the_letter_is(claim, verdict):
    assert last(f"{LOSSES}$${claim}$$").verdict == verdict


WITHOUT_SIZES = r"""
$$h_t = \tanh(W h_{t-1} + U x_t)$$

$$y_t = V h_t$$

$$\frac{\partial y_t}{\partial x_t} = V \operatorname{diag}(1 - h_t^2) U$$
"""
WITH_CARE = r"""
$$\frac{\partial h_t}{\partial h_{t-1}} = \operatorname{diag}(1 - h_t^2) W$$

$$\frac{\partial h_t}{\partial x_t} = \operatorname{diag}(1 - h_t^2) U$$
"""


@pytest.mark.parametrize(
    "swapped", [r"V U \operatorname{diag}(1 - h_t^2)", r"\operatorname{diag}(1 - h_t^2) V U"]
)
def test_swapped_factors_fail_where_the_rest_keeps_to_matrices(swapped):
    text = WITHOUT_SIZES.replace(r"V \operatorname{diag}(1 - h_t^2) U", swapped)
    *_, found = verify(text + WITH_CARE).relations[:3]
    assert found.finding.verdict == "fails"
    assert "every size is 1" in found.finding.message
    assert "swapped" in found.finding.message


def test_where_nothing_else_speaks_of_matrices_the_edit_is_only_pointed_at():
    text = WITHOUT_SIZES.replace(r"V \operatorname{diag}(1 - h_t^2) U", r"(1 - h_t^2) V U")
    *_, found = verify(text).relations
    assert (found.finding.verdict, found.finding.scope) == ("holds", "scalar")


ENTRYWISE = r"""
$h_t, z_t, g_t \in \mathbb{R}^n$

$$h_t = (1 - z_t) \odot h_{t-1} + z_t \odot g_t$$
"""


def test_the_diagonal_of_a_jacobian_is_pointed_at_and_no_failure():
    found = last(ENTRYWISE + r"$$\frac{\partial h_t}{\partial z_t} = g_t - h_{t-1}$$")
    assert (found.verdict, found.scope) == ("holds", "scalar")
    assert found.suggestion == r"\operatorname{diag}\left( g_{t} - h_{t - 1} \right)"
    assert last(ENTRYWISE + r"$$\frac{\partial h_t}{\partial z_t} = h_{t-1} - g_t$$").verdict == "fails"
