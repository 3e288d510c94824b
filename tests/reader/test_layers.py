r"""Families of equations in a specification: h_t^{(l)} = ... for l = 1, ..., L, as the reader has them."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from symbptt.errors import SpecificationError
from symbptt.reader import read_recurrence
from symbptt.reader.layers import MOST_MEMBERS
from symbptt.recurrence import Recurrence
from symbptt.writers.text import text

ABOVE = r"""
$$ h_t^{(l)} = \tanh(W^{(l)} h_{t-1}^{(l)} + U^{(l)} h_t^{(l-1)} + b^{(l)}) $$
with $h_t^{(0)} = x_t$, $h_0^{(l)} = 0$ for RANGE, NUMBER and the output
$$ y_t = V h_t^{(L)} $$
"""
RANGES = (
    r"$l = 1, \ldots, L$",
    r"$l = 1, 2, \dots, L$",
    r"$l=1..L$",
    r"$1 \le l \le L$",
    r"$L \geq l \geq 1$",
    r"$l \in \{1, \ldots, L\}$",
    r"$l \in [1, L]$",
    r"$l \in [L]$",
)
SPELLINGS = {
    "above, square": (
        r"a^{[l]}_t = \tanh(W^{[l]} a^{[l]}_{t-1} + U^{[l]} a^{[l-1]}_t)", r"a^{[0]}_t = x_t", "a^{[2]}"
    ),
    "above, bare": (r"h^l_t = \tanh(W^l h^l_{t-1} + U^l h^{l-1}_t)", "h^0_t = x_t", "h^{2}"),
    "below": (r"h_{l,t} = \tanh(W_l h_{l,t-1} + U_l h_{l-1,t})", "h_{0,t} = x_t", "h_{2}"),
    "below, time above": (
        r"h_l^{(t)} = \tanh(W_l h_l^{(t-1)} + U_l h_{l-1}^{(t)})", "h_0^{(t)} = x^{(t)}", "h_{2}"
    ),
    "above, angles": (
        r"a^{[l]\langle t \rangle} = \tanh(W^{[l]} a^{[l]\langle t-1 \rangle} + a^{[l-1]\langle t \rangle})",
        r"a^{[0]\langle t \rangle} = x^{\langle t \rangle}",
        "a^{[2]}",
    ),
}  # fmt: skip


def deep(layers: str = RANGES[0], number: str = "$L = 3$") -> str:
    return ABOVE.replace("RANGE", layers).replace("NUMBER", number)


def written_out(count: int) -> str:
    """The same without an index."""
    line = r"$$ h_t^{(1)} = \tanh(W^{(1)} h_{t-1}^{(1)} + U^{(1)} h_t^{(0)} + b^{(1)}) $$"
    lines = [line.replace("(1)", f"({i})").replace("(0)", f"({i - 1})") for i in range(1, count + 1)]
    lines[0] = lines[0].replace("h_t^{(0)}", "x_t")
    starts = [rf"$$ h_0^{{({i})}} = 0 $$" for i in range(1, count + 1)]
    return "\n".join([*lines, *starts, rf"$$ y_t = V h_t^{{({count})}} $$"])


def equations(r: Recurrence) -> list[str]:
    return [f"{text(e.left)} = {text(e.right)}" for e in r.equations]


@pytest.mark.parametrize("layers", RANGES)
def test_a_family_is_its_members(layers):
    r = read_recurrence(deep(layers))
    assert equations(r) == equations(read_recurrence(written_out(3)))
    assert [q.name for q in r.states] == ["h^{(1)}", "h^{(2)}", "h^{(3)}"]
    assert r.quantities["U^{(1)}"].shape == read_recurrence(written_out(3)).quantities["U^{(1)}"].shape


@settings(max_examples=8, deadline=None)
@given(st.integers(1, 12))
def test_any_number_of_layers_may_be_set(count):
    r = read_recurrence(deep(), numbers={"L": count})
    assert equations(r) == equations(read_recurrence(written_out(count)))


@pytest.mark.parametrize("name", SPELLINGS)
def test_ways_of_writing(name):
    family, below, last = SPELLINGS[name]
    r = read_recurrence(rf"$$ {family}, \quad l = 1, \ldots, 2 $$ $$ {below} $$")
    assert [q.name for q in r.states][-1] == last
    assert [q.name for q in r.inputs] == ["x"]
    assert len(r.equations) == 2


def test_sizes_follow_the_index():
    page = r"""$W^{(k)} \in \mathbb{R}^{n_k \times n_k}$, $U^{(k)} \in \mathbb{R}^{n_k \times n_{k-1}}$,
$n_0 = m$, $x_t \in \mathbb{R}^m$, $n_2 = 7$, $K = 2$,
$$ h_t^{(k)} = \tanh(W^{(k)} h_{t-1}^{(k)} + U^{(k)} h_t^{(k-1)}), \quad k = 1, \ldots, K, \quad
h_t^{(0)} = x_t $$"""
    r = read_recurrence(page)
    shapes = {name: str(r.quantities[name].shape) for name in ("U^{(1)}", "U^{(2)}")}
    assert shapes == {"U^{(1)}": "n_1 x m", "U^{(2)}": "7 x n_1"}
    assert str(read_recurrence(page, numbers={"n_1": 5, "m": 2}).quantities["U^{(1)}"].shape) == "5 x 2"


def test_two_families_and_a_sum_over_one():
    r = read_recurrence(
        r"""$$ h_t^{(l)} = \tanh(W^{(l)} h_{t-1}^{(l)} + U^{(l)} h_t^{(l-1)}), \quad l = 2, \ldots, L $$
$$ h_t^{(1)} = \tanh(W^{(1)} h_{t-1}^{(1)} + U x_t) $$ $$ y_t = \sum_{l=1}^{L} V^{(l)} h_t^{(l)} $$
$$ z^{(j)}_t = A^{(j)} y_t, \quad j \in \{1, 2\} $$ with $L = 2$"""
    )
    assert [q.name for q in r.outputs] == ["z^{(1)}", "z^{(2)}"]
    found = dict(line.split(" = ", 1) for line in equations(r))
    assert found["y[t]"] == "V^(1) · h^(1)[t] + V^(2) · h^(2)[t]"
    assert "U · x[t]" in found["h^(1)[t]"]


def test_layers_that_run_both_ways():
    r = read_recurrence(
        r"""$$ f_t^{(l)} = \tanh(A^{(l)} f_{t-1}^{(l)} + B^{(l)} z_t^{(l-1)}), \quad
g_t^{(l)} = \tanh(C^{(l)} g_{t+1}^{(l)} + D^{(l)} z_t^{(l-1)}), \quad l = 1, \ldots, L $$
$$ z_t^{(0)} = x_t, \quad z_t^{(l)} = [f_t^{(l)}; g_t^{(l)}] $$ with $g_{T+1}^{(l)} = 0$ and $L = 2$"""
    )
    assert [q.name for q in r.states if r.direction(q.name).sign < 0] == ["g^{(1)}", "g^{(2)}"]
    assert str(r.quantities["D^{(2)}"].shape).endswith("x (n + n_2)")


@pytest.mark.parametrize(
    ("page", "numbers", "message"),
    [
        (deep(number=""), {}, ":3:61: the number L is not given: write $L = 3$ in the text, or"),
        (deep(), {"L": MOST_MEMBERS + 1}, f"and at most {MOST_MEMBERS}"),
        (deep(r"$l = 3, \ldots, L$", "$L = 2$"), {}, "l runs from 3 to 2: expected at least one value"),
        (deep(), {"q": 3}, "no number q to set: the text has L"),
        (deep(), {"L": 0}, "expected"),
        (deep("all layers"), {}, r"no values for the index l: write $l = 1, \ldots, L$ and $L = 3$"),
        (deep() + "$$ L = y_1 $$", {}, "L is the last value of an index, and is defined as something else"),
    ],
)  # fmt: skip
def test_errors(page, numbers, message):
    with pytest.raises(SpecificationError) as problem:
        read_recurrence(page, numbers=numbers)
    assert message in str(problem.value)


def test_a_range_of_times_is_no_family():
    r = read_recurrence(r"$$ h_k = \tanh(W h_{k-1} + U x_k), \quad k = 1, \ldots, N $$")
    assert [q.name for q in r.states] == ["h"]
