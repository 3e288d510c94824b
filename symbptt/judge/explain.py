"""How a relation was read: back in LaTeX, with brackets wherever something was decided, and its shapes."""

from __future__ import annotations

from collections.abc import Iterator

from symbptt.judge.definitions.axes import ONE
from symbptt.judge.definitions.scope import Scope
from symbptt.judge.definitions.shapes import Pair, Shapes
from symbptt.judge.notation.sided import claim_sides
from symbptt.judge.notation.vocabulary import names_in
from symbptt.judge.reading import Claim
from symbptt.judge.verdicts import Explanation
from symbptt.reader.spelling import COUNTERS
from symbptt.reader.syntax import Surface
from symbptt.reader.written import written

COUNTING = COUNTERS | {"t", "T"}
LETTERS = "nmpqrsuvwxyz"  # for sizes that the document does not name


def explanation(claim: Claim, scope: Scope) -> Explanation:
    """The reading of a relation by what holds at its place in the document."""
    sides = claim_sides(claim)
    op = claim.op if claim.op.startswith("\\") else f" {claim.op} "
    latex = f"{'' if claim.left is None else written(claim.left)}{op}{written(claim.right)}"
    return Explanation(" ".join(latex.split()), tuple(_shapes(sides, scope)))


def _shapes(sides: list[Surface], scope: Scope) -> Iterator[tuple[str, str]]:
    """Each name once, in the order in which it is written, with its shape where it has one."""
    shapes = scope.shaped()
    sizes = _Sizes(shapes)
    seen: set[str] = set()
    for name in (name for side in sides for name in names_in(side)):
        key = scope.vocabulary.refer(name, shapes.entries).key
        if key not in seen and key in shapes.table and key not in COUNTING:
            yield key, sizes.of(shapes.table[key])
        seen.add(key)


class _Sizes:
    """Axes in words: the sizes that the document names, and letters of our own for the others."""

    def __init__(self, shapes: Shapes) -> None:
        self.axes = shapes.axes
        self.named = {self.axes.find(axis): label for label, axis in shapes.axes.named.items()}
        self.free = (letter for letter in LETTERS if letter not in shapes.axes.named)

    def of(self, pair: Pair) -> str:
        """scalar, n, 1 x n or n x m."""
        rows, columns = pair
        if ONE == rows == columns:
            return "scalar"
        if columns == ONE:
            return self._axis(rows)
        return f"{self._axis(rows)} x {self._axis(columns)}"

    def _axis(self, axis: int) -> str:
        axis = self.axes.find(axis)
        if axis == ONE:
            return "1"
        if axis in self.axes.parts and axis not in self.named:
            return "+".join(self._axis(part) for part in self.axes.parts[axis])
        if axis not in self.named:
            self.named[axis] = next(self.free, "?")
        return self.named[axis]
