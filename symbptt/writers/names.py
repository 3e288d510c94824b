"""The parts of a canonical LaTeX name (base, subscript, superscript), and the ways of writing its time."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import NamedTuple

# How a time is written: (as subscripts, as superscripts).
TIME_STYLES: dict[str, tuple[Callable[[str], list[str]], Callable[[str], list[str]]]] = {
    "subscript": (lambda time: [time], lambda time: []),
    "angle": (lambda time: [], lambda time: [rf"\langle {time} \rangle"]),
    "paren": (lambda time: [], lambda time: [f"({time})"]),
}


class NameParts(NamedTuple):
    r"""`h_{1}^{(2)}` is the base h, the subscript 1 and the superscript (2); empty where there is none."""

    base: str
    sub: str
    sup: str


@lru_cache(maxsize=4096)
def name_parts(name: str) -> NameParts:
    r"""Split a name at the scripts outside its braces; the accents and primes stay with the base.

    >>> name_parts(r"W_{aa}")
    NameParts(base='W', sub='aa', sup='')
    >>> name_parts(r"\tilde{c}^{(1)}").sup
    '(1)'
    """
    found: dict[str, list[str]] = {"": [""], "_": [], "^": []}
    depth, part = 0, ""
    for letter in name:
        if depth == 0 and letter in "_^":
            part = letter
            found[part].append("")
            continue
        depth += (letter == "{") - (letter == "}")
        if found[part] == []:
            found[part].append("")
        found[part][-1] += letter
        if part and depth == 0:
            part = ""
    base, sub, sup = (
        ",".join(_unbraced(text) if key else text for text in found[key]) for key in ("", "_", "^")
    )
    return NameParts(base, sub, sup)


def _unbraced(text: str) -> str:
    return text[1:-1] if text.startswith("{") and text.endswith("}") else text
