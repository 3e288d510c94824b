"""The atoms of a formula: symbols, words, functions, brackets, environments, commands and their arguments."""

from __future__ import annotations

from dataclasses import replace

from symbptt.reader.commands import (
    ACCENTS,
    BRACES,
    CAPITALISED,
    CLOSER,
    FRACTIONS,
    FUNCTIONS,
    GATHERING,
    LIMITED,
    NAMES,
    PAIRS,
    SUMS,
)
from symbptt.reader.cursor import Cursor, ParseError, shown
from symbptt.reader.differentials import parse_fraction, parse_gradient, parse_partial
from symbptt.reader.scripts import big_operator, limits
from symbptt.reader.syntax import (
    Apply,
    Braced,
    Bracket,
    Cases,
    Dots,
    Evaluated,
    Fraction,
    Juxtaposed,
    Matrix,
    Name,
    Norm,
    Number,
    Relation,
    Scripted,
    Span,
    Surface,
    Text,
    Word,
)
from symbptt.reader.tokens import Token


def parse_atom(parser: Cursor) -> Surface:
    """One symbol, number, bracket or command with its arguments."""
    parser.enter()
    token = parser.token
    match token.kind:
        case "letter":
            node = _letters(parser)
        case "number":
            node = Number(Span(token.start, token.stop), parser.advance().text)
        case "word" | "operator":
            node = _word(parser)
        case "text":
            node = Text(Span(token.start, token.stop), parser.advance().text)
        case "dots":
            node = Dots(Span(token.start, token.stop), parser.advance().text)
        case "{":
            node = parser.group()
        case "open":
            node = parse_bracket(parser)
        case "bar":
            node = _norm(parser)
        case "begin":
            node = _environment(parser)
        case "command":
            node = _command(parser)
        case _:
            raise ParseError(f"expected an expression, found {shown(token)}", token)
    parser.depth -= 1
    return node


def _letters(parser: Cursor) -> Surface:
    """A letter; or a run of letters that is a word: tanh, loss, dtanh, and aa in a script."""
    token = parser.token
    run = _run(parser) if token.text.isascii() and token.text.isalpha() else ""
    if parser.scripting and len(run) > 1 and parser.peek(len(run)).kind in ("}", "sep", "close", "stop"):
        parser.index += len(run)
        return Word(parser.span(token.start), run)
    if run in FUNCTIONS or run in NAMES or (len(run) > 3 and run.islower()) or _is_called(parser, run):
        parser.index += len(run)
        if run in FUNCTIONS:
            return _applied(parser, run, token.start)
        prefix = "d" if run[0] == "d" and run[1:] in FUNCTIONS else ""
        return Name(parser.span(token.start), run[len(prefix) :], prefix=prefix)
    parser.advance()
    if token.text in ("d", "\\delta", "\\Delta") and not parser.scripting:
        return _prefixed(parser, token)
    return Name(parser.span(token.start), token.text)


def _is_called(parser: Cursor, run: str) -> bool:
    """Is this a word with capitals that takes arguments, Attention(Q, K), and not a factor before diag(x)?"""
    worded = CAPITALISED.fullmatch(run) and not run.endswith(tuple(FUNCTIONS))
    return bool(worded) and parser.peek(len(run)).text == "("


def _run(parser: Cursor) -> str:
    """The letters that stand here without a gap."""
    index = parser.index
    while (
        parser.tokens[index + 1].kind == "letter"
        and parser.tokens[index + 1].text.isalpha()
        and parser.tokens[index + 1].start == parser.tokens[index].stop
    ):
        index += 1
    return "".join(token.text for token in parser.tokens[parser.index : index + 1])


def _prefixed(parser: Cursor, token: Token) -> Surface:
    r"""d, \delta or \Delta before a name is part of the name: dW_f, \delta 12, d\tilde c."""
    prefix, following = token.text, parser.token
    if prefix == "d" and following.text == "p" and parser.peek().text in ACCENTS:
        prefix, following = "dp", parser.peek()
        parser.advance()
    if prefix == "\\delta" and following.kind == "number":
        parser.advance()
        return Name(parser.span(token.start), following.text, prefix=prefix)
    single = (
        following.kind == "letter"
        and following.text not in ("\\mathbf{1}", "\\top", "\\prime")
        and _run_here(parser) not in FUNCTIONS
    )
    function = following.text.lstrip("\\")
    if prefix == "d" and following.kind == "command" and function in FUNCTIONS and _ends(parser.peek()):
        parser.advance()
        return Name(parser.span(token.start), function, prefix=prefix)
    bold = following.kind == "{" and parser.peek().kind == "letter" and parser.peek(2).kind == "}"
    if not single and not bold and following.text not in ACCENTS:
        return Name(Span(token.start, token.stop), token.text)
    node = parse_atom(parser)
    if not isinstance(node, Name):
        raise ParseError(f"expected a name after {prefix}", following)
    return replace(node, at=parser.span(token.start), prefix=prefix + node.prefix)


def _ends(token: Token) -> bool:
    """Can a name end before this token? d\\tanh = ... is a name, d \\tanh(x) is a differential."""
    return token.kind in ("stop", "op", "rel", "sep", "close", "}", "row", "letter", "command", "&", "point")


def _run_here(parser: Cursor) -> str:
    """The word that starts here."""
    return _run(parser) if parser.token.text.isalpha() else parser.token.text


def _word(parser: Cursor) -> Surface:
    """Upright letters: a function when known, or an operator, or followed by a bracket; otherwise a name."""
    token = parser.advance()
    if token.text == "d" and not parser.scripting:
        return _prefixed(parser, token)
    called = parser.token.kind == "open" and parser.token.text in "([" and len(token.text) > 1
    if (
        token.text in FUNCTIONS
        or (called and not parser.scripting)
        or (token.kind == "operator" and parser.token.kind in ("{", "letter"))
    ):
        return _applied(parser, token.text, token.start)
    return Name(parser.span(token.start), token.text)


def _applied(parser: Cursor, function: str, start: int) -> Surface:
    """A function with its scripts and its argument, which without brackets reaches to the next operator."""
    found = parser.read_scripts()
    below = found.subscripts[0] if found.subscripts else None
    above = found.superscripts[0] if found.superscripts else None
    argument: Surface | None = None
    if parser.token.kind in ("open", "{"):
        argument = parse_bracket(parser) if parser.token.kind == "open" else parser.group()
    elif function in LIMITED and parser.starts_factor():
        argument = parser.expression(2)
    elif parser.starts_factor():
        argument = parser.factor()
        while parser.starts_factor() and not _starts_function(parser):
            right = parser.factor()
            argument = Juxtaposed(argument.at.to(right.at), argument, right)
    return Apply(parser.span(start), function, argument, found.primes, below, above)


def _starts_function(parser: Cursor) -> bool:
    """Does a function or a sum start here?"""
    text = parser.token.text
    return (
        text.lstrip("\\") in FUNCTIONS
        or text in ("\\sum", "\\prod", "\\left")
        or (text.isalpha() and parser.token.kind == "letter" and _run_here(parser) in FUNCTIONS)
    )


def parse_bracket(parser: Cursor) -> Surface:
    """A bracket with what it holds; | opened by \\left is a norm, and an array alone in brackets a matrix."""
    parser.enter()
    opening = parser.advance()
    hidden, parser.bars = parser.bars, [""]
    items: list[Surface] = []
    separators: list[str] = []
    if parser.token.kind != "close":
        node = parser.listed(("close",), related=True)
        items, separators = (
            (list(node.items), list(node.separators))
            if isinstance(node, Bracket) and node.kind == "list"
            else ([node], [])
        )
    closing = parser.expect("close", f"an operator or {CLOSER.get(opening.text, 'a closing delimiter')}")
    parser.bars = hidden
    parser.depth -= 1
    at = parser.span(opening.start)
    if opening.text in ("|", "\\|") and len(items) == 1:
        return Norm(at, opening.text, items[0])
    if opening.text == "." and closing.text == "|" and len(items) == 1:
        condition = parser.script() if parser.token.kind == "_" and parser.advance() else None
        return Evaluated(parser.span(opening.start), items[0], condition)
    if len(items) == 1 and isinstance(items[0], Matrix) and items[0].kind == "array":
        return Matrix(at, opening.text + closing.text, items[0].rows)
    return Bracket(at, opening.text + closing.text, tuple(items), tuple(separators))


def _norm(parser: Cursor) -> Surface:
    """A norm or absolute value in plain bars."""
    parser.enter()
    opening = parser.advance()
    parser.bars.append(opening.text)
    inside = parser.listed(("bar",), related=True)
    parser.bars.pop()
    if parser.token.kind != "bar" or parser.token.text != opening.text:
        raise ParseError(f"expected a closing {opening.text}, found {shown(parser.token)}", parser.token)
    parser.advance()
    parser.depth -= 1
    return Norm(parser.span(opening.start), opening.text, inside)


def _environment(parser: Cursor) -> Surface:
    """cases, or a matrix of cells."""
    parser.enter()
    opening = parser.advance()
    hidden, parser.bars, scripting, parser.scripting = parser.bars, [], parser.scripting, False
    rows: list[list[Surface]] = [[]]
    while parser.token.kind not in ("end", "stop"):
        rows[-1].append(_cell(parser))
        if parser.token.kind == "&":
            parser.advance()
            rows[-1] += (
                [Text(parser.span(parser.token.start), "")] if parser.token.kind in ("row", "end") else []
            )
        elif parser.token.kind == "row":
            parser.advance()
            rows.append([])
    parser.expect("end", f"\\end{{{opening.text}}}")
    parser.bars, parser.scripting = hidden, scripting
    parser.depth -= 1
    filled = [row for row in rows if any(cell != Text(cell.at, "") for cell in row)]
    if "cases" in opening.text:
        return Cases(
            parser.span(opening.start), tuple((row[0], row[1] if len(row) > 1 else None) for row in filled)
        )
    return Matrix(parser.span(opening.start), opening.text, tuple(tuple(row) for row in filled))


def _cell(parser: Cursor) -> Surface:
    """A cell: an expression or relation with prose around it, prose alone, or nothing."""
    start, prose = parser.token.start, ""
    while parser.token.kind == "text" or (
        parser.token.kind == "word"
        and parser.token.text in ("if", "for", "otherwise", "else", "when", "where")
    ):
        prose += parser.advance().text
    if parser.token.kind in ("&", "row", "end"):
        return Text(parser.span(start), prose)
    alone = parser.peek().kind in ("&", "row", "end")
    if alone and parser.token.text in (".", ":", "\\cdot", "*"):
        return Dots(parser.span(start), parser.advance().text)
    if parser.token.kind in ("sep", "point"):
        parser.advance()
        return _cell(parser)
    node = (
        parser.listed(("&", "row", "end"), related=True)
        if parser.token.kind != "rel"
        else _relation_cell(parser)
    )
    while parser.token.kind in ("sep", "point", "text", "word", "quad"):
        parser.advance()
    if parser.token.kind not in ("&", "row", "end"):
        raise ParseError(
            f"expected an operator or the end of the cell, found {shown(parser.token)}", parser.token
        )
    return node


def _relation_cell(parser: Cursor) -> Surface:
    """A cell that starts with a relation sign."""
    sign = parser.advance()
    right = parser.expression()
    return Relation(parser.span(sign.start), sign.text, Text(Span(sign.start, sign.start), ""), right)


def _command(parser: Cursor) -> Surface:
    """A command with its arguments."""
    token = parser.advance()
    text, start = token.text, token.start
    if text in FRACTIONS:
        return parse_fraction(parser, start)
    if text == "\\partial":
        return parse_partial(parser, start)
    if text == "\\nabla":
        return parse_gradient(parser, start)
    if text in SUMS:
        return _big(parser, SUMS[text], start)
    if text in GATHERING:
        return gathered(parser, text[1:], start)
    if text in ACCENTS:
        return _accented(parser, ACCENTS[text], start)
    if text in BRACES:
        return _braced(parser, BRACES[text], start)
    if text in PAIRS:
        items = (parser.argument(), parser.argument())
        return Apply(parser.span(start), text[1:], Bracket(parser.span(start), "()", items, (",",)))
    if text == "\\sqrt":
        return _root(parser, start)
    if text.lstrip("\\") in FUNCTIONS:
        return _applied(parser, text[1:], start)
    raise ParseError(f"the command {text} is not known", token)


def _root(parser: Cursor, start: int) -> Surface:
    r"""\sqrt{x}, or \sqrt[n]{x} as the power 1 / n."""
    if parser.token.text != "[":
        return Apply(parser.span(start), "sqrt", parser.argument())
    order = parse_bracket(parser)
    base = parser.argument()
    degree = order.items[0] if isinstance(order, Bracket) and len(order.items) == 1 else order
    one = Number(order.at, "1")
    return Scripted(parser.span(start), base, None, Fraction(order.at, one, degree))


def gathered(parser: Cursor, sign: str, start: int) -> Surface:
    """An integral, or a union or product over limits: read as a function of what it goes over."""
    found = parser.read_scripts()
    below = found.subscripts[0] if found.subscripts else Text(parser.span(start), "")
    above = found.superscripts[0] if found.superscripts else None
    body = parser.expression(2)
    return Apply(parser.span(start), sign, body, 0, below, above)


def _accented(parser: Cursor, accent: str, start: int) -> Surface:
    """An accent over a name is part of the name; over anything else it is a name of its own."""
    inner = parser.argument()
    if isinstance(inner, Name):
        return replace(inner, at=parser.span(start), accents=(*inner.accents, accent))
    if isinstance(inner, Word):
        return Name(parser.span(start), inner.text, (accent,))
    return Scripted(parser.span(start), inner, None, Text(parser.span(start), accent))


def _braced(parser: Cursor, over: bool, start: int) -> Surface:
    r"""\underbrace or \overbrace with its label."""
    body = parser.argument()
    label = None
    if parser.token.kind == ("^" if over else "_"):
        parser.advance()
        label = parser.argument()
    return Braced(parser.span(start), body, label, over)


def _big(parser: Cursor, kind: str, start: int) -> Surface:
    """A sum or product: limits in any order, then the body."""
    below = above = None
    while parser.token.kind in ("_", "^"):
        if parser.advance().kind == "_":
            below = parser.argument()
        else:
            above = parser.argument()
    index, braced = parser.index, parser.token.kind == "{"
    body = parser.group() if braced else parser.expression(2)
    if braced and parser.token.kind in ("^", "_", "prime"):
        parser.index, braced = index, False
        body = parser.expression(2)
    return big_operator(parser.span(start), kind, limits(below, above), body, braced)
