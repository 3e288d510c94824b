r"""Macros of a document: what defines them, and their expansion, with a bound.

    \newcommand{\d}[2][x]{...}  \def\d#1{...}  \let\d\delta  \DeclareMathOperator{\tr}{tr}
    \DeclarePairedDelimiter{\abs}{|}{|}  \NewDocumentCommand{\d}{O{x} m}{...}

Expansion keeps, for every character that it writes, the offset in the source that it came from.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from symbptt.reader.syntax import Span

MOST_EXPANSIONS = 1_000
LONGEST_EXPANSION = 20_000
LONGEST_BODY = 5_000
LONGEST_NAME = 40
NOTHING = ("\\undefined", "\\relax")

_NAME = r"(?:\{\s*(?P<braced>\\[A-Za-z]+)\s*\}|(?P<bare>\\[A-Za-z]+))"
_DEFINING = re.compile(
    r"\\(?P<new>(?:re)?(?:new|provide)command|Declare(?:RobustCommand|Math(?P<operator>Operator)))"
    rf"(?P<star>\*?)\s*{_NAME}\s*(?:\[(?P<count>\d)\]\s*(?:\[(?P<default>[^\[\]]*)\])?)?\s*(?=\{{)"
    r"|\\[gxe]?def\s*(?P<plain>\\[A-Za-z]+)\s*(?P<parameters>(?:#\d\s*)*)(?=\{)"
    r"|\\let\s*(?P<alias>\\[A-Za-z]+)\s*=?\s*(?P<meant>\\[A-Za-z]+)"
    r"|\\DeclarePairedDelimiter\s*(?:\{\s*(?P<pair>\\[A-Za-z]+)\s*\}|(?P<barepair>\\[A-Za-z]+))\s*(?=\{)"
    r"|\\(?:New|Renew|Provide|Declare)(?:Expandable)?DocumentCommand\s*"
    r"(?:\{\s*(?P<document>\\[A-Za-z]+)\s*\}|(?P<baredocument>\\[A-Za-z]+))\s*(?=\{)"
)
_COMMAND = re.compile(r"\\[A-Za-z]+")
_ENDS_IN_COMMAND = re.compile(r"\\[A-Za-z]+\Z")
_BRACE = re.compile(r"\\.|[{}]", re.DOTALL)
_KIND = re.compile(r"[om]|O\s*\{([^{}]*)\}")
_SIZE = re.compile(r"\s*(?:\*|\[\s*\\[A-Za-z]+\s*\])(?=\s*\{)")  # \abs*{x}, \norm[\big]{x}


@dataclass(frozen=True, slots=True)
class Macro:
    """A command with its number of parameters and its replacement, #1 #2 ... standing for them.

    ``default`` is what the first parameter is where no brackets give it. ``more`` are the replacements where
    one, two ... groups in braces follow beyond the parameters; ``sized``: a star or a size is passed over.
    """

    parameters: int
    body: str
    default: str | None = None
    more: tuple[str, ...] = ()
    sized: bool = False


@dataclass(frozen=True, slots=True)
class _Written:
    """A definition as it stands in a text."""

    name: str
    macro: Macro
    start: int
    stop: int


class MacroError(ValueError):
    """A macro that does not end, or an argument that is missing; ``at`` is the offset of the call."""

    def __init__(self, message: str, at: int) -> None:
        super().__init__(message)
        self.message = message
        self.at = at


def definitions(text: str) -> dict[str, Macro]:
    """The macros that a text defines; the last definition of a name counts.

    What only changes the looks of a command, which it keeps by another name (let old = odot), is left out.
    """
    found: dict[str, Macro] = {}
    for one in _written(text):
        kept = [name for name in _COMMAND.findall(one.macro.body) if name in found]
        if one.macro.body in NOTHING:
            found.pop(one.name, None)
        elif not any(found[name].body == one.name for name in kept):
            found[one.name] = one.macro
    return found


def without_definitions(text: str) -> str:
    """The text with its macro definitions blanked out, every offset kept."""
    parts, at = [], 0
    for one in _written(text):
        parts += [text[at : one.start], re.sub(r"[^\n]", " ", text[one.start : one.stop])]
        at = one.stop
    return "".join([*parts, text[at:]])


def _written(text: str) -> Iterator[_Written]:
    """The definitions of a text, in order, none inside another."""
    at = 0
    while "\\" in text and (match := _DEFINING.search(text, at)):
        at = match.end()
        found = _alias(match) if match["alias"] else _with_body(text, match)
        if found is not None:
            yield found
            at = found.stop


def _alias(match: re.Match[str]) -> _Written:
    return _Written(match["alias"], Macro(0, match["meant"]), match.start(), match.end())


def _with_body(text: str, match: re.Match[str]) -> _Written | None:
    """The definition that a body in braces follows; None where a brace is never closed."""
    pair, document = match["pair"] or match["barepair"], match["document"] or match["baredocument"]
    groups, stop = _groups(text, match.end(), 2 if pair or document else 1)
    if not groups:
        return None
    name = pair or document or match["plain"] or match["braced"] or match["bare"]
    if pair:
        macro = Macro(1, f"\\left{groups[0]} #1 \\right{groups[1]}", sized=True)
    elif document:
        macro = _of_document(groups[0], groups[1])
    elif match["operator"]:
        macro = Macro(0, f"\\operatorname{{{groups[0]}}}")
    elif match["plain"]:
        macro = Macro(match["parameters"].count("#"), _in_mathematics(groups[0]))
    else:
        macro = Macro(int(match["count"] or 0), _in_mathematics(groups[0]), match["default"])
    return _Written(name, macro, match.start(), stop)


def _in_mathematics(body: str) -> str:
    r"""What \ensuremath{...} is inside a formula."""
    start = "\\ensuremath{"
    plain = body.strip()
    whole = plain.startswith(start) and group_end(plain, len(start) - 1) == len(plain)
    return plain[len(start) : -1] if whole else body


def _of_document(kinds: str, body: str) -> Macro:
    r"""The macro of \NewDocumentCommand: parameters m, the first perhaps o or O{...}."""
    found = list(_KIND.finditer(kinds))
    optional = bool(found) and found[0].group() != "m"
    return Macro(len(found), body, (found[0][1] or "") if optional else None)


def _groups(text: str, at: int, count: int) -> tuple[list[str], int]:
    """So many groups in braces, and where they end; none where one is missing."""
    found: list[str] = []
    for _ in range(count):
        while text[at : at + 1].isspace():
            at += 1
        stop = group_end(text, at) if text[at : at + 1] == "{" else 0
        if not stop:
            return [], at
        found.append(text[at + 1 : stop - 1])
        at = stop
    return found, at


def group_end(text: str, at: int) -> int:
    """Where the group that opens at ``at`` ends; 0 where it does not in some distance."""
    depth = 0
    for brace in _BRACE.finditer(text, at, at + LONGEST_BODY):
        depth += {"{": 1, "}": -1}.get(brace.group(), 0)
        if depth == 0:
            return brace.end()
    return 0


def expand(text: str, macros: Mapping[str, Macro]) -> tuple[str, list[Span] | None]:
    """The text with its macros replaced, and the source span of each character (None: nothing was replaced).

    Raises MacroError after MOST_EXPANSIONS replacements.
    """
    if not macros or not any(match.group() in macros for match in _COMMAND.finditer(text)):
        return text, None
    origins = [Span(at, at + 1) for at in range(len(text))]
    at = 0
    for _ in range(MOST_EXPANSIONS):
        call = next((m for m in _COMMAND.finditer(text, at) if m.group() in macros), None)
        if call is None:
            return text, origins
        origin, macro = origins[call.start()].start, macros[call.group()]
        body, stop = _replacement(text, call.end(), macro, origin)
        if body[-1:].isalpha() and text[stop : stop + 1].isalpha():
            body += " "
        if body[:1].isalpha() and _ENDS_IN_COMMAND.search(
            text[max(0, call.start() - LONGEST_NAME) : call.start()]
        ):
            body = " " + body
        text = text[: call.start()] + body + text[stop:]
        origins[call.start() : stop] = [Span(origin, origins[stop - 1].stop)] * len(body)
        at = call.start()
        if len(text) > LONGEST_EXPANSION:
            raise MacroError("the macros of this formula write too much text", origin)
    raise MacroError("the macros of this formula do not end", origins[at].start if at < len(origins) else 0)


def _replacement(text: str, at: int, macro: Macro, origin: int) -> tuple[str, int]:
    """What a call is replaced by, and where it ends."""
    size = _SIZE.match(text, at) if macro.sized else None
    at = size.end() if size else at
    given = []
    if macro.default is not None:
        bracket = re.compile(r"\s*\[([^\[\]]*)\]").match(text, at)
        given, at = ([bracket[1]], bracket.end()) if bracket else ([macro.default], at)
    arguments, stop = _arguments(text, at, macro.parameters - len(given), origin)
    body = macro.body
    for longer in macro.more:
        if text[stop : stop + 1] != "{":
            break
        another, stop = _arguments(text, stop, 1, origin)
        body, arguments = longer, [*arguments, *another]
    if given == [""]:
        body = body.replace("^{#1}", "")  # \pdv{y}{x} without an order
    return _filled(body, [*given, *arguments]), stop


def _arguments(text: str, at: int, count: int, origin: int) -> tuple[list[str], int]:
    """The arguments of a call: groups in braces (without them) or single tokens."""
    found: list[str] = []
    for _ in range(count):
        while text[at : at + 1].isspace():
            at += 1
        if at >= len(text):
            raise MacroError(f"a macro here takes {count} arguments", origin)
        stop = _group_end(text, at, origin)
        found.append(text[at + 1 : stop - 1] if text[at] == "{" else text[at:stop])
        at = stop
    return found, at


def _group_end(text: str, at: int, origin: int) -> int:
    """Where the group or token that starts at ``at`` ends."""
    command = _COMMAND.match(text, at)
    if text[at] != "{":
        return command.end() if command else at + 1
    depth = 0
    for brace in _BRACE.finditer(text, at):
        depth += {"{": 1, "}": -1}.get(brace.group(), 0)
        if depth == 0:
            return brace.end()
    raise MacroError("a brace of a macro's argument is never closed", origin)


def _filled(body: str, arguments: list[str]) -> str:
    """A replacement with its arguments in it; a parameter beyond them is empty.

    A command and the letter that comes to stand beside it are kept apart: \\lVert#1 with x is \\lVert x.
    """
    parts = [
        part if not number % 2 else arguments[int(part) - 1] if 0 < int(part) <= len(arguments) else ""
        for number, part in enumerate(re.split(r"#(\d)", body))
    ]
    filled = ""
    for part in parts:
        apart = part[:1].isalpha() and _ENDS_IN_COMMAND.search(filled)
        filled += f" {part}" if apart else part
    return filled
