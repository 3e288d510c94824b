"""Which equations need the loop over time, and which can be computed for all times at once."""

from __future__ import annotations

from collections.abc import Container, Iterable, Mapping
from dataclasses import dataclass
from graphlib import TopologicalSorter

from sympy.core.basic import Basic

from symbptt.expressions import Dot, Plus, quantities, rewrite, subexpressions
from symbptt.programs.plan.blocks import blocks_apart
from symbptt.recurrence import Equation, Recurrence

Needs = Mapping[str, set[str]]


@dataclass(frozen=True)
class Groups:
    """The equations at time t: before the loop (no state goes in), in it, after it (none comes out)."""

    before: tuple[Equation, ...]
    loop: tuple[Equation, ...]
    after: tuple[Equation, ...]


def grouped(recurrence: Recurrence, scanned: Container[str] = ()) -> Groups:
    """The equations in an order of computation; only circles through time stay in the loop.

    `scanned` are the names of equations that need no loop, though they look at their own state.
    """
    steps = {e.left.name: e for e in recurrence.steps}
    needs = {name: {q.name for q in quantities(e.right)} & set(steps) for name, e in steps.items()}
    feeds = {name: {user for user in steps if name in needs[user]} for name in steps}
    below, above = ({name: _reached(name, edges) for name in steps} for edges in (needs, feeds))
    circles = {name for name in steps if name in below[name] and name not in scanned}
    late = {name for name in steps if below[name] & circles}
    early = {name for name in steps if above[name] & circles}
    loop = [name for name in steps if name in circles or name in late & early]
    before = _sorted([name for name in steps if name not in late | circles], needs)
    after = _sorted([name for name in steps if name in late and name not in loop], needs)
    return Groups(*(tuple(steps[name] for name in names) for names in (before, loop, after)))


def _reached(name: str, edges: Needs) -> set[str]:
    found: set[str] = set()
    ahead = list(edges[name])
    while ahead:
        top = ahead.pop()
        if top not in found:
            found.add(top)
            ahead.extend(edges[top])
    return found


def _sorted(names: list[str], needs: Needs) -> list[str]:
    """Each after all that it needs, at whatever time."""
    graph = {name: [other for other in names if other in needs[name] - {name}] for name in names}
    return list(TopologicalSorter(graph).static_order())


def hoisted(e: Equation, loop: Iterable[str]) -> tuple[Equation, Equation] | None:
    """A sum split into the terms that no state enters and the others; None where nothing is gained.

    Gained is a matrix product that then runs once over all times instead of once a step.
    """
    right, inner = rewrite(e.right, blocks_apart), set(loop)
    if not isinstance(right, Plus):
        return None
    still = [term for term in right.args if not inner & {q.name for q in quantities(term)}]
    moving = [term for term in right.args if term not in still]
    if not moving or not any(_is_weighted(node) for term in still for node in subexpressions(term)):
        return None
    return Equation(e.left, Plus(*still)), Equation(e.left, Plus(*moving))


def _is_weighted(node: Basic) -> bool:
    """A product of something that runs through time with something that does not."""
    if not isinstance(node, Dot):
        return False
    timed = [any(q.time is not None for q in quantities(factor)) for factor in node.args]
    return any(timed) and not all(timed)
