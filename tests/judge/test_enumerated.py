r"""Vectors with a number and a time, a_{1,t} and \delta_{2,t}; numbers of entries stay entries."""

import pytest

from symbptt.judge import verify
from symbptt.judge.notation.enumerated import with_enumerated
from symbptt.judge.notation.normal import normal_chain
from symbptt.reader.parser import parse_each

CELL = r"""
$$a_{1,t} = W x_t + U h_{t-1} + b$$
$$h_t = \tanh(a_{1,t})$$
$$a_{2,t} = V h_t + c$$
$$L = \frac{1}{2} \sum_{t=1}^{T} \|a_{2,t} - d_t\|^2$$
$$\delta_{1,t} = \frac{\partial L}{\partial a_{2,t}} = a_{2,t} - d_t$$
$$\delta_{2,t} = \frac{\partial L}{\partial h_t} = V^\top \delta_{1,t} + U^\top \delta_{3,t+1}$$
$$\delta_{3,t} = \frac{\partial L}{\partial a_{1,t}} = SLOPE$$
$$\frac{\partial L}{\partial U} = \sum_{t=1}^{T} \delta_{3,t} h_{t-1}^\top$$
"""


@pytest.mark.parametrize(
    ("slope", "verdict"),
    [
        (r"\delta_{2,t} \odot (1 - h_t^2)", "holds"),
        (r"\delta_{2,t} \odot (1 - h_t)^2", "fails"),
    ],
)
def test_numbered_vectors(slope: str, verdict: str) -> None:
    found = [one.finding.verdict for one in verify(CELL.replace("SLOPE", slope), "page.md").relations]
    assert found[9] == verdict, found
    assert set(found) <= ({"definition", "holds"} if verdict == "holds" else set(found))


@pytest.mark.parametrize(
    "text",
    [
        r"y_{1,t} = w_{11} x_{1,t} \\ y_{2,t} = w_{21} x_{1,t}",  # entries alone
        r"y_{1,t} = W x_t \\ y_{2,t} = V x_t \\ z_t = y_t",  # y is whole elsewhere
        r"y_{1,t} = W x_t",  # no numbering
    ],
)
def test_entries_stay(text: str) -> None:
    chains = [chain for line in text.split(r"\\") for chain in parse_each(line)]
    change = with_enumerated(chains)
    assert [normal_chain(chain, change) for chain in chains] == [
        normal_chain(chain, lambda node: node) for chain in chains
    ]
