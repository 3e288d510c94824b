"""The value of a formula as written, in one numeric instance of its document and under one reading.

Where a formula can be read in several ways (a product, the layout of a derivative, total or immediate) the
evaluator asks ``choose``; the judge tries the answers in turn.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial, reduce

import numpy as np

from symbptt.judge.notation.dots import written_out
from symbptt.judge.notation.normal import rebuilt
from symbptt.judge.notation.vocabulary import application, integer
from symbptt.judge.numeric import functions
from symbptt.judge.numeric.arranged import Arranging
from symbptt.judge.numeric.choices import Choice, Memory, Result
from symbptt.judge.numeric.naming import (
    MOST_TERMS,
    diagonal_of,
    picked,
    unit_of,
)
from symbptt.judge.numeric.tensors import (
    Misfit,
    Tensor,
    Undecided,
    added,
    chain,
    numbers,
    of_array,
    product,
    transposed,
    view,
)
from symbptt.judge.numeric.work import TooLong
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
    Evaluated,
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
    Word,
)

MOST_REPETITIONS = 8
UNSAID: dict[type[Surface], str] = {
    Dots: "dots with nothing on one side of them",
    Relation: "a relation inside a formula",
    Gradient: "a gradient by something that is no name",
    Word: "a word",
}
PRODUCTS = frozenset(
    ["*", "\\cdot", "\\times", "\\circ", "\\odot", "\\otimes", "\\ast", "\\bullet", "\\star"]
)


@dataclass(frozen=True)
class Evaluator(Arranging):
    """Evaluates formulas in one instance, under one reading."""

    def value(self, node: Surface) -> Tensor:
        """The value of a node. Raises Misfit, Undecided."""
        if self.memory is not None and isinstance(self.choose, Choice) and not isinstance(node, Number):
            return self._remembered(node, self.memory, self.choose)
        self.world.work.go_on()
        if node is self.world.node:
            return self.world.moved(node, self._valued(node))
        return self._valued(node)

    def _remembered(self, node: Surface, memory: Memory, choice: Choice) -> Tensor:
        """The value of a node under these answers, evaluated once."""
        place = (id(node), self.place)
        result = memory.recall(place, choice)
        if result is None:
            self.world.work.go_on()
            start = len(choice.asked)
            try:
                result = Result(self._valued(node))
            except TooLong:
                raise
            except (Misfit, Undecided) as error:
                result = Result(None, type(error), str(error))
            memory.keep(node, place, choice.asked[start:], result)
        if result.value is None:
            raise result.error(result.said)
        return result.value

    def _valued(self, node: Surface) -> Tensor:
        match node:
            case Number(text=text):
                return of_array(float(text))
            case Name():
                return self._name(node)
            case Binary(op="+" | "-" as op, left=left, right=right) if self._has_identity(left, right):
                return self._beside_identity(left, right, 1 if op == "+" else -1)
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
                if op not in PRODUCTS:
                    raise Undecided(
                        f"{op.rstrip('_')} between two quantities is outside what can be evaluated"
                    )
                return self._product(op, self.value(left), self.value(right))
            case Negative(operand=operand):
                inside = self.value(operand)
                return replace(inside, data=-inside.data)
            case Juxtaposed(left=Indicator(condition=Relation(left=Text())) as one, right=Bracket() as of):
                return self._indicator(one.condition, of)
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
            case Evaluated():
                return self._at_step(node)
            case Gradient(variable=Name() as variable, operand=operand):
                return self._derivative(Derivative(node.at, "\\partial", operand, (variable,)))
            case Norm(operand=operand):
                return self._norm(self.value(operand))
            case Indicator(condition=condition):
                return self._indicator(condition)
            case Cases(rows=rows):
                return self._cases(rows)
            case Scripted(base=Norm(operand=operand), subscript=below, superscript=above, primes=0) if below:
                value = self._norm_of(below, self.value(operand))
                return value if above is None else self._power(value, above)
            case Scripted():
                return self._scripted(node)
            case Text() | Differential():
                raise Undecided("words, or a differential that stands alone")
        raise Undecided(UNSAID.get(type(node), f"{type(node).__name__.lower()} is nothing to evaluate"))

    def _has_identity(self, left: Surface, right: Surface) -> bool:
        """Is one of two terms a number of times the identity, the other not?"""
        return self._is_identity(left) != self._is_identity(right)

    def _is_identity(self, node: Surface) -> bool:
        """Is this I, or \\alpha I, (1 - \\alpha) I?"""
        match node:
            case Name():
                return self._identity(node)
            case Negative(operand=inside) | Bracket(items=(inside,)):
                return self._is_identity(inside)
            case Juxtaposed(left=left, right=right):
                return self._is_identity(left) or self._is_identity(right)
            case Binary(op=op, left=left, right=right) if op not in ("+", "-", "/"):
                return self._is_identity(left) or self._is_identity(right)
        return False

    def _beside_identity(self, left: Surface, right: Surface, sign: int) -> Tensor:
        """A sum with an identity, which is of the size of the other term."""
        first = self._is_identity(left)
        other = self.value(right if first else left)
        unit = rebuilt(left if first else right, self._without_identity)
        many = self.value(unit)
        if not many.scalar:
            raise Undecided("an identity or a matrix of ones whose size is not said")
        identity = Tensor(self._unit_of(other).data * many.data)
        terms = (identity, other) if first else (other, identity)
        return added(*terms, sign, self.choose)

    def _unit_of(self, other: Tensor) -> Tensor:
        return unit_of(other)

    def _without_identity(self, node: Surface) -> Surface:
        return Number(node.at, "1") if isinstance(node, Name) and self._identity(node) else node

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

    def _apply(self, node: Apply) -> Tensor:
        if node.argument is None or node.subscript is not None:
            raise Undecided(f"{node.function} is applied to nothing")
        if node.function == "prod" and isinstance(node.argument, Bracket) and len(node.argument.items) == 2:
            return self._chained(*(self.value(item) for item in node.argument.items))
        if (
            node.function in ("diag", "Diag")
            and isinstance(node.argument, Bracket)
            and node.argument.items[1:]
        ):
            return diagonal_of(self._stacked([self.value(item) for item in self._listed(node.argument)]))
        value = self.value(node.argument)
        if node.function in functions.OF_MATRIX:
            return self._of_matrix(node.function, value)
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

    def _of_matrix(self, function: str, value: Tensor) -> Tensor:
        """The trace or determinant of a square matrix, or of a Jacobian."""
        matrix = view(value, self.choose)
        if matrix is None or matrix.out[0] != matrix.out[1]:
            raise Misfit(f"{function} of what is no square matrix")
        found = functions.OF_MATRIX[function](numbers(matrix)[..., 0, 0])
        return Tensor(found.reshape(-1, 1, 1, 1, 1))

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
            value = picked(value, indices)
        return value if node.superscript is None else self._power(value, node.superscript)

    def _norm_of(self, kind: Surface, inside: Tensor) -> Tensor:
        """A norm with its subscript: 2 of vectors and matrices, or F."""
        matrix = view(inside, self.choose)
        name = kind.text if isinstance(kind, Number) else kind.base if isinstance(kind, Name) else ""
        if name == "F" or (name == "2" and matrix is not None and 1 in matrix.out):
            return Tensor(np.sqrt((numbers(inside) ** 2).sum(axis=(1, 2, 3, 4), keepdims=True)))
        if name == "2":
            return self._norm(inside)
        raise Undecided("a norm other than that of Euclid and of Frobenius")

    def _norm(self, inside: Tensor) -> Tensor:
        """The Euclidean norm; of a matrix that of Frobenius, or its largest singular value."""
        matrix = view(inside, self.choose)
        spectral = matrix is not None and 1 not in matrix.out and not np.any(numbers(matrix).imag)
        if matrix is not None and spectral and self.choose(("norm", ("Frobenius", "spectral")), 2):
            values = np.linalg.norm(matrix.data[..., 0, 0], 2, axis=(1, 2))
            return Tensor(values.astype(np.complex128).reshape(-1, 1, 1, 1, 1))
        return Tensor(np.sqrt((numbers(inside) ** 2).sum(axis=(1, 2, 3, 4), keepdims=True)))

    def _big(self, node: BigOperator) -> Tensor:
        letter = node.indices[0].base if len(node.indices) == 1 and isinstance(node.indices[0], Name) else ""
        if letter == "batch":
            return self.value(node.body)  # one sample
        if node.condition is not None or not letter:
            raise Undecided("limits of a sum or product that are not understood")
        numbers = self.numbers_of(node, letter)
        if len(numbers) > MOST_TERMS:
            raise Undecided(f"more than {MOST_TERMS} terms")
        values = [self.at(**{letter: number}).value(node.body) for number in numbers]
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
        order = ("order", ("latest left", "latest right"))
        latest_left = len(values) < 2 or self.choose(order, 2) == 0
        result = values[-1] if latest_left else values[0]
        for value in reversed(values[:-1]) if latest_left else values[1:]:
            result = product("", result, value, self.choose)
        return result
