"""The judge on small documents: what holds holds, what is wrong fails, and a doubt stays a doubt."""

from pathlib import Path

import pytest

from symbptt.judge import verify

ELMAN = r"""
$U \in \mathbb{R}^{n \times m}$ $W \in \mathbb{R}^{n \times n}$
$$z_t = W h_{t-1} + U x_t$$
$$h_t = \tanh(z_t)$$
$$L = \sum_{t=1}^{T} \ell(h_t, y_t)$$
"""
LSTM = r"""
$$\Gamma_f^{\langle t \rangle} = \sigma(W_f[a^{\langle t-1 \rangle}, x^{\langle t \rangle}] + b_f)$$
$$\Gamma_u^{\langle t \rangle} = \sigma(W_u[a^{\langle t-1 \rangle}, x^{\langle t \rangle}] + b_u)$$
$$\tilde{c}^{\langle t \rangle} = \tanh(W_c[a^{\langle t-1 \rangle}, x^{\langle t \rangle}] + b_c)$$
$$c^{\langle t \rangle} = \Gamma_f^{\langle t \rangle} * c^{\langle t-1 \rangle}
    + \Gamma_u^{\langle t \rangle} * \tilde{c}^{\langle t \rangle}$$
$$a^{\langle t \rangle} = \tanh(c^{\langle t \rangle})$$
"""
ROWS = r"""
$$h_t = sigmoid(h_{t-1} * W + x_t * U)$$
$$\delta 3 = \delta 1 + \delta 2$$
$$\delta 4 = \delta 3 \cdot sigmoid'(h_t)$$
"""


def last(document: str) -> tuple[str, str | None, str]:
    """Verdict, scope and suggestion of the last relation."""
    finding = verify(document).relations[-1].finding
    return finding.verdict, finding.scope, finding.suggestion


@pytest.mark.parametrize(
    "claim",
    [
        r"\frac{\partial h_t}{\partial h_{t-1}} = \mathrm{diag}(1 - h_t^2) W",
        r"\frac{\partial h_t}{\partial z_t} = \mathrm{diag}(\tanh'(z_t))",
        r"\frac{\partial h_t}{\partial W} = \sum_{k=1}^{t} \frac{\partial h_t}{\partial h_k}"
        r" \frac{\partial h_k}{\partial W}",
        r"\frac{\partial h_t}{\partial h_k} = \prod_{j=k+1}^{t} \frac{\partial h_j}{\partial h_{j-1}}",
        r"\frac{\partial L}{\partial U} = \sum_{t=1}^{T} \frac{\partial L}{\partial z_t} x_t^\top",
        r"\frac{\partial L}{\partial h_t} = W^\top \frac{\partial L}{\partial z_{t+1}}"
        r" + \frac{\partial \ell(h_t, y_t)}{\partial h_t}",
        r"W h_{t-1} + U x_t = U x_t + W h_{t-1}",
        r"h_3 = \tanh(U x_3 + W h_2)",
    ],
)
def test_what_is_true_holds(claim):
    assert last(ELMAN + f"$${claim}$$")[:2] == ("holds", "any")


@pytest.mark.parametrize(
    "claim",
    [
        r"\frac{\partial h_t}{\partial h_{t-1}} = W",
        r"\frac{\partial h_t}{\partial h_{t-1}} = \mathrm{diag}(1 - h_t) W",
        r"\frac{\partial h_t}{\partial W} = \sum_{k=2}^{t} \frac{\partial h_t}{\partial h_k}"
        r" \frac{\partial h_k}{\partial W}",
        r"\frac{\partial h_t}{\partial h_k} = \prod_{j=k}^{t} \frac{\partial h_j}{\partial h_{j-1}}",
        r"\frac{\partial L}{\partial U} = \sum_{t=1}^{T-1} \frac{\partial L}{\partial z_t} x_t^\top",
        r"\frac{\partial L}{\partial h_t} = W^\top \frac{\partial L}{\partial z_{t+1}}",
        r"W h_{t-1} + U x_t = U x_t - W h_{t-1}",
        r"h_3 = \tanh(U x_2 + W h_2)",
    ],
)
def test_what_is_false_fails(claim):
    judgement = verify(ELMAN + f"$${claim}$$")
    finding = judgement.relations[-1].finding
    if "h_3" in claim:
        assert finding.verdict in ("fails", "definition")
        return
    assert finding.verdict == "fails"
    assert finding.evidence.relative_error > 1e-3


def test_true_for_scalars_only_is_told_apart():
    claim = (
        r"$$\frac{\partial h_t}{\partial h_k} = W^{t-k} \prod_{i=k+1}^{t} \frac{\partial h_i}{\partial z_i}$$"
    )
    finding = verify(ELMAN + claim).relations[-1].finding
    assert finding.verdict == "fails"
    assert "every size is 1" in finding.message
    undeclared = "\n".join(ELMAN.splitlines()[2:])
    finding = verify(undeclared + claim).relations[-1].finding
    assert (finding.verdict, finding.scope) == ("holds", "scalar")


def test_a_chain_names_the_line_that_is_wrong():
    claim = r"$$\frac{\partial h_t}{\partial h_{t-1}} = \mathrm{diag}(1 - h_t^2) W = W$$"
    verdicts = [one.finding.verdict for one in verify(ELMAN + claim).relations[-2:]]
    assert verdicts == ["holds", "fails"]


@pytest.mark.parametrize(
    ("claim", "suggestion"),
    [
        (r"\frac{\partial L}{h_t} = \frac{\partial L}{\partial h_t}", r"\frac{\partial L}{\partial h_t}"),
        (
            r"\frac{\partial L}{\partial W} = \sum_{i=1}^{T} \frac{\partial L}{\partial z_t} h_{t-1}^\top",
            "\\sum_{t=1}",
        ),
    ],
)
def test_errors_of_form_carry_their_repair(claim, suggestion):
    verdict, _, meant = last(ELMAN + f"$${claim}$$")
    assert verdict == "fails"
    assert meant.startswith(suggestion)


def test_an_index_bound_elsewhere_is_no_error_of_form():
    assert last(r"$$z_t = x_t$$ $$\sum_{i=1}^{2} \sum_{j=1}^{2} x_j = 2 \sum_{j=1}^{2} x_j$$")[0] == "holds"
    assert last(r"$$z_t = x_t$$ $$\sum_{i=1}^{3} z_t = 3 x_t$$")[0] == "holds"


@pytest.mark.parametrize(
    "claim", [r"r_t + 1 = 5", r"h_t \approx x_t", r"\frac{\partial E}{\partial W} = 3 W", r"f(q) = g(q)"]
)
def test_a_doubt_is_no_failure(claim):
    assert last(ELMAN + f"$${claim}$$")[0] in ("undetermined", "definition")


def test_gradients_with_names_are_held_against_the_forward_equations():
    right = (
        r"$$d\Gamma_f^{\langle t \rangle} = (dc_{next} + da_{next} * (1-\tanh(c_{next})^2)) * c_{prev}"
        r" * \Gamma_f^{\langle t \rangle} * (1-\Gamma_f^{\langle t \rangle})$$"
    )
    assert last(LSTM + right)[:2] == ("holds", "any")
    wrong = right.replace("(dc_{next} + da_{next} * (1-\\tanh(c_{next})^2))", "dc_{next} + da_{next}")
    assert last(LSTM + wrong)[0] == "fails"


def test_a_gradient_of_the_wrong_size_fails():
    wrong = r"$$dx^{\langle t \rangle} = W_f^T * d\Gamma_f^{\langle t \rangle}$$"
    before = (
        r"$$d\Gamma_f^{\langle t \rangle} = (dc_{next} + da_{next} * (1-\tanh(c_{next})^2)) * c_{prev}"
        r" * \Gamma_f^{\langle t \rangle} * (1-\Gamma_f^{\langle t \rangle})$$"
    )
    finding = verify(LSTM + before + wrong).relations[-1].finding
    assert finding.verdict == "fails"
    assert "sizes" in finding.message


@pytest.mark.parametrize(
    ("claim", "verdict"),
    [
        (r"\delta 5 = \delta 4 * W^T", "holds"),
        (r"\delta W = \delta W + h_{t-1}^T * \delta 4", "holds"),
        (r"\delta U = \delta U + x_{t}^T * \delta 3", "fails"),
    ],
)
def test_numbered_gradients_find_their_place(claim, verdict):
    assert last(ROWS + f"$${claim}$$")[0] == verdict


def test_what_is_no_number_decides_nothing():
    assert last(r"$$y_t = \exp(\exp(\exp(900 x_t)))$$ $$\exp(y_t) = 1$$")[0] == "undetermined"


@pytest.mark.parametrize(
    "text",
    ["$$a = " + "{" * 10_000 + "x" + "}" * 10_000 + "$$", "$$ a = b", "\x00$$ \x02 = 3$$", ""],
)
def test_junk_is_survived(text):
    judgement = verify(text)
    assert all(one.finding.verdict in ("unreadable", "definition") for one in judgement.relations)


def test_an_endless_sum_is_given_up_in_time():
    sums = "".join(rf"\sum_{{{letter}=1}}^{{60}}" for letter in "ijkl")
    assert last(rf"$$z_t = x_t$$ $${sums} x_{{i+j+k+l}} = 5 z_t$$")[0] == "undetermined"


def test_an_initial_value_is_a_definition_and_may_be_repeated():
    judgement = verify(r"$$h_t = \tanh(W h_{t-1} + x_t)$$ $$h_0 = 0$$ $$h_0 = 0$$")
    assert [one.finding.verdict for one in judgement.relations] == ["definition", "definition", "holds"]


@pytest.mark.parametrize(
    "page", sorted(Path(__file__).parents[2].glob("derivations/*/derivation.md")), ids=lambda p: p.parent.name
)
def test_no_derivation_of_ours_fails(page):
    judgement = verify(page.read_text(encoding="utf-8"), page.name)
    assert [one.latex for one in judgement.relations if one.finding.verdict == "fails"] == []
