"""Single ways of writing: dots, indices, open losses, gradients with names, definitions in passing."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from symbptt.judge import verify
from symbptt.judge.notation.dots import elided, written_out
from symbptt.judge.notation.normal import rebuilt
from symbptt.judge.notation.vocabulary import Vocabulary, integer
from symbptt.judge.numeric.tensors import Undecided
from symbptt.judge.numeric.world import OutOfRange
from symbptt.judge.reading import read
from symbptt.reader.parser import parse_expression
from symbptt.reader.syntax import Elided

ELMAN = r"""
$$z_t = W h_{t-1} + U x_t$$
$$h_t = \tanh(z_t)$$
"""


def last(document: str) -> str:
    """The verdict on the last relation."""
    return verify(document).relations[-1].finding.verdict


def run(latex: str, **bound: int) -> list[str]:
    """What dots leave out, written back."""
    node = rebuilt(parse_expression(latex), elided)
    assert isinstance(node, Elided)
    found = written_out(node, lambda limit: integer(limit, bound), 1, bound.get("T", 5))
    return [repr(term) for term in (*found.head, *found.terms, *found.tail)]


@given(st.integers(1, 12))
def test_a_sum_with_dots_has_as_many_terms_as_it_says(n):
    assert len(run(r"x_1 + x_2 + \cdots + x_n", n=n)) == n
    assert len(run(r"x_n + x_{n-1} + \cdots + x_1", n=n)) == n


@given(st.integers(2, 9), st.integers(1, 8))
def test_a_product_with_dots_runs_down_to_its_end(t, k):
    if t <= k:
        return
    assert len(run(r"A_t A_{t-1} \cdots A_{k+1} b", t=t, k=k)) == t - k + 1


def test_dots_may_stand_for_nothing_but_not_for_less():
    assert len(run(r"A_t A_{t-1} \cdots A_{k+1}", t=3, k=3)) == 0
    with pytest.raises(OutOfRange):
        run(r"A_t A_{t-1} \cdots A_{k+1}", t=2, k=4)
    with pytest.raises(Undecided):
        run(r"A + B + \cdots + Z")


@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        (
            r"\frac{\partial h_t}{\partial h_{t-1}} \cdots \frac{\partial h_{k+1}}{\partial h_k}",
            r"\frac{\partial h_t}{\partial h_{t-1}} \cdots \frac{\partial h_{k+2}}{\partial h_{k+1}}",
        ),
        (
            r"\operatorname{diag}(1 - h_t^2) W \cdots \operatorname{diag}(1 - h_{k+1}^2) W",
            r"\operatorname{diag}(1 - h_t^2) W \cdots \operatorname{diag}(1 - h_{k}^2) W",
        ),
    ],
)
def test_chains_with_dots(right, wrong):
    claim = r"\frac{\partial h_t}{\partial h_k} = "
    assert last(ELMAN + f"$${claim}{right}$$") == "holds"
    assert last(ELMAN + f"$${claim}{wrong}$$") == "fails"


def test_a_loss_that_stays_open_is_one_of_the_outputs():
    chain = r"\frac{\partial E_t}{\partial y_t} \frac{\partial y_t}{\partial h_t}"
    document = ELMAN + r"$$y_t = V h_t$$ "
    assert last(document + rf"$$\frac{{\partial E_t}}{{\partial h_t}} = {chain}$$") == "holds"
    assert last(document + rf"$$\frac{{\partial E_t}}{{\partial z_t}} = {chain}$$") == "fails"
    assert last(document + r"$$\frac{\partial E_t}{\partial h_t} = V^\top (y_t - d_t)$$") == "undetermined"


def test_definitions_in_passing_count():
    slope = r"$$\frac{\partial h_t}{\partial z_t} = \mathrm{diag}(1 - h_t^2)$$"
    assert last(r"with $z_t = W h_{t-1} + U x_t$: $$h_t = \tanh(z_t)$$" + slope) == "holds"
    assert last(r"$$h_t = \tanh(z_t) = \tanh(W h_{t-1} + U x_t)$$" + slope) == "holds"
    by_name = r"$$h_t = \tanh(W h_{t-1} + U x_t)$$ $$z_t = W h_{t-1} + U x_t$$"
    assert last(by_name + slope) == "holds"


def test_sums_over_entries_need_no_declared_size():
    document = r"$$p_i = \frac{e^{z_i}}{\sum_{j=1}^{K} e^{z_j}}$$"
    assert last(document + r"$$\frac{\partial p_i}{\partial z_j} = p_i (\delta_{ij} - p_j)$$") == "holds"
    assert last(document + r"$$\frac{\partial p_i}{\partial z_j} = -p_i p_j$$") == "holds"  # of i and j apart
    assert last(document + r"$$\frac{\partial p_i}{\partial z_i} = p_i (1 + p_i)$$") == "fails"


def test_gradients_with_names_at_every_time():
    document = r"""
$$c_t = f_t \odot c_{t-1} + i_t \odot g_t$$ $$h_t = o_t \odot \tanh(c_t)$$
$$\delta o_t = \delta h_t \odot \tanh(c_t)$$
"""
    right = r"$$\delta c_t = \delta h_t \odot o_t \odot (1 - \tanh^2(c_t)) + \delta c_{t+1} \odot f_{t+1}$$"
    defined = r"$$f_t = \sigma(x_t)$$ $$i_t = \sigma(u_t)$$ $$g_t = \tanh(v_t)$$ $$o_t = \sigma(w_t)$$"
    assert last(defined + document + right) == "holds"
    assert last(defined + document + right.replace("f_{t+1}", "f_{t}")) == "fails"


def test_a_function_named_by_another_and_one_that_is_left_open():
    slope = r"$$\frac{\partial a_t}{\partial f_t} = \mathrm{diag}(a_t \odot (1 - a_t))$$"
    forward = r"$$f_t = W a_{t-1} + U x_t$$ $$a_t = S(f_t)$$"
    assert last(forward + r"$$S(z) = \sigma(z)$$" + slope) == "holds"
    assert last(forward + slope) == "holds"
    assert last(forward + slope.replace("1 - a_t", "2 - a_t")) == "fails"


def test_updates_define_and_numbers_give_values():
    assert last(ELMAN + r"$$W \leftarrow W - \eta \nabla_W L$$") == "definition"
    assert last(r"$$x = [x_1, x_2, x_3] = [22.5, 42, 53]$$") == "definition"


SIZED = r"""$W \in \mathbb{R}^{n \times n}$, $U \in \mathbb{R}^{n \times m}$,
$x_t \in \mathbb{R}^m$, $h_t \in \mathbb{R}^n$

$$a_t = W h_{t-1} + U x_t, \quad h_t = \tanh(a_t)$$

$$L = \frac{1}{2}\sum_{t=1}^T \|h_t - y_t\|^2$$

$$\delta_t = \frac{\partial L}{\partial a_t}$$

"""


@pytest.mark.parametrize(
    ("relation", "verdict"),
    [
        (r"\frac{\partial L}{\partial U} = \sum_{t=1}^T \delta_t x_t^\top", "holds"),
        (r"\frac{\partial L}{\partial U} = \sum_{t=1}^T \delta_t x_t", "fails"),
        (r"\frac{\partial L}{\partial U} = \sum_{t=1}^T \delta_t^\top x_t", "fails"),
        (r"\frac{\partial L}{\partial W} = \sum_{t=1}^T h_{t-1}^\top \delta_t", "fails"),
        (r"\frac{\partial L}{\partial h_t} = (h_t - y_t) + W \delta_{t+1}", "fails"),
    ],
)
def test_what_is_true_of_numbers_alone_fails_where_sizes_are_declared(relation, verdict):
    assert verify(f"{SIZED}$${relation}$$").relations[-1].finding.verdict == verdict


LABELLED = r"""
$$h^{(t)} = \tanh(W h^{(t-1)} + U x^{(t)})$$
$$o^{(t)} = V h^{(t)}$$
$$\hat{y}^{(t)} = \mathrm{softmax}(o^{(t)})$$
$$L = -\sum_t \log \hat{y}^{(t)}_{y^{(t)}}$$
"""


def test_a_label_picks_an_entry():
    right = r"$$\frac{\partial L}{\partial o_i^{(t)}} = \hat{y}_i^{(t)} - \mathbf{1}_{i = y^{(t)}}$$"
    assert last(LABELLED + right) == "holds"
    assert last(LABELLED + right.replace("y^{(t)}}", "y^{(t-1)}}")) == "fails"
    assert last(LABELLED + right.replace("- ", "+ ")) == "fails"


def test_a_display_goes_on_from_the_one_before():
    first = ELMAN + r"$$\frac{\partial h_t}{\partial h_{t-1}}$$" + "\n"
    begun = ELMAN + r"$$\frac{\partial h_t}{\partial h_{t-1}} = \frac{\partial h_t}{\partial z_t} W$$" + "\n"
    assert last(begun + r"$$= \operatorname{diag}(1 - h_t^2) W$$") == "holds"
    assert last(begun + r"$$= W \operatorname{diag}(1 - h_t^2)$$") == "fails"
    assert last(first + r"$$= W \operatorname{diag}(1 - h_t^2)$$") == "undetermined"


LINEAR = r"""
$$h_t = A h_{t-1} + B x_t$$
$$y_t = C h_t$$
"""


@pytest.mark.parametrize(
    ("closed", "verdict"),
    [
        (r"y_t = \sum_{s=0}^{t-1} C A^{s} B x_{t-s}", "holds"),
        (r"y_t = \sum_{s=1}^{t} C A^{s} B x_{t-s}", "fails"),
        (r"y_t = \sum_{s=1}^{t} C A^{t-s} B x_s", "holds"),
    ],
)
def test_a_closed_form_is_a_claim_and_no_new_recurrence(closed, verdict):
    page = f"{LINEAR}\n$${closed}$$\n\n" + r"$$\frac{\partial y_t}{\partial h_{t-1}} = C A$$"
    relations = verify(page).relations
    assert relations[-2].finding.verdict == verdict
    assert relations[-1].finding.verdict == "holds"


STEP = r"\frac{\partial h(n)}{\partial h(n-1)} = "
LEAKY = r"""
$$h(n) = (1 - \alpha) h(n-1) + \alpha \tanh(v(n)), \quad v(n) = W h(n-1) + U u(n)$$
$$y(n) = V h(n)$$
$$E = \frac{1}{2} \sum_{n=1}^{N} \| y(n) - d(n) \|^2$$
"""


@pytest.mark.parametrize(
    ("formula", "verdict"),
    [
        (
            STEP + r"(1 - \alpha) I + \alpha \operatorname{diag}(1 - \tanh^2(v(n))) W",
            "holds",
        ),
        (
            STEP + r"\alpha \operatorname{diag}(1 - \tanh^2(v(n))) W + (1 - \alpha) I",
            "holds",
        ),
        (
            STEP + r"\alpha I + \alpha \operatorname{diag}(1 - \tanh^2(v(n))) W",
            "fails",
        ),
        (r"\frac{\partial E}{\partial V} = \sum_{n=1}^{N} (y(n) - d(n)) h(n)^\top", "holds"),
        (r"\frac{\partial E}{\partial V} = \sum_{n=1}^{N} (y(n) - d(n)) h(n-1)^\top", "fails"),
        (r"\frac{\partial E}{\partial h(N)} = V^\top (y(N) - d(N))", "holds"),
        (r"\frac{\partial E}{\partial h(N)} = V^\top (y(N) - d(N-1))", "fails"),
    ],
)
def test_a_time_n_in_brackets_and_multiples_of_the_identity(formula, verdict):
    assert last(f"{LEAKY}\n$${formula}$$") == verdict


@pytest.mark.parametrize(
    ("right", "verdict"),
    [
        (r"(1 - (s_q^{(t)})^2) V_{qm}", "holds"),
        (r"(1 - (s_q^{(t-1)})^2) V_{qm}", "fails"),
        (r"(1 - (s_q^{(t)})^2) V_{mq}", "fails"),
    ],
)
def test_an_index_below_a_raised_time_is_told_by_the_formulas_with_a_sum(right, verdict):
    page = r"\[ a_q^{(t)} = \sum_m V_{qm} s_m^{(t-1)} + b_q \] \[ s_q^{(t)} = \tanh(a_q^{(t)}) \]"
    assert last(page + rf"\[ \frac{{\partial s_q^{{(t)}}}}{{\partial s_m^{{(t-1)}}}} = {right} \]") == verdict


def test_a_label_below_a_raised_time_is_no_index():
    page = (
        r"\[ a_f^{(t)} = W_f h^{(t-1)} \] \[ f^{(t)} = \tanh(a_f^{(t)}) \] \[ z^{(t)} = \sum_k a_k^{(t)} \]"
    )
    right = r"\operatorname{diag}(1 - f^{(t)} \odot f^{(t)}) W_f"
    assert last(page + rf"\[ \frac{{\partial f^{{(t)}}}}{{\partial h^{{(t-1)}}}} = {right} \]") == "holds"


@pytest.mark.parametrize(
    ("prose", "matrices"),
    [
        ("where $Q$ and $P$ are symmetric positive definite", {"Q", "P"}),
        ("mit symmetrischen Matrizen $P$, $Q$", {"Q", "P"}),
        (r"with a symmetric weighting matrix \(P\)", {"P"}),
        ("which is simpler if $P$ is symmetric", set()),
        ("where $Q$ is symmetric and $P$ is not", set()),
        ("where $P$ is antisymmetric", set()),
        ("where $P$ is symmetric in its indices", set()),
    ],
)
def test_matrices_that_the_prose_says_to_be_symmetric(prose, matrices):
    found = read(rf"\[ J = x^\top P x + y^\top Q y \] {prose}. Then it holds if $x = 0$.", "page")
    every = (*found.chains, *(chain for _, chain in found.inline))
    assert Vocabulary.of(every).symmetric == matrices
