"""Formulas that hold, broken: they fail, and the repair undoes what was broken.

Hypothesis draws the mutants, the same each time; `python -m benchmarks.mutations` judges them all.
"""

from collections import Counter
from functools import cache
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from symbptt.judge import verify
from tests.judge.mutations import Mutant, Result, mutants, result

STYLES = sorted((Path(__file__).parent / "styles").glob("*.md"))
DRAWN = 40


@cache
def every() -> tuple[Mutant, ...]:
    """All mutants of all documents."""
    return tuple(one for path in STYLES for one in mutants(path.read_text(encoding="utf-8")))


@cache
def sample() -> tuple[Result, ...]:
    """Some of them with what the judge makes of them, drawn evenly from documents and mistakes."""
    drawn: dict[str, Mutant] = {}

    @settings(
        max_examples=DRAWN,
        derandomize=True,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(st.sampled_from(every()))
    def draw(mutant: Mutant) -> None:
        drawn.setdefault(mutant.latex, mutant)

    draw()
    return tuple(map(result, drawn.values()))


@pytest.mark.parametrize("path", STYLES, ids=lambda path: path.stem)
def test_what_is_right_holds(path):
    judgement = verify(path.read_text(encoding="utf-8"), path.name)
    verdicts = Counter(one.finding.verdict for one in judgement.relations)
    assert set(verdicts) == {"definition", "holds"}


def test_mutants_fail_or_are_equal(record_property):
    results = sample()
    failing = [one for one in results if one.verdict == "fails"]
    silent = [one for one in results if one.verdict == "holds" and not one.equal]
    record_property("mutants", len(results))
    record_property("failing", len(failing))
    # Of all mutants 98.8 % fail or are equal (benchmarks/mutations.py); a sample may hold two of the others.
    assert len(failing) + sum(one.equal for one in results) >= 0.95 * len(results)
    assert len(silent) <= 0.02 * len(results), [one.mutant.latex for one in silent]


def test_repairs_undo_the_mutation(record_property):
    failing = [one for one in sample() if one.verdict == "fails"]
    undone = [one for one in failing if one.repaired]
    record_property("repaired", f"{len(undone)} of {len(failing)}")
    assert len(undone) >= 0.85 * len(failing)


def planted(style: str, right: str, wrong: str) -> tuple[str, str, str]:
    text = (Path(__file__).parent / "styles" / f"{style}.md").read_text(encoding="utf-8")
    assert text.count(right) == 1
    findings = [one.finding for one in verify(text.replace(right, wrong)).relations]
    failing = [one for one in findings if one.verdict == "fails"]
    assert len(failing) == 1
    return failing[0].verdict, failing[0].message, failing[0].suggestion


@pytest.mark.parametrize(
    ("style", "right", "wrong", "said", "meant"),
    [
        ("denominator", "= W^T\n", "= W\n", "to be transposed", "W^{\\top}"),
        (
            "denominator",
            "= V^T \\frac{\\partial E}{\\partial p_t} +",
            "= V \\frac{\\partial E}{\\partial p_t} +",
            "transpose is missing on V",
            "V^{\\top}",
        ),
        ("goodfellow", "= \\hat{y}^{(t)} - y", "= \\hat{y}^{(t)} + y", "sign", "- y^{(t)}"),
        (
            "scalars",
            "w^{t-k} \\prod_{i=k+1}",
            "w^{t-k} \\prod_{i=k}",
            "lower limit should be k + 1",
            "k + 1",
        ),
        (
            "lstm",
            "{\\partial c_t} \\odot c_{t-1}",
            "{\\partial c_t} \\odot c_{t}",
            "should be t - 1",
            "c_{t - 1}",
        ),
        ("lstm", "{\\partial i_t} = ", "{\\partial i_t} = -", "minus", "g_{t}"),
        (
            "lstm",
            "{\\partial o_t} = \\frac{\\partial L}{\\partial h_t} \\odot \\tanh(c_t)",
            "{\\partial o_t} = \\tanh(c_t)",
            "factor \\frac{\\partial L}{\\partial h_{t}} is missing",
            "\\partial L",
        ),
        (
            "gru",
            "\\mathbf{z}_t \\odot (1 - \\mathbf{z}_t)\\right)",
            "\\mathbf{z}_t\\right)",
            "is missing",
            "1 - z_{t}",
        ),
        (
            "denominator",
            "W^T \\mathrm{diag}(s_t \\odot (1 - s_t))",
            "W^T",
            "is missing",
            "s_{t} \\odot \\left( 1 - s_{t} \\right)",
        ),
    ],
)
def test_repairs_say_what_is_wrong(style, right, wrong, said, meant):
    if right.endswith("\n"):
        right, wrong = right.strip() + "$$", wrong.strip() + "$$"
    _, message, suggestion = planted(style, right, wrong)
    assert said in message or meant in message
    assert meant in suggestion


def verdict_of_last(style: str, latex: str) -> str:
    text = (Path(__file__).parent / "styles" / f"{style}.md").read_text(encoding="utf-8")
    return verify(f"{text}\n$${latex}$$\n").relations[-1].finding.verdict


@pytest.mark.parametrize(
    ("style", "latex", "verdict"),
    [
        ("numerator", r"W_{hh} = \frac{\partial z_t}{\partial h_{t-1}}", "holds"),
        ("numerator", r"W_{hh} = \frac{\partial h_t}{\partial h_{t-1}}", "fails"),
        ("denominator", r"V^T = \frac{\partial p_t}{\partial s_t}", "holds"),
        ("denominator", r"V = \frac{\partial s_t}{\partial s_{t-1}}", "fails"),
    ],
)
def test_a_parameter_that_equals_a_derivative_is_a_claim(style, latex, verdict):
    assert verdict_of_last(style, latex) == verdict


@pytest.mark.parametrize(
    ("style", "latex", "verdict"),
    [
        ("numerator", r"\frac{\partial L}{\partial x_t} = \frac{\partial L}{\partial z_t} W_{hx}", "holds"),
        ("denominator", r"\frac{\partial E}{\partial s_t} = \frac{\partial E}{\partial p_t} V", "fails"),
    ],
)
def test_a_gradient_stands_in_a_product_as_it_does_in_its_document(style, latex, verdict):
    assert verdict_of_last(style, latex) == verdict
