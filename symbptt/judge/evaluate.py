"""The value of a formula as written, in one numeric instance of its document and under one reading.

Where a formula can be read in several ways (a product, the layout of a derivative, total or immediate) the
evaluator asks ``choose``; the judge tries the answers in turn.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from functools import partial, reduce

import numpy as np

from symbptt.judge import functions
from symbptt.judge.choices import Choice, Memory, Result
from symbptt.judge.differentiate import Differentiating
from symbptt.judge.dots import written_out
from symbptt.judge.naming import (
    MOST_TERMS,
    below_of,
    diagonal_of,
    entry_of,
    unit_of,
)
from symbptt.judge.tensors import (
    Misfit,
    Tensor,
    Undecided,
    added,
    chain,
    of_array,
    product,
    transposed,
)
from symbptt.judge.vocabulary import application, integer
from symbptt.judge.world import TooLong
from symbptt.reader.syntax import (
    Apply,
    BigOperator,
    Binary,
    Braced,
    Bracket,
    Cases,
    Derivative,
    Differential,
    Dots,
    Elided,
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

MOST_REPETITIONS = 8


@dataclass(frozen=True)
class Evaluator(Differentiating):
    """Evaluates formulas in one instance, under one reading."""

    def value(self, node: Surface) -> Tensor:
        """The value of a node. Raises Misfit, Undecided."""
        if self.memory is not None and isinstance(self.choose, Choice) and not isinstance(node, Number):
            return self._remembered(node, self.memory, self.choose)
        if time.process_time() > self.world.until:
            raise TooLong("it takes too long")
        if node is self.world.node:
            return self.world.moved(node, self._valued(node))
        return self._valued(node)

    def _remembered(self, node: Surface, memory: Memory, choice: Choice) -> Tensor:
        """The value of a node under these answers, evaluated once."""
        place = (id(node), self.place)
        result = memory.recall(place, choice)
        if result is None:
            if time.process_time() > self.world.until:
                raise TooLong("it takes too long")
            start = len(choice.asked)
            try:
                result = Result(self._valued(node))
            except TooLong:
                raise
            except (Misfit, Undecided) as error:
                result = Result(None, error)
            memory.keep(node, place, choice.asked[start:], result)
        if result.value is None:
            raise result.error or Undecided("nothing came of it")
        return result.value

    def _valued(self, node: Surface) -> Tensor:
        match node:
            case Number(text=text):
                return of_array(float(text))
            case Name():
                return self._name(node)
            case Binary(op="+" | "-" as op, left=Name() as left, right=right) if self._identity(left):
                other = self.value(right)
                return added(unit_of(other), other, 1 if op == "+" else -1, self.choose)
            case Binary(op="+" | "-" as op, left=Name(base="\\mathbf{1}", subscripts=()), right=right):
                return added(of_array(1.0), self.value(right), 1 if op == "+" else -1, self.choose)
            case Binary(op="+", left=left, right=right):
                return added(self.value(left), self.value(right), 1, self.choose)
            case Binary(op="-", left=left, right=right):
                return added(self.value(left), self.value(right), -1, self.choose)
            case Elided():
                return self._elided(node)
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
                return Tensor(np.sqrt((inside.data**2).sum(axis=(1, 2, 3, 4), keepdims=True)))
            case Indicator(condition=condition):
                return of_array(float(self._true(condition)))
            case Cases(rows=rows):
                return self._cases(rows)
            case Scripted():
                return self._scripted(node)
            case Text() | Differential():
                raise Undecided("words, or a differential that stands alone")
        raise Undecided(f"{type(node).__name__.lower()} is outside what can be evaluated")

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

    def _elided(self, node: Elided) -> Tensor:
        """A sum or product with dots, written out."""
        run = written_out(node, self.limit, 1, self.world.horizon)
        terms = run.terms
        if run.repeated:
            terms = terms * (1 + self.choose(("repetition", node.op), MOST_REPETITIONS))
        values = [self.value(item) for item in (*run.head, *terms, *run.tail)]
        if node.op == "+":
            return self._summed(values)
        return of_array(1.0) if not values else reduce(partial(self._product, node.op), values)

    def _bracket(self, node: Bracket) -> Tensor:
        if len(node.items) == 1 and not isinstance(node.items[0], Relation):
            return self.value(node.items[0])
        if node.kind != "[]":
            raise Undecided("a list")
        return self._stacked([self.value(item) for item in self._listed(node)])

    def _listed(self, node: Bracket) -> tuple[Surface, ...]:
        """The items of a list, those that dots leave out among them."""
        places = [place for place, item in enumerate(node.items) if isinstance(item, Dots)]
        if len(places) != 1:
            return node.items
        whole = Elided(node.at, ",", node.items[: places[0]], node.items[places[0] + 1 :])
        run = written_out(whole, partial(self.counted, node), 1, self.world.horizon)
        return (*run.head, *run.terms, *run.tail)

    def _stacked(self, values: list[Tensor]) -> Tensor:
        if not values or not all(value.plain for value in values):
            raise Undecided("a list of derivatives, or of nothing")
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
            indices = tuple(integer(item, self.bound) for item in items)
            gradient = not value.plain and value.out == (1, 1)
            value = below_of(value, indices) if gradient else entry_of(value, indices)
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
        letter = node.indices[0].base if len(node.indices) == 1 and isinstance(node.indices[0], Name) else ""
        if letter == "batch":
            return self.value(node.body)  # one sample
        if node.condition is not None or not letter:
            raise Undecided("limits of a sum or product that are not understood")
        low, high = self.limits_of(node, letter)
        if high - low >= MOST_TERMS:
            raise Undecided(f"more than {MOST_TERMS} terms")
        values = [self.at(**{letter: number}).value(node.body) for number in range(low, high + 1)]
        return self._summed(values) if node.kind == "sum" else self._multiplied(values)

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
