"""Which operations share a pass over the times and samples."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from symbptt.expressions import Quantity
from symbptt.programs.loops.operations import Operation
from symbptt.programs.plan.places import Scope


@dataclass
class Stage:
    """Operations of one scope in order: calls that handle all samples, or what is done sample by sample."""

    scope: Scope
    calls: bool
    operations: list[Operation] = field(default_factory=list)


def staged(operations: Iterable[Operation]) -> list[Stage]:
    """Operations in as few passes as their order allows: each as early as what it needs is there."""
    stages: list[Stage] = []
    for operation in operations:
        stage = next((s for s in stages[_earliest(operation, stages) :] if _takes(s, operation)), None)
        if stage is None:
            stage = Stage(operation.scope, operation.is_call)
            stages.append(stage)
        stage.operations.append(operation)
    return stages


def _takes(stage: Stage, operation: Operation) -> bool:
    return stage.scope == operation.scope and stage.calls == operation.is_call


def _earliest(operation: Operation, stages: list[Stage]) -> int:
    """The first stage that may hold the operation."""
    for i in reversed(range(len(stages))):
        ties = {tie for other in stages[i].operations for tie in ties_between(other, operation)}
        if ties:
            together = _takes(stages[i], operation) and (stages[i].calls or ties == {"same time"})
            return i if together else i + 1
    return 0


def ties_between(first: Operation, second: Operation) -> set[str]:
    """How two operations depend on each other: through a quantity that one writes and the other touches."""
    pairs = [(first.target, q) for q in (second.target, *second.reads)]
    pairs += [(q, second.target) for q in first.reads]
    return {_tie(a, b, first.scope, second.scope) for a, b in pairs if a.name == b.name} - {""}


def _tie(a: Quantity, b: Quantity, first: Scope, second: Scope) -> str:
    """In the loop over time, different times are different places."""
    if a.time == b.time and first == second:
        return "same time"
    return "" if first.kind == second.kind == "loop" else "other times"
