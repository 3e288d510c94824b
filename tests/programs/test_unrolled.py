"""The unrolled scalar program against the oracle, and its linear growth."""

from __future__ import annotations

import numpy as np
import pytest

from symbptt.errors import SymbpttError
from symbptt.oracle import World, generic_instance
from symbptt.programs.unrolled import _symbol, unroll
from symbptt.recurrence import t
from tests.examples import EXAMPLES, elman, two_lags


def by_name(world: World) -> dict[str, float]:
    """Every given number of a world under its name in the program."""
    quantities = {q.name: q for q in world.recurrence.quantities.values()}
    return {
        _symbol(quantities[name].at(time)).name: float(value[0, 0].real)
        for (name, time), value in world.given.items()
    }


@pytest.mark.parametrize("name", EXAMPLES)
def test_value_and_derivative_are_the_oracles(name):
    r = EXAMPLES[name]()
    steps = 4
    world = World.random(r, {str(s): 1 for s in r.sizes}, steps)
    numbers = by_name(world)
    generic = {}
    for f in r.functions:
        if f.meaning == "":
            f_of = generic_instance(f.name)
            generic = {
                f.name: f_of,
                f"{f.name}_prime": lambda x, f_of=f_of: np.imag(f_of(x + 1e-30j)) / 1e-30,
            }
    state = r.states[-1]
    for by in (*r.parameters, *(q.at(1) for q in r.inputs), *r.initials):
        try:
            program = unroll(r, state, by, steps)
        except SymbpttError:
            continue
        value, derivative = program.function(**generic)(*(numbers[str(s)] for s in program.given))
        assert value == pytest.approx(world.run[state.name, steps][0, 0].real, rel=1e-12)
        key = (by.name, None if by.time is None else int(by.time))
        assert derivative == pytest.approx(world.total((state.name, steps), key)[0, 0], rel=1e-11, abs=1e-15)


def test_the_program_grows_linearly():
    r = two_lags()
    lengths = [len(unroll(r, r.states[0], r.parameters[0], n).statements) for n in (10, 20, 40)]
    assert lengths[2] - lengths[1] == 2 * (lengths[1] - lengths[0])


def test_it_reads_as_assignments():
    r = elman(initial_zero=True)
    text = str(unroll(r, r.states[0], r.parameters[0], 2))
    assert "a_2 = S(f_2)" in text
    assert text.splitlines()[0] == "a_0 = 0"


def test_a_symbolic_time_is_refused():
    r = elman()
    with pytest.raises(SymbpttError, match="concrete time"):
        unroll(r, r.states[0], r.inputs[0].at(t), 3)
    with pytest.raises(SymbpttError, match="concrete time"):
        unroll(r, r.loss.left, r.parameters[0], 3)
