"""Step and Derivation: what a derivation is, and how every step of it is checked by numbers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace

import sympy
from sympy.core.basic import Basic

from symbptt.errors import SymbpttError
from symbptt.expressions import Quantity
from symbptt.oracle import Values, World, difference, evaluate, with_values
from symbptt.recurrence import Recurrence

ANY, SCALAR_ONLY = "any", "scalar"
TimeRange = tuple[sympy.Symbol, sympy.Expr, sympy.Expr]


@dataclass(frozen=True)
class Step:
    """`left = right` by a named rule, with one sentence of why.

    Steps in a row with the same left side are one chain of equalities. `scope` is "any", or "scalar" for an
    equality that holds only where every size is one. `times` says for which times it is meant, as
    (symbol, low, high).
    """

    left: Basic
    right: Basic
    rule: str
    why: str
    scope: str = ANY
    times: tuple[TimeRange, ...] = ()

    def _repr_latex_(self) -> str:
        from symbptt.writers import step_latex  # the writers stand above this layer

        return f"$\\displaystyle {step_latex(self)}$"


@dataclass(frozen=True)
class Derivation:
    """The steps from a recurrence to the derivative of `of` by `by`.

    `definitions` gives the meaning of names that the derivation brought in (a stacked state, an adjoint).
    """

    recurrence: Recurrence
    of: Quantity
    by: Quantity
    form: str
    steps: tuple[Step, ...]
    definitions: Mapping[Quantity, Basic] = field(default_factory=dict)
    notation: str = "matrix"

    @property
    def result(self) -> Basic:
        """The right side that the derivation ends with, of those that hold for any size."""
        return [s for s in self.steps if s.scope == ANY][-1].right

    def with_steps(self, steps: tuple[Step, ...], notation: str) -> Derivation:
        return replace(self, steps=steps, notation=notation)

    def _repr_html_(self) -> str:
        from symbptt.writers.html import derivation_html  # the writers stand above this layer

        return derivation_html(self)

    def _repr_markdown_(self) -> str:
        from symbptt.writers import to_markdown  # the writers stand above this layer

        return to_markdown(self)

    def world(self, sizes: Mapping[str, int] | None = None, horizon: int = 4, seed: int = 0) -> World:
        """Random numbers for the recurrence, in which the derivation's own names have their meaning too."""
        (world,) = with_values(lambda signs: [World.random(self.recurrence, sizes, horizon, seed, signs)])
        return replace(world, names=dict(self.definitions))

    def errors(self, sizes: Mapping[str, int] | None = None, horizon: int = 4) -> list[float]:
        """For each step the largest relative difference of its two sides over all the times it is meant for.

        Steps that hold for scalars only are evaluated with every size one.
        """
        wide, narrow = (
            self.world(sizes, horizon),
            self.world({str(s): 1 for s in self.recurrence.sizes}, horizon),
        )
        return [_error(step, narrow if step.scope == SCALAR_ONLY else wide) for step in self.steps]

    def verify(self, tolerance: float = 1e-9) -> None:
        """Evaluate both sides of every step, by the oracle.

        Raises SymbpttError naming the first step whose sides differ.
        """
        for step, found in zip(self.steps, self.errors(), strict=True):
            if not found <= tolerance:
                raise SymbpttError(f"the step '{step.rule}' does not hold: relative difference {found:.1e}")


def _error(step: Step, world: World) -> float:
    values = world.values()
    choices = list(choices_of(step.times, values))
    return max((difference(evaluate(step.left, v), evaluate(step.right, v)) for v in choices), default=0.0)


def choices_of(times: tuple[TimeRange, ...], values: Values) -> Iterator[Values]:
    """Every combination of times in the ranges; a later range may use an earlier symbol."""
    if not times:
        yield values
        return
    (symbol, low, high), *rest = times
    for time in range(values.integer(low), values.integer(high) + 1):
        yield from choices_of(tuple(rest), values.bound({symbol: time}))
