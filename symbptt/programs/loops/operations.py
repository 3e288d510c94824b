"""What the numba target computes with: a few kinds of operations, each with its target and its scope.

An operation of the scope `static` runs once; in any other scope it runs for every sample, and in the scopes
`loop` and `whole` for every time.
"""

from __future__ import annotations

from dataclasses import dataclass

import sympy
from sympy.core.basic import Basic

from symbptt.expressions import FunctionSymbol, Quantity, Shape, quantities, shape_of
from symbptt.programs.plan.places import Scope


@dataclass(frozen=True)
class Operation:
    """Something that writes `target`."""

    target: Quantity
    scope: Scope

    @property
    def reads(self) -> tuple[Quantity, ...]:
        """The quantities that the operation looks at."""
        return ()

    @property
    def is_call(self) -> bool:
        """Whether one call handles all samples."""
        return False


@dataclass(frozen=True)
class Each(Operation):
    """Entry by entry: target[place + (i, j)] = value[i, j], or += where it `adds`.

    `summed`: over all times and samples, onto a target that has neither.
    """

    value: Basic
    adds: bool = False
    summed: bool = False
    place: tuple[sympy.Expr, sympy.Expr] = (sympy.S.Zero, sympy.S.Zero)

    @property
    def reads(self) -> tuple[Quantity, ...]:
        own = (self.target,) if self.adds else ()
        return (*quantities(self.value), *own)

    @property
    def space(self) -> Shape:
        """The entries that the loops run over."""
        return shape_of(self.value)


@dataclass(frozen=True)
class Contraction(Operation):
    """target[i, j] = the sum over k of left[i, k] right[k, j]."""

    left: Basic
    right: Basic

    @property
    def reads(self) -> tuple[Quantity, ...]:
        return (*quantities(self.left), *quantities(self.right))


@dataclass(frozen=True)
class Total(Operation):
    """A number: the sum of all entries of a value."""

    value: Basic

    @property
    def reads(self) -> tuple[Quantity, ...]:
        return tuple(quantities(self.value))


@dataclass(frozen=True)
class OfColumns(Operation):
    """A function of a whole column, applied to every column of a quantity."""

    function: FunctionSymbol
    argument: Quantity

    @property
    def reads(self) -> tuple[Quantity, ...]:
        return (self.argument,)


@dataclass(frozen=True)
class Panels(Operation):
    """A matrix that is the same at all times, perhaps turned or cut, in panels as products take it.

    `rows`: the scope of what is multiplied by it, the samples of one time in a loop, or those of all times.
    """

    value: Basic
    rows: Scope

    @property
    def reads(self) -> tuple[Quantity, ...]:
        return tuple(quantities(self.value))

    @property
    def is_call(self) -> bool:
        return True


@dataclass(frozen=True)
class Product(Operation):
    """The columns of all samples as rows of one matrix, times a matrix; onto the target where it `adds`."""

    rows: Quantity
    matrix: Quantity
    adds: bool = False

    @property
    def reads(self) -> tuple[Quantity, ...]:
        own = (self.target,) if self.adds else ()
        return (self.rows, self.matrix, *own)

    @property
    def is_call(self) -> bool:
        return True


@dataclass(frozen=True)
class Outer(Operation):
    """target += the sum over all times and samples of a column times a row: one product of tall matrices."""

    left: Quantity
    right: Quantity

    @property
    def reads(self) -> tuple[Quantity, ...]:
        return (self.left, self.right, self.target)

    @property
    def is_call(self) -> bool:
        return True
