"""Gradients stored over the values that they are computed from: where it is allowed, and where it is not."""

from __future__ import annotations

import pytest
import sympy

from symbptt.expressions import Block, Plus, Power, Quantity, Slice, Times
from symbptt.programs import generate
from symbptt.programs.loops.overwriting import overwriting
from symbptt.programs.plan.places import LOOP, WHOLE
from symbptt.programs.plan.program import Statement
from symbptt.recurrence import t
from tests.judges.given import recurrence

n = sympy.Symbol("n", integer=True, positive=True)


def series(name: str, rows: sympy.Expr = n, time: sympy.Expr = t) -> Quantity:
    return Quantity(name, (rows,), (), time)


g, d_g, d_z, other = (series(name) for name in ("g", "d_g", "d_z", "e"))
SLOPE = Times(d_g, Plus(1, -Power(g, 2)))
LATER = Statement(Quantity("d_b", (n,), ()), d_z, WHOLE, summed=True)


def stored(loop: list[Statement], rest: list[Statement] | None = None):
    return overwriting(loop, [LATER] if rest is None else rest, {"g"})


def test_a_gradient_lies_over_its_value():
    found = stored([Statement(d_z, SLOPE, LOOP, adds=True)])
    assert found.over == {"d_z": g}
    assert found.loop == [Statement(g, SLOPE, LOOP)]
    assert [s.value for s in found.rest] == [g]


def test_later_looks_go_before():
    """A sum is cut in two: what looks at the value goes before, what needs the gradient stays."""
    both = Statement(other, Plus(Times(g, d_g), d_z), LOOP, adds=True)
    found = stored([Statement(d_z, SLOPE, LOOP, adds=True), both])
    assert [s.target.name for s in found.loop] == ["e", "g", "e"]
    assert [s.value for s in found.loop] == [Times(g, d_g), SLOPE, g]


@pytest.mark.parametrize(
    ("loop", "rest"),
    [
        ([Statement(other, Times(g, d_z), LOOP)], None),  # needs both at once
        ([], [LATER, Statement(other, g, WHOLE)]),  # the value is needed behind the loop
        ([], []),  # nothing is saved: the gradient is gone after its step
        ([Statement(d_g, g, LOOP, adds=True)], None),  # writes what the gradient is computed from
    ],
)
def test_what_forbids_it(loop, rest):
    first = Statement(d_z, SLOPE, LOOP, adds=True)
    found = stored([first, *loop], rest)
    assert not found.over
    assert found.loop == [first, *loop]


def test_every_entry_comes_from_its_own_place():
    """A stack of two gates, and the same with the gates exchanged."""
    z, d = series("g", 2 * n), series("d_z", 2 * n)
    upper, lower = Slice(z, 0, 0, n), Slice(z, 0, n, 2 * n)
    for parts, allowed in (((upper, lower), True), ((lower, upper), False)):
        stack = Block(*([Times(part, d_g)] for part in parts))
        later = Statement(Quantity("d_b", (2 * n,), ()), d, WHOLE, summed=True)
        assert bool(overwriting([Statement(d, stack, LOOP)], [later], {"g"}).over) is allowed


def test_the_lstm_keeps_no_second_stack():
    source = generate(recurrence("lstm"), "numba")
    sweep = source[source.index("def pull_back") : source.index("def loss_and_seeds")]
    assert "# d_z is stored over z" in sweep
    assert "np.empty((T + 1, B, 4 * n)" not in sweep
