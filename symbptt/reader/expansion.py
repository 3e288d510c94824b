r"""From a formula as written to its tokens: macros replaced, {a \over b} as \frac{a}{b}, +&= as +=.

Braces go that hold no formula of their own: {\color{red}\sum_k} a_k, \onslide<2->{a &= b \\ c &= d}.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from symbptt.reader.commands import GATHERING, SUMS
from symbptt.reader.macros import Macro, expand, without_definitions
from symbptt.reader.tokens import Token, tokenise

OVER = frozenset(["\\over", "\\atop", "\\choose"])  # written between what \frac and \binom take after them
BIG_LETTERS = {"\\Pi": "\\prod", "\\Sigma": "\\sum"}
ADDING = ("+", "-")
UPDATES = (("op", "rel"), ("op", "&", "rel"), ("{", "op", "}", "rel"), ("{", "op", "}", "{", "rel", "}"))
OPENS, CLOSES = ("{", "open", "begin"), ("}", "close", "end")


def expanded(latex: str, macros: Mapping[str, Macro]) -> list[Token]:
    """The tokens after expansion, with offsets in the text before it. Raises TokenError, MacroError."""
    text, origins = expand(without_definitions(latex) if "\\" in latex else latex, macros)
    tokens = tokenise(text)
    if origins is not None:
        tokens = [
            replace(token, start=origins[token.start].start, stop=origins[token.stop - 1].stop)
            for token in tokens
        ]
    if any(token.text in OVER for token in tokens):
        tokens = _fractions(tokens)
    return _updates(_postscripts(_ungrouped(_big_letters(tokens))))


def _big_letters(tokens: list[Token]) -> list[Token]:
    r"""\Pi_{k < i} and \Sigma_{t = 1}^T are a product and a sum: a letter has no relation below it."""
    found = list(tokens)
    for at, token in enumerate(tokens):
        if token.text in BIG_LETTERS and [one.kind for one in tokens[at + 1 : at + 3]] == ["_", "{"]:
            below = tokens[at + 2 : _scripts_end(tokens, at + 1)]
            limits = any(one.kind == "rel" for one in below)
            found[at] = replace(token, kind="command", text=BIG_LETTERS[token.text]) if limits else token
    return found


def _ungrouped(tokens: list[Token]) -> list[Token]:
    """Without the braces around the sign of a sum with its limits, and around cells or rows of a display."""
    dropped: set[int] = set()
    open_here: list[int] = []  # where the brackets start in which a token stands
    for at, token in enumerate(tokens):
        if token.kind in OPENS:
            open_here.append(at)
        elif token.kind in CLOSES and open_here:
            start = open_here.pop()
            if start in dropped or (token.kind == "}" and _is_sign(tokens, start, at)):
                dropped |= {start, at}
        elif token.kind in ("&", "row"):
            for start in reversed(open_here):
                if not _is_free(tokens, start, dropped):
                    break
                dropped.add(start)
    return [token for at, token in enumerate(tokens) if at not in dropped] if dropped else tokens


def _is_sign(tokens: list[Token], start: int, stop: int) -> bool:
    """Is all that these braces hold the sign of a sum and its limits?"""
    sign = tokens[start + 1].text
    return (sign in SUMS or sign in GATHERING) and _scripts_end(tokens, start + 2) == stop


def _is_free(tokens: list[Token], start: int, dropped: set[int]) -> bool:
    """Does a group start here that neither a command nor a script takes?"""
    if tokens[start].kind != "{":
        return False
    before = tokens[start - 1].kind if start else ""
    return before not in ("command", "^", "_", "}") or start - 1 in dropped


def _postscripts(tokens: list[Token]) -> list[Token]:
    r"""Scripts before a letter, {}^{hx}W, as scripts after it; not those right after a name, R^a{}_b."""
    found: list[Token] = []
    at = 0
    while at < len(tokens):
        stop = _scripts_end(tokens, at + 2) if _opens_scripts(tokens, at) else at
        if stop > at and stop < len(tokens) and tokens[stop].kind in ("letter", "word"):
            letter, scripts = tokens[stop], tokens[at + 2 : stop]
            scripts[-1] = replace(scripts[-1], stop=letter.stop)
            found += [replace(letter, start=tokens[at].start), *scripts]
            at = stop + 1
        else:
            found.append(tokens[at])
            at += 1
    return found


def _opens_scripts(tokens: list[Token], at: int) -> bool:
    """Does an empty group with scripts start here, apart from what stands before it?"""
    kinds = [token.kind for token in tokens[at : at + 3]]
    if kinds not in (["{", "}", "^"], ["{", "}", "_"]):
        return False
    before = tokens[at - 1] if at else None
    return before is None or before.stop < tokens[at].start or before.kind in ("open", "{", "op", "rel", "&")


def _scripts_end(tokens: list[Token], at: int) -> int:
    """Where the scripts that start here end."""
    while at + 1 < len(tokens) and tokens[at].kind in ("^", "_"):
        depth, at = 0, at + 1
        while at < len(tokens):
            depth += (tokens[at].kind == "{") - (tokens[at].kind == "}")
            at += 1
            if depth <= 0:
                break
    return at


def _updates(tokens: list[Token]) -> list[Token]:
    r"""a +&= b and a {+}{=} b are updates, a += b."""
    found: list[Token] = []
    at = 0
    while at < len(tokens):
        script = bool(found) and found[-1].kind in ("^", "_")
        fitting = (len(kinds) for kinds in UPDATES if _is_update(tokens[at : at + len(kinds)], kinds))
        length = 0 if script else next(fitting, 0)
        if length:
            sign = next(token.text for token in tokens[at:] if token.kind == "op")
            found.append(Token("rel", f"{sign}=", tokens[at].start, tokens[at + length - 1].stop))
        else:
            found.append(tokens[at])
        at += max(1, length)
    return found


def _is_update(tokens: list[Token], kinds: tuple[str, ...]) -> bool:
    """Are these the tokens of an update, spelled in this way?"""
    signs = [token.text for token in tokens if token.kind in ("op", "rel")]
    return tuple(token.kind for token in tokens) == kinds and signs[0] in ADDING and signs[1] == "="


def _fractions(tokens: list[Token]) -> list[Token]:
    r"""{a \over b} as {\frac{a}{b}}; outside braces the sign takes all of its cell or statement."""
    at = next((place for place, token in enumerate(tokens) if token.text in OVER), None)
    while at is not None:
        sign = tokens[at]
        first, last = _reach(tokens, at, -1), _reach(tokens, at, 1)
        command = "\\frac" if sign.text == "\\over" else "\\binom"
        tokens = [
            *tokens[: first + 1],
            replace(sign, kind="command", text=command),
            _brace("{", sign.start),
            *tokens[first + 1 : at],
            _brace("}", sign.start),
            _brace("{", sign.stop),
            *tokens[at + 1 : last],
            _brace("}", sign.stop),
            *tokens[last:],
        ]
        at = next((place for place, token in enumerate(tokens) if token.text in OVER), None)
    return tokens


def _brace(text: str, at: int) -> Token:
    return Token(text, text, at, at)


def _reach(tokens: list[Token], at: int, step: int) -> int:
    """Index of the token that ends the stretch around a sign, on one side of it."""
    depth, outward = 0, CLOSES if step > 0 else OPENS
    inward = OPENS if step > 0 else CLOSES
    at += step
    while 0 <= at < len(tokens):
        kind = tokens[at].kind
        if depth == 0 and (kind in outward or kind in ("rel", "row", "&", "quad", "sep")):
            return at
        depth += (kind in inward) - (kind in outward)
        at += step
    return at
