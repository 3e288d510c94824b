r"""Words around a display that set a special case: an example, a supposition, a length as a number.

    "### Example: $T = 2$, $h_0 = 0$"     "Suppose that W is orthogonal."     "Si $\sigma$ est l'identité"
Some of them the judge understands (numbered steps, a function that the prose names); of the others it knows
only that what follows may be meant for that case alone.
"""

from __future__ import annotations

import re

from symbptt.judge.reading import Claim
from symbptt.reader.document import Formula

FAR = 1000  # characters of prose before a display that are looked at
FARTHER = 20_000  # characters in which its heading is looked for
_ENGLISH = (
    r"examples?|e\.g\.|for instance|(?:special|particular|simplest) case|in (?:the|this) case|suppos(?:e|ing)"
    r"|assum(?:e|ing)|if|whenever|ignor(?:e|ing)|neglect(?:ing)?|approximat(?:e|ely|ing|ion)|simplif(?:y|ied|ying)|toy"
)
_OTHERS = (
    r"Beispiel\w*|angenommen|falls|wenn|Spezialfall|exemple|si|supposons|supposant|lorsque|ejemplo|supong\w+|esempio"
    r"|пример\w*|пусть|если|случа\w+"
)
_SETS = re.compile(
    rf"(?<![\w\\{{])(?:{_ENGLISH}|{_OTHERS})(?!\w)|例|假[设設定]|若|如果|特殊|情[况況形]|場合|仮定|예를|가정|경우",
    re.IGNORECASE,
)
_RECALLS = re.compile(
    r"\b(?:recall|remember|remind|repeat|restat)\w*|\bagain\b|\bas (?:before|above|defined|given)\b"
    r"|回[顾顧忆憶]|再次|如前|前面|wiederhol|erinner|rappel|recordemos|напомн|вспомн",
    re.IGNORECASE,
)
_NUMBER = re.compile(r"\$(?:\\?[A-Za-z]+|[A-Z]_\{?\w+\}?)\s*=\s*\d+\$")  # $T = 2$, $W_y = 1$, no $h_0 = 0$
_INLINE = re.compile(r"(?<![\\$])\$([^$]+)\$(?!\$)")
_SHOWN = re.compile(r"\$\$.*?\$\$|\\\[.*?\\\]|\\begin\{([a-zA-Z]+\*?)\}.*?\\end\{\1\}", re.DOTALL)
_ONES = re.compile(r"\s*(?:[mndpqhrNMDHK]\s*=\s*)+1\s*")  # n = m = 1
_GIVEN = re.compile(r"\s*(\\?[A-Za-z]+)\s*=\s*(\d+)\s*")
_HEADING = re.compile(r"^[^\S\n]*(?:#+ |\\(?:sub)*section\*?\s*\{|\\paragraph\*?\s*\{)[^\n]*", re.MULTILINE)
_DISPLAY = re.compile(r"\$\$|\\\]|\\end\{[a-zA-Z]+\*?\}")


def recalls(claim: Claim) -> bool:
    """Does the prose right before a display say that what it shows was said before?"""
    return claim.formula is not None and _RECALLS.search(_before(claim.formula)) is not None


def _before(formula: Formula) -> str:
    """The prose right before a display."""
    text, start = formula.document, formula.start
    return _DISPLAY.split(text[max(0, start - FAR) : start].rstrip().removesuffix("$$"))[-1]


def circumstance(claim: Claim) -> str | None:
    """The word or number that sets a special case, in the prose right before a display or in its heading."""
    if claim.formula is None:
        return None
    for words in (_before(claim.formula), _heading(claim.formula)):
        found = _SETS.search(words) or _NUMBER.search(words)
        if found is not None:
            return found[0].strip("$")
    return None


def numbers_set(claim: Claim) -> dict[str, int] | None:
    """The letters to which the words around give numbers, T = 2, where they set no other case; else None."""
    if claim.formula is None:
        return None
    words, heading = _before(claim.formula), _heading(claim.formula)
    if _NUMBER.search(heading):
        text, start = claim.formula.document, claim.formula.start
        words = _SHOWN.sub(" ", text[text.rindex(heading, 0, start) : start].removesuffix("$$"))
    said = [one for one in _INLINE.findall(words) if "=" in one]
    found = [_GIVEN.fullmatch(one) for one in said]
    if not found or not all(found) or _SETS.search(words) or _SETS.search(heading):
        return None
    return {one[1]: int(one[2]) for one in found if one is not None}


def is_of_plain_numbers(claim: Claim) -> bool:
    """Do the words of the section before a display set the sizes to one: "with n = m = 1"?"""
    if claim.formula is None:
        return False
    text, start = claim.formula.document, claim.formula.start
    headings = list(_HEADING.finditer(text, max(0, start - FARTHER), start))
    words = text[headings[-1].end() if headings else 0 : start]
    return any(_ONES.fullmatch(one) for one in _INLINE.findall(_SHOWN.sub(" ", words.removesuffix("$$"))))


def _heading(formula: Formula) -> str:
    """The heading of the section that a formula stands in; not one that the whole document stands under."""
    text, start = formula.document, formula.start
    headings = list(_HEADING.finditer(text, max(0, start - FARTHER), start))
    within = bool(headings) and _DISPLAY.search(text, 0, headings[-1].start()) is not None
    return headings[-1][0] if within else ""
