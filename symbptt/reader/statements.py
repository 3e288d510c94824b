"""The statements of a document, and what kind each is: a declared shape, a function, a definition."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

import sympy

from symbptt.errors import Place, SpecificationError
from symbptt.reader import syntax
from symbptt.reader.document import Document, Formula, read_document
from symbptt.reader.hints import did_you_mean
from symbptt.reader.parser import parse, parse_each
from symbptt.reader.spelling import called_at_number
from symbptt.reader.symbols import arithmetic
from symbptt.reader.syntax import Bracket, Chain, Juxtaposed, Name, Number, Span, Surface
from symbptt.reader.walks import children
from symbptt.recurrence import T

DEFINING = frozenset(["=", ":=", "\\equiv", "\\triangleq", "\\coloneqq", "\\doteq", "\\leftarrow", "\\gets"])
ASSIGNING = frozenset(["\\leftarrow", "\\gets"])
REALS = "\\mathbb{R}"
LONGEST_SHOWN = 40


@dataclass(frozen=True, eq=False)
class Statement:
    """One statement and the formula that it stands in; ``kind`` is display, inline or declaration."""

    chain: Chain
    formula: Formula

    @property
    def kind(self) -> str:
        return self.formula.kind

    def place(self, at: Span) -> Place:
        """Where a part of the formula stands, on its first line."""
        return replace(self.formula.place(at.start), length=max(1, at.stop - at.start))

    def shown(self, at: Span) -> str:
        """The source text of a part, on one line and cut when long."""
        text = " ".join(self.formula.latex[at.start : at.stop].split())
        return text if len(text) <= LONGEST_SHOWN else text[: LONGEST_SHOWN - 3] + "..."

    @property
    def definition(self) -> tuple[Surface, Surface] | None:
        """Both sides of the first relation, when it defines something."""
        first, links = self.chain.first, self.chain.links
        if first is None or not links or links[0].op not in DEFINING:
            return None
        if links[0].op in ASSIGNING and isinstance(first, Name) and first.time is None:
            return None  # W <- W - ...: an update of a parameter, which defines nothing
        return first, links[0].right


def read_statements(text: str, source: str) -> list[Statement]:
    """The statements of a document; a text (not a file) without any formula is taken as one formula itself.

    Raises SpecificationError where a display or a declaration cannot be parsed; inline, that is prose.
    """
    document = read_document(text, source)
    if not document.displays and not document.inline and not source.endswith((".md", ".tex")):
        whole = Formula(text, source, 1, 1, "display", 0, text)
        document = replace(document, displays=[whole])
    return [statement for formula in _formulas(document) for statement in _parsed(formula, document)]


def _formulas(document: Document) -> list[Formula]:
    return sorted([*document.displays, *document.inline], key=lambda f: (f.line, f.column))


def _parsed(formula: Formula, document: Document) -> Iterator[Statement]:
    if formula.kind == "inline":
        found = parse_each(formula.latex, place_of=formula.place, macros=document.macros)
        chains = tuple(chain for chain in found if isinstance(chain, Chain))
    else:
        try:
            chains = parse(formula.latex, place_of=formula.place, macros=document.macros)
        except SpecificationError as error:
            raise _with_suggestion(error) from None
    yield from (Statement(chain, formula) for chain in chains)


def _with_suggestion(error: SpecificationError) -> SpecificationError:
    """An unknown command that is nearly the name of a function."""
    if error.place is None or "\\" not in error.message:
        return error
    command = error.place.text[error.place.column - 1 : error.place.column - 1 + error.place.length]
    near = did_you_mean(command)
    return SpecificationError(f"unknown function {command}{near}", error.place) if near else error


# ------------------------------------------------------------------ kinds of statements


def declared_shape(
    statement: Statement, symbol: Callable[[str], sympy.Expr]
) -> tuple[tuple[Name, ...], tuple[sympy.Expr, ...]] | None:
    """Names and sizes of ``W, U \\in \\mathbb{R}^{n \\times n}`` or ``x: D \\times M``; None for another."""
    chain = statement.chain
    for link in chain.links:
        sizes = None
        if link.op == "\\in":
            sizes = _sizes_of_domain(link.right, symbol)
        elif link.op == ":" and len(chain.links) == 1:
            sizes = (
                _sizes_of_domain(link.right, symbol) if _is_domain(link.right) else _sizes(link.right, symbol)
            )
        if sizes is not None and chain.first is not None:
            return tuple(_listed_names(chain.first)), sizes
    return None


def _listed_names(node: Surface) -> Iterator[Name]:
    for item in node.items if isinstance(node, Bracket) else (node,):
        if isinstance(item, Name):
            yield item


def _is_domain(node: Surface) -> bool:
    return isinstance(node, Name) and node.base == REALS


def _sizes_of_domain(node: Surface, symbol: Callable[[str], sympy.Expr]) -> tuple[sympy.Expr, ...] | None:
    """The sizes of R^{n \\times m}, {0, 1}^p or [0, 1]^n; None for another domain."""
    match node:
        case Name(base=base, superscripts=scripts) if base == REALS:
            return () if not scripts else _sizes(scripts[0], symbol)
        case syntax.Scripted(base=Bracket(), superscript=script) if script is not None:
            return _sizes(script, symbol)
    return None


def _sizes(node: Surface, symbol: Callable[[str], sympy.Expr]) -> tuple[sympy.Expr, ...]:
    match node:
        case syntax.Binary(op="\\times" | "*", left=left, right=right):
            return _sizes(left, symbol) + _sizes(right, symbol)
        case Bracket(kind="list", items=items):
            return tuple(size for item in items for size in _sizes(item, symbol))
    return (arithmetic(node, symbol),)


def size_symbol(letter: str) -> sympy.Symbol:
    """The symbol of a size: n_{a} is n_a."""
    plain = letter.replace("{", "").replace("}", "")
    return T if letter == "T" else sympy.Symbol(plain, integer=True, positive=True)


def generic_functions(statement: Statement) -> tuple[Name, ...]:
    """The names of ``f, g: \\mathbb{R} \\to \\mathbb{R}``."""
    match statement.chain.links:
        case (
            syntax.Link(op=":" | "\\colon", right=Name(base="\\mathbb{R}", superscripts=())),
            syntax.Link(right=Name(base="\\mathbb{R}", superscripts=())),
        ) if statement.chain.first is not None:
            return tuple(_listed_names(statement.chain.first))
    return ()


def size_symbols(size: sympy.Expr) -> Iterator[tuple[str, sympy.Symbol]]:
    """The symbols of a declared size, by the names that the reader gives them: n_a, and n_{a}."""
    for symbol in size.free_symbols:
        stem, _, below = str(symbol).partition("_")
        yield str(symbol), symbol
        yield f"{stem}_{{{below}}}" if below else stem, symbol


Sizes = tuple[sympy.Expr, ...]


def joint_functions(
    statement: Statement, symbol: Callable[[str], sympy.Expr]
) -> tuple[tuple[Name, ...], tuple[Sizes, ...], Sizes] | None:
    """Names and sizes of ``f: \\mathbb{R}^n \\times \\mathbb{R} \\to \\mathbb{R}^m``, argument by argument.

    None for another statement, and for functions of one number: those work entry by entry.
    """
    match statement.chain.links:
        case (syntax.Link(op=":" | "\\colon", right=domain), syntax.Link(op="\\to", right=codomain)):
            pass
        case _:
            return None
    arguments = [_sizes_of_domain(factor, symbol) for factor in _factors(domain)]
    value = _sizes_of_domain(codomain, symbol)
    known = tuple(sizes for sizes in arguments if sizes is not None)
    if statement.chain.first is None or value is None or len(known) < len(arguments):
        return None
    if known == ((),) and value == ():
        return None
    return tuple(_listed_names(statement.chain.first)), known, value


def _factors(domain: Surface) -> Iterator[Surface]:
    """The factors of a product of domains."""
    if isinstance(domain, syntax.Binary) and domain.op == "\\times":
        yield from _factors(domain.left)
        yield from _factors(domain.right)
    else:
        yield domain


def function_formula(statement: Statement) -> tuple[str, tuple[Name, ...], Surface] | None:
    """Name, variables and formula of ``S(z) = ...``, where the formula holds a variable and no time."""
    if statement.definition is None:
        return None
    left, right = statement.definition
    match left:
        case Juxtaposed(left=Name(time=None, primes=0) as name, right=Bracket(items=items)):
            found = name.canonical
        case syntax.Apply(function=found, argument=Bracket(items=items), primes=0):
            pass
        case _:
            return None
    variables = tuple(item for item in items if isinstance(item, Name) and item.time is None)
    every = list(all_names(right))
    holds = any(n.base == v.base for n in every for v in variables) and all(n.time is None for n in every)
    return (found, variables, right) if holds and len(variables) == len(items) else None


def all_names(node: Surface) -> Iterator[Name]:
    """Every name of a formula, those in scripts too."""
    if isinstance(node, Name):
        yield node
    for child in children(node):
        yield from all_names(child)


def defined_names(statement: Statement) -> tuple[Name, ...]:
    """The names on the left of a definition: a_t, L(y, d), or a_0, c_0 = 0; none where the left is a formula.

    Raises SpecificationError for several names that are not set to a number.
    """
    if statement.definition is None:
        return ()
    left, right = statement.definition
    match left:
        case Name():
            return (left,)
        case Juxtaposed(left=Name() as name, direct=True):
            return (called_at_number(name, left.right) or name,)
        case syntax.Matrix(rows=rows) if any(isinstance(cell, Name) for row in rows for cell in row):
            raise SpecificationError(
                "expected one quantity on the left: give each its own equation", statement.place(left.at)
            )
        case Bracket(items=items) if any(isinstance(item, Name) for item in items):
            if not isinstance(right, Number):
                raise SpecificationError(
                    "expected one quantity on the left of an equation", statement.place(left.at)
                )
            return tuple(_listed_names(left))
    return ()
