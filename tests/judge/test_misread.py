"""Failures that no slight edit mends are believed where they are few beside what holds."""

from __future__ import annotations

import pytest

from symbptt.judge import verify
from symbptt.judge.misread import misread
from symbptt.judge.verdicts import Evidence, Finding

FAILS = Finding("fails", "differs", evidence=Evidence("numeric"))
SLIP = Finding("fails", "differs", evidence=Evidence("numeric"), suggestion="a_t")
FORM = Finding("fails", "sizes", evidence=Evidence("form"))
HOLDS = Finding("holds", scope="any")


def failing(*findings: Finding) -> int:
    return sum(one.verdict == "fails" for one in misread(dict(enumerate(findings))).values())


@pytest.mark.parametrize(
    ("findings", "kept"),
    [
        ([FAILS] * 2, 2),
        ([FAILS] * 3, 0),
        ([FAILS] * 3 + [HOLDS] * 6, 0),
        ([FAILS] * 3 + [HOLDS] * 7, 3),
        ([FAILS] * 2 + [SLIP] * 4, 6),
        ([FAILS] * 3 + [SLIP, FORM], 2),
    ],
)
def test_failures_are_left_open_where_they_are_too_many(findings, kept):
    assert failing(*findings) == kept


NETWORK = r"""
$$h_t = \tanh(W h_{t-1} + U x_t), \qquad L = \sum_{t=1}^T \tfrac12 \|h_t - y_t\|^2$$
"""
OTHERWISE = r"$$\frac{\partial h_t}{\partial h_{t-1}} = W W^\top W + %d U U^\top$$" + "\n\n"
TRUE = r"$$\frac{\partial h_t}{\partial h_{t-1}} = \mathrm{diag}(1 - h_t^2) W$$" + "\n\n"


def verdicts(text: str) -> list[str]:
    return [one.finding.verdict for one in verify(NETWORK + text).relations[2:]]


def test_a_document_that_means_something_else():
    several = "".join(OTHERWISE % number for number in (2, 3, 4))
    assert verdicts(several) == ["undetermined"] * 3
    assert verdicts(TRUE * 7 + several) == ["holds"] * 7 + ["fails"] * 3
