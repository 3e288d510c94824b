"""Axes of names in classes that must have the same size, found by unification.

An axis is ONE, or a class of axes that must have the same size, or the concatenation of others. What cannot
be made to fit is left alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

ONE = 0


@dataclass
class Axes:
    """Classes of equal axes; number 0 is the axis of size 1."""

    parent: list[int] = field(default_factory=lambda: [ONE])
    parts: dict[int, tuple[int, ...]] = field(default_factory=dict)
    labels: dict[int, str] = field(default_factory=dict)
    named: dict[str, int] = field(default_factory=dict)

    def new(self) -> int:
        """A fresh axis."""
        self.parent.append(len(self.parent))
        return len(self.parent) - 1

    def find(self, axis: int) -> int:
        """The representative of an axis."""
        while self.parent[axis] != axis:
            axis = self.parent[axis]
        return axis

    def label(self, text: str) -> int:
        """The axis of a declared size."""
        if text == "1":
            return ONE
        if text not in self.named:
            self.named[text] = axis = self.new()
            self.labels[axis] = text
        return self.named[text]

    def lost(self, axis: int) -> bool:
        """Makes an axis one of size 1, where nothing else is said of it."""
        axis = self.find(axis)
        inside = any(axis in map(self.find, parts) for parts in self.parts.values())
        if axis == ONE or axis in self.labels or axis in self.parts or inside:
            return False
        self.parent[axis] = ONE
        return True

    def joined(self, parts: Sequence[int]) -> int:
        """The axis of a concatenation."""
        axis = self.new()
        self.parts[axis] = tuple(parts)
        return axis

    def _holds(self, axis: int, other: int) -> bool:
        """Is an axis a part of a concatenation, at any depth?"""
        parts = [self.find(part) for part in self.parts.get(self.find(axis), ())]
        return other in parts or any(self._holds(part, other) for part in parts)

    def unify(self, one: int, other: int) -> bool:
        """Makes two axes the same, if they may be."""
        one, other = self.find(one), self.find(other)
        if one == other:
            return True
        if ONE in (one, other):
            return False
        if one in self.parts and other in self.parts:
            first, second = self.parts[one], self.parts[other]
            return len(first) == len(second) and all(
                self.unify(a, b) for a, b in zip(first, second, strict=True)
            )
        if one in self.labels and other in self.labels:
            return False
        if other in self.parts or other in self.labels:
            one, other = other, one
        if one in self.parts and other in self.labels:
            if self._holds(one, other):
                return False
            self.parts.setdefault(other, self.parts[one])
            return True
        if self._holds(one, other):
            return False
        self.parent[other] = one
        return True
