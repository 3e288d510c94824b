"""Beside every specification stand its derivation and its code, as they are generated today."""

from __future__ import annotations

import pytest

import symbptt
from symbptt.cells import ready
from symbptt.recurrence import t
from symbptt.writers import WRITERS

CELLS = sorted(ready())


def derivation_page(name: str) -> str:
    """By every variable the last state expanded and the loss by adjoints; states by path."""
    recurrence = symbptt.load(str(ready()[name]))
    derivations = [d for form in ("expanded", "adjoint") for d in symbptt.derive_all(recurrence, form=form)]
    if len(recurrence.states) > 1:
        earlier = [(q, q.at(recurrence.direction(q.name).before(t))) for q in recurrence.states]
        derivations += [symbptt.derive(recurrence, q, before, "paths") for q, before in earlier]
    return WRITERS["markdown"](*derivations)


@pytest.mark.parametrize("name", CELLS)
def test_the_derivation_is_the_generated_one(name, golden):
    golden(ready()[name].parent / "derivation.md", derivation_page(name))


@pytest.mark.parametrize("name", CELLS)
def test_the_code_is_the_generated_one(name, golden):
    recurrence = symbptt.load(str(ready()[name]))
    golden(ready()[name].parent / f"{name}.py", symbptt.generate(recurrence))
