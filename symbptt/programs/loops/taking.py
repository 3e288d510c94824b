"""Statements taken apart: every product, sum and function of a column gets a place of its own.

What remains of an expression is elementwise, and is computed entry by entry.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import sympy
from sympy.core.basic import Basic

from symbptt.errors import SymbpttError
from symbptt.expressions import (
    SCALAR,
    Apply,
    Block,
    Braced,
    Diagonal,
    Dot,
    Eye,
    Inner,
    MatrixPower,
    Ones,
    Plus,
    Power,
    Quantity,
    Shape,
    Slice,
    SumOver,
    Times,
    Transposed,
    Zeros,
    children,
    is_scalar,
    shape_of,
    with_children,
)
from symbptt.functions import Columnwise
from symbptt.functions import entry as table_entry
from symbptt.programs.loops.entries import is_leaf
from symbptt.programs.loops.kinds import (
    Place,
    bare,
    blocks,
    cost,
    is_contracted,
    is_fixed,
    is_of_columns,
    is_vector,
    is_view,
    products_of,
    spread,
    terms,
    title,
)
from symbptt.programs.loops.operations import (
    Contraction,
    Each,
    OfColumns,
    Operation,
    Outer,
    Panels,
    Product,
    Total,
)
from symbptt.programs.plan.places import ONCE, STATIC, Scope

START: Place = (sympy.S.Zero, sympy.S.Zero)


@dataclass
class Taking:
    """Takes statements apart; `static` gathers what is the same at all times and is computed in front."""

    static: list[Operation] = field(default_factory=list)
    found: list[Operation] = field(default_factory=list)
    made: dict[Basic, Quantity] = field(default_factory=dict)
    panels: dict[tuple[Basic, str], Quantity] = field(default_factory=dict)
    names: set[str] = field(default_factory=set)

    # -------------------------------------------------------------- statements

    def statement(
        self, target: Quantity, value: Basic, scope: Scope, adds: bool, row: sympy.Expr = sympy.S.Zero
    ) -> None:
        """target = value, or +=, from a row on."""
        value = bare(value)
        if isinstance(value, Block):
            for place, part in blocks(value):
                self._each(target, part, scope, adds, place)
        elif products_of(value, target, scope):
            self._products(target, value, scope, adds)
        elif not adds and isinstance(value, Dot) and is_contracted(value):
            self._chain(value, scope, target, False)
        elif not adds and is_of_columns(value):
            self._of_columns(value, scope, target)
        else:
            self._each(target, value, scope, adds, (row, sympy.S.Zero))

    def _each(self, target: Quantity, value: Basic, scope: Scope, adds: bool, place: Place = START) -> None:
        self._put(Each(target, scope, self.plain(value, scope), adds, place=place))

    def _products(self, target: Quantity, value: Basic, scope: Scope, adds: bool) -> None:
        """A sum with matrix products among its terms: these go straight to their place, onto what is there.

        A value that a loop assigns comes after its products: so it shares a pass with what looks at it.
        """
        found = products_of(value, target, scope)
        others = [term for term in terms(value) if term not in found]
        last = scope.kind == "loop" and not adds
        if others and not last:
            self._each(target, Plus(*others), scope, adds)
            adds = True
        for term in found:
            self._chain(term, scope, target, adds)
            adds = True
        if others and last:
            self._each(target, Plus(*others), scope, adds)

    def summed(self, target: Quantity, value: Basic, scope: Scope, adds: bool, place: Place = START) -> None:
        """target += the sum of the value over all times and samples."""
        value = bare(value)
        if isinstance(value, Plus):
            for i, term in enumerate(value.args):
                self.summed(target, term, scope, adds or i > 0, place)
        elif isinstance(value, Block):
            for (row, column), part in blocks(value):
                self.summed(target, part, scope, adds, (place[0] + row, place[1] + column))
        elif isinstance(value, SumOver) and scope is ONCE:
            self.summed(target, value.args[0], _inside(value), adds, place)
        elif isinstance(value, Times):
            self._summed_times(target, value, scope, adds, place)
        elif isinstance(value, Dot):
            self._summed_dot(target, value, scope, adds, place)
        else:
            self._each_sum(target, value, scope, adds, place)

    def _summed_times(self, target: Quantity, value: Times, scope: Scope, adds: bool, place: Place) -> None:
        """Numbers go into the one sum over time, or into the first factor of the one product."""
        inner = [f for f in value.args if not is_scalar(f) or isinstance(f, SumOver)]
        rest = [f for f in value.args if f not in inner]
        if len(inner) == 1 and isinstance(inner[0], SumOver) and scope is ONCE and all(map(is_fixed, rest)):
            body = Times(*rest, inner[0].args[0])
            self.summed(target, body, _inside(inner[0]), adds, place)
        elif len(inner) == 1 and isinstance(inner[0], Dot):
            first, *others = inner[0].args
            self._summed_dot(target, (Times(*rest, first), *others), scope, adds, place)
        else:
            self._each_sum(target, value, scope, adds, place)

    def _summed_dot(self, target: Quantity, value: Any, scope: Scope, adds: bool, place: Place) -> None:
        factors = list(value.args if isinstance(value, Dot) else value)
        while len(factors) > 2:
            self._merge(factors, scope)
        left, right = factors
        block = next((f for f in factors if isinstance(f, Block)), None)
        if shape_of(left).cols:
            self._each_sum(target, Dot(left, right), scope, adds, place)
        elif block is not None:
            self.summed(target, spread(left, right), scope, adds, place)
        elif scope.kind == "whole" and shape_of(left).rows and shape_of(right).cols:
            self._outer(target, self.leaf(left, scope), self.leaf(right, scope), scope, adds, place)
        else:
            self._each_sum(target, Times(left, right), scope, adds, place)

    def _each_sum(self, target: Quantity, value: Basic, scope: Scope, adds: bool, place: Place) -> None:
        value = self.plain(value, scope)
        if shape_of(value) == target.shape:
            self._put(Each(target, scope, value, adds, summed=True))
            return
        part = self._named(rf"{title(value)}\_sum", shape_of(value), STATIC)
        self._put(Each(part, scope, value, summed=True))
        self._put(Each(target, STATIC, part, adds, place=place))

    def _outer(
        self, target: Quantity, left: Quantity, right: Quantity, scope: Scope, adds: bool, place: Place
    ) -> None:
        if target.shape == Shape(left.shape.rows, right.shape.cols) and place == START:
            self._put(Outer(target, scope, left, right))
            return
        shape = Shape(left.shape.rows, right.shape.cols)
        part = self._named(rf"{title(left)}\_{title(right)}", shape, STATIC)
        self._put(Outer(part, scope, left, right))
        self._put(Each(target, STATIC, part, adds, place=place))

    def _put(self, operation: Operation) -> None:
        self.found.append(operation)

    # -------------------------------------------------------------- expressions

    def plain(self, node: Basic, scope: Scope) -> Basic:
        """The expression with a quantity for each part that is not elementwise.

        Raises SymbpttError naming the type of a part that has no form.
        """
        if isinstance(node, (sympy.Expr, Quantity, Zeros, Ones, Eye)):
            return node
        rule = RULES.get(type(node))
        if rule is not None:
            found: Basic = rule(self, node, scope)
            return found
        if not isinstance(node, ELEMENTWISE):
            raise SymbpttError(f"the numba target has no form for {type(node).__name__}")
        return with_children(node, [self.plain(part, scope) for part in children(node)])

    def leaf(self, node: Basic, scope: Scope) -> Quantity:
        """A quantity with the value of a node, for what must look at whole arrays."""
        node = bare(node)
        if isinstance(node, Quantity):
            return node
        if isinstance(node, Transposed) and isinstance(node.args[0], Quantity) and is_vector(node.shape):
            return Quantity(node.args[0].name, *node.shape, node.args[0].time)  # it lies in the same place
        made = self._named(title(node), shape_of(node), scope)
        self.statement(made, node, scope, False)
        return made

    def _named(self, title: str, shape: Shape, scope: Scope) -> Quantity:
        """A new quantity, of one time where the scope runs through time, of each sample elsewhere."""
        name, count = title, 1
        while name in self.names:
            count += 1
            name = rf"{title}\_{count}"
        self.names.add(name)
        time = {"static": None, "once": sympy.S.Zero}.get(scope.kind, scope.index)
        return Quantity(name, *shape, time)

    # -------------------------------------------------------------- products

    def _dot(self, node: Dot, scope: Scope) -> Basic:
        if len(node.args) == 2 and not shape_of(node.args[0]).cols:
            return Times(*(self.plain(part, scope) for part in node.args))
        return self._chain(node, scope, None, False)

    def _chain(self, node: Any, scope: Scope, target: Quantity | None, adds: bool) -> Basic:
        """A chain of factors, the cheapest neighbours first; the last product goes to or onto the target."""
        factors = list(node.args)
        while len(factors) > 2:
            self._merge(factors, scope)
        return self._pair(factors[0], factors[1], scope, target, adds)

    def _merge(self, factors: list[Basic], scope: Scope) -> None:
        i = min(range(len(factors) - 1), key=lambda i: (*cost(factors[i], factors[i + 1]), -i))
        factors[i : i + 2] = [self._pair(factors[i], factors[i + 1], scope, None, False)]

    def _pair(self, left: Basic, right: Basic, scope: Scope, target: Quantity | None, adds: bool) -> Basic:
        """The product of two factors: a name for it, or where nothing is summed an elementwise product."""
        if not shape_of(left).cols:
            outer = Times(self.plain(left, scope), self.plain(right, scope))
            if target is not None:
                self._put(Each(target, scope, outer, adds))
            return outer
        shape = Shape(shape_of(left).rows, shape_of(right).cols)
        if scope is not STATIC and is_fixed(left) and is_fixed(right):
            return self._fixed(Dot(left, right))
        title_ = rf"{title(left)}\_{title(right)}"
        if scope.kind in ("loop", "whole") and is_vector(shape):
            if is_fixed(left) and not shape.cols:
                made = target or self._named(title_, shape, scope)
                return self._product(made, right, Transposed(left), scope, adds)
            if is_fixed(right) and not shape.rows:
                made = target or self._named(title_, shape, scope)
                return self._product(made, left, right, scope, adds)
        made = self._named(title_, shape, scope) if target is None or adds else target
        left, right = (
            self._operand(left, bool(shape.cols), scope),
            self._operand(right, bool(shape.rows), scope),
        )
        self._put(Contraction(made, scope, left, right))
        if target is not None and adds:
            self._put(Each(target, scope, made, adds))
        return made

    def _product(self, made: Quantity, vector: Basic, matrix: Basic, scope: Scope, adds: bool) -> Quantity:
        self._put(Product(made, scope, self.leaf(vector, scope), self._panels(matrix, scope), adds))
        return made

    def _operand(self, node: Basic, again: bool, scope: Scope) -> Basic:
        """A factor as it is looked at: given a place where its entries are looked at again and again."""
        node = self.plain(node, scope)
        if not again or is_leaf(node):
            return node
        return self._fixed(node) if is_fixed(node) and scope is not STATIC else self.leaf(node, scope)

    def _panels(self, node: Basic, scope: Scope) -> Quantity:
        """A matrix that is the same at all times, in panels as the products of a scope take it."""
        value = bare(node)
        value = value if is_view(value) else self._fixed(value)
        if (value, scope.kind) not in self.panels:
            name = rf"{title(value)}\_panels" if isinstance(value, Quantity) else title(value)
            made = self._named(name, shape_of(value), STATIC)
            self.panels[value, scope.kind] = made
            self.static.append(Panels(made, STATIC, value, scope))
        return self.panels[value, scope.kind]

    def _fixed(self, node: Basic) -> Quantity:
        """The value of something that is the same at all times, computed once, in front."""
        if node not in self.made:
            made = self._named(title(node), shape_of(node), STATIC)
            front = Taking(self.static, self.static, self.made, self.panels, self.names)
            front.statement(made, node, STATIC, False)
            self.made[node] = made
        return self.made[node]

    # -------------------------------------------------------------- the rest

    def _inner(self, node: Inner, scope: Scope) -> Basic:
        made = self._named(rf"{title(node.args[0])}\_{title(node.args[1])}", SCALAR, scope)
        self._put(Total(made, scope, Times(*(self.plain(part, scope) for part in node.args))))
        return made

    def _apply(self, node: Apply, scope: Scope) -> Basic:
        if not is_of_columns(node):
            return Apply(node.function, self.plain(node.argument, scope), node.order)
        known = table_entry(node.function)
        if isinstance(known, Columnwise) and not shape_of(node).rows:
            return Times(known.scalar(sympy.S.Zero), Ones(*shape_of(node)))
        return self._of_columns(node, scope, None)

    def _of_columns(self, node: Any, scope: Scope, target: Quantity | None) -> Quantity:
        made = target or self._named(
            rf"{node.function.meaning}\_{title(node.argument)}", shape_of(node), scope
        )
        self._put(OfColumns(made, scope, node.function, self.leaf(node.argument, scope)))
        return made

    def _matrix_power(self, node: MatrixPower, scope: Scope) -> Basic:
        base, exponent = node.args
        if not (exponent.is_Integer and exponent > 0):
            raise SymbpttError(f"the numba target has no form for MatrixPower with the exponent {exponent}")
        return self.plain(Dot(*[base] * int(exponent)), scope)

    def _block(self, node: Block, scope: Scope) -> Basic:
        return self.leaf(node, scope)

    def _sum_over(self, node: SumOver, scope: Scope) -> Basic:
        if scope is not ONCE:
            raise SymbpttError("the numba target has no form for a SumOver inside an equation at time t")
        made, inside = self._named("sum", shape_of(node), ONCE), _inside(node)
        self._put(Each(made, inside, self.plain(node.args[0], inside), adds=True))
        return made


ELEMENTWISE = (Plus, Times, Power, Transposed, Diagonal, Slice, Braced)
RULES: dict[type, Callable[[Taking, Any, Scope], Basic]] = {
    Dot: Taking._dot,
    Inner: Taking._inner,
    Apply: Taking._apply,
    MatrixPower: Taking._matrix_power,
    Block: Taking._block,
    SumOver: Taking._sum_over,
}


def _inside(node: SumOver) -> Scope:
    return Scope("whole", *node.args[1:])
