"""Proofs: the two sides of a relation come to one normal form, so that they agree for all sizes and values.

Derivatives stay what they are, and so do names, but for a left side that is said again to be what defines it.
A proof is about the usual reading of each product, in the shapes that the names have in the document.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from fractions import Fraction

from symbptt.judge.functions import ELEMENTARY
from symbptt.judge.naming import UNITS, takes_arguments
from symbptt.judge.reading import Claim
from symbptt.judge.scope import Scope
from symbptt.judge.shapes import ONE, Pair, function_like
from symbptt.judge.terms import (
    SCALAR,
    Form,
    Unproved,
    added,
    collected,
    constant,
    diagonal,
    divided,
    leaf,
    product,
    transposed,
)
from symbptt.judge.vocabulary import Reference, application, walk
from symbptt.judge.world import World
from symbptt.reader.spelling import COUNTERS
from symbptt.reader.syntax import (
    Apply,
    BigOperator,
    Binary,
    Braced,
    Bracket,
    Indicator,
    Juxtaposed,
    Name,
    Negative,
    Number,
    Relation,
    Surface,
    Transpose,
)
from symbptt.reader.syntax import (
    Fraction as Quotient,
)

MOST_POWER = 4


def proved(claim: Claim, scope: Scope, world: World, entries: frozenset[str]) -> bool:
    """Have both sides the same normal form?"""
    if claim.left is None:
        return False
    sides = (claim.left, claim.right)
    sums = [node for side in sides for node in walk(side) if isinstance(node, BigOperator)]
    bound = {index.base for node in sums for index in node.indices if isinstance(index, Name)}
    sizes = {key[5:] for key in world.sizes if key.startswith("size ")}
    writing = scope.vocabulary.writing
    letters = bound | sizes | writing.last | COUNTERS | {writing.letter, *"dlwT"}
    prover = Prover(scope, world, entries - scope.vocabulary.quantities, frozenset(letters))
    try:
        right = prover.form(claim.right)
        return any(prover.form(left) == right for left in (claim.left, *prover.definitions(claim.left)))
    except (Unproved, RecursionError):
        return False


@dataclass(frozen=True, slots=True)
class Prover:
    """Brings formulas of one scope into normal form; ``letters`` may be numbers: indices, times, sizes."""

    scope: Scope
    world: World
    indices: frozenset[str]
    letters: frozenset[str]

    def definitions(self, left: Surface) -> Iterator[Surface]:
        """What the document says that a name is."""
        if isinstance(left, Name):
            found = self.scope.definitions.get(self.scope.vocabulary.refer(left).key, ())
            yield from (one.right for one in found if one.left == left and not one.assumed)

    def form(self, node: Surface) -> Form:
        """The normal form of a formula. Raises Unproved."""
        match node:
            case Number(text=text) if text.replace(".", "", 1).isdecimal():
                return constant(Fraction(text))
            case Name():
                return self._name(node)
            case Binary(op="+" | "-" as op, left=Name(base="\\mathbf{1}", subscripts=()), right=right):
                return added(constant(Fraction(1)), self.form(right), 1 if op == "+" else -1)
            case Binary(op="+" | "-" as op, left=left, right=right):
                return added(self.form(left), self.form(right), 1 if op == "+" else -1)
            case Negative(operand=operand):
                return product("", constant(Fraction(-1)), self.form(operand))
            case Binary(op="/", left=left, right=right) | Quotient(numerator=left, denominator=right):
                return divided(self.form(left), self.form(right))
            case Binary(op=op, left=left, right=right):
                return product(op, self.form(left), self.form(right))
            case Juxtaposed():
                return self._juxtaposed(node)
            case Transpose(operand=operand):
                return transposed(self.form(operand))
            case Bracket(items=(inside,)) if not isinstance(inside, Relation):
                return self.form(inside)
            case Braced(body=body, label=label) if not isinstance(label, Name):
                return self.form(body)
            case Apply(function="diag" | "Diag", argument=Surface() as argument, subscript=None):
                return diagonal(self.form(argument))
            case Apply(function=function, argument=Surface() as argument, subscript=None, superscript=None):
                return self._applied(function, argument, node.primes)
            case Indicator():
                return leaf(node, SCALAR)
            case BigOperator(kind="sum", condition=None, lower=Surface(), upper=Surface()):
                return self._sum(node)
        return leaf(node, None)

    def _applied(self, function: str, argument: Surface, primes: int) -> Form:
        """A known function of every entry."""
        inside = self.form(argument)
        known = function in ELEMENTARY or (function == "softmax" and not primes)
        return leaf((function, primes, inside), inside.shape if known else None)

    def _juxtaposed(self, node: Juxtaposed) -> Form:
        """A product, or a function with its argument, as they are told apart in an evaluation."""
        call = application(node)
        if call is not None:
            name, bracket = call
            reference = self.scope.vocabulary.refer(name, self.indices)
            if self.world.defined(reference.key) and not reference.primes:
                if takes_arguments(self.world, reference.key, name, bracket):
                    return self._name(name)
                if name.time is None and function_like(self.scope.vocabulary, name, bracket):
                    return leaf(node, None)
            elif function_like(self.scope.vocabulary, name, bracket):
                return self._called(reference, bracket)
        return product("", self.form(node.left), self.form(node.right))

    def _called(self, reference: Reference, bracket: Bracket) -> Form:
        """A function of the document; of one argument it acts on every entry."""
        inside = tuple(map(self.form, bracket.items))
        alone = len(inside) == 1 and reference.key not in ("l", "\\ell") and reference.primes < 2
        return leaf((reference, inside), inside[0].shape if alone else None)

    def _sum(self, node: BigOperator) -> Form:
        """A sum, term by term; of what has no shape as it stands."""
        indices = [index.base for index in node.indices if isinstance(index, Name)]
        if len(indices) != 1:
            return leaf(node, None)
        body = self.form(node.body)
        limits = ("sum", *indices, node.lower, node.upper, node.domain)
        if body.shape is None:
            return leaf((*limits, body), None)
        total = collected((), body.shape)
        for term, number in body.terms:
            shape = body.shape if term[1] else SCALAR
            total = added(total, product("", constant(number), leaf((*limits, term), shape)))
        return total

    def _name(self, name: Name) -> Form:
        """A name, taken apart where it is a natural power."""
        reference = self.scope.vocabulary.refer(name, self.indices)
        if name.base in UNITS and not name.subscripts and not self.world.defined(reference.key):
            raise Unproved
        shape = self._shape(name, reference)
        power = reference.exponent
        if shape is None or power is None:
            return leaf(reference, shape)
        if (
            not isinstance(power, Number)
            or not power.text.isdecimal()
            or not 1 <= int(power.text) <= MOST_POWER
        ):
            return leaf(reference, None)
        if ONE not in shape and shape[0] != shape[1]:
            return leaf(reference, None)
        found = base = leaf(replace(reference, exponent=None), shape)
        for _ in range(1, int(power.text)):
            found = product("\\odot" if ONE in shape else "", found, base)
        return found

    def _shape(self, name: Name, reference: Reference) -> Pair | None:
        """The shape of a quantity, where its values have it."""
        bare = not name.subscripts and name.time is None and not name.prefix
        values = [value for (key, _), value in self.world.memo.items() if key == reference.key]
        size = self.world.sizes.get(reference.key)
        fits = all(value.plain and value.out == size for value in values)
        if name.primes or not values or not fits or (bare and name.base in self.letters):
            return None
        if reference.indices:
            return SCALAR
        shapes = self.scope.shaped()
        row, column = shapes.table[reference.key]
        return shapes.axes.find(row), shapes.axes.find(column)
