r"""The surface tree back in LaTeX: reading what is written gives the same tree again.

Every name stands with its time as it was written, every product with its sign or a thin space, and an
application without one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from enum import IntEnum

from symbptt.reader.syntax import (
    BEFORE,
    NAMED_GRADIENTS,
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


class Level(IntEnum):
    """How tightly a formula binds."""

    RELATION = 0
    SUM = 1
    PRODUCT = 2
    FACTORS = 3
    FACTOR = 4
    ATOM = 5


ABOVE = {"angle": "\\langle {} \\rangle", "superscript": "({})", "braces": "\\{{{}\\}}"}
AFTER = {"[subscript]": "_{{[{}]}}", "call": "({})", "index": "[{}]"}
NEW_ROW = " \\\\ "
SIGNS = {"\\partial": "\\partial", "d": "\\mathrm{d}", "partial+": "\\partial^{+}"}
NAMED = frozenset(["sin", "cos", "tan", "sinh", "cosh", "tanh", "exp", "log", "ln", "max", "min", "det"])


def written(node: Surface, level: Level = Level.RELATION) -> str:
    """The LaTeX of a node, in braces where its place binds tighter. Raises TypeError for an unknown node."""
    text, own = _written(node)
    return text if own >= level else f"{{{text}}}"


def _written(node: Surface) -> tuple[str, Level]:
    match node:
        case Relation(op=op, left=left, right=right):
            return f"{written(left)} {op} {written(right, Level.SUM)}", Level.RELATION
        case Binary(op=op, left=left, right=right):
            own = Level.SUM if op in ("+", "-", "\\pm", "\\mp") else Level.PRODUCT
            return f"{written(left, own)} {op} {written(right, Level(own + 1))}", own
        case Negative(operand=operand):
            return f"-{written(operand, Level.PRODUCT)}", Level.SUM
        case Juxtaposed(left=left, right=right, direct=direct):
            return _juxtaposed(left, right, direct), Level.FACTORS
        case BigOperator():
            return _big(node), Level.PRODUCT
        case Apply():
            bracketed = isinstance(node.argument, Bracket) and node.argument.kind != "list"
            return _applied(node), Level.FACTOR if bracketed else Level.FACTORS
        case Gradient(variable=variable, operand=operand):
            below = "" if variable is None else f"_{{{written(variable)}}}"
            return f"\\nabla{below} {written(operand, Level.FACTOR)}", Level.FACTORS
        case Differential(kind=kind, operand=operand):
            return f"{SIGNS[kind]} {written(operand, Level.FACTOR)}", Level.FACTORS
        case Elided(op=op, before=before, after=after):
            parts = [*(written(item, Level.PRODUCT) for item in before), "\\cdots"]
            parts += [written(item, Level.PRODUCT) for item in after]
            return f" {op} ".join(parts), Level.SUM
    return _atom(node), Level.ATOM


def _atom(node: Surface) -> str:
    match node:
        case Number(text=text) | Word(text=text) | Dots(text=text):
            return text
        case Text(text=text):
            return f"\\text{{{text}}}" if text.strip() else text
        case Name():
            return _name(node)
        case Fraction(numerator=above, denominator=below):
            return f"\\frac{{{written(above)}}}{{{written(below)}}}"
        case Derivative():
            return _derivative(node)
        case Scripted():
            return _scripted(node)
        case Transpose(operand=operand, spelling=spelling):
            return _transposed(operand, spelling)
        case Bracket():
            return _bracket(node)
        case Norm(kind=kind, operand=operand):
            return f"{kind} {written(operand)} {kind}"
        case Indicator(condition=condition):
            return f"\\mathbf{{1}}({written(condition)})"
        case Evaluated(operand=operand, condition=where):
            script = "" if where is None else f"_{{{written(where)}}}"
            return f"\\left. {written(operand)} \\right|{script}"
        case Matrix(kind=kind, rows=rows):
            return _matrix(kind, rows)
        case Cases(rows=cells):
            lines = (
                written(value) + ("" if when is None else f" & \\text{{if }} {written(when)}")
                for value, when in cells
            )
            return f"\\begin{{cases}} {NEW_ROW.join(lines)} \\end{{cases}}"
        case Braced(body=body, label=label, over=over):
            sign, script = ("\\overbrace", "^") if over else ("\\underbrace", "_")
            return f"{sign}{{{written(body)}}}" + ("" if label is None else f"{script}{{{written(label)}}}")
    raise TypeError(f"{type(node).__name__} cannot be written as LaTeX")


def _name(name: Name) -> str:
    """Prefix, accents, base, scripts, primes and the time."""
    word = len(name.base) > 1 and name.base.isalpha() and not name.prefix
    text = f"\\mathrm{{{name.base}}}" if word else name.base
    for accent in name.accents:
        text = f"{accent}{{{text}}}"
    space = " " if name.prefix.startswith("\\") and text[:1] != "\\" else ""
    text = name.prefix + space + text + "'" * name.primes
    below = [written(item) for item in name.subscripts]
    above = [written(item) for item in name.superscripts]
    after = ""
    if name.time is not None and name.style == "subscript":
        below.insert(0, written(name.time))
    elif name.time is not None and name.style in ABOVE:
        above.append(ABOVE[name.style].format(written(name.time)))
    elif name.time is not None:
        after = AFTER[name.style or "call"].format(written(name.time))
    return text + _below(below) + (f"^{{{' '.join(above)}}}" if above else "") + after


def _transposed(operand: Surface, spelling: str) -> str:
    """A transpose joins the superscript that a name has already."""
    text = written(operand, Level.ATOM)
    above = isinstance(operand, Name) and (operand.superscripts or operand.style in ABOVE)
    return f"{text[:-1]} {spelling}}}" if above and text.endswith("}") else f"{text}^{{{spelling}}}"


def _below(items: list[str]) -> str:
    return f"_{{{', '.join(items)}}}" if items else ""


def _juxtaposed(left: Surface, right: Surface, direct: bool) -> str:
    gap = "" if direct else "\\, "
    return f"{written(left, Level.FACTORS)}{gap}{written(right, Level.FACTOR)}"


def _big(node: BigOperator) -> str:
    """The sign with its limits, and the body; in braces of its own where it has them."""
    indices = ", ".join(map(written, node.indices))
    if node.condition is not None:
        below = written(node.condition)
    elif node.domain is not None:
        below = f"{indices} \\in {written(node.domain)}"
    else:
        below = indices + ("" if node.lower is None else f" = {written(node.lower)}")
    above = "" if node.upper is None else f"^{{{written(node.upper)}}}"
    body = f"{{{written(node.body)}}}" if node.braced else f" {written(node.body, Level.PRODUCT)}"
    return f"\\{node.kind}" + (f"_{{{below}}}" if below else "") + above + body


def _applied(node: Apply) -> str:
    """A function with its scripts; what is no bracket stands in braces."""
    if node.function == "sqrt" and node.argument is not None:
        return f"\\sqrt{{{written(node.argument)}}}"
    sign = f"\\{node.function}" if node.function in NAMED else f"\\operatorname{{{node.function}}}"
    below = "" if node.subscript is None else f"_{{{written(node.subscript)}}}"
    above = "" if node.superscript is None else f"^{{{written(node.superscript)}}}"
    text = sign + "'" * node.primes + below + above
    if node.argument is None:
        return text
    bracket = isinstance(node.argument, Bracket) and node.argument.kind != "list"
    return text + (written(node.argument) if bracket else f"{{{written(node.argument)}}}")


def _derivative(node: Derivative) -> str:
    """A fraction with the signs of differentiation that were written; a gradient with a name by its name."""
    if node.kind in NAMED_GRADIENTS:
        return _named_gradient(node)
    sign = SIGNS[node.kind]
    order = "" if node.order is None else f"^{{{written(node.order)}}}"
    numerator = written(node.numerator, Level.SUM)
    above = numerator if node.missing == "above" else f"{sign}{order} {numerator}"
    plain = SIGNS["\\partial"] if node.kind == "partial+" else sign
    signs = "" if node.missing == "below" else f"{plain} "
    below = " ".join(f"{signs}{written(item, Level.FACTOR)}" for item in node.denominators)
    scale = "" if node.scale is None else f"{written(node.scale, Level.FACTOR)} "
    return f"\\frac{{{above}}}{{{scale}{below}}}"


def _named_gradient(node: Derivative) -> str:
    """A gradient by its name; what a gate's function is applied to has that of the gate."""
    name = node.denominators[0]
    if isinstance(name, Name):
        accents = tuple(accent for accent in name.accents if accent != BEFORE)
        name = replace(name, accents=accents, prefix=NAMED_GRADIENTS[node.kind])
    return written(name, Level.FACTOR)


def _scripted(node: Scripted) -> str:
    text = written(node.base, Level.ATOM) + "'" * node.primes
    text += "" if node.subscript is None else f"_{{{written(node.subscript)}}}"
    return text + ("" if node.superscript is None else f"^{{{written(node.superscript)}}}")


def _bracket(node: Bracket) -> str:
    inside = "".join(
        written(item) + (f"{separator} " if separator else "")
        for item, separator in zip(node.items, [*node.separators, ""], strict=False)
    )
    if node.kind == "list":
        return inside
    if node.kind == "<>":
        return f"<{inside}>"
    opening, closing = _delimiters(node.kind)
    return f"\\left{opening} {inside} \\right{closing}"


def _delimiters(kind: str) -> tuple[str, str]:
    r"""() [] \{\} \langle\rangle, and any other pair, such as [), taken apart."""
    if kind.startswith("\\"):
        at = kind.find("\\", 1)
        return (kind[:at], kind[at:]) if at > 0 else (kind[:-1], kind[-1])
    return kind[0], kind[1:]


def _matrix(kind: str, rows: Sequence[Sequence[Surface]]) -> str:
    lines = NEW_ROW.join(" & ".join(written(cell) for cell in row) for row in rows)
    if kind.isalpha() and kind != "array":
        return f"\\begin{{{kind}}} {lines} \\end{{{kind}}}"
    columns = "c" * max((len(row) for row in rows), default=1)
    array = f"\\begin{{array}}{{{columns}}} {lines} \\end{{array}}"
    if kind.isalpha():
        return array
    opening, closing = _delimiters(kind)
    return f"\\left{opening} {array} \\right{closing}"
