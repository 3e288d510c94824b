r"""What of a TeX file is text: not its comments, its verbatim listings, its pictures and its definitions.

% ...   \iffalse ... \fi   \begin{comment}   \begin{verbatim} \lstlisting \minted   \verb|...|
\begin{tikzpicture}   \xymatrix{...}   \newcommand ...   and all that follows \end{document}
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from symbptt.reader.macros import Macro, definitions, group_end, without_definitions
from symbptt.reader.packages import package_macros

_COMMENT = re.compile(r"(?<!\\)(?P<before>(?:\\\\)*)%[^\n]*")
_DECLARATION = re.compile(r"(?<!\\)%[^\S\n]*symbptt:([^\n]*)")
_LEFT_OUT = re.compile(
    r"\\begin\{(?P<name>verbatim|Verbatim|lstlisting|minted|comment|tikzpicture|filecontents"
    r"|pgfpicture|tikzcd)\*?\}.*?\\end\{(?P=name)\*?\}"
    r"|\\iffalse\b.*?\\fi\b|\\(?:verb|lstinline)\*?(?P<mark>[^\sA-Za-z*{\[])[^\n]*?(?P=mark)"
    r"|\\end\{document\}.*\Z",
    re.DOTALL,
)
_OPENS = re.compile(
    r"\\begin\s*\{\s*(equation|align|gather|multline|eqnarray|flalign|displaymath)\*?\s*\}|\\\[|\$\$"
)
_DIAGRAM = re.compile(r"\\xymatrix[^{}\n]*\{")
_CLOSES = re.compile(r"\\end\s*\{|\\\]|\$\$")


def declarations_of(text: str) -> Iterator[tuple[int, int]]:
    """The offsets of the declarations in comments, ``% symbptt: ...``."""
    for match in _DECLARATION.finditer(text):
        yield match.span(1)


def text_of(source: str) -> str:
    """A TeX file with blanks for all that is no text, every offset kept."""
    return _without_diagrams(without_definitions(_without_comments(source)))


def macros_of(source: str) -> dict[str, Macro]:
    """The macros that a TeX file uses: those of its packages, and its own."""
    plain = _without_comments(source)
    return {**package_macros(plain), **definitions(plain)}


def shorthands(macros: Mapping[str, Macro]) -> dict[str, str]:
    r"""The macros that open a display, with those that close it: \beq and \eeq."""
    opening = {name: one.body for name, one in macros.items() if _opens(one)}
    closing = [name for name, one in macros.items() if _CLOSES.search(one.body) and name not in opening]
    found = {}
    for name, body in opening.items():
        wanted = _closing_of(body)
        match = [other for other in closing if _flat(macros[other].body).startswith(wanted)]
        if match:
            found[name] = match[0] if len(match) == 1 else max(match, key=lambda other: _alike(name, other))
    return found


def _opens(macro: Macro) -> bool:
    r"""Does a macro open a display, and leave it open: \begin{equation}?"""
    found = _OPENS.search(macro.body)
    return found is not None and not macro.parameters and not _CLOSES.search(macro.body, found.end())


def _closing_of(body: str) -> str:
    opened = _flat(body)
    return opened.replace("\\begin", "\\end", 1) if "\\begin" in opened else opened.replace("\\[", "\\]")


def _flat(body: str) -> str:
    return re.sub(r"\s", "", body)


def _alike(one: str, other: str) -> int:
    """How many letters two names end with in common."""
    count = 0
    while count < min(len(one), len(other)) and one[-1 - count] == other[-1 - count]:
        count += 1
    return count


def _without_comments(source: str) -> str:
    plain = _COMMENT.sub(lambda match: (match["before"] + "%").ljust(len(match.group())), source)
    return _LEFT_OUT.sub(lambda match: _hidden(match.group()), plain)


def _hidden(text: str) -> str:
    """As many blanks, with a % on every line but the last: a line left blank would end the paragraph."""
    lines = text.split("\n")
    return "\n".join([*("%".ljust(len(line)) if line else "" for line in lines[:-1]), " " * len(lines[-1])])


def _without_diagrams(text: str) -> str:
    r"""The text without \xymatrix{...}, which draws."""
    parts, at = [], 0
    for match in _DIAGRAM.finditer(text):
        stop = group_end(text, match.end() - 1)
        if match.start() >= at and stop:
            parts += [text[at : match.start()], _hidden(text[match.start() : stop])]
            at = stop
    return "".join([*parts, text[at:]])
