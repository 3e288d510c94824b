"""Formulas evaluated in symbols, by the evaluator that finds their numbers and under the same reading."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction as Rational
from functools import partial, reduce

from symbptt.judge.notation.vocabulary import KRONECKER, LONGEST_NUMBER, names_in
from symbptt.judge.numeric import functions as numeric
from symbptt.judge.numeric.differentiate import KINDS_OF, without_arguments
from symbptt.judge.numeric.evaluate import Evaluator
from symbptt.judge.numeric.naming import first
from symbptt.judge.numeric.tensors import Key, Tensor, chain, matmul, matrix_named
from symbptt.judge.numeric.world import Kind
from symbptt.judge.proofs.arrays import Entries, applied, delta, number, symbols, tensor, unit
from symbptt.judge.proofs.atoms import Atom, Label
from symbptt.judge.proofs.elided import run_of
from symbptt.judge.proofs.functions import OF_VALUE, call, differentiated
from symbptt.judge.proofs.names import Generic, Symbols
from symbptt.judge.proofs.ordered import ordered_product
from symbptt.judge.proofs.sums import Sum, constant, single
from symbptt.judge.proofs.times import FRESH, Base, Time, Unproved, between
from symbptt.reader.syntax import (
    Apply,
    BigOperator,
    Cases,
    Derivative,
    Elided,
    Indicator,
    Name,
    Norm,
    Number,
    Relation,
    Scripted,
    Surface,
)

MOST_WRITTEN_OUT = 8
NAMES = {id(function): name for name, function in reversed(numeric.ELEMENTARY.items())}
NAMES[id(numeric.sigmoid)] = "sigmoid"
BY_VALUE = {id(function): name for name, function in numeric.OF_VALUE.items()}


@dataclass(frozen=True)
class SymbolicEvaluator(Evaluator):
    """The evaluator, where what it asks of numbers is asked of symbols."""

    @property
    def symbols(self) -> Symbols:
        """The world, as what it is."""
        if not isinstance(self.world, Symbols):
            raise TypeError(f"{type(self.world).__name__} holds no symbols")
        return self.world

    def value(self, node: Surface) -> Tensor:
        """The value of a node in symbols. Raises Unproved, Misfit, Undecided."""
        match node:
            case Number(text=text):
                if len(text) > LONGEST_NUMBER:
                    raise Unproved("a number that is too long")
                return number(Rational(text))
            case Indicator(condition=Relation(op="=", left=Name() as left, right=Name() as right)):
                return tensor(Entries((1, 1, 1, 1, 1), self._same(left, right)))
            case Indicator() | Cases():
                raise Unproved("a condition")
            case Apply(function="diag" | "Diag", argument=Surface() as argument, subscript=None):
                return _diagonal(self.value(argument))
            case Scripted(subscript=Surface()):
                raise Unproved("an entry of a formula")
            case Norm(operand=operand):
                inside = self.value(operand)
                if not inside.plain or 1 not in inside.out:
                    raise Unproved("the norm of a matrix")
                return tensor(applied("sqrt", symbols(inside).power(2).sum((1, 2), True)))
        return self._valued(node)

    def _unit_of(self, other: Tensor) -> Tensor:
        rows, columns = other.out
        if rows != columns or not other.plain:
            raise Unproved("an identity of another size")
        return unit(rows)

    # names

    def _name(self, name: Name) -> Tensor:
        plain = not name.subscripts and name.time is None and not name.prefix
        if plain and name.base in self.bound:
            return tensor(Entries((1, 1, 1, 1, 1), self._counted(self.bound[name.base])))
        size = self.world.sizes.get(f"size {name.base}")
        if size and plain and name.base not in self.vocabulary.quantities:
            counted = constant(1) if size[0] == 1 else single(Atom("size", (size[0],)))
            return tensor(Entries((1, 1, 1, 1, 1), counted))
        if self.is_unit(name):
            raise Unproved("an identity or a matrix of ones whose size is not said")
        reference = self.vocabulary.refer(name, self.entries)
        key, time, indices = self.key(name)
        if key == KRONECKER and not self.world.defined(key):
            return tensor(Entries((1, 1, 1, 1, 1), delta(*map(self._label_of, indices))))
        applied_ = self._applied(name, key, time)
        if applied_ is not None:
            return applied_
        if reference.primes:
            raise Unproved(f"{key} with a prime")
        value = matrix_named(self.world.value(key, time))
        if indices:
            value = self._entry(value, indices, (1, 2))
        return value if reference.exponent is None else self._power(value, reference.exponent)

    def _counted(self, value: int) -> Sum:
        """A letter as a number."""
        base, offset = self.symbols.numbers.time(value)
        return (
            constant(offset)
            if base == ""
            else constant(offset) + single(Atom("letter", (), (), ((base, 0),)))
        )

    def _label_of(self, index: int) -> Label:
        """The label of an entry. Raises Unproved for i + 1."""
        base, offset = self.symbols.numbers.time(index)
        if base == "":
            return f"#{offset}"
        if offset:
            raise Unproved("an entry beside another")
        return f"~{base}"

    def _same(self, left: Name, right: Name) -> Sum:
        """1(i = j)."""
        if left.base not in self.entries or right.base not in self.entries:
            raise Unproved("a condition on times")
        return delta(*(self._label_of(self.bound[name.base]) for name in (left, right)))

    def _entry(self, value: Tensor, indices: tuple[int, ...], places: tuple[int, int]) -> Tensor:
        """One entry, of the value or of the variable."""
        array = symbols(value)
        held = [place for place in places if array.shape[place] != 1]
        if len(held) != len(indices):
            raise Unproved("an entry of something else than a vector or matrix")
        names: dict[Label, Label] = dict(zip(held, map(self._label_of, indices), strict=True))
        shape = tuple(1 if place in held else size for place, size in enumerate(array.shape))
        return tensor(Entries(shape, array.entry.moved(names, {})))

    # functions

    def _function(self, base: str, key: str) -> numeric.Elementwise:
        base = self.vocabulary.spoken.get(base, base)
        known = numeric.ELEMENTARY.get(base)
        return known if known is not None else Generic(key)  # type: ignore[return-value]

    def _mapped(self, function: Callable[..., object], value: Tensor) -> Tensor:
        if not value.plain:
            raise Unproved("a function of a derivative")
        array = symbols(value)
        if id(function) in BY_VALUE:
            return tensor(Entries(array.shape, OF_VALUE[BY_VALUE[id(function)]](array.entry)))
        primes = 0
        if isinstance(function, partial) and function.func is numeric.derivative:
            function, primes = function.args[0], 1
        name = function.name if isinstance(function, Generic) else NAMES.get(id(function))
        if name is None:
            raise Unproved("a function that is not known")
        known = {"sigm": "sigmoid", "\\sigma": "sigmoid", "ln": "log", "ReLU": "relu"}.get(name, name)
        free = f"generic {name}" if isinstance(function, Generic) else known
        return tensor(applied(free, array, primes))

    def _several(self, name: str, arguments: list[Tensor], out: tuple[int, int]) -> Tensor:
        if not all(one.plain for one in arguments):
            raise Unproved(f"{name} of a derivative")
        value = call(name, tuple((symbols(one).entry, one.out) for one in arguments), out)
        return tensor(Entries((1, *out, 1, 1), value))

    def _power(self, value: Tensor, exponent: Surface) -> Tensor:
        power = self.value(exponent)
        if not value.plain or not power.scalar:
            raise Unproved("a power of a derivative, or that is no number")
        whole = symbols(power).whole()
        if value.out[0] == value.out[1] != 1:
            if not 1 <= whole <= MOST_WRITTEN_OUT:
                raise Unproved("a power of a matrix")
            result = value
            for _ in range(whole - 1):
                result = matmul(result, value)
            return result
        return tensor(symbols(value).power(whole))

    def _stacked(self, values: list[Tensor]) -> Tensor:
        """A concatenation: its entry is one of its parts, at the place where that part stands."""
        axis = 2 if self.rows else 1
        if len(values) < 2 or not all(value.plain for value in values):
            raise Unproved("a list of derivatives, or of nothing")
        arrays = [symbols(value) for value in values]
        whole = self.symbols.chains.joined(tuple(array.shape[axis] for array in arrays))
        total = constant(0)
        for place, array in enumerate(arrays):
            if array.shape[3 - axis] != 1:
                raise Unproved("a concatenation of matrices")
            if array.shape[axis] == 1:
                total = total + single(Atom("part", (place,), (axis,))) * array.entry
                continue
            part = single(Atom("part", (place,), (axis, "part")))
            total = total + (part * array.entry.moved({axis: "part"}, {})).bound({"part": array.shape[axis]})
        shape = tuple(whole if place == axis else size for place, size in enumerate(arrays[0].shape))
        return tensor(Entries(shape, total))

    # sums and products

    def limit(self, node: Surface) -> int:
        """A limit of a sum, which is a time."""
        found = super().limit(node)
        self.symbols.numbers.time(found)
        if isinstance(node, Name) and node.base not in self.bound:
            raise Unproved("a size as a limit")
        return found

    def _big(self, node: BigOperator) -> Tensor:
        letter = node.indices[0].base if len(node.indices) == 1 and isinstance(node.indices[0], Name) else ""
        if letter == "batch":
            return self.value(node.body)
        if node.condition is not None or not letter:
            raise Unproved("limits of a sum or product that are not understood")
        base = next(FRESH)
        inner = self.at(**{letter: self.symbols.numbers.number(base)})
        if letter in self.entries and self._over_entries(node.upper):
            return self._over_axis(node, letter, base, inner)
        low, high = map(self.symbols.numbers.time, self.limits_of(node, letter))
        if low[0] == high[0]:
            return self._written_out(node, letter, low, high)
        if node.kind != "sum":
            body = inner.value(node.body)
            latest_left = self.choose(("order", ("latest left", "latest right")), 2) == 0
            return self._product_over("", body, base, low, high, latest_left)
        return self._summed_over(inner.value(node.body), base, low, high)

    def _elided(self, node: Elided) -> Tensor:
        """A sum or product with dots, as one over a time of its own."""
        run = run_of(node, self.limit, self.symbols.numbers, self.vocabulary.names.letter)
        multiplied = partial(self._product, node.op)
        terms = [self.value(item) for item in run.terms]
        if node.op == "+":
            if len(terms) != 1:
                raise Unproved("dots between several terms")
            ran = self._summed_over(terms[0], run.base, run.low, run.high)
            return self._summed([*map(self.value, run.head), ran, *map(self.value, run.tail)])
        ran = self._product_over(
            node.op, reduce(multiplied, terms), run.base, run.low, run.high, run.latest_left
        )
        return reduce(multiplied, [*map(self.value, run.head), ran, *map(self.value, run.tail)])

    def _summed_over(self, body: Tensor, base: int, low: Time, high: Time) -> Tensor:
        """A sum over a time."""
        array = symbols(body)
        if f"~{base}" in array.entry.free:
            raise Unproved("a letter that is an entry and a time")
        by = body.by if body.by is None or body.by[1] is None or not self._counts(body.by[1], base) else None
        total = array.entry.bound({}, base, between(low, (base, 0), high))
        return Tensor(tensor(Entries(array.shape, total)).data, None, by)

    def _product_over(
        self, op: str, body: Tensor, base: int, low: Time, high: Time, latest_left: bool
    ) -> Tensor:
        """An ordered product. Raises Unproved where its factors are not multiplied as matrices."""
        if body.of is None:
            usual = matmul(body, body) if body.plain else chain(body, body)
            if symbols(self._product(op, body, body)).entry != symbols(usual).entry:
                raise Unproved("a product of another kind")
        chains, numbers = self.symbols.chains, self.symbols.numbers
        return ordered_product(chains, numbers, body, base, low, high, latest_left)

    def _counts(self, time: int, base: Base) -> bool:
        return self.symbols.numbers.time(time)[0] == base

    def _over_axis(self, node: BigOperator, letter: str, base: int, inner: Evaluator) -> Tensor:
        """A sum over all entries of an axis."""
        size = self.extent(node.body, letter)
        lower = node.lower is None or (isinstance(node.lower, Number) and node.lower.text == "1")
        if node.kind != "sum" or not size or not lower or (node.domain is not None and self.vocabulary.sets):
            raise Unproved("a sum over some of the entries")
        body = inner.value(node.body)
        array = symbols(body)
        if base in array.entry.bases:
            raise Unproved("a letter that is an entry and a time")
        entry = array.entry.bound({f"~{base}": size})
        return Tensor(tensor(Entries(array.shape, entry)).data, None, body.by)

    def _written_out(self, node: BigOperator, letter: str, low: Time, high: Time) -> Tensor:
        """A few terms, or factors."""
        if high[1] - low[1] >= MOST_WRITTEN_OUT:
            raise Unproved("many terms")
        times = [(low[0], offset) for offset in range(low[1], high[1] + 1)]
        values = [self.at(**{letter: self.symbols.numbers.encoded(time)}).value(node.body) for time in times]
        return self._summed(values) if node.kind == "sum" else self._multiplied(values)

    # derivatives

    def _below(self, value: Tensor, indices: tuple[int, ...]) -> Tensor:
        return self._entry(value, indices, (3, 4))

    def _chosen(self, node: Derivative, by: Key) -> Tensor:
        question = ("kind", self.side, node.numerator, node.denominators, by[0])
        meant: set[Kind] = {"total"}
        if self._is_lagrangian(node.numerator):
            raise Unproved("a derivative with the states free")
        if node.kind in KINDS_OF:
            meant = {KINDS_OF[node.kind]}
        elif self.choose is not first:
            meant = self.symbols.kinds_meant.get(question, meant)
        if len(meant) > 1:
            raise Unproved("a derivative of several kinds")
        return self._slope(node.numerator, by, next(iter(meant)))

    def _slope(self, numerator: Surface, by: Key, kind: Kind) -> Tensor:
        """The derivative, [output axes, variable axes]."""
        inner = without_arguments(numerator, self)
        value = self.value(inner)
        variable = self.world.value(*by)
        if not value.plain or not variable.plain:
            raise Unproved("a derivative of a derivative")
        of = self.key(inner)[:2] if isinstance(inner, Name) else None
        chains = self.symbols.chains
        target = chains.atom(by[0], self._moment(by[1])).moved({1: 3, 2: 4}, {})
        above = None if of is None else chains.atom(of[0], self._moment(of[1]))
        since = self._moment(self._latest(inner)) if of is None and kind == "immediate" else None
        entry = differentiated(symbols(value).entry, chains.slope(target, kind, above, since))
        named = of if isinstance(inner, Name) and not self.key(inner)[2] else None
        return tensor(Entries((1, *value.out, *variable.out), entry), named, by)

    def _moment(self, time: int | None) -> Time | None:
        return None if time is None else self.symbols.numbers.time(time)

    def _latest(self, node: Surface) -> int | None:
        """The latest time in a formula. Raises Unproved where letters leave open which it is."""
        times = [
            self.key(name)[1] for name in names_in(node) if self.vocabulary.refer(name, self.entries).time
        ]
        moments = [self.symbols.numbers.time(time) for time in times if time is not None]
        if len({base for base, _ in moments}) > 1:
            raise Unproved("times of an open order")
        return max((time for time in times if time is not None), default=None)


def _diagonal(value: Tensor) -> Tensor:
    """The diagonal matrix of a vector."""
    array = symbols(value)
    if not value.plain or 1 not in value.out:
        raise Unproved("diag of something that is no vector")
    axis = max(value.out)
    if axis == 1:
        return value
    place = 1 if value.out[0] != 1 else 2
    entry = array.entry.moved({place: 1}, {}) * delta(1, 2)
    return tensor(Entries((1, axis, axis, 1, 1), entry))
