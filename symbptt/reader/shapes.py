"""The shapes of terms under given ranks: what each product means, and which sizes are equal.

A B, A \\cdot B       a scalar times anything; a matrix product where the inner sizes fit
A \\cdot B, *, \\times, \\otimes    otherwise elementwise, where the shapes are the same
A \\circ B, A \\odot B    elementwise
A + B                 the same shapes; numbers, and quantities without time, are broadcast
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field

import sympy

from symbptt.errors import SymbpttError
from symbptt.expressions import Shape
from symbptt.reader.sizes import SCALAR, Form, Sizes
from symbptt.reader.syntax import Span
from symbptt.reader.terms import (
    ELEMENTWISE,
    JUXTAPOSED,
    Call,
    Constant,
    Element,
    Flipped,
    Literal,
    Multiplied,
    Negated,
    Partial,
    Product,
    Quotient,
    Raised,
    Special,
    Stack,
    Sum,
    Summed,
    Symbol,
    Term,
    Together,
    is_timed,
    symbols,
    walk,
)

RANKS: dict[str, tuple[int, int]] = {"scalar": (0, 0), "column": (1, 0), "row": (0, 1), "matrix": (1, 1)}


class Misfit(SymbpttError):
    """Shapes that do not fit: where, what to say, and the quantities that took part.

    ``follow`` are likely ways out: a quantity and the rank that would fit.
    """

    def __init__(
        self,
        at: Span,
        message: str,
        names: set[str],
        follow: tuple[tuple[str, str], ...] = (),
        number: int = 0,
    ) -> None:
        super().__init__(message)
        self.at = at
        self.message = message
        self.names = names
        self.follow = follow
        self.number = number  # of the equation, from 0


@dataclass
class Typing:
    """Shapes under given ranks. `kinds` records what each product, block and constant turned out to be."""

    ranks: Mapping[str, str]
    declared: Mapping[str, Shape]
    rows: bool  # vectors are rows, as in x_t W
    shown: Callable[[Span], str]
    sizes: Sizes = field(default_factory=Sizes)
    forms: dict[str, Form] = field(default_factory=dict)
    kinds: dict[Term, str] = field(default_factory=dict)
    axes: dict[sympy.Symbol, int] = field(default_factory=dict)  # the axis that an index of entries runs over

    # -------------------------------------------------------------- quantities

    def quantity(self, name: str) -> Form:
        """The shape of a quantity: declared, or of the rank that is tried."""
        if name not in self.forms:
            self.forms[name] = self._new(name)
        return self.forms[name]

    def _new(self, name: str) -> Form:
        fresh = self.sizes.fresh
        if name in self.declared:
            rows, cols = self.declared[name]
            return Form(tuple(map(fresh, rows)), tuple(map(fresh, cols)))
        if self.ranks[name] == "square":
            axis = (fresh(),)
            return Form(axis, axis)
        height, width = RANKS[self.ranks[name]]
        return Form(tuple(fresh() for _ in range(height)), tuple(fresh() for _ in range(width)))

    def is_free(self, term: Term) -> bool:
        """May this term be broadcast: nothing in it is both at a time and undeclared?"""
        return all(
            s.name in self.declared
            or (isinstance(s, Symbol) and s.time is None and s is term)
            or isinstance(s, Constant)
            for s in symbols(term)
        )

    def misfit(self, term: Term, what: str, left: Term, right: Term, forms: tuple[Form, Form]) -> Misfit:
        """The error of two terms that do not fit."""
        said = [
            f"{self.shown(part.at)} is {self.sizes.text(form)}"
            for part, form in zip((left, right), forms, strict=True)
        ]
        follow = [*self._follow(left, forms[1]), *self._follow(right, forms[0])]
        if what == "a matrix product":
            follow = [(name, "scalar") for name, _ in follow]
        return Misfit(
            term.at, f"shapes do not fit in {what}: {said[0]}, {said[1]}", names_in(term), tuple(follow)
        )

    def _follow(self, term: Term, form: Form) -> Iterator[tuple[str, str]]:
        """An undeclared quantity that stands alone, and the rank of the other side."""
        term = term.operand if isinstance(term, Negated) else term
        if isinstance(term, Symbol) and term.name not in self.declared and rank_of(form):
            yield term.name, rank_of(form)

    # -------------------------------------------------------------- the rules

    def form(self, term: Term) -> Form:
        """The shape of a term. Raises Misfit where its parts do not fit."""
        return RULES[type(term)](self, term)

    def symbol(self, term: Symbol | Constant) -> Form:
        return self.quantity(term.name)

    def sum(self, term: Sum) -> Form:
        left, right = self.form(term.left), self.form(term.right)
        found = self.joined(term.left, left, term.right, right)
        if found is None:
            raise self.misfit(term, "a sum", term.left, term.right, (left, right))
        return found

    def joined(self, a: Term, left: Form, b: Term, right: Form) -> Form | None:
        """The common shape, where the shapes are equal or one may be broadcast; None where not."""
        if self.sizes.match_forms(left, right):
            return left
        for term, small, large in ((a, left, right), (b, right, left)):
            if len(small.rows) + len(small.cols) < len(large.rows) + len(large.cols) and self.is_free(term):
                fits_rows = not small.rows or self.sizes.match(small.rows, large.rows)
                if fits_rows and (not small.cols or self.sizes.match(small.cols, large.cols)):
                    return large
        return None

    def product(self, term: Product) -> Form:
        left, right = self.form(term.left), self.form(term.right)
        if term.op in ELEMENTWISE:
            return self.elementwise(term, left, right)
        if SCALAR in (left, right):
            self.kinds[term] = "times"
            return right if left == SCALAR else left
        loose = term.op != JUXTAPOSED
        if loose and term.op != "\\cdot" and self._both_timed(term) and self.sizes.match_forms(left, right):
            self.kinds[term] = "times"
            return left
        if self.sizes.match(left.cols, right.rows):
            self.kinds[term] = "dot"
            return Form(left.rows, right.cols)
        if loose and self.sizes.match_forms(left, right):
            self.kinds[term] = "times"
            return left
        raise self.misfit(term, "a matrix product", term.left, term.right, (left, right))

    def together(self, term: Together) -> Form:
        """A generic function of several arguments: each has the size that was declared for it."""
        given, name = len(term.rows[0]), term.function.symbol.name
        if given != len(term.function.domain):
            counted = f"{len(term.function.domain)} argument{'s' * (len(term.function.domain) != 1)}"
            raise Misfit(term.at, f"{name} is a function of {counted}, not of {given}", set())
        for argument, sizes in zip(term.rows[0], term.function.domain, strict=True):
            found, wanted = self.form(argument), self._vector(sizes)
            if not self.sizes.match_forms(found, wanted):
                said = f"{self.shown(argument.at)} is {self.sizes.text(found)}"
                message = f"expected {self.sizes.text(wanted)} for {name}: {said}"
                raise Misfit(argument.at, message, names_in(term), tuple(self._follow(argument, wanted)))
        return self._vector(term.function.codomain)

    def _numbered(self, term: Partial, applied: Together, number: sympy.Expr) -> tuple[int, ...]:
        """The axis of an argument, counted from 1."""
        domain = applied.function.domain
        if not (number.is_Integer and 1 <= number <= len(domain)):
            raise Misfit(term.at, f"{applied.function.symbol.name} has no argument {number}", set())
        return self._vector(domain[int(number) - 1]).rows

    def _vector(self, sizes: tuple[sympy.Expr, ...]) -> Form:
        """A column (a row where vectors are rows) of a declared size; a scalar of none, and of one."""
        axis = tuple(map(self.sizes.fresh, (size for size in sizes if size != 1)))
        return Form((), axis) if self.rows else Form(axis, ())

    def inner(self, term: Product) -> Form:
        left, right = self.form(term.left), self.form(term.right)
        self.kinds[term] = "inner"
        if not self.sizes.match_forms(left, right):
            raise self.misfit(term, "an inner product", term.left, term.right, (left, right))
        return SCALAR

    def _both_timed(self, term: Product) -> bool:
        return is_timed(term.left) and is_timed(term.right)

    def elementwise(self, term: Product, left: Form, right: Form) -> Form:
        self.kinds[term] = "times"
        for part, form, other in ((term.left, left, right), (term.right, right, left)):
            undeclared = isinstance(part, Symbol) and part.name not in self.declared
            if form == SCALAR and other != SCALAR and undeclared:
                raise self.misfit(term, "an elementwise product", term.left, term.right, (left, right))
        if SCALAR in (left, right):
            return right if left == SCALAR else left
        found = self.joined(term.left, left, term.right, right)
        if found is None:
            raise self.misfit(term, "an elementwise product", term.left, term.right, (left, right))
        return found

    def kronecker(self, term: Product) -> Form:
        left, right = self.form(term.left), self.form(term.right)
        self.kinds[term] = "kron"
        return Form(left.rows + right.rows, left.cols + right.cols)

    def quotient(self, term: Quotient) -> Form:
        left, right = self.form(term.left), self.form(term.right)
        if right == SCALAR:
            return left
        if left == SCALAR:
            return right
        found = self.joined(term.left, left, term.right, right)
        if found is None:
            raise self.misfit(term, "a fraction", term.left, term.right, (left, right))
        return found

    def raised(self, term: Raised) -> Form:
        """Elementwise, but of a square matrix without time (W^2) the matrix power."""
        form = self.form(term.base)
        whole = term.exponent.is_integer
        if (
            form.rows
            and form.cols
            and whole
            and not term.elementwise
            and not is_timed(term.base)
            and self.sizes.match(form.rows, form.cols)
        ):
            self.kinds[term] = "matrix"
        return form

    def flipped(self, term: Flipped) -> Form:
        rows, cols = self.form(term.operand)
        return Form(cols, rows)

    def special(self, term: Special) -> Form:
        form = self.form(term.operand)
        match term.kind:
            case "vec":
                return Form(form.cols + form.rows, ())
            case "diag" if not (form.rows and form.cols):
                return Form(form.rows + form.cols, form.rows + form.cols)
            case "squares":
                return SCALAR
            case "trace" if self.sizes.match(form.rows, form.cols):
                return SCALAR
        what = "expected a square matrix" if term.kind == "trace" else "expected a vector"
        said = f"{self.shown(term.operand.at)} is {self.sizes.text(form)}"
        message = f"shapes do not fit in {term.kind}: {what}, {said}"
        raise Misfit(term.at, message, names_in(term))

    def stack(self, term: Stack) -> Form:
        """Blocks; a list of columns (and of scalars) is stacked, a list of rows is joined."""
        grid = [[self.form(block) for block in row] for row in term.rows]
        flat = [form for row in grid for form in row]
        if term.free:
            level = any(f.cols and not f.rows for f in flat) or (self.rows and any(f.cols for f in flat))
            self.kinds[term] = "level" if level else "upright"
            grid = grid if level else [[form] for form in flat]
        heights = [self._same(term, row, 0) for row in grid]
        widths = [self._same(term, list(column), 1) for column in zip(*grid, strict=True)]
        return Form(self._total(heights), self._total(widths))

    def _same(self, term: Stack, forms: list[Form], axis: int) -> tuple[int, ...]:
        for form in forms[1:]:
            if not self.sizes.match(forms[0][axis], form[axis]):
                said = " and ".join(self.sizes.text(one) for one in (forms[0], form))
                raise Misfit(term.at, f"shapes do not fit in blocks side by side: {said}", names_in(term))
        return forms[0][axis]

    def _total(self, axes: list[tuple[int, ...]]) -> tuple[int, ...]:
        return axes[0] if len(axes) == 1 else self.sizes.total(axes)

    def element(self, term: Element) -> Form:
        """An entry: every index runs over the axis that it stands on."""
        form = self.form(term.base)
        axes = form.rows + form.cols
        if len(axes) != len(term.indices):
            count = f"{len(term.indices)} ind{'ex' if len(term.indices) == 1 else 'ices'}"
            said = f"{self.shown(term.base.at)} is {self.sizes.text(form)}"
            message = f"shapes do not fit in an entry with {count}: {said}"
            raise Misfit(term.at, message, names_in(term))
        for index, axis in zip(term.indices, axes, strict=True):
            known = self.axes.setdefault(index, axis)
            if not self.sizes.unify(known, axis):
                said = " and ".join(str(self.sizes.known(a)) for a in (known, axis))
                raise Misfit(
                    term.at, f"the index {index} runs over axes of different sizes: {said}", names_in(term)
                )
        return SCALAR

    def summed(self, term: Summed) -> Form:
        if (
            term.low is None
            or term.high is None
            or term.index not in {q.index for q in walk(term) if isinstance(q, Summed)}
        ):
            self.axes.pop(term.index, None)
        form = self.form(term.body)
        if (term.low is None or term.high is None) and term.index not in self.axes:
            raise Misfit(term.at, f"the index {term.index} of the sum stands nowhere in it", names_in(term))
        if term.index in self.axes and not _holds_time(term):
            self.kinds[term] = "entries"
        return form

    def multiplied(self, term: Multiplied) -> Form:
        form = self.form(term.body)
        if not self.sizes.match(form.rows, form.cols):
            said = self.sizes.text(form)
            raise Misfit(
                term.at, f"shapes do not fit in an ordered product: a factor is {said}", names_in(term)
            )
        return form

    def partial(self, term: Partial) -> Form:
        of, by = self.form(term.of), self.form(term.by)
        if isinstance(term.of, Together) and isinstance(term.by, Literal):  # by an argument's number
            return Form(of.cols + of.rows, self._numbered(term, term.of, term.by.value))
        return by if term.kind == "gradient" else Form(of.cols + of.rows, by.cols + by.rows)


def rank_of(form: Form) -> str:
    """The rank of a shape; empty for one with compound axes."""
    return next((rank for rank, axes in RANKS.items() if axes == (len(form.rows), len(form.cols))), "")


def _holds_time(term: Summed) -> bool:
    return any(
        isinstance(s, Symbol) and s.time is not None and term.index in s.time.free_symbols
        for s in symbols(term)
    )


def names_in(term: Term) -> set[str]:
    """The names of the quantities and constants of a term."""
    return {s.name for s in symbols(term)}


def _same_as_operand(typing: Typing, term: Negated | Call) -> Form:
    return typing.form(term.operand if isinstance(term, Negated) else term.argument)


def _product(typing: Typing, term: Product) -> Form:
    named = {"kron": typing.kronecker, "inner": typing.inner}
    return named.get(term.op, typing.product)(term)


RULES: dict[type[Term], Callable[..., Form]] = {
    Literal: lambda typing, term: SCALAR,
    Symbol: Typing.symbol,
    Constant: Typing.symbol,
    Call: _same_as_operand,
    Together: Typing.together,
    Negated: _same_as_operand,
    Sum: Typing.sum,
    Product: _product,
    Quotient: Typing.quotient,
    Raised: Typing.raised,
    Flipped: Typing.flipped,
    Special: Typing.special,
    Stack: Typing.stack,
    Element: Typing.element,
    Summed: Typing.summed,
    Multiplied: Typing.multiplied,
    Partial: Typing.partial,
}
