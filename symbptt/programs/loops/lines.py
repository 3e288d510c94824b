"""A routine as lines of Python: loops over times, samples and entries."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

import sympy
from sympy.core.basic import Basic

from symbptt.errors import SymbpttError
from symbptt.expressions import SCALAR, Axis, Quantity, Slice, Transposed, shape_of, size
from symbptt.programs.loops.entries import Entries, function_name
from symbptt.programs.loops.groups import Group
from symbptt.programs.loops.operations import (
    Contraction,
    Each,
    OfColumns,
    Outer,
    Panels,
    Product,
    Total,
)
from symbptt.programs.loops.routine import Lying, Routine, Section
from symbptt.programs.loops.stages import Stage
from symbptt.programs.plan.names import Names
from symbptt.programs.plan.places import Scope, Storage, lag_of, subscript
from symbptt.programs.source import code as c
from symbptt.programs.source.lines import assignment
from symbptt.programs.source.scalars import scalar
from symbptt.recurrence import T

Lines = list[str]


def indented(lines: Iterable[str]) -> Lines:
    """Lines one level further in."""
    return [f"    {line}" for line in lines]


@dataclass
class Writer:
    """Writes the operations of a routine; `front` rows of a padded array come before time 1."""

    routine: Routine
    names: Names
    front: int
    scope: Scope = field(default_factory=lambda: Scope("static"))
    entries_at_hand: dict[Quantity, str] = field(default_factory=dict)

    @property
    def entries(self) -> Entries:
        """Entries of expressions in the present scope."""
        return Entries(self.names, self.entry_of, self.symbol)

    def symbol(self, name: str) -> str:
        """A size, or a time, as source."""
        if name == T.name:
            return "T"
        if self.scope.index is not None and name == self.scope.index.name:
            return "t" if self.front == 1 else f"(t - {self.front - 1})"
        return self.names.variable(name)

    def length(self, axis: Axis) -> str:
        """The length of an axis."""
        return scalar(size(axis), self.symbol).text

    # -------------------------------------------------------------- where an entry lies

    def entry_of(self, q: Quantity, i: str, j: str) -> str:
        """An entry of a quantity as source."""
        if q in self.entries_at_hand:
            return self.entries_at_hand[q]
        return self._indexed(q, [index for index in (i, j) if index])

    def _indexed(self, q: Quantity, indices: list[str]) -> str:
        where = [*self.leading(q), *indices]
        return f"{self.names.variable(q.name)}[{', '.join(where)}]" if where else self.names.variable(q.name)

    def leading(self, q: Quantity) -> list[str]:
        """The indices of time and sample that pick one value of a quantity."""
        lying = self.routine.lying[q.name]
        if lying is Lying.SERIES:
            return [self.row(q), "s"]
        return ["s"] if lying is Lying.SAMPLES else []

    def row(self, q: Quantity) -> str:
        """The row of an array that holds the values of a time."""
        assert q.time is not None
        lag = lag_of(q.time, self.scope)
        offset = 0 if q.name in self.routine.unpadded else self.front
        if lag is None:
            return _fixed_row(q.time, offset)
        if not lag.is_Integer:
            raise SymbpttError(f"no array index for the time {q.time}")
        shift = int(lag) + self.front - offset
        return "t" if shift == 0 else f"t - {shift}" if shift > 0 else f"t + {-shift}"

    def of_all_samples(self, q: Quantity) -> str:
        """The values of a quantity for all samples, and times, as the rows of a matrix."""
        name = self.names.variable(q.name)
        if self.routine.lying[q.name] is not Lying.SERIES:
            return name
        if self.scope.kind == "loop":
            return f"{name}[{self.row(q)}]"
        storage = Storage.WHOLE if q.name in self.routine.unpadded else Storage.PADDED
        assert q.time is not None
        return f"rows({name}{subscript(q.time, self.scope, storage, self.front)})"

    # -------------------------------------------------------------- sections, passes, loops

    def section(self, section: Section) -> Lines:
        """The lines of a part of the function."""
        body = [line for stage in section.stages for line in self.stage(stage)]
        if not section.direction:
            return body
        ahead = f"range({self.front}, T + {self.front})"
        back = f"range(T + {self.front - 1}, {self.front - 1}, -1)".replace("T + 0", "T")
        return [f"for t in {ahead if section.direction > 0 else back}:", *indented(body)]

    def stage(self, stage: Stage) -> Lines:
        """The lines of a pass: calls, or a loop over samples, and over times where no loop is around."""
        self.scope = stage.scope
        if stage.calls:
            return [line for op in stage.operations for line in CALLS[type(op)](self, op)]
        body = [line for group in self.routine.groups(stage) for line in self.group(group)]
        if stage.scope.kind == "static" or not body:
            return body
        body = ["for s in range(B):", *indented(body)]
        return [self._times(stage.scope), *indented(body)] if stage.scope.kind == "whole" else body

    def _times(self, scope: Scope) -> str:
        low, stop = sympy.expand(scope.low + self.front - 1), sympy.expand(scope.high + self.front)
        outside = Scope("once")
        self.scope, inside = outside, self.scope
        line = f"for t in range({scalar(low, self.symbol).text}, {scalar(stop, self.symbol).text}):"
        self.scope = inside
        return line

    def group(self, group: Group) -> Lines:
        """One loop over entries."""
        if not group.entrywise:
            (operation,) = group.operations
            return SINGLE[type(operation)](self, operation)
        each = [operation for operation in group.operations if isinstance(operation, Each)]
        space = each[0].space
        body: Lines = []
        for n, operation in enumerate(each):
            later = {q for other in each[n + 1 :] for q in other.reads}
            later |= {other.target for other in each[n + 1 :]}
            once_more = operation.target in {other.target for other in each[n + 1 :]}
            body += self._each(operation, operation.target in later, once_more)
        self.entries_at_hand = {}
        return self.over([("i", space.rows), ("j", space.cols)], body)

    def over(self, axes: Iterable[tuple[str, Axis]], body: Lines) -> Lines:
        """Loops over the axes that there are."""
        for index, axis in reversed(list(axes)):
            if axis:
                body = [f"for {index} in range({self.length(axis)}):", *indented(body)]
        return body

    def _each(self, operation: Each, again: bool, once_more: bool) -> Lines:
        """One assignment; `again` where the loop looks at its target, and `once_more` where it writes it."""
        q, value = operation.target, self.entries.at(operation.value).text
        row, column = operation.place
        i, j = self.entries.shifted("i", row), self.entries.shifted("j", column)
        if not operation.space.rows:
            i = self.entries.length(row)
        if not operation.space.cols:
            j = self.entries.length(column)
        adds = operation.adds or operation.summed
        entry = self._entry_variable(q)
        if self.routine.lying[q.name] is Lying.ENTRY:
            self.entries_at_hand[q] = entry
            return assignment(entry, "+=" if adds else "=", value)
        target = self._indexed(q, [k for k, axis in zip((i, j), q.shape, strict=True) if axis])
        if self.entries_at_hand.get(q) or (again and not adds and "[" in target):
            self.entries_at_hand[q] = entry
            kept = [] if once_more else [f"{target} = {entry}"]
            return [*assignment(entry, "+=" if adds else "=", value), *kept]
        return assignment(target, "+=" if adds else "=", value)

    def _entry_variable(self, q: Quantity) -> str:
        """The variable of one entry: c_i of c, S_ij of S."""
        indices = "i" * bool(q.shape.rows) + "j" * bool(q.shape.cols)
        return self.names.variable(f"{q.name}_{indices} ")

    # -------------------------------------------------------------- sums and columns

    def total(self, operation: Total) -> Lines:
        """The sum of all entries."""
        shape, value = shape_of(operation.value), self.entries.at(operation.value).text
        return self._summed(operation.target, [("i", shape.rows), ("j", shape.cols)], value, "", "")

    def _summed(self, q: Quantity, axes: Iterable[tuple[str, Axis]], value: str, i: str, j: str) -> Lines:
        """A sum in a variable, which is then put in its place."""
        place = self.entry_of(q, i, j)
        variable = self._entry_variable(q) if "[" in place else place
        loops = self.over(axes, [f"{variable} += {value}"])
        return [f"{variable} = real(0)", *loops, *([f"{place} = {variable}"] if place != variable else [])]

    def contraction(self, operation: Contraction) -> Lines:
        """The sum over k of left[i, k] right[k, j], in the order in which the larger factor lies."""
        left, right, q = operation.left, operation.right, operation.target
        inner = ("k", shape_of(left).cols)
        value = c.multiplied([self.entries.at(left, "i", "k"), self.entries.at(right, "k", "j")]).text
        value = value.removeprefix("one * ").removesuffix(" * one")
        rows, columns = ("i", q.shape.rows), ("j", q.shape.cols)
        if q.shape == SCALAR:
            return self._summed(q, [inner], value, "", "")
        if not _runs_along_sum(left, right):
            target = self.entry_of(q, *(k if axis else "" for k, axis in (rows, columns)))
            zero = self.over([rows, columns], [f"{target} = real(0)"])
            order = [rows, inner, columns] if q.shape.cols else [inner, rows]
            return [*zero, *self.over(order, [f"{target} += {value}"])]
        i, j = (k if axis else "" for k, axis in (rows, columns))
        return self.over([rows, columns], self._summed(q, [inner], value, i, j))

    def of_columns(self, operation: OfColumns) -> Lines:
        """A function called on the column of one sample, or on each column of its matrix."""
        called = function_name(str(operation.function.meaning))
        columns = operation.target.shape.cols
        texts = [self._column(q, bool(columns)) for q in (operation.argument, operation.target)]
        return self.over([("j", columns)], [f"{called}({', '.join(texts)})"])

    def _column(self, q: Quantity, of_matrix: bool) -> str:
        where = [*self.leading(q), *([":", "j"] if of_matrix else [])]
        name = self.names.variable(q.name)
        return f"{name}[{', '.join(where)}]" if where else name

    # -------------------------------------------------------------- calls

    def panels(self, operation: Panels) -> Lines:
        """A matrix, turned or cut, in panels."""
        made, count = operation.target, "B" if operation.rows.kind == "loop" else "T * B"
        return [f"{self.names.variable(made.name)} = panels({self._view(operation.value)}, {count})"]

    def _view(self, node: Basic) -> str:
        if isinstance(node, Transposed):
            return f"{self._view(node.args[0])}.T"
        if isinstance(node, Slice):
            value, axis, start, stop = node.args[:4]
            first = "" if start == 0 else self.entries.length(start)
            last = "" if stop == size(shape_of(value)[int(axis)]) else self.entries.length(stop)
            colon = " : " if " " in first + last and first and last else ":"
            return f"{self._view(value)}[{':, ' if axis == 1 else ''}{first}{colon}{last}]"
        if isinstance(node, Quantity):
            return self.names.variable(node.name)
        raise SymbpttError(f"the numba target has no view of {type(node).__name__}")

    def product(self, operation: Product) -> Lines:
        """All samples, and outside of the loop all times, times one matrix."""
        rows, out = (self.of_all_samples(q) for q in (operation.rows, operation.target))
        called = "add_product" if operation.adds else "product"
        return [f"{called}({rows}, {self.names.variable(operation.matrix.name)}, {out})"]

    def outer(self, operation: Outer) -> Lines:
        """A sum of outer products over times and samples."""
        left, right = (self.of_all_samples(q) for q in (operation.left, operation.right))
        return [f"add_outer_products({left}, {right}, {self.names.variable(operation.target.name)})"]

    # -------------------------------------------------------------- arrays

    def arrays(self) -> Lines:
        """The lines that make the arrays of the routine."""
        stages = [stage for section in self.routine.sections for stage in section.stages]
        packed = {op.target.name for stage in stages for op in stage.operations if isinstance(op, Panels)}
        return [self.array(q) for q in self.routine.made() if q.name not in packed]

    def array(self, q: Quantity) -> str:
        """The line that makes one array, or number."""
        leads = {Lying.SERIES: [f"T + {self.front}", "B"], Lying.SAMPLES: ["B"]}
        lead = leads.get(self.routine.lying[q.name], [])
        zero = self.routine.starts_at_zero(q.name)
        lengths = [*lead, *(self.length(axis) for axis in q.shape if axis)]
        name = self.names.variable(q.name)
        if not lengths:
            return f"{name} = real(0)"
        shape = f"({', '.join(lengths)})" if len(lengths) > 1 else lengths[0]
        return f"{name} = np.{'zeros' if zero else 'empty'}({shape}, dtype)"


def _runs_along_sum(left: Basic, right: Basic) -> bool:
    """Whether the entries that a sum runs over lie side by side, in the factors that are matrices."""
    matrices = [(f, 1) for f in (left,) if shape_of(f).rows] + [(f, 0) for f in (right,) if shape_of(f).cols]
    return all((axis == 1) != _is_turned(f) for f, axis in matrices)


def _is_turned(node: Basic) -> bool:
    if isinstance(node, Slice):
        return _is_turned(node.args[0])
    return isinstance(node, Transposed) and not _is_turned(node.args[0])


def _fixed_row(time: sympy.Expr, offset: int) -> str:
    """The row of a fixed time: from the end for T, T - 1, ..., from the front for 0, 1, ..."""
    back, row = sympy.expand(time - T), sympy.expand(time + offset - 1)
    if back.is_Integer and back <= 0:
        return str(back - 1)
    if not row.is_Integer:
        raise SymbpttError(f"no array index for the time {time}")
    return str(row)


CALLS: dict[type, Callable[[Writer, Any], Lines]] = {
    Panels: Writer.panels,
    Product: Writer.product,
    Outer: Writer.outer,
}
SINGLE: dict[type, Callable[[Writer, Any], Lines]] = {
    Total: Writer.total,
    Contraction: Writer.contraction,
    OfColumns: Writer.of_columns,
}
