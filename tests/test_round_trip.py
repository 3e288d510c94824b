"""What is written can be read again: read(write(e)) is e, for the sides of every step."""

from __future__ import annotations

import pytest
import sympy

from symbptt.derivation import derive
from symbptt.derivation.local import Linearised
from symbptt.expressions import Block, Braced, Eye, Slice, Zeros, subexpressions
from symbptt.reader import read_expression
from symbptt.writers.latex import latex
from tests.examples import EXAMPLES, OPEN

# A brace, a slice, a choice of cases, a bare 0 and a bare I are written for people.
READ = {**EXAMPLES, **OPEN}
FOR_PEOPLE = (Braced, Block, Slice, Zeros)


@pytest.mark.parametrize("name", [name for name in READ if name != "matrix_state"])
@pytest.mark.parametrize("form", ["unrolled", "nested", "expanded", "adjoint"])
def test_every_side_reads_back_as_itself(name, form):
    r = READ[name]()
    of = r.loss.left if r.loss and form == "adjoint" else r.states[-1]
    seen = 0
    for by in (q for q in r.parameters[:3] if of.name in Linearised(r).descendants(q.name)):
        derivation = derive(r, of, by, form)
        for side in (s for step in derivation.steps for s in (step.left, step.right)):
            if (
                not isinstance(side, Eye)
                and side != 0
                and not side.has(sympy.Piecewise)
                and not any(isinstance(part, FOR_PEOPLE) for part in subexpressions(side))
            ):
                assert read_expression(latex(side), derivation.recurrence, derivation.definitions) == side
                seen += 1
    assert seen > 4
