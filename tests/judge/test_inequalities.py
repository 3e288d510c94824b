r"""Inequalities, approximations and \ne: what is false everywhere fails, numbers that agree prove nothing."""

import pytest

from symbptt.judge import verify

NET = r"""
$W \in \mathbb{R}^{n \times n}$, $U \in \mathbb{R}^{n \times m}$, $h_t \in \mathbb{R}^n$.

$$z_t = W h_{t-1} + U x_t$$
$$h_t = \sigma(z_t)$$
"""
JACOBIAN = r"\left\|\frac{\partial h_t}{\partial h_{t-1}}\right\|"


def last(claim: str):
    """The finding on a relation after the network."""
    return verify(f"{NET}$${claim}$$").relations[-1].finding


@pytest.mark.parametrize(
    "claim",
    [
        JACOBIAN + r" \le \|\mathrm{diag}(\sigma'(z_t))\| \|W\|",
        r"\|\mathrm{diag}(\sigma'(z_t))\| \|W\| \leq \frac{1}{4} \|W\|",
        r"\|W h_{t-1}\|_2 \leq \|W\| \|h_{t-1}\|",
        r"h_t < 1",
        r"1 \geq 1 - h_t^2",
        r"\sigma(q)(1 - \sigma(q)) \leq \frac{1}{4}",
        r"\frac{1}{\gamma} \gamma \le 1",
        r"\|W\| \ge \|W^\top\|",
    ],
)
def test_what_is_true_of_all_numbers_stays_undetermined(claim):
    finding = last(claim)
    assert finding.verdict == "undetermined"
    assert "true in all" in finding.message


@pytest.mark.parametrize(
    "claim",
    [
        JACOBIAN + r" > \|W\|",
        r"\|\mathrm{diag}(1 - h_t)\| > 9",
        r"\|W h_{t-1}\| > 2 \|W\| \|h_{t-1}\|",
        r"h_t > 1",
        r"\|W\| \le - \|W\|",
        r"h_t \odot h_t < 0",
        r"\frac{1}{\gamma} \gamma < 1",
        r"\|W\| > \|W^\top\|",
        r"\|-h_t\| < \|h_t\|",
    ],
)
def test_what_is_false_of_all_numbers_fails(claim):
    finding = last(claim)
    assert finding.verdict == "fails"
    assert finding.evidence.left
    assert finding.evidence.right


@pytest.mark.parametrize("claim", [r"\|z_t\| \le 1", r"z_t < \frac{1}{2}", r"\|W\| \ge 1"])
def test_what_needs_a_condition_says_so(claim):
    finding = last(claim)
    assert finding.verdict == "undetermined"
    assert "needs a condition" in finding.message


def test_an_unknown_bound_is_named():
    finding = last(r"\|W\| \le \beta_W")
    assert (finding.verdict, finding.message) == ("undetermined", r"\beta_{W} is nowhere defined.")


@pytest.mark.parametrize(
    ("claim", "verdict"),
    [
        (r"W h_{t-1} + U x_t \ne U x_t + W h_{t-1}", "fails"),
        (r"W W^\top \neq W^\top W", "holds"),
        (r"\frac{\partial h_t}{\partial z_t} \approx \mathrm{diag}(h_t (1 - h_t))", "holds"),
        (r"h_t \approx z_t", "undetermined"),
        (r"h_t \propto z_t", "undetermined"),
        (r"\|W\| \ll \|U\|", "undetermined"),
    ],
)
def test_other_relations(claim, verdict):
    finding = last(claim)
    assert finding.verdict == verdict
    assert finding.message or verdict == "holds"


def test_an_approximation_says_how_far_apart_the_sides_are():
    assert "how near" in last(r"h_t \approx z_t").message


@pytest.mark.parametrize("claim", [r"k < t", r"\beta_W < 1", r"1 \le k"])
def test_a_condition_on_a_free_name_is_nothing_to_prove(claim):
    finding = last(claim)
    assert finding.verdict == "definition"
    assert "condition on" in finding.message
