"""The words and commands that a formula is read by: functions, accents, brackets, sums."""

from __future__ import annotations

import re


def _words(text: str) -> frozenset[str]:
    """The words of a list."""
    return frozenset(text.split())


FUNCTIONS = _words(
    "tanh sigmoid softmax relu ReLU exp log ln diag Diag sigm sin cos tan cosh sinh vec tr trace Tr det "
    "softplus prod logsoftmax sign sgn max min argmax argmin lim sup inf arg elu gelu silu erf abs concat "
    "sech logit coth sec csc cot arctan arcsin arccos artanh rank dim ker Pr gcd mod"
)
NAMES = _words("net out err")  # usual names of quantities, also where they are not set upright
CAPITALISED = re.compile(r"[A-Z][a-z]{3,}|(?:[A-Z][a-z]{2,}){2,}")
LIMITED = frozenset(["max", "min", "argmax", "argmin", "lim", "sup", "inf"])
SUMS = {"\\sum": "sum", "\\prod": "prod"}
PAIRS = frozenset(["\\binom", "\\dbinom", "\\tbinom", "\\cancelto"])  # of two arguments
GATHERING = _words(  # over limits as a sum is, but nothing that can be evaluated
    r"\int \iint \oint \bigcup \bigcap \bigoplus \bigwedge \bigvee \coprod \bigsqcup"
)
SPELLINGS = {"widetilde": "tilde", "widehat": "hat", "overline": "bar"}
PLAIN_ACCENTS = "tilde hat bar vec dot ddot overrightarrow overleftarrow check breve underline mathring"
ACCENTS = {f"\\{name}": f"\\{SPELLINGS.get(name, name)}" for name in [*SPELLINGS, *PLAIN_ACCENTS.split()]}
FRACTIONS = frozenset(["\\frac", "\\dfrac", "\\tfrac", "\\cfrac", "\\sfrac"])
BRACES = {"\\underbrace": False, "\\overbrace": True}
CLOSER = {
    "(": ")",
    "[": "]",
    "\\{": "\\}",
    "\\langle": "\\rangle",
    "\\lfloor": "\\rfloor",
    "\\lceil": "\\rceil",
}
