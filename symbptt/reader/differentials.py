r"""Derivatives as people write them.

    \frac{\partial a}{\partial W}  \frac{d z}{d x}  \partial f / \partial x  \nabla_W L

A sign lost above or below is kept as ``missing``, for the judge to say so.
"""

from __future__ import annotations

from symbptt.reader.cursor import Cursor
from symbptt.reader.syntax import (
    Derivative,
    Differential,
    Fraction,
    Gradient,
    Juxtaposed,
    Name,
    Negative,
    Number,
    Span,
    Surface,
    Text,
)


def parse_fraction(parser: Cursor, start: int) -> Surface:
    """A fraction that starts at the offset ``start``: a derivative when a sign of one stands in it."""
    if parser.token.kind != "{":
        above = parser.argument()
        return Fraction(parser.span(start), above, parser.argument())
    first, second = _extent(parser, parser.index), 0
    if parser.tokens[min(first + 1, len(parser.tokens) - 1)].kind == "{":
        second = _extent(parser, first + 1)
    upper = _sign(parser, parser.index, first)
    lower = _sign(parser, first + 1, second) if second else None
    upright = "word" in {parser.tokens[i].kind for i in (upper, lower) if i is not None}
    kinds = {parser.tokens[i].text for i in (upper, lower) if i is not None}
    if "\\delta" in kinds and (len(kinds) == 2 or None in (upper, lower)):
        return _plain(parser, start)
    sure = "\\partial" in kinds or upright or (upper is not None and lower is not None and second - lower > 1)
    if (upper is None and lower is None) or not second or not sure:
        return _plain(parser, start)
    return _derivative(parser, start, upper, lower)


def _plain(parser: Cursor, start: int) -> Surface:
    above = parser.argument()
    below = parser.argument()
    return Fraction(parser.span(start), above, below)


def _extent(parser: Cursor, index: int) -> int:
    """Index of the brace that closes the one at ``index``; the last token when none does."""
    depth = 0
    for number in range(index, len(parser.tokens)):
        depth += {"{": 1, "}": -1}.get(parser.tokens[number].kind, 0)
        if depth == 0:
            return number
    return len(parser.tokens) - 1


def _sign(parser: Cursor, start: int, stop: int) -> int | None:
    r"""Index of the sign inside the braces at start and stop: d or \delta first, \partial anywhere."""
    first = parser.tokens[start + 1]
    if first.text == "\\delta" and start + 2 < stop:
        named = parser.tokens[start + 2].kind in ("letter", "word", "{", "operator", "command", "text")
        return start + 1 if named else None
    if (
        first.kind in ("letter", "word")
        and first.text == "d"
        and start + 1 < stop
        and parser.tokens[start + 2].kind not in ("_", "op", "sep")
    ):
        return start + 1
    if _is_negative(parser, start):
        return start + 2
    depth = 0
    for number in range(start + 1, stop):
        token = parser.tokens[number]
        depth += {"{": 1, "}": -1, "open": 1, "close": -1}.get(token.kind, 0)
        if token.text == "\\partial" and depth == 0:
            return number
        if token.text in ("+", "-") and depth == 0:
            return None
    return None


def _is_negative(parser: Cursor, brace: int) -> bool:
    r"""Does -\partial follow a brace?"""
    following = parser.tokens[brace + 1 : brace + 3]
    return [token.text for token in following] == ["-", "\\partial"]


def _derivative(parser: Cursor, start: int, upper: int | None, lower: int | None) -> Surface:
    """A derivative whose sign stands at the token ``upper`` above and ``lower`` below (None: missing)."""
    negative = _is_negative(parser, parser.index)
    kind, order, numerator = _numerator(parser, upper)
    scale, denominators = _denominators(parser, lower)
    if upper is None and lower is not None:
        kind = _kind(parser.tokens[lower].text)
    missing = "above" if upper is None else "below" if lower is None else None
    if numerator is None:
        numerator = parser.factors() if parser.starts_factor() else Text(parser.span(start), "")
    found = Derivative(parser.span(start), kind, numerator, denominators, order, missing, scale)
    return Negative(found.at, found) if negative else found


def _kind(text: str) -> str:
    return "d" if text == "d" else "\\partial"


def _numerator(parser: Cursor, sign: int | None) -> tuple[str, Surface | None, Surface | None]:
    """Kind, order and what is differentiated, or None for an operator such as d/dt."""
    if _is_negative(parser, parser.index):
        parser.advance()
    elif sign is None or parser.index + 1 != sign:
        return "\\partial", None, parser.group()
    parser.advance()
    kind, order = _kind(parser.advance().text), None
    if parser.token.kind == "^":
        parser.advance()
        order = parser.argument()
        if order == Text(order.at, "+"):
            kind, order = "partial+", None
    numerator = None if parser.token.kind == "}" else parser.expression()
    parser.expect("}", "an operator or } after the numerator")
    return kind, order, numerator


def _denominators(parser: Cursor, sign: int | None) -> tuple[Surface | None, tuple[Surface, ...]]:
    """The factor beside the sign, and the variables."""
    if sign is None:
        return None, (parser.group(),)
    parser.expect("{", "{")
    scale = _scale(parser, sign)
    spelled = parser.tokens[sign].text
    variables = []
    while parser.token.text == spelled and parser.token.kind != "}":
        parser.advance()
        if parser.token.kind == "^":
            parser.advance()
            parser.argument()
        variables.append(_variable(parser, spelled))
    if not variables:
        raise ValueError("a sign of differentiation was found and is not there")
    parser.expect("}", "a variable or } after the denominator")
    return scale, tuple(variables)


def _variable(parser: Cursor, spelled: str) -> Surface:
    r"""What is differentiated by, up to the next sign: \partial x, or several factors as in d Ct."""
    variable = parser.factor()
    while parser.starts_factor() and parser.token.text != spelled:
        right = parser.factor()
        variable = Juxtaposed(variable.at.to(right.at), variable, right)
    return variable


def _scale(parser: Cursor, sign: int) -> Surface | None:
    """What stands before the sign in a denominator, without the operator between them."""
    scale: Surface | None = None
    while parser.index < sign:
        if parser.token.kind == "op":
            parser.advance()
            continue
        factor = parser.factor()
        if scale is not None or parser.index > sign:
            return Number(factor.at, "1") if scale is None else scale
        scale = factor
    return scale


def parse_partial(parser: Cursor, start: int) -> Surface:
    r"""\partial f / \partial x, \partial_x f, or \partial x alone; its sign has been read."""
    kind = "\\partial"
    if parser.token.kind == "_":
        parser.advance()
        variable = parser.script()
        return Derivative(parser.span(start), kind, parser.factor(), (variable,), None)
    if parser.token.kind == "^":
        parser.advance()
        kind = "partial+" if parser.argument() == Text(Span(0, 0), "+") else kind
    operand = parser.factor()
    if parser.token.text == "/" and parser.peek().text == "\\partial":
        parser.advance()
        parser.advance()
        variable = parser.factor()
        return Derivative(parser.span(start), kind, operand, (variable,))
    return Differential(parser.span(start), kind, operand)


def parse_gradient(parser: Cursor, start: int) -> Surface:
    r"""\nabla_W L, and \nabla alone as a label; its sign has been read."""
    if parser.scripting and parser.token.kind in ("}", "sep", "stop"):
        return Name(parser.span(start), "\\nabla")
    variable = None
    if parser.token.kind == "_":
        parser.advance()
        variable = parser.argument()
    operand = parser.factor()
    return Gradient(parser.span(start), variable, operand)
