r"""Commands that LaTeX packages bring and papers use without defining them, as macros of plain commands.

physics         \pdv{y}{x} \dv{y}{x} \grad \norm{x} \abs{x} \qty(x) \vb{x} \pmqty{...}
derivative      \pdv{y}{x} \odv{y}{x}
commath         \pd{y}{x} \od{y}{x} \dif
diffcoeff       \diffp{y}{x} \diff{y}{x}
math_commands   \vx \mW \sx: bold letters, in the file that goes with the Deep Learning book
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from string import ascii_letters, ascii_lowercase, ascii_uppercase

from symbptt.reader.macros import Macro
from symbptt.reader.tokens import GREEK, OPERATORS, RELATIONS, STYLES

_LOADED = re.compile(
    r"\\(?:usepackage|RequirePackage)\s*(?:\[[^\[\]]*\])?\s*\{([^{}]*)\}|\\input\s*\{?([^{}\s]+)"
)
_BEGINS = "\\documentclass"


def _partial(sign: str) -> Macro:
    r"""\pdv{x}, \pdv{y}{x}, \pdv[2]{y}{x} and \pdv{y}{x_1}{x_2}."""
    mixed = rf"\frac{{{sign}^{{2}} #2}}{{{sign} #3 {sign} #4}}"
    return Macro(
        2,
        rf"\frac{{{sign}}}{{{sign} #2}}",
        default="",
        more=(rf"\frac{{{sign}^{{#1}} #2}}{{{sign} #3^{{#1}}}}", mixed),
        sized=True,
    )


_BOLD = Macro(1, r"\mathbf{#1}", sized=True)
_PARTIAL, _TOTAL = _partial(r"\partial"), _partial("d")
PACKAGES: Mapping[str, Mapping[str, Macro]] = {
    "physics": {
        r"\pdv": _PARTIAL,
        r"\partialderivative": _PARTIAL,
        r"\dv": _TOTAL,
        r"\derivative": _TOTAL,
        r"\dd": Macro(0, r"\mathrm{d}"),
        r"\grad": Macro(0, r"\nabla"),
        r"\gradient": Macro(0, r"\nabla"),
        r"\norm": Macro(1, r"\left\| #1 \right\|", sized=True),
        r"\abs": Macro(1, r"\left| #1 \right|", sized=True),
        r"\qty": Macro(0, "", sized=True),
        r"\quantity": Macro(0, "", sized=True),
        r"\eval": Macro(1, r"\left. #1 \right|", sized=True),
        r"\order": Macro(1, r"\mathcal{O}\left( #1 \right)", sized=True),
        r"\vb": _BOLD,
        r"\va": _BOLD,
        r"\vu": _BOLD,
        r"\vdot": Macro(0, r"\cdot"),
        r"\cross": Macro(0, r"\times"),
        r"\Tr": Macro(0, r"\operatorname{tr}"),
        r"\tr": Macro(0, r"\operatorname{tr}"),
        r"\mqty": Macro(1, r"\begin{matrix} #1 \end{matrix}", sized=True),
        r"\pmqty": Macro(1, r"\begin{pmatrix} #1 \end{pmatrix}", sized=True),
        r"\bmqty": Macro(1, r"\begin{bmatrix} #1 \end{bmatrix}", sized=True),
    },
    "derivative": {r"\pdv": _PARTIAL, r"\odv": _TOTAL},
    "commath": {r"\pd": _PARTIAL, r"\od": _TOTAL, r"\dif": Macro(0, r"\mathrm{d}")},
    "diffcoeff": {r"\diffp": _PARTIAL, r"\diff": _TOTAL, r"\difp": _PARTIAL},
    "math_commands": {
        **{f"\\v{letter}": Macro(0, rf"\mathbf{{{letter}}}") for letter in ascii_lowercase},
        **{f"\\m{letter}": Macro(0, rf"\mathbf{{{letter}}}") for letter in ascii_uppercase},
        **{f"\\r{letter}": Macro(0, rf"\mathrm{{{letter}}}") for letter in "abcdfghijklnoprstuvwxyz"},
        **{f"\\ev{letter}": Macro(0, letter) for letter in ascii_lowercase},
        **{f"\\em{letter}": Macro(0, letter) for letter in ascii_uppercase},
        **{f"\\s{letter}": Macro(0, rf"\mathbb{{{letter}}}") for letter in "ABCDFGHIJKLMNOPQRSTUVWXYZ"},
        **{
            f"\\v{name}": Macro(0, rf"\boldsymbol{{\{name}}}")
            for name in ("theta", "mu", "phi", "epsilon", "alpha", "beta", "lambda", "sigma")
        },
        r"\vzero": Macro(0, r"\mathbf{0}"),
        r"\vone": Macro(0, r"\mathbf{1}"),
        r"\R": Macro(0, r"\mathbb{R}"),
        r"\E": Macro(0, r"\mathbb{E}"),
        r"\sigmoid": Macro(0, r"\sigma"),
        r"\diag": Macro(0, r"\operatorname{diag}"),
    },
}
# Of plain TeX, and commands for arrows and colours that need no package to be understood.
PLAIN: Mapping[str, Macro] = {
    r"\sp": Macro(0, "^"),
    r"\sb": Macro(0, "_"),
    r"\vv": Macro(1, r"\vec{#1}"),
}
# What the pages of many sites define in the settings of MathJax, where a page does not show it.
PAGES: Mapping[str, Macro] = {
    **PLAIN,
    **{
        f"\\{name}": Macro(0, rf"\mathbb{{{name[0]}}}")
        for name in ("R", "N", "Z", "C", "E", "RR", "NN", "EE")
    },
    r"\pd": _PARTIAL,
    r"\pdv": _PARTIAL,
    r"\dv": _TOTAL,
    r"\norm": Macro(1, r"\left\| #1 \right\|", sized=True),
    r"\abs": Macro(1, r"\left| #1 \right|", sized=True),
    r"\pa": Macro(1, r"\left( #1 \right)", sized=True),
    r"\br": Macro(1, r"\left[ #1 \right]", sized=True),
    r"\set": Macro(1, r"\left\{ #1 \right\}", sized=True),
    r"\T": Macro(0, r"\top"),
    r"\part": Macro(0, r"\partial"),
    r"\argmax": Macro(0, r"\operatorname{argmax}"),
    r"\argmin": Macro(0, r"\operatorname{argmin}"),
}
LEAST_LETTERS = 4
KNOWN_COMMANDS = GREEK | OPERATORS | RELATIONS | STYLES
_GREEK = "alpha|beta|epsilon|lambda|Lambda|mu|phi|sigma|Sigma|theta|Theta"
_BOLD_LETTER = re.compile(rf"\\(?:[A-Z]{{1,2}}|[vm])(?P<letter>[A-Za-z]|{_GREEK})(?![A-Za-z])(?!\s*\{{)")
_OF_LETTERS = re.compile(rf"\\v[{ascii_lowercase}](?![{ascii_letters}])(?!\s*\{{)")


def package_macros(text: str) -> dict[str, Macro]:
    """The macros of the packages that a TeX text loads; of a part without its preamble, those it may load."""
    loaded = {name.strip() for match in _LOADED.finditer(text) for name in _names(match)}
    if _BEGINS not in text:
        loaded |= {"math_commands"} if _OF_LETTERS.search(text) else {"physics", "diffcoeff", "commath"}
    found = dict(PLAIN if _BEGINS in text else PAGES)
    for name, macros in PACKAGES.items():
        if name in loaded:
            found.update(macros)
    return found


def letter_macros(text: str) -> dict[str, Macro]:
    r"""The bold letters of a page that uses several of them and defines none: \Vx, \Vh, \Vtheta, \MW."""
    found = {match[0]: match["letter"] for match in _BOLD_LETTER.finditer(text)}
    letters = {command: letter for command, letter in found.items() if command not in KNOWN_COMMANDS}
    if len(letters) < LEAST_LETTERS:
        return {}
    return {
        command: Macro(0, rf"\mathbf{{{letter}}}" if len(letter) == 1 else rf"\boldsymbol{{\{letter}}}")
        for command, letter in letters.items()
    }


def _names(match: re.Match[str]) -> list[str]:
    """The packages of one \\usepackage, or the name of the file of an \\input."""
    if match[1] is not None:
        return match[1].split(",")
    return [match[2].rsplit("/", 1)[-1].removesuffix(".tex")]
