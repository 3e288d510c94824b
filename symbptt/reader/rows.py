r"""The statements of a display: rows, continued rows, side conditions, comments.

A display holds rows (\\), inside environments or not; & is transparent. A row that starts with an operator
or follows an unfinished row goes on with it. A comma, \quad or prose between two relations separates
statements.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from symbptt.reader.tokens import Token

ALIGNED = frozenset(
    [
        "equation",
        "align",
        "aligned",
        "alignat",
        "alignedat",
        "gather",
        "gathered",
        "split",
        "multline",
        "flalign",
        "eqnarray",
        "displaymath",
        "math",
        "subequations",
        "empheq",
        "IEEEeqnarray",
        "IEEEeqnarraybox",
        "dmath",
        "dgroup",
        "xalignat",
        "spreadlines",
    ]
)
SYSTEMS = ALIGNED | {"array", "cases", "rcases", "dcases"}
OPENS, CLOSES = ("{", "open", "begin"), ("}", "close", "end")
CONTINUING = frozenset(["+", "\\cdot", "\\times", "*", "\\circ", "\\odot", "\\otimes", "\\pm", "/"])
CONNECTIVES = frozenset(
    [
        "where",
        "with",
        "and",
        "or",
        "if",
        "for",
        "otherwise",
        "when",
        "else",
        "then",
        "hence",
        "thus",
        "given",
        "while",
        "since",
        "as",
        "so",
        "let",
        "expand",
        "merge",
        "subject",
    ]
)
IMPLYING = frozenset(
    [
        "\\Rightarrow",
        "\\implies",
        "\\iff",
        "\\Leftrightarrow",
        "\\Longrightarrow",
        "\\Longleftrightarrow",
        "\\impliedby",
        "\\leadsto",
    ]
)
BLANK = ("sep", "point", "quad", "&", "row")


@dataclass(frozen=True, slots=True)
class Statement:
    """The tokens of one statement; ``aside`` when it is a side condition of the statement before it."""

    tokens: tuple[Token, ...]
    aside: bool


def statements(tokens: list[Token]) -> list[Statement]:
    """The statements of a display, in order."""
    found: list[Statement] = []
    for row in _joined(_split(_unbroken(_unwrapped(tokens)), "row")):
        for part in _implied(row):
            asides = enumerate(_parts(part))
            found.extend(Statement(tuple(_bare(piece)), aside=number > 0) for number, piece in asides)
    return found


def _unwrapped(tokens: list[Token]) -> list[Token]:
    """Environments of rows at the top level become row separators, and a brace before a system is dropped."""
    result: list[Token] = []
    waiting: list[bool] = []  # of the brackets open here: is it a transparent environment?
    broken = 0  # how many environments are open here whose rows are one formula
    dropping = False
    for number, token in enumerate(tokens):
        top = all(waiting)
        at_start = not result or result[-1].kind in ("row", "&")
        following = tokens[number + 1] if number + 1 < len(tokens) else None
        system = following is not None and following.kind == "begin" and following.text in SYSTEMS
        if token.kind == "begin":
            clear = top and (token.text in ALIGNED or (token.text in SYSTEMS and at_start))
            waiting.append(clear)
            broken += token.text == "multline"
            result.append(Token("row", "", token.start, token.stop) if clear else token)
        elif token.kind == "end" and waiting:
            clear = waiting.pop()
            broken -= token.text == "multline"
            result.append(Token("row", "", token.start, token.stop) if clear else token)
        elif token.kind == "open" and token.text in ("\\{", ".") and top and at_start and system:
            dropping = True
        elif dropping and top and token.kind == "close":
            dropping = False
        elif token.kind == "row" and broken and top:
            continue
        else:
            if token.kind in OPENS:
                waiting.append(False)
            elif token.kind in CLOSES and waiting and not waiting[-1]:
                waiting.pop()
            result.append(token)
    return result


def _unbroken(tokens: list[Token]) -> list[Token]:
    """Without the line breaks inside brackets: rows that end there and go on with & or an operator."""
    kept: list[Token] = []
    within: list[str] = []
    for number, token in enumerate(tokens):
        if token.kind in OPENS:
            within.append(token.kind)
        elif token.kind in CLOSES and within:
            within.pop()
        if within and within[-1] == "open":
            following = next((t for t in tokens[number + 1 :] if t.kind != "quad"), token)
            if token.kind == "&" or (token.kind == "row" and following.kind in ("&", "op")):
                continue
        kept.append(token)
    return kept


def _split(tokens: list[Token], kind: str) -> list[list[Token]]:
    """The tokens between those of one kind at depth 0."""
    parts: list[list[Token]] = [[]]
    depth = 0
    for token in tokens:
        depth += (token.kind in OPENS) - (token.kind in CLOSES)
        if token.kind == kind and depth <= 0:
            parts.append([])
            depth = 0
        else:
            parts[-1].append(token)
    return parts


def _joined(rows: list[list[Token]]) -> Iterator[list[Token]]:
    """Rows without alignment marks and comments, continued rows joined to the rows that they continue."""
    current: list[Token] = []
    for row in rows:
        cells = _split(row, "&")
        content = [token for cell in _cells(cells) for token in cell]
        while content and content[0].kind == "quad":
            content.pop(0)
        if not content:
            continue
        if current and _continues(current, content):
            while current and current[-1].kind in ("sep", "point") and content[0].kind == "op":
                current.pop()
            current += content
        else:
            if current:
                yield current
            current = content
    if current:
        yield current


def _cells(cells: list[list[Token]]) -> Iterator[list[Token]]:
    r"""The cells of a row without comments; a = b & c = d in two pairs of columns are two statements."""
    related = False
    for number, cell in enumerate(cells):
        if number and _comment(cell):
            continue
        following = cells[number + 1] if number + 1 < len(cells) else []
        begins = bool(cell) and cell[0].kind not in ("rel", "op", "quad") and bool(following)
        if related and begins and following[0].kind == "rel" and not has_relation(cell):
            yield [Token("sep", ",", cell[0].start, cell[0].start)]
        related = related or has_relation(cell)
        yield _open_group(cell)


def _continues(before: list[Token], row: list[Token]) -> bool:
    if before[-1].kind in ("op", "rel") or sum((t.kind in OPENS) - (t.kind in CLOSES) for t in before) > 0:
        return True
    if row[0].kind != "op":
        return False
    return row[0].text in CONTINUING or (not has_relation(row) and has_relation(before))


def _comment(cell: list[Token]) -> bool:
    """A cell that holds prose alone: (\\text{Update gate})."""
    return all(token.kind in ("text", "word", "open", "close", "{", "}", "sep", "point") for token in cell)


def _open_group(cell: list[Token]) -> list[Token]:
    """A cell {= ...} without its braces."""
    if (
        len(cell) > 2
        and cell[0].kind == "{"
        and cell[-1].kind == "}"
        and _closing(cell) == len(cell) - 1
        and has_relation(cell[1:-1])
    ):
        return cell[1:-1]
    return cell


def _closing(tokens: list[Token]) -> int:
    """Index of the token that closes the first one, or the length."""
    depth = 0
    for number, token in enumerate(tokens):
        depth += (token.kind in OPENS) - (token.kind in CLOSES)
        if depth == 0:
            return number
    return len(tokens)


def has_relation(tokens: list[Token]) -> bool:
    """Does a relation sign stand at depth 0?"""
    depth = 0
    for token in tokens:
        depth += (token.kind in OPENS) - (token.kind in CLOSES)
        if depth == 0 and token.kind == "rel":
            return True
    return False


def _implied(row: list[Token]) -> Iterator[list[Token]]:
    """A row cut at arrows between statements; an arrow between two expressions is a relation.

    A row that begins with \\equiv and is an equation says again what the row before says.
    """
    if row and row[0].text == "\\equiv" and has_relation(row[1:]):
        row = row[1:]
    current: list[Token] = []
    depth = 0
    for number, token in enumerate(row):
        depth += (token.kind in OPENS) - (token.kind in CLOSES)
        if depth == 0 and token.kind == "rel" and token.text in IMPLYING:
            rest = [one for one in row[number + 1 :] if one.kind not in BLANK]
            before = [one for one in current if one.kind not in BLANK]
            if not before or not rest or (has_relation(before) and has_relation(rest)):
                yield current
                current = []
                continue
        current.append(token)
    yield current


def _parts(row: list[Token]) -> Iterator[list[Token]]:
    """A row cut at prose, at \\quad between relations, and at commas between relations."""
    for piece in _pieces(_unlabelled(row)):
        for part in _at_commas(piece):
            while part and part[-1].kind in BLANK:
                part.pop()
            while part and part[0].kind in BLANK:
                part.pop(0)
            if part:
                yield part


def _unlabelled(row: list[Token]) -> list[Token]:
    """A row without the moment that it is written for: t = 0: h_0 = ..., or \\forall k, x_k = ..."""
    comma = next((place for place, token in enumerate(row) if token.kind == "sep"), 0)
    if row and row[0].text == "\\forall" and comma and not has_relation(row[:comma]):
        return row[comma + 1 :]
    shown = [token for token in row if token.kind not in ("quad", "sep", "point")]
    kinds = [(token.kind, token.text if token.kind == "rel" else "") for token in shown[:4]]
    if kinds[:2] != [("letter", ""), ("rel", "=")] or kinds[3:] != [("rel", ":")]:
        return row
    return row[row.index(shown[3]) + 1 :] if kinds[2][0] in ("number", "letter") else row


def _pieces(row: list[Token]) -> Iterator[list[Token]]:
    current: list[Token] = []
    depth = 0
    for number, token in enumerate(row):
        depth += (token.kind in OPENS) - (token.kind in CLOSES)
        if depth == 0 and token.kind == "quad" and has_relation(current) and _is_remark(row[number:]):
            break
        if depth == 0 and _separates(row, number, current):
            yield current
            current = []
        elif token.kind != "quad":
            current.append(token)
    yield current


def _is_remark(rest: list[Token]) -> bool:
    """Is the rest of a row a remark in brackets: its number, (1) or (式 1), or words, (\\text{need } s_1)?"""
    shown = [token for token in rest if token.kind not in ("quad", "sep", "point")]
    inside = shown[1:-1]
    if not inside or not _is_bracket(shown):
        return False
    said = inside[0].kind == "word" or any(token.kind == "text" for token in inside)
    return said or all(token.kind in ("number", "op") for token in inside)


def _is_condition(rest: list[Token]) -> bool:
    """Is the rest of a row a condition in brackets, (t > k), and no more but a full stop?"""
    shown = [token for token in rest if token.kind not in ("quad", "sep", "point")]
    return _is_bracket(shown) and has_relation(shown[1:-1])


def _is_bracket(tokens: list[Token]) -> bool:
    """Do brackets hold all of this?"""
    return bool(tokens) and tokens[0].kind == "open" and _closing(tokens) == len(tokens) - 1


def _separates(row: list[Token], number: int, current: list[Token]) -> bool:
    """Does this token at depth 0 stand between two statements?"""
    token, rest = row[number], row[number + 1 :]
    before = row[number - 1].kind if number else ""
    if token.kind == "quad":
        after_comma = bool(current) and current[-1].kind == "sep"
        return (
            bool(rest)
            and before != "rel"
            and (
                after_comma
                or (has_relation(current) and has_relation(rest) and rest[0].kind not in ("rel", "op"))
                or (has_relation(current) and _is_condition(rest))
            )
        )
    if before in ("^", "_") or (token.kind == "word" and token.text.lower() not in CONNECTIVES):
        return False
    if token.kind not in ("text", "word"):
        return False
    alone = not current and (not rest or rest[0].kind == "rel")
    return not alone and before not in ("rel", "op")


def _at_commas(tokens: list[Token]) -> Iterator[list[Token]]:
    """a = b, c = d is two statements; W, U \\in R is one; a \\in R, W, U \\in R is two."""
    segments = _split_commas(tokens)
    current: list[Token] = []
    pending: list[Token] = []
    declares = False
    for segment in segments:
        if not has_relation(segment):
            if declares:
                pending += segment
            else:
                current += segment
            continue
        declaring = any(t.text in ("\\in", ":") and t.kind == "rel" for t in segment)
        declares = declares or declaring
        if has_relation(current) and segment[0].kind != "rel":
            yield current
            current, declares = pending + segment, declaring
        else:
            current += pending + segment
        pending = []
    yield current + pending


def _split_commas(tokens: list[Token]) -> list[list[Token]]:
    """The tokens cut after each comma at depth 0, the comma kept at the end of its part."""
    parts: list[list[Token]] = [[]]
    depth = 0
    for token in tokens:
        depth += (token.kind in OPENS) - (token.kind in CLOSES)
        parts[-1].append(token)
        if depth == 0 and token.kind == "sep" and token.text in ",;":
            parts.append([])
    return [part for part in parts if part]


def _bare(tokens: list[Token]) -> list[Token]:
    """A relation that stands in brackets as a whole, without them."""
    whole = tokens[0].kind == "open" and tokens[0].text == "(" and _closing(tokens) == len(tokens) - 1
    return tokens[1:-1] if whole and has_relation(tokens[1:-1]) else tokens
