"""Which operations of a sample share a loop over entries.

LLVM makes vector instructions of a loop only where it can check beforehand that no array written overlaps
another one, and it gives up beyond a certain number of such checks: so a loop is filled up to that number.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

from sympy.core.basic import Basic

from symbptt.expressions import (
    SCALAR,
    Apply,
    Braced,
    Plus,
    Power,
    Quantity,
    Times,
    children,
    quantities,
    subexpressions,
)
from symbptt.programs.loops.operations import Each, Operation
from symbptt.programs.loops.stages import ties_between

CHECKS = 8  # LLVM's -runtime-memory-check-threshold


@dataclass
class Group:
    """Entrywise assignments in one loop, or a single operation of another kind."""

    operations: list[Operation] = field(default_factory=list)

    @property
    def entrywise(self) -> bool:
        return all(isinstance(operation, Each) for operation in self.operations)


@dataclass
class Grouping:
    """`is_local(q)`: whether nothing outside of this pass looks at a quantity."""

    is_local: Callable[[Quantity], bool]
    groups: list[Group] = field(default_factory=list)
    waiting: list[Each] = field(default_factory=list)

    def add(self, operation: Operation) -> None:
        """Place an operation; a value that only others look at waits for the first of them."""
        if isinstance(operation, Each) and not operation.summed and self._may_wait(operation):
            self.waiting.append(operation)
            return
        unit = self._with_needed(operation)
        for early in [w for w in self.waiting if w not in unit and ties_between(w, operation)]:
            self._place(self._with_needed(early))
        self._place(unit)

    def _may_wait(self, operation: Each) -> bool:
        whole = operation.space == operation.target.shape
        return whole and self.is_local(operation.target) and operation.target.shape != SCALAR

    def _with_needed(self, operation: Operation) -> list[Operation]:
        """The operation behind all those waiting that it needs, which wait no longer."""
        names = {q.name for q in operation.reads} | {operation.target.name}
        unit: list[Operation] = [operation]
        for early in reversed([w for w in self.waiting if w is not operation]):
            if early.target.name in names:
                unit.insert(0, early)
                names |= {q.name for q in early.reads}
        self.waiting = [w for w in self.waiting if w not in unit]
        return unit

    def _place(self, unit: Sequence[Operation]) -> None:
        if len(unit) > 1 and not _alike(unit):
            *before, last = unit
            self._place(before)
            self._place([last])
            return
        for group in reversed(self.groups):
            if self._fits(unit, group):
                group.operations.extend(unit)
                return
            if any(ties_between(a, b) for a in group.operations for b in unit):
                break
        self.groups.append(Group(list(unit)))

    def _fits(self, unit: Sequence[Operation], group: Group) -> bool:
        """Whether a unit can share the loop of a group: the same entries, looked at one by one."""
        both = [*group.operations, *unit]
        return _alike(both) and (both[0].target.shape == SCALAR or self.checks(both) <= CHECKS)

    def checks(self, operations: Sequence[Operation]) -> int:
        """The pairs of places of which one is written, and which a loop must know to be apart."""
        stored: set[object] = set()
        looked: set[object] = set()
        for op in operations:
            assert isinstance(op, Each)
            looked |= {q for q in quantities(op.value) if q not in stored and not self.is_local(q)}
            if not self.is_local(op.target):
                stored.add(op.target)
        apart = len(looked - stored)
        return len(stored) * (len(stored) - 1) // 2 + len(stored) * apart


def grouped(operations: Iterable[Operation], is_local: Callable[[Quantity], bool]) -> list[Group]:
    """The operations of a sample in loops; a value that nothing looks at is left out."""
    grouping = Grouping(is_local)
    for operation in operations:
        grouping.add(operation)
    return grouping.groups


def _alike(operations: Sequence[Operation]) -> bool:
    """Whether operations can share a loop: over the same entries, each written and read at one place."""
    if not all(isinstance(operation, Each) for operation in operations):
        return False
    spaces = {op.space for op in operations if isinstance(op, Each)}
    return len(spaces) == 1 and not any(
        q == other.target or (q == op.target and q in other.reads)
        for op in operations
        for q in misaligned(op)
        for other in operations
        if other is not op
    )


ALIGNED = (Plus, Times, Power, Apply, Braced)


def misaligned(operation: Operation) -> set[Quantity]:
    """What an entrywise operation looks at elsewhere than at the entry that it writes."""
    assert isinstance(operation, Each)
    found = {q for q in _elsewhere(operation.value) if q.shape != SCALAR}
    space = operation.space
    found |= {q for q in quantities(operation.value) if q.shape != space and q.shape != SCALAR}
    if operation.place != (0, 0) or space != operation.target.shape:
        found.add(operation.target)
    return found


def _elsewhere(node: Basic) -> set[Quantity]:
    if isinstance(node, Quantity):
        return set()
    if isinstance(node, ALIGNED):
        return {q for part in children(node) for q in _elsewhere(part)}
    return {q for part in subexpressions(node) if isinstance(part, Quantity) for q in [part]}
