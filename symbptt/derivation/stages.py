"""The stages that any formula of Jacobians goes through: symbols, paths, weights and primes, values."""

from __future__ import annotations

from collections.abc import Callable

from sympy.core.basic import Basic

from symbptt.derivation.local import Edge, Linearised
from symbptt.derivation.steps import Step, TimeRange
from symbptt.expressions import Immediate


def stages(
    local: Linearised,
    left: Basic,
    right: Callable[[Edge], Basic],
    rule: str,
    why: str,
    times: tuple[TimeRange, ...],
) -> list[Step]:
    """The lines of one chain; `right(link)` is the formula with each Jacobian written by `link`.

    The first line has the given rule; a line that says nothing new is left out.
    """
    by_primes = right(local.primes)
    lines = [
        (right(Immediate), rule, why),
        (right(local.chain), "chain rule", "each immediate derivative along its paths inside the step"),
        (
            by_primes,
            "activations and weights",
            "each link is a weight, or f' of what the function is applied to",
        ),
        (local.with_values(by_primes), *VALUES),
    ]
    kept = [line for n, line in enumerate(lines) if n == 0 or line[0] != lines[n - 1][0]]
    return [Step(left, value, name, reason, times=times) for value, name, reason in kept]


VALUES = ("derivatives of the functions", "f' written with the values at hand")


def with_values(
    local: Linearised, left: Basic, right: Basic, rule: str, why: str, times: tuple[TimeRange, ...]
) -> list[Step]:
    """A formula in weights and primes, and the same with the values at hand where that says more."""
    valued = local.with_values(right)
    first = Step(left, right, rule, why, times=times)
    return [first] if valued == right else [first, Step(left, valued, *VALUES, times=times)]
