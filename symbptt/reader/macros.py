r"""Macros of a document: \newcommand, \def and \DeclareMathOperator, expanded with a bound.

Expansion keeps, for every character that it writes, the offset in the source that it came from.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from symbptt.reader.syntax import Span

MOST_EXPANSIONS = 1_000
LONGEST_EXPANSION = 20_000

_BODY = r"\{(?P<body>(?:[^{}]|\{(?:[^{}]|\{(?:[^{}]|\{[^{}]*\})*\})*\})*)\}"
_NEW = re.compile(
    r"\\(?:re)?(?:new|provide)command\*?\s*(?:\{\s*(?P<name>\\[A-Za-z]+)\s*\}|(?P<bare>\\[A-Za-z]+))\s*(?:\[(?P<count>\d)\])?\s*"
    + _BODY
)
_DEF = re.compile(r"\\[gx]?def\s*(?P<name>\\[A-Za-z]+)\s*(?P<parameters>(?:#\d)*)\s*" + _BODY)
_OPERATOR = re.compile(r"\\DeclareMathOperator(?P<star>\*?)\s*\{?\s*(?P<name>\\[A-Za-z]+)\s*\}?\s*" + _BODY)
_COMMAND = re.compile(r"\\[A-Za-z]+")


@dataclass(frozen=True, slots=True)
class Macro:
    """A command with its number of parameters and its replacement, #1 #2 ... standing for them."""

    parameters: int
    body: str


class MacroError(ValueError):
    """A macro that does not end, or an argument that is missing; ``at`` is the offset of the call."""

    def __init__(self, message: str, at: int) -> None:
        super().__init__(message)
        self.message = message
        self.at = at


def definitions(text: str) -> dict[str, Macro]:
    """The macros that a text defines; the last definition of a name counts."""
    found: dict[str, Macro] = {}
    if "\\" not in text:
        return found
    for match in _NEW.finditer(text):
        found[match["name"] or match["bare"]] = Macro(int(match["count"] or 0), match["body"])
    for match in _DEF.finditer(text):
        found[match["name"]] = Macro(match["parameters"].count("#"), match["body"])
    for match in _OPERATOR.finditer(text):
        found[match["name"]] = Macro(0, f"\\operatorname{{{match['body']}}}")
    return found


def without_definitions(text: str) -> str:
    """The text with its macro definitions blanked out, every offset kept."""
    for pattern in (_NEW, _DEF, _OPERATOR):
        text = pattern.sub(lambda match: " " * len(match.group()), text)
    return text


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
        arguments, stop = _arguments(text, call.end(), macro.parameters, origin)
        body = _filled(macro.body, arguments)
        if body[-1:].isalpha() and text[stop : stop + 1].isalpha():
            body += " "
        text = text[: call.start()] + body + text[stop:]
        origins[call.start() : stop] = [Span(origin, origins[stop - 1].stop)] * len(body)
        at = call.start()
        if len(text) > LONGEST_EXPANSION:
            raise MacroError("the macros of this formula write too much text", origin)
    raise MacroError("the macros of this formula do not end", origins[at].start if at < len(origins) else 0)


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
    for brace in re.finditer(r"\\.|[{}]", text[at:]):
        depth += {"{": 1, "}": -1}.get(brace.group(), 0)
        if depth == 0:
            return at + brace.end()
    raise MacroError("a brace of a macro's argument is never closed", origin)


def _filled(body: str, arguments: list[str]) -> str:
    """A replacement with its arguments in it; a parameter beyond them is empty."""
    return re.sub(
        r"#(\d)", lambda m: arguments[int(m[1]) - 1] if 0 < int(m[1]) <= len(arguments) else "", body
    )
