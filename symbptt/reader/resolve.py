"""From the surface tree to terms: application or product, power or name, sum over time or over entries.

A name before a bracket is applied when it is a function of the table, or one that the text defines or
declares; it is a factor when it is a quantity elsewhere, or a capital letter with a space after it,
K (y_t - C x_t), or before quantities at times that are added or multiplied, W(r_t \\odot h_{t-1}); otherwise
it is an unknown function: an error.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from itertools import count

import sympy

from symbptt.expressions import FunctionSymbol
from symbptt.functions import FUNCTIONS, SPELLINGS
from symbptt.reader import syntax
from symbptt.reader.hints import described, unknown_function
from symbptt.reader.rewriting import substituted
from symbptt.reader.spelling import ReadingError, called_at_number, canonical, is_capital
from symbptt.reader.symbols import Names, arithmetic, number, power
from symbptt.reader.syntax import Bracket, Name, Number, Surface
from symbptt.reader.terms import (
    JUXTAPOSED,
    Call,
    Constant,
    Element,
    Flipped,
    JointFunction,
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
)
from symbptt.reader.walks import names_in
from symbptt.recurrence import T, t

LARGEST_EXPONENT = 100
SPECIALS = {"diag": "diag", "Diag": "diag", "vec": "vec", "tr": "trace", "trace": "trace", "Tr": "trace"}
KINDS = {"\\partial": "total", "d": "total", "partial+": "immediate"}
HALF = sympy.Rational(1, 2)
Formula = tuple[tuple[str, ...], Surface]  # the variables, and what they stand in


@dataclass
class Resolver:
    """What the names of a document mean; ``known`` are its quantities, ``sizes`` the symbols of its sizes."""

    names: Names
    functions: dict[str, FunctionSymbol] = field(default_factory=dict)
    known: set[str] = field(default_factory=set)
    sizes: dict[str, sympy.Symbol] = field(default_factory=dict)
    variables: dict[str, sympy.Expr] = field(default_factory=dict)  # of a function's formula
    kronecker: bool = False  # what \otimes means
    entries: frozenset[str] = frozenset()  # letters that index entries here
    serial: Iterable[int] = field(default_factory=count)
    formulas: dict[str, Formula] = field(default_factory=dict)  # of functions that stand for themselves
    joint: dict[str, JointFunction] = field(default_factory=dict)  # generic functions of several arguments

    # -------------------------------------------------------------- functions

    def function(self, name: str) -> FunctionSymbol | None:
        """The function of a name, or None; subscripts do not hide a function of the table (``\\sigma_g``)."""
        if name in self.functions:
            return self.functions[name]
        if name in self.known:
            return None
        stem = name.split("_")[0].lstrip("\\")
        key = SPELLINGS.get(name.lstrip("\\")) or SPELLINGS.get(stem)
        return FunctionSymbol(FUNCTIONS[key].latex + name[len(name.split("_")[0]) :], key) if key else None

    def require_function(self, name: str, at: syntax.Span) -> FunctionSymbol:
        """The function of a name. Raises ReadingError for an unknown one."""
        found = self.function(name)
        if found is None:
            raise ReadingError(unknown_function(name, self.functions), at)
        return found

    # -------------------------------------------------------------- terms

    def term(self, node: Surface) -> Term:
        """The term of a formula. Raises ReadingError where it cannot be understood."""
        at = node.at
        match node:
            case Number():
                return Literal(at, number(node))
            case Name():
                return self.name(node)
            case syntax.Word(text=text):
                return self.name(Name(at, text))
            case syntax.Binary(op="+" | "-", left=left, right=right):
                second = self.term(right)
                return Sum(at, self.term(left), second if node.op == "+" else Negated(right.at, second))
            case syntax.Binary(op="/", left=left, right=right):
                return self.quotient(at, left, right)
            case syntax.Binary(op=op, left=left, right=right):
                op = "kron" if self.kronecker and op == "\\otimes" else op
                return Product(at, op, self.term(left), self.term(right))
            case syntax.Negative(operand=operand):
                return Negated(at, self.term(operand))
            case syntax.Juxtaposed():
                return self.juxtaposed(node)
            case syntax.Fraction(numerator=above, denominator=below):
                return self.quotient(at, above, below)
            case syntax.Transpose(operand=operand):
                return Flipped(at, self.term(operand))
            case syntax.Braced(body=body):
                return self.term(body)
            case syntax.Norm(kind="\\|", operand=operand):
                return Raised(at, Special(at, "squares", self.term(operand)), HALF)
            case syntax.Norm(operand=operand):
                return Call(at, FunctionSymbol(FUNCTIONS["abs"].latex, "abs"), self.term(operand))
            case Bracket() | syntax.Matrix():
                return self.blocks(node)
            case syntax.Scripted():
                return self.scripted(node)
            case syntax.Apply():
                return self.applied(node)
            case syntax.BigOperator():
                return self.big(node)
            case syntax.Derivative() | syntax.Gradient():
                return self.derivative(node)
        raise ReadingError(f"{described(node)} has no meaning in an equation of a recurrence", at)

    def name(self, node: Name) -> Term:
        """A name that stands alone: a quantity, a constant, an index, a size, or e with an exponent."""
        at = node.at
        found = self.names.refer(node, self.entries)
        if found.name in self.variables:
            base: Term = Literal(at, self.variables[found.name])
        elif node.base == "e" and found.exponent is not None and "e" not in self.known:
            return Call(at, FunctionSymbol("\\exp", "exp"), self.term(found.exponent))
        else:
            base = self.quantity(node, found.name, found.time)
        if found.indices:
            base = Element(at, base, tuple(sympy.Symbol(i, integer=True) for i in found.indices))
        return base if found.exponent is None else self.raised(at, base, found.exponent)

    def quantity(self, node: Name, name: str, time: sympy.Expr | None) -> Term:
        """A name without its scripts for time and power."""
        at = node.at
        if time is not None:
            self.names.bases.setdefault(name, node)
            return Symbol(at, name, time)
        if name not in self.known and self.function(name) is not None:
            raise ReadingError(f"the function {name} stands without an argument", at)
        if name not in self.known or name in self.sizes:
            if name in (self.names.letter, "T"):
                return Literal(at, t if name == self.names.letter else T)
            if name in self.sizes:
                return Literal(at, self.sizes[name])
            if node.base in ("I", "\\mathbf{I}", "\\mathbf{1}") and not node.superscripts:
                return Constant(
                    at, "ones" if "1" in node.base else "eye", f"{node.base}#{next(iter(self.serial))}"
                )
        self.names.bases.setdefault(name, node)
        return Symbol(at, name)

    def juxtaposed(self, node: syntax.Juxtaposed) -> Term:
        """A product, or a name applied to the bracket after it."""
        left, right = node.left, node.right
        if not (node.direct and isinstance(left, Name)):
            return Product(node.at, JUXTAPOSED, self.term(left), self.term(right))
        timed = called_at_number(left, right)
        if timed is not None and self.names.style == "paren" and canonical(left) in self.names.timed:
            return self.name(timed)
        found = self.names.refer(left, self.entries)
        if found.time is None:
            bare = canonical(replace(left, primes=0))
            symbol = self.function(found.name)
            order = 0 if symbol is not None else left.primes
            symbol = symbol or self.function(bare)
            if symbol is not None:
                return self.application(symbol, order, right, node.at)
            if found.name in self.formulas:
                return self.by_formula(found.name, right, node.at)
            if not (self._is_factor(left, found.name) or self._is_weighed(left, right)):
                raise ReadingError(unknown_function(found.name, self.functions), left.at)
        return Product(node.at, JUXTAPOSED, self.term(left), self.term(right))

    def _is_factor(self, name: Name, text: str) -> bool:
        """A quantity elsewhere, a constant, or a relative of a quantity: U_h beside U_z."""
        if text in self.known or name.base in ("I", "\\mathbf{1}"):
            return True
        stem = replace(name, subscripts=(), superscripts=()).canonical
        return bool(name.subscripts) and any(other.startswith(stem + "_") for other in self.known)

    def _is_weighed(self, weight: Name, bracket: Surface) -> bool:
        """A capital letter before a bracket set apart by a space, or around quantities at times alone."""
        if not is_capital(weight):
            return False
        single = not isinstance(bracket, Bracket) or len(bracket.items) == 1
        if bracket.at.start > weight.at.stop and single:
            return True
        names = list(names_in(bracket))
        return len(names) > 1 and all(self.names.refer(name, self.entries).time is not None for name in names)

    def by_formula(self, name: str, argument: Surface, at: syntax.Span) -> Term:
        """A function of quantities or of several arguments: its formula with the arguments put in."""
        match argument:
            case syntax.Transpose(operand=operand):
                return Flipped(at, self.by_formula(name, operand, at))
            case Bracket(items=items):
                pass
            case _:
                items = (argument,)
        variables, formula = self.formulas[name]
        if len(items) != len(variables):
            raise ReadingError(f"{name} is a function of {len(variables)} arguments, not of {len(items)}", at)
        others = {key: value for key, value in self.formulas.items() if key != name}
        within = substituted(formula, dict(zip(variables, items, strict=True)), at)
        return replace(self, formulas=others).term(within)

    def application(self, symbol: FunctionSymbol, order: int, argument: Surface, at: syntax.Span) -> Term:
        """A function applied to a bracket, whose scripts belong to the value: f(x)^2, f(x)^T."""
        match argument:
            case syntax.Transpose(operand=operand):
                return Flipped(at, self.application(symbol, order, operand, at))
            case syntax.Scripted(base=base, superscript=superscript, subscript=None, primes=0) if (
                superscript is not None
            ):
                return self.raised(at, self.application(symbol, order, base, at), superscript)
            case Bracket(items=items) if symbol.name in self.joint:
                return Together(at, self.joint[symbol.name], (tuple(map(self.term, items)),))
            case Bracket(items=items) if len(items) != 1 and argument.kind in ("()", "list"):
                raise ReadingError(
                    f"{symbol.name} is a function of one argument, not of {len(items)}", argument.at
                )
        return Call(at, symbol, self.term(argument), order)

    def applied(self, node: syntax.Apply) -> Term:
        """A function that the parser knew by its spelling, or an upright word before a bracket."""
        if node.argument is None:
            raise ReadingError(f"the function {node.function} stands without an argument", node.at)
        name = node.function
        items = node.argument.items if isinstance(node.argument, Bracket) else (node.argument,)
        if name == "sqrt":
            return Raised(node.at, self.term(node.argument), HALF)
        if name in ("max", "min") and len(items) == 2 and name not in self.known:
            return self.larger(node.at, name, *map(self.term, items))
        if name == "concat":
            return Stack(node.at, (tuple(map(self.term, items)),), free=True)
        if name in SPECIALS:
            return Special(node.at, SPECIALS[name], self.term(node.argument))
        if node.subscript is not None:
            name += f"_{{{syntax.spelled(node.subscript)}}}"
        if name in self.known:
            return Product(node.at, JUXTAPOSED, self.name(Name(node.at, name)), self.term(node.argument))
        symbol = self.require_function(name, node.at)
        result = self.application(symbol, node.primes, node.argument, node.at)
        return result if node.superscript is None else self.raised(node.at, result, node.superscript)

    def larger(self, at: syntax.Span, name: str, one: Term, other: Term) -> Term:
        """max(a, b) is b + relu(a - b), min(a, b) is a - relu(a - b); a number stands last."""
        first, second = (other, one) if isinstance(one, Literal) else (one, other)
        is_zero = isinstance(second, Literal) and second.value == 0
        above = first if is_zero else Sum(at, first, Negated(at, second))
        excess = Call(at, FunctionSymbol(FUNCTIONS["relu"].latex, "relu"), above)
        if name == "min":
            return Sum(at, first, Negated(at, excess))
        return excess if is_zero else Sum(at, second, excess)

    # -------------------------------------------------------------- powers and quotients

    def quotient(self, at: syntax.Span, above: Surface, below: Surface) -> Term:
        """A fraction; of numbers a number."""
        left, right = self.term(above), self.term(below)
        if isinstance(right, Literal) and right.value == 0:
            raise ReadingError("a division by zero", at)
        if isinstance(left, Literal) and isinstance(right, Literal):
            return Literal(at, left.value / right.value)
        return Quotient(at, left, right)

    def raised(self, at: syntax.Span, base: Term, exponent: Surface) -> Term:
        """A power; with an exponent that changes with time an exponential.

        Raises ReadingError for any other exponent that is not a number, a time or a size.
        """
        if isinstance(exponent, Name) and exponent.base in ("\\top", "T", "\\intercal"):
            return Flipped(at, base)
        elementwise = False
        if isinstance(exponent, syntax.Binary) and isinstance(exponent.left, syntax.Text):
            exponent, elementwise = exponent.right, True
        value = self.term(exponent)
        while isinstance(value, Negated) and isinstance(value.operand, Literal):
            value = Literal(at, -value.operand.value)
        if is_timed(value):
            log = Call(at, FunctionSymbol(FUNCTIONS["log"].latex, "log"), base)
            return Call(at, FunctionSymbol("\\exp", "exp"), Product(at, "\\odot", value, log))
        if not isinstance(value, Literal):
            value = Literal(at, self.names.integer(exponent))
        if value.value.is_number and abs(value.value) > LARGEST_EXPONENT:
            raise ReadingError(f"the exponent is larger than {LARGEST_EXPONENT}", exponent.at)
        if isinstance(base, Literal) and base.value.is_Rational and value.value.is_Integer:
            return Literal(at, power(base.value, int(value.value), at))
        return Raised(at, base, value.value, elementwise)

    def scripted(self, node: syntax.Scripted) -> Term:
        """A power of a bracket or of an application; a norm may say that it is the Euclidean one."""
        if isinstance(node.base, syntax.Norm) and is_euclidean(node.subscript):
            node = replace(node, subscript=None)
            if node.superscript is None:
                return self.term(node.base)
        if node.subscript is not None or node.primes or node.superscript is None:
            raise ReadingError("scripts on a bracket have no meaning here", node.at)
        if isinstance(node.base, syntax.Norm) and node.base.kind == "\\|" and _is_two(node.superscript):
            return Special(node.at, "squares", self.term(node.base.operand))
        return self.raised(node.at, self.term(node.base), node.superscript)

    # -------------------------------------------------------------- blocks, sums, derivatives

    def blocks(self, node: Bracket | syntax.Matrix) -> Term:
        """Brackets around one expression, a list of blocks, or a matrix of blocks."""
        if isinstance(node, syntax.Matrix):
            return Stack(node.at, tuple(tuple(map(self.term, row)) for row in node.rows))
        if not node.items:
            raise ReadingError("an empty bracket", node.at)
        items = tuple(self.term(item) for item in node.items)
        if len(items) == 1:
            return items[0]
        if node.kind == "\\langle\\rangle" and len(items) == 2:
            return Product(node.at, "inner", *items)
        if node.separators and all(separator == ";" for separator in node.separators):
            return Stack(node.at, tuple((item,) for item in items))
        return Stack(node.at, (items,), free=True)

    def big(self, node: syntax.BigOperator) -> Term:
        """A sum over time (1 to T where no limits are written) or over entries; an ordered product."""
        if not node.indices or node.domain is not None or node.condition is not None:
            raise ReadingError(f"expected \\{node.kind} over an index with limits", node.at)
        result: Term | None = None
        letters = [self._letter(index) for index in node.indices]
        limits = [
            None if limit is None else arithmetic(limit, self.count) for limit in (node.lower, node.upper)
        ]
        over_time = letters[0] == self.names.letter or any(v is not None and v.has(t, T) for v in limits)
        inner = self if over_time else replace(self, entries=self.entries | set(letters))
        inner = replace(inner, known=self.known - set(letters)) if over_time else inner
        variables = {} if not over_time else {letter: self.names.index(letter) for letter in letters}
        result = replace(inner, variables={**self.variables, **variables}).term(node.body)
        low, high = (limits[0] or sympy.Integer(1)) if over_time else limits[0], limits[1]
        high = T if over_time and high is None else high
        for letter in reversed(letters):
            index = self.names.index(letter)
            if node.kind == "sum":
                result = Summed(node.at, result, index, low, high)
            elif low is not None and high is not None:
                result = Multiplied(node.at, result, index, high, low)
            else:
                raise ReadingError("expected a product over times with limits", node.at)
        return result

    def count(self, letter: str) -> sympy.Expr:
        """The symbol of a letter in a limit: a size or an index."""
        return self.sizes.get(letter, self.names.index(letter))

    def _letter(self, index: Surface) -> str:
        if isinstance(index, Name) and index.time is None and not index.subscripts:
            return index.base
        raise ReadingError("expected a letter to count with", index.at)

    def derivative(self, node: syntax.Derivative | syntax.Gradient) -> Term:
        """A derivative kept, as derived formulas have it."""
        if isinstance(node, syntax.Gradient):
            if node.variable is None:
                raise ReadingError("expected the variable of the gradient", node.at)
            return Partial(node.at, "gradient", self.term(node.operand), self.term(node.variable))
        if len(node.denominators) != 1 or node.order is not None or node.missing or node.scale is not None:
            raise ReadingError("expected a first derivative by one variable", node.at)
        of, by = self.term(node.numerator), self.term(node.denominators[0])
        kind = KINDS[node.kind]
        number = not is_timed(of) or (isinstance(of, Together) and not of.function.codomain)
        return Partial(node.at, "gradient" if kind == "total" and number else kind, of, by)


def is_euclidean(subscript: Surface | None) -> bool:
    """Whether what stands below a norm says what it is without: 2, or F for a matrix."""
    return _is_two(subscript) or (isinstance(subscript, Name) and subscript.base == "F")


def _is_two(script: Surface | None) -> bool:
    return isinstance(script, Number) and script.text == "2"
