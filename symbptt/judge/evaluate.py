"""The value of a formula as written, in one numeric instance of its document and under one reading.

Where a formula can be read in several ways (a product, the layout of a derivative, total or immediate) the
evaluator asks ``choose``; the judge tries the answers in turn.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from functools import partial

import numpy as np

from symbptt.judge import functions
from symbptt.judge.naming import (
    MOST_TERMS,
    Naming,
    below_of,
    diagonal_of,
    entry_of,
    first,
    takes_arguments,
    unit_of,
)
from symbptt.judge.tensors import (
    Key,
    Misfit,
    Tensor,
    Undecided,
    added,
    chain,
    of_array,
    product,
    transposed,
)
from symbptt.judge.vocabulary import Vocabulary, application, integer, names_in
from symbptt.judge.world import KINDS, Definition, Evaluate, Kind, World, slopes
from symbptt.reader.syntax import (
    Apply,
    BigOperator,
    Binary,
    Braced,
    Bracket,
    Cases,
    Derivative,
    Differential,
    Fraction,
    Gradient,
    Indicator,
    Juxtaposed,
    Matrix,
    Name,
    Negative,
    Norm,
    Number,
    Relation,
    Scripted,
    Surface,
    Text,
    Transpose,
)


@dataclass(frozen=True)
class Evaluator(Naming):
    """Evaluates formulas in one instance, under one reading."""

    def value(self, node: Surface) -> Tensor:
        """The value of a node. Raises Misfit, Undecided."""
        if time.monotonic() > self.world.until:
            raise Undecided("it takes too long")
        if node is self.world.node:
            return self.world.moved(node, self._valued(node))
        return self._valued(node)

    def _valued(self, node: Surface) -> Tensor:
        match node:
            case Number(text=text):
                return of_array(float(text))
            case Name():
                return self._name(node)
            case Binary(op="+" | "-" as op, left=Name() as left, right=right) if self._identity(left):
                other = self.value(right)
                return added(unit_of(other), other, 1 if op == "+" else -1, self.choose)
            case Binary(op="+", left=left, right=right):
                return added(self.value(left), self.value(right), 1, self.choose)
            case Binary(op="-", left=left, right=right):
                return added(self.value(left), self.value(right), -1, self.choose)
            case Binary(op="/", left=left, right=right) | Fraction(numerator=left, denominator=right):
                return self._quotient(self.value(left), self.value(right))
            case Binary(op=op, left=Name(prefix="\\delta"), right=Number(text=text)) if self._label(text):
                raise Undecided(f"the number {text} may be a label")
            case Binary(op=op, left=left, right=right):
                return self._product(op, self.value(left), self.value(right))
            case Negative(operand=operand):
                inside = self.value(operand)
                return replace(inside, data=-inside.data)
            case Juxtaposed():
                return self._juxtaposed(node)
            case Transpose(operand=operand):
                return transposed(self.value(operand))
            case Braced(body=body, label=Name() as label) if self._defined(label):
                return self._name(label)
            case Braced(body=body):
                return self.value(body)
            case Bracket():
                return self._bracket(node)
            case Matrix():
                return self._matrix(node)
            case Apply():
                return self._apply(node)
            case BigOperator():
                return self._big(node)
            case Derivative():
                return self._derivative(node)
            case Gradient(variable=Name() as variable, operand=operand):
                return self._derivative(Derivative(node.at, "\\partial", operand, (variable,)))
            case Norm(operand=operand):
                inside = self.value(operand)
                if not inside.plain:
                    raise Undecided("the norm of a derivative")
                return Tensor(np.sqrt((inside.data**2).sum(axis=(1, 2), keepdims=True)))
            case Indicator(condition=condition):
                return of_array(float(self._true(condition)))
            case Cases(rows=rows):
                return self._cases(rows)
            case Scripted():
                return self._scripted(node)
            case Text() | Differential():
                raise Undecided("words, or a differential that stands alone")
        raise Undecided(f"{type(node).__name__.lower()} is outside what can be evaluated")

    def _quotient(self, above: Tensor, below: Tensor) -> Tensor:
        if not below.plain:
            raise Undecided("a division by a derivative")
        if not below.scalar and above.out != below.out and not above.scalar:
            raise Misfit("sizes differ in a quotient")
        if not np.all(below.data):
            raise Undecided("a division by zero")
        return replace(above, data=above.data / below.data)

    def _juxtaposed(self, node: Juxtaposed) -> Tensor:
        found = application(node)
        if found is not None:
            called = self._called(*found)
            if called is not None:
                return called
        return self._product("", self.value(node.left), self.value(node.right))

    def _product(self, op: str, left: Tensor, right: Tensor) -> Tensor:
        """A product; in a definition, W * h also for a row h and W that acts from the right."""
        try:
            return product(op, left, right, self.choose)
        except Misfit:
            if self.strict or not self.rows or left.out[1] == 1 or right.out[0] != 1:
                raise
            return product(op, right, left, self.choose)

    def _bracket(self, node: Bracket) -> Tensor:
        if len(node.items) == 1 and not isinstance(node.items[0], Relation):
            return self.value(node.items[0])
        if node.kind != "[]":
            raise Undecided("a list")
        return self._stacked([self.value(item) for item in node.items])

    def _stacked(self, values: list[Tensor]) -> Tensor:
        if not all(value.plain for value in values):
            raise Undecided("a list of derivatives")
        axis = 2 if self.rows else 1
        count = max(value.data.shape[0] for value in values)
        data = [np.broadcast_to(value.data, (count, *value.data.shape[1:])) for value in values]
        try:
            return Tensor(np.concatenate(data, axis=axis))
        except ValueError:
            raise Misfit("sizes do not fit in a concatenation") from None

    def _matrix(self, node: Matrix) -> Tensor:
        if any(len(row) != 1 for row in node.rows):
            raise Undecided("a matrix of blocks")
        return self._stacked([self.value(row[0]) for row in node.rows])

    def _apply(self, node: Apply) -> Tensor:
        if node.argument is None or node.subscript is not None:
            raise Undecided(f"{node.function} without an argument")
        if node.function == "prod" and isinstance(node.argument, Bracket) and len(node.argument.items) == 2:
            return self._chained(*(self.value(item) for item in node.argument.items))
        value = self.value(node.argument)
        if node.function == "softmax" and not node.primes:
            return functions.softmax(value, self.rows)
        if node.function in ("diag", "Diag"):
            return diagonal_of(value)
        function = functions.ELEMENTARY.get(node.function)
        if function is None or node.primes > 1:
            raise Undecided(f"{node.function} is outside what can be evaluated")
        if node.primes:
            by_value = functions.OF_VALUE.get(node.function)
            if by_value and self.choose(("prime", ("at the argument", "from the value")), 2):
                return self._mapped(by_value, value)
            function = partial(functions.derivative, function)
        result = self._mapped(function, value)
        return (
            result if node.superscript is None else Tensor(result.data ** self.value(node.superscript).data)
        )

    def _chained(self, a: Tensor, b: Tensor) -> Tensor:
        """prod(A, B): the chain rule, whatever reshaping it takes."""
        if a.plain or b.plain or a.below != b.out:
            raise Undecided("prod of something else than two derivatives")
        return chain(a, b)

    def _scripted(self, node: Scripted) -> Tensor:
        if node.primes:
            raise Undecided("a prime on a bracket")
        value = self.value(node.base)
        if node.subscript is not None:
            items = node.subscript.items if isinstance(node.subscript, Bracket) else (node.subscript,)
            value = entry_of(value, tuple(integer(item, self.bound) for item in items))
        return value if node.superscript is None else self._power(value, node.superscript)

    def _true(self, condition: Surface) -> bool:
        match condition:
            case Relation(op="=", left=left, right=right):
                return integer(left, self.bound) == integer(right, self.bound)
            case Relation(op="\\ne" | "\\neq", left=left, right=right):
                return integer(left, self.bound) != integer(right, self.bound)
            case Bracket(items=items):
                return all(self._true(item) for item in items)
        raise Undecided("a condition that is no equality")

    def _cases(self, rows: tuple[tuple[Surface, Surface | None], ...]) -> Tensor:
        for value, condition in rows:
            if condition is None or isinstance(condition, Text) or self._true(condition):
                return self.value(value)
        raise Undecided("no case applies")

    def _big(self, node: BigOperator) -> Tensor:
        if [getattr(index, "base", "") for index in node.indices] == ["batch"]:
            return self.value(node.body)  # one sample
        if node.condition is not None or node.domain is not None or len(node.indices) > 1:
            raise Undecided("limits of a sum or product that are not understood")
        if not node.indices or not isinstance(node.indices[0], Name):
            raise Undecided("a sum without an index")
        letter = node.indices[0].base
        low, high = self._limits(node, letter)
        if high - low >= MOST_TERMS:
            raise Undecided(f"more than {MOST_TERMS} terms")
        values = [self.at(**{letter: number}).value(node.body) for number in range(low, high + 1)]
        return self._summed(values) if node.kind == "sum" else self._multiplied(values)

    def _limits(self, node: BigOperator, letter: str) -> tuple[int, int]:
        if node.lower is None and node.upper is None and letter == self.vocabulary.names.letter:
            return 1, self.world.horizon
        if node.upper is None or node.lower is None:
            raise Undecided("a sum whose limits are not said")
        return self.limit(node.lower), self.limit(node.upper)

    def limit(self, node: Surface) -> int:
        """A limit of a sum: a time, or a declared size."""
        sizes = {key[5:]: size[0] for key, size in self.world.sizes.items() if key.startswith("size ")}
        return integer(node, {**sizes, **self.bound})

    def _summed(self, values: list[Tensor]) -> Tensor:
        if not values:
            return of_array(0.0)
        total = values[0]
        for value in values[1:]:
            total = added(total, value, 1, self.choose)
        return total if len(values) == 1 else replace(total, of=None)

    def _multiplied(self, values: list[Tensor]) -> Tensor:
        """An ordered product: the latest factor stands left, or right, whichever the document means."""
        if not values:
            return of_array(1.0)
        latest_left = (
            self.choose(("order", ("latest left", "latest right")), 2) == 0 if len(values) > 1 else True
        )
        result = values[-1] if latest_left else values[0]
        for value in reversed(values[:-1]) if latest_left else values[1:]:
            result = product("", result, value, self.choose)
        return result

    def _derivative(self, node: Derivative) -> Tensor:
        if self.world.shift is not None:
            raise Undecided("a derivative inside a derivative")
        if node.order is not None or len(node.denominators) != 1:
            raise Undecided("a higher derivative")
        variable = node.denominators[0]
        if not isinstance(variable, Name):
            raise Undecided("a derivative by something that is no name")
        key, time, indices = self.key(variable)
        result = self._chosen(node, (key, time))
        if indices:
            result = below_of(result, indices)
        return result if node.scale is None else self._quotient(result, self.value(node.scale))

    def _chosen(self, node: Derivative, by: Key) -> Tensor:
        """The derivative in the kind that is chosen where the kinds differ."""
        if node.kind == "partial+":
            return self._of_kind(node.numerator, by, "immediate")
        found: list[Tensor] = []
        for kind in KINDS:
            value = self._of_kind(node.numerator, by, kind)
            if found and not np.any(value.data):
                continue  # nobody writes a derivative in a sense in which it is zero
            if not any(np.allclose(value.data, other.data, 1e-9, 1e-13) for other in found):
                found.append(value)
        if len(found) == 1:
            return found[0]
        text = f"{_text(node.numerator)} by {by[0]} {_text(node.denominators[0])}"
        return found[min(self.choose(("kind", self.side, text), len(found)), len(found) - 1)]

    def _of_kind(self, numerator: Surface, by: Key, kind: Kind) -> Tensor:
        of: Key | None = None
        inner = _bare(numerator, self)
        if isinstance(inner, Name):
            key, time, _ = self.key(inner)
            of = (key, time)
            summed = time is None and key in self.world.definitions
            known = self.world.definition(key, time) is not None or summed
            if of != by and not known and not (time is not None and time < 1):
                raise Undecided(f"{key} is nowhere defined")
        memo: tuple[object, ...] = (
            inner,
            of,
            by,
            kind,
            tuple(sorted(self.bound.items())) if of is None or self.entries else None,
        )
        if of is not None and isinstance(inner, Name) and not self.key(inner)[2]:
            memo = (of, by, kind)
        if memo not in self.world.jacobians:
            since = of[1] if of is not None else self._latest(inner)
            shifted = self.world.shifted(by, kind, since, of)
            variable = self.world.value(*by)
            value = replace(self, world=shifted).value(inner)
            self.world.jacobians[memo] = slopes(value, variable.out, of, by)
        return self.world.jacobians[memo]

    def _latest(self, node: Surface) -> int | None:
        """The latest time in a formula."""
        times = [
            self.key(name)[1] for name in names_in(node) if self.vocabulary.refer(name, self.entries).time
        ]
        known = [time for time in times if time is not None]
        return max(known) if known else None


def _bare(node: Surface, evaluator: Evaluator) -> Surface:
    """A numerator without the arguments of a quantity: L(\\theta) is L."""
    found = application(node)
    if found is not None:
        key = evaluator.vocabulary.refer(found[0]).key
        if evaluator.world.defined(key) and takes_arguments(evaluator.world, key, *found):
            return found[0]
    return node


def _text(node: Surface) -> str:
    return repr(node)


def definition_value(vocabulary: Vocabulary, rows: bool, entries: frozenset[str]) -> Evaluate:
    """How a world evaluates a definition: as usual, times beyond the horizon allowed."""

    def evaluate(
        world: World, definition: Definition, bound: dict[str, int], shape: tuple[int, int] | None
    ) -> Tensor:
        letters = {"T": world.horizon, **bound}
        evaluator = Evaluator(world, vocabulary, letters, first, entries, "", rows, shape, strict=False)
        return evaluator.value(definition.right)

    return evaluate


__all__ = ["Evaluator", "definition_value", "first"]
