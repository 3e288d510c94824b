"""One function of the module: its passes over times and samples, and where its quantities lie."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import Enum
from functools import cached_property

from symbptt.expressions import SCALAR, Quantity
from symbptt.programs.loops.groups import Group, grouped
from symbptt.programs.loops.operations import Each, Operation, Outer, Product
from symbptt.programs.loops.stages import Stage, staged
from symbptt.recurrence import t


class Lying(Enum):
    """Where a quantity lies; all but the first two are gone after the pass, the step, or the function."""

    SERIES = "an array over times and samples"
    FIXED = "an array, or a number, without time"
    SAMPLES = "an array over samples"
    COLUMN = "an array for one sample"
    NUMBER = "a number for one sample"
    ENTRY = "a number for one entry"


@dataclass(frozen=True)
class Section:
    """Passes in order; `direction` is 1 or -1 in the loop over time, 0 outside."""

    stages: list[Stage]
    direction: int = 0


@dataclass
class Routine:
    """A function that starts from `given` arrays and must make those of `wanted`, by name.

    `samples` names what is computed once for each sample; `unpadded` arrays have no rows in front of time 1.
    """

    given: Mapping[str, Quantity]
    wanted: set[str]
    unpadded: set[str] = field(default_factory=set)
    samples: set[str] = field(default_factory=set)
    zeros: set[str] = field(default_factory=set)
    sections: list[Section] = field(default_factory=list)

    def section(self, operations: Iterable[Operation], direction: int = 0) -> None:
        """Add a part of the function."""
        found = staged(operations)
        if found:
            self.sections.append(Section(found, direction))

    # -------------------------------------------------------------- where quantities lie

    @cached_property
    def _uses(self) -> dict[str, list[tuple[Section, Stage, Operation, Quantity]]]:
        found: dict[str, list[tuple[Section, Stage, Operation, Quantity]]] = {}
        for section in self.sections:
            for stage in section.stages:
                for operation in stage.operations:
                    for q in (operation.target, *operation.reads):
                        found.setdefault(q.name, []).append((section, stage, operation, q))
        return found

    @cached_property
    def _sheltered(self) -> set[str]:
        """The names of what one pass over the samples alone looks at, at one time."""
        found = set()
        for name, uses in self._uses.items():
            stages = {id(stage) for _, stage, _, _ in uses}
            times = {q.time for _, _, _, q in uses}
            stage = uses[0][1]
            if (
                name not in self.given
                and name not in self.wanted
                and name not in self.zeros
                and len(stages) == len(times) == 1
                and times != {None}
                and not stage.calls
            ):
                found.add(name)
        return found

    def groups(self, stage: Stage) -> list[Group]:
        """The loops of a pass over the samples."""
        return self._groups[id(stage)]

    @cached_property
    def _groups(self) -> dict[int, list[Group]]:
        def is_local(q: Quantity) -> bool:
            return q.name in self._sheltered or (q.time is None and q.shape == SCALAR)

        return {
            id(stage): grouped(stage.operations, is_local)
            for section in self.sections
            for stage in section.stages
            if not stage.calls
        }

    @cached_property
    def lying(self) -> dict[str, Lying]:
        """Where each quantity lies, by name."""
        found = {name: self._lying(name) for name in self._uses}
        return {**{name: self._given(q) for name, q in self.given.items()}, **found}

    def _given(self, q: Quantity) -> Lying:
        if q.name in self.samples:
            return Lying.SAMPLES
        return Lying.FIXED if q.time is None else Lying.SERIES

    def _lying(self, name: str) -> Lying:
        uses = self._uses[name]
        q = uses[0][3]
        if name in self.given:
            return self._given(self.given[name])
        if q.time is None:
            return Lying.FIXED
        if name in self.wanted:
            return Lying.SERIES
        if name in self._sheltered:
            return self._sheltered_lying(name, q)
        in_loop = all(section.direction and other.time == t for section, _, _, other in uses)
        return Lying.SAMPLES if name in self.samples or in_loop else Lying.SERIES

    def _sheltered_lying(self, name: str, q: Quantity) -> Lying:
        if q.shape == SCALAR:
            return Lying.NUMBER
        holding = [group for group in self.groups(self._uses[name][0][1]) if _touches(group, name)]
        one = len(holding) == 1 and holding[0].entrywise
        return Lying.ENTRY if one else Lying.COLUMN

    def made(self) -> Iterator[Quantity]:
        """The quantities that the function makes arrays for (or numbers), in order of their first use."""
        kinds = (Lying.SERIES, Lying.FIXED, Lying.SAMPLES, Lying.COLUMN)
        for name, uses in self._uses.items():
            if name not in self.given and self.lying[name] in kinds:
                yield uses[0][3]

    def starts_at_zero(self, name: str) -> bool:
        """Whether the first to write a quantity adds to it."""
        writers = [op for _, _, op, _ in self._uses[name] if op.target.name == name]
        first = writers[0]
        adds = isinstance(first, Outer) or (isinstance(first, (Each, Product)) and first.adds)
        return name in self.zeros or adds or (isinstance(first, Each) and first.summed)


def _touches(group: Group, name: str) -> bool:
    return any(q.name == name for op in group.operations for q in (op.target, *op.reads))
