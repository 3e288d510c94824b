r"""A precedence-climbing parser of LaTeX mathematics into the surface tree.

    statement   = [list] (relation list)*
    expression  = product (("+" | "-") product)*
    product     = factors (operator factors)*           operator: \cdot * \times \circ \odot \otimes / ...
    factors     = factor factor*                        juxtaposition binds tighter than any written operator
    factor      = atom scripts [bracket scripts]        a bracket right after a name may be an application
A sum or product sign reaches to the end of its product, unless its body has braces of its own.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

from symbptt.errors import Place, SpecificationError
from symbptt.reader.atoms import gathered, parse_atom, parse_bracket
from symbptt.reader.cursor import ParseError
from symbptt.reader.expansion import expanded
from symbptt.reader.macros import Macro, MacroError, definitions
from symbptt.reader.rows import statements
from symbptt.reader.scripting import Scripting
from symbptt.reader.scripts import Scripts, attach, called_at
from symbptt.reader.syntax import (
    Binary,
    Bracket,
    Chain,
    Evaluated,
    Indicator,
    Juxtaposed,
    Link,
    Name,
    Negative,
    Number,
    Relation,
    Span,
    Surface,
    Text,
    Transpose,
)
from symbptt.reader.tokens import Token, TokenError
from symbptt.reader.walks import children

TALLEST = 250  # height of the tree: also the number of terms in one row
ADDING = frozenset(["+", "-", "\\pm", "\\mp"])


class Parser(Scripting):
    """Expressions, which hold atoms with scripts."""

    def chain(self, aside: bool) -> Chain:
        """A whole statement."""
        start = self.token.start
        first = None if self.token.kind == "rel" else self.listed(("rel", "stop"))
        links = []
        while self.token.kind == "rel":
            sign = self.relation()
            right = self.listed(("rel", "stop"))
            links.append(Link(Span(sign.start, right.at.stop), sign.text, right))
        self.expect("stop", "an operator or the end of the formula")
        return Chain(self.span(start), first, tuple(links), aside)

    def listed(self, stops: tuple[str, ...], related: bool = False) -> Surface:
        """One expression (or relation), or several with separators between them as a Bracket of kind list."""
        start = self.token.start
        items, separators = [self.related() if related else self.expression()], []
        while self.separates(stops):
            separator = self.advance()
            if self.token.kind in stops:
                break
            if self.separates(stops):
                continue
            separators.append(";" if separator.kind == "row" else separator.text)
            items.append(self.related() if related else self.expression())
        return (
            items[0]
            if len(items) == 1
            else Bracket(self.span(start), "list", tuple(items), tuple(separators))
        )

    def separates(self, stops: tuple[str, ...]) -> bool:
        """Does a separator of a list stand here? A bar is one where it closes nothing."""
        token = self.token
        if token.kind == "bar":
            return not self.closes_bar() and (token.text == "|" or not self.opens_bar())
        return token.kind in ("sep", "point", "row") and token.kind not in stops

    def related(self) -> Surface:
        """An expression, or relations between expressions, inside brackets and limits."""
        left = self.side()
        while self.token.kind == "rel":
            op = self.relation().text
            right = self.side()
            left = Relation(left.at.to(right.at), op, left, right)
        return left

    def relation(self) -> Token:
        r"""A relation sign with its scripts; of several, a = \\ \approx b, the last."""
        sign = self.advance()
        while self.read_scripts() == Scripts() and self.token.kind == "rel" and sign.text == "=":
            sign = self.advance()
        return sign

    def side(self) -> Surface:
        """A side of a relation; in a script it may be empty: 1_{>0}, x_{2:}."""
        ends = self.token.kind in ("rel", "sep", "}")
        return Text(self.span(self.token.start), "") if self.scripting and ends else self.expression()

    def expression(self, level: int = 1) -> Surface:
        """Level 1: sums; 2: products; 3: factors alone."""
        self.enter()
        left = self.signed(level)
        while self.token.kind == "op":
            strength = 1 if self.token.text in ADDING else 2
            if strength < level:
                break
            op = self.sign()
            right = self.expression(strength + 1)
            left = Binary(left.at.to(right.at), op, left, right)
        self.depth -= 1
        return left

    def sign(self) -> str:
        r"""An operator; one with scripts, *_G or \otimes^k, is an operator of its own."""
        text = self.advance().text
        return text if self.read_scripts() == Scripts() else f"{text}_"

    def signed(self, level: int) -> Surface:
        """Factors, with a sign before them."""
        token = self.token
        if token.kind != "op":
            return self.factors()
        self.advance()
        if token.text not in ADDING and self.token.kind == "_":
            return gathered(self, token.text, token.start)
        if self.token.kind in ("close", "sep", "stop", "}") and token.text not in ADDING:
            return Text(self.span(token.start), token.text)
        if token.text not in ADDING:
            raise ParseError(f"expected an expression before {token.text}", token)
        operand = self.expression(max(level, 2))
        return operand if token.text == "+" else Negative(self.span(token.start), operand)

    def factors(self) -> Surface:
        """Factors side by side."""
        left = self.factor()
        while self.starts_factor():
            right = self.factor()
            left = Juxtaposed(left.at.to(right.at), left, right)
        return left

    def factor(self) -> Surface:
        """An atom with its scripts; a name takes the bracket right after it."""
        start = self.token.start
        node = self.scripts(parse_atom(self), start)
        while (
            isinstance(node, Name | Transpose)
            and self.token.kind == "open"
            and self.token.text in "(["
            and not self.scripting
        ):
            bracket_start = self.token.start
            bracket = parse_bracket(self)
            timed = (
                called_at(node, bracket, self.span(start))
                if isinstance(node, Name) and isinstance(bracket, Bracket)
                else None
            )
            if timed is not None:
                node = self.scripts(timed, start)
                continue
            if (
                isinstance(node, Name)
                and node.base == "\\mathbf{1}"
                and isinstance(bracket, Bracket)
                and bracket.items
            ):
                return self.scripts(Indicator(self.span(start), _inside(bracket)), start)
            right = self.scripts(bracket, bracket_start)
            return Juxtaposed(self.span(start), node, right, direct=isinstance(node, Name))
        return node

    def scripts(self, node: Surface, start: int) -> Surface:
        """The node with the scripts that follow."""
        if self.token.kind not in ("^", "_", "prime") and not (
            self.token.kind == "bar" and self.peek().kind == "_"
        ):
            return node
        found = self.read_scripts()
        if (
            isinstance(node, Number)
            and node.text == "1"
            and len(found.subscripts) == 1
            and isinstance(found.subscripts[0], Relation)
        ):
            return Indicator(self.span(start), found.subscripts[0])
        if (
            isinstance(node, Name)
            and node.base == "\\mathbf{1}"
            and len(found.subscripts) == 1
            and isinstance(found.subscripts[0], Relation | Bracket)
        ):
            return Indicator(self.span(start), _compared(found.subscripts[0]))
        node = attach(node, found, self.span(start)) if found != Scripts() else node
        if (
            self.token.text == "|"
            and self.token.kind == "bar"
            and self.peek().kind == "_"
            and not self.closes_bar()
        ):
            self.advance()
            self.advance()
            return Evaluated(self.span(start), node, self.script())
        return node


def _compared(condition: Surface) -> Surface:
    """The condition i = y_t of an indicator that is written with i, y_t below."""
    match condition:
        case Bracket(kind="list", items=(Name() as one, Name(time=Surface()) as other)):
            return Relation(condition.at, "=", one, other)
    return condition


def _inside(bracket: Bracket) -> Surface:
    """What a bracket holds, without the bracket."""
    return (
        bracket.items[0]
        if len(bracket.items) == 1
        else Bracket(bracket.at, "list", bracket.items, bracket.separators)
    )


def parse(
    latex: str, *, place_of: Callable[[int], Place] | None = None, macros: Mapping[str, Macro] | None = None
) -> tuple[Chain, ...]:
    """The statements of a display, in order.

    A row that starts with a relation goes on with the statement before it.
    Raises SpecificationError at the first statement that cannot be read.
    """
    found = parse_each(latex, place_of=place_of, macros=macros)
    for item in found:
        if isinstance(item, SpecificationError):
            raise item
    return tuple(item for item in found if isinstance(item, Chain))


def parse_each(
    latex: str, *, place_of: Callable[[int], Place] | None = None, macros: Mapping[str, Macro] | None = None
) -> tuple[Chain | SpecificationError, ...]:
    """As parse, but with an error in the place of each statement that cannot be read."""
    place = place_of or (lambda offset: place_in(latex, offset, "<formula>"))
    try:
        tokens = expanded(latex, {**(macros or {}), **definitions(latex)})
    except (TokenError, MacroError) as error:
        return (SpecificationError(error.message, place(error.at)),)
    found: list[Chain | SpecificationError] = []
    for statement in statements(tokens):
        try:
            chain = Parser(statement.tokens).chain(statement.aside)
            _require_height(chain, statement.tokens[0])
            _continue(found, chain)
        except ParseError as error:
            where = place(error.token.start)
            found.append(
                SpecificationError(
                    error.message, replace(where, length=max(1, error.token.stop - error.token.start))
                )
            )
    return tuple(found)


def parse_expression(
    latex: str, *, place_of: Callable[[int], Place] | None = None, macros: Mapping[str, Macro] | None = None
) -> Surface:
    """One expression. Raises SpecificationError for a relation, several statements or none."""
    chains = parse(latex, place_of=place_of, macros=macros)
    if len(chains) != 1 or chains[0].first is None or chains[0].links:
        place = (place_of or (lambda offset: place_in(latex, offset, "<formula>")))(0)
        raise SpecificationError("expected one expression", place)
    return chains[0].first


def _continue(found: list[Chain | SpecificationError], chain: Chain) -> None:
    """Adds a statement, to the one before it when it starts with a relation sign."""
    if chain.first is None:
        for index in reversed(range(len(found))):
            before = found[index]
            if isinstance(before, SpecificationError):
                break
            if not before.aside:
                found[index] = replace(before, at=before.at.to(chain.at), links=before.links + chain.links)
                return
    found.append(chain)


def _require_height(chain: Chain, token: Token) -> None:
    """Raises ParseError for a tree that recursion over it could not walk."""
    level: list[Surface] = [
        node for node in (chain.first, *(link.right for link in chain.links)) if node is not None
    ]
    for _ in range(TALLEST):
        level = [child for node in level for child in children(node)]
        if not level:
            return
    raise ParseError(f"the formula has more than {TALLEST} terms or levels", token)


def place_in(text: str, offset: int, source: str) -> Place:
    """The place of an offset in a text."""
    offset = min(max(offset, 0), len(text))
    start = text.rfind("\n", 0, offset) + 1
    stop = text.find("\n", offset)
    return Place(
        source,
        text.count("\n", 0, offset) + 1,
        offset - start + 1,
        text[start : stop if stop >= 0 else len(text)],
    )
