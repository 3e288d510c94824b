"""Sizes that are not known yet: union-find over the sizes of axes, with values and with sums of sizes.

A shape is a pair of axes, an axis a tuple of size variables (empty where the size is one).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import NamedTuple

import sympy

Axis = tuple[int, ...]


class Form(NamedTuple):
    """A shape whose sizes are variables."""

    rows: Axis
    cols: Axis


SCALAR = Form((), ())


@dataclass
class Sizes:
    """The variables: who is equal to whom, what is known of each, and which is the sum of which."""

    parent: list[int] = field(default_factory=list)
    value: dict[int, sympy.Expr] = field(default_factory=dict)
    sums: list[tuple[int, tuple[Axis, ...]]] = field(default_factory=list)

    def copy(self) -> Sizes:
        """A copy to try things on."""
        return Sizes(list(self.parent), dict(self.value), list(self.sums))

    def become(self, other: Sizes) -> None:
        """Take over what was tried."""
        self.parent, self.value, self.sums = other.parent, other.value, other.sums

    def fresh(self, value: sympy.Expr | None = None) -> int:
        """A new variable, with its value where it is known."""
        self.parent.append(len(self.parent))
        if value is not None:
            self.value[len(self.parent) - 1] = value
        return len(self.parent) - 1

    def find(self, variable: int) -> int:
        """The variable that stands for all equal to this one."""
        while self.parent[variable] != variable:
            self.parent[variable] = self.parent[self.parent[variable]]
            variable = self.parent[variable]
        return variable

    def known(self, variable: int) -> sympy.Expr | None:
        """The value of a variable, or None."""
        return self.value.get(self.find(variable))

    def unify(self, first: int, second: int) -> bool:
        """Make two sizes equal; False when their values differ."""
        a, b = self.find(first), self.find(second)
        if a == b:
            return True
        one, other = self.value.get(a), self.value.get(b)
        if one is not None and other is not None and sympy.expand(one - other) != 0:
            return False
        self.parent[b] = a
        if one is None and other is not None:
            self.value[a] = other
        return True

    def match(self, first: Axis, second: Axis) -> bool:
        """Make two axes equal, or leave everything as it was and answer False."""
        if len(first) != len(second):
            return False
        trial = self.copy()
        if not all(trial.unify(a, b) for a, b in zip(first, second, strict=True)):
            return False
        self.become(trial)
        return True

    def match_forms(self, first: Form, second: Form) -> bool:
        """Make two shapes equal, or leave everything as it was and answer False."""
        trial = self.copy()
        if not (trial.match(first.rows, second.rows) and trial.match(first.cols, second.cols)):
            return False
        self.become(trial)
        return True

    def length(self, axis: Axis) -> sympy.Expr | None:
        """The number of entries along an axis, or None where a size is unknown."""
        values = [self.known(variable) for variable in axis]
        return None if any(v is None for v in values) else sympy.Mul(*values)

    def total(self, axes: Iterable[Axis]) -> Axis:
        """The axis of blocks one after the other."""
        parts = tuple(axes)
        lengths = [self.length(axis) for axis in parts]
        if all(length is not None for length in lengths):
            return (self.fresh(sympy.Add(*lengths)),)
        whole = self.fresh()
        self.sums.append((whole, parts))
        return (whole,)

    def settle(self) -> tuple[Axis, Axis] | None:
        """Work out what the sums say; the first axes that contradict each other, or None."""
        progress = True
        while progress:
            before = len(self.value), sum(self.find(v) != v for v in range(len(self.parent)))
            for number, (whole, parts) in enumerate(self.sums):
                for other, same in self.sums[:number]:
                    if self.find(whole) == self.find(other) and [len(p) for p in parts] == [
                        len(p) for p in same
                    ]:
                        self._pair(parts, same)
                if not self._balance(whole, parts):
                    return (whole,), tuple(v for part in parts for v in part)
            progress = before != (len(self.value), sum(self.find(v) != v for v in range(len(self.parent))))
        return None

    def _pair(self, parts: tuple[Axis, ...], same: tuple[Axis, ...]) -> None:
        """Two lists of blocks that fill the same axis have the same sizes, where that is possible."""
        for one, other in zip(parts, same, strict=True):
            self.match(one, other)

    def _balance(self, whole: int, parts: tuple[Axis, ...]) -> bool:
        lengths = [self.length(part) for part in parts]
        if self.known(whole) is None and any(self.find(whole) in map(self.find, part) for part in parts):
            return False
        unknown = [part for part, length in zip(parts, lengths, strict=True) if length is None]
        rest = sympy.Add(*(length for length in lengths if length is not None))
        value = self.known(whole)
        if not unknown and value is None:
            self.value[self.find(whole)] = rest
        elif not unknown:
            return bool(sympy.expand(value - rest) == 0)
        elif value is not None and len(unknown) == 1 and len(unknown[0]) == 1:
            left = sympy.expand(value - rest)
            if left.is_number and left <= 0:
                return False
            self.value[self.find(unknown[0][0])] = left
        return True

    def text(self, form: Form) -> str:
        """A shape as an error says it: ``n x m``, ``n`` for a column, ``scalar``; ? for a size not known."""
        if form == SCALAR:
            return "scalar"
        rows, cols = (self._axis_text(axis) for axis in form)
        return rows if not form.cols else f"{rows} x {cols}"

    def _axis_text(self, axis: Axis) -> str:
        texts = ["?" if (v := self.known(variable)) is None else str(v) for variable in axis]
        return "*".join(text if text.isalnum() or len(texts) == 1 else f"({text})" for text in texts) or "1"
