"""Derivations as LaTeX, as Markdown and as a whole .tex page."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import pairwise

from sympy.core.basic import Basic

from symbptt.derivation.steps import Derivation, Step, TimeRange
from symbptt.expressions import Quantity, Shape, signature
from symbptt.recurrence import Recurrence
from symbptt.writers.chains import (
    Contents,
    Display,
    Prose,
    chains,
    displays,
    lines,
    roles,
    rule_text,
)
from symbptt.writers.latex import ExpressionPrinter
from symbptt.writers.levels import Level, split_sign


class Mathematics:
    """LaTeX of everything on a page, with the recurrence's way of writing times."""

    def __init__(self, time_style: str = "subscript") -> None:
        self.printer = ExpressionPrinter(time_style)

    def __call__(self, node: Basic) -> str:
        return self.printer.doprint(node)

    # -------------------------------------------------------------- lines

    def right_side(self, right: Basic) -> list[str]:
        """A right side in lines, broken between the terms of its sum."""
        first, *rest = lines(right)
        return [self._terms(first, True), *(self._terms(line, False) for line in rest)]

    def _terms(self, terms: list[Basic], starts: bool) -> str:
        text = ""
        for n, term in enumerate(terms):
            minus, magnitude = split_sign(term)
            alone = starts and len(terms) == 1
            body = self(term) if alone else self.printer.operand(magnitude, Level.BIG)
            sign = "" if alone else "-" if minus else "+" if n or not starts else ""
            text += (" " if text else "") + sign + ("" if n == 0 and starts else " ") * bool(sign) + body
        return text

    def aligned_rows(self, left: Basic | None, right: Basic, note: str = "") -> list[str]:
        r"""The rows `left &= right && \text{note}` of one equation, without their line ends."""
        first, *rest = self.right_side(right)
        start = "" if left is None else self(left) + " "
        rows = [f"{start}&= {first}", *(rf"&\quad {more}" for more in rest)]
        if note:
            rows[-1] += rf" && \text{{({text_mode(note)})}}"
        return rows

    # -------------------------------------------------------------- facts

    def times(self, times: Iterable[TimeRange]) -> str:
        r"""1 \le t \le T, and so on."""
        return r",\ ".join(rf"{self(low)} \le {self(symbol)} \le {self(high)}" for symbol, low, high in times)

    def membership(self, node: Basic) -> str:
        r"""a_{t} \in \mathbb{R}^{n} of a quantity; f: \mathbb{R} \to \mathbb{R} of a function applied."""
        if isinstance(node, Quantity):
            return rf"{self(node)} \in {self.domain(node.shape)}"
        given, value = signature(node)
        domain = r" \times ".join(map(self.domain, given))
        return rf"{self(node.function)}: {domain} \to {self.domain(value)}"

    def domain(self, shape: Shape) -> str:
        r"""\mathbb{R}^{n \times m}."""
        rows, cols = shape
        power = self.printer.by(shape) if cols else self.printer.axis(rows)
        return r"\mathbb{R}" + (f"^{{{power}}}" if rows or cols else "")


def text_mode(words: str) -> str:
    r"""Plain words for \text{} and for LaTeX's prose."""
    for plain, command in (("&", r"\&"), ("%", r"\%"), ("#", r"\#"), ("_", r"\_")):
        words = words.replace(plain, command)
    return words


# ------------------------------------------------------------------ LaTeX


def step_latex(step: Step, time_style: str = "subscript") -> str:
    """One step as an equation, for mathematics mode."""
    mathematics = Mathematics(time_style)
    return f"{mathematics(step.left)} = {mathematics(step.right)}"


def display_rows(display: Display, mathematics: Mathematics) -> list[str]:
    """The rows of one display: each left side once, then each step's right side with its rule."""
    return [row for left, s in display.rows for row in mathematics.aligned_rows(left, s.right, rule_text(s))]


def derivation_latex(derivation: Derivation) -> str:
    """Every display of the derivation as an `aligned` environment, a blank line between them."""
    mathematics = Mathematics(derivation.recurrence.time_style)
    shown = (environment("aligned", display_rows(d, mathematics)) for d in displays(chains(derivation)))
    return "\n\n".join(shown)


def environment(name: str, rows: Iterable[str]) -> str:
    """Rows between begin and end."""
    return "\n".join([rf"\begin{{{name}}}", " \\\\\n".join(rows), rf"\end{{{name}}}"])


# ------------------------------------------------------------------ prose with mathematics in it

# Signs that the conventions use, as LaTeX inside a sentence.
SIGNS = {"∂⁺": r"$\partial^{+}$", "∂": r"$\partial$", "⊙": r"$\odot$", "⊗": r"$\otimes$"}


def with_signs(sentence: str) -> str:
    """A sentence with its mathematical signs as inline mathematics."""
    for sign, command in SIGNS.items():
        sentence = sentence.replace(sign, command)
    return sentence


def prose(parts: Prose, mathematics: Mathematics) -> str:
    """Words, and expressions as inline mathematics."""
    return "".join(part if isinstance(part, str) else f"${mathematics(part)}$" for part in parts)


class Reasons:
    """The reason of each rule, given where the rule is used first on a page."""

    def __init__(self, mathematics: Mathematics) -> None:
        self.mathematics = mathematics
        self.given: set[tuple[str, str]] = set()

    def of(self, display: Display) -> list[tuple[str, str]]:
        """Each rule of a display with its reason, and with its times where the steps differ in them."""
        found: list[tuple[str, str]] = []
        for step in display.steps:
            own = step.times if display.times is None else ()
            times = f", for ${self.mathematics.times(own)}$" if own else ""
            reason = rule_text(step), step.why + times
            if reason not in self.given:
                self.given.add(reason)
                found.append(reason)
        return found


def meant_for(display: Display, mathematics: Mathematics) -> str:
    """The times of a display as a clause, or nothing."""
    return f"For ${mathematics.times(display.times)}$:" if display.times else ""


def equation_rows(steps: Iterable[Step], mathematics: Mathematics) -> list[str]:
    """Equations as rows, without their rules."""
    return [row for step in steps for row in mathematics.aligned_rows(step.left, step.right)]


def recurrence_latex(recurrence: Recurrence) -> str:
    """The equations of a recurrence as one `aligned` environment."""
    mathematics = Mathematics(recurrence.time_style)
    rows = [row for e in recurrence.equations for row in mathematics.aligned_rows(e.left, e.right)]
    return environment("aligned", rows)


def to_specification(recurrence: Recurrence) -> str:
    """A page that says what the recurrence is, and nothing else: the shapes, and the equations."""
    shapes = shape_sentence(recurrence, Mathematics(recurrence.time_style))
    return f"{shapes}.\n\n$$\n{recurrence_latex(recurrence)}\n$$"


def shape_sentence(recurrence: Recurrence, mathematics: Mathematics) -> str:
    """Every quantity with its role and its shape."""
    return "; ".join(
        f"{role.lower()} " + ", ".join(f"${mathematics.membership(q)}$" for q in found)
        for role, found in roles(recurrence)
    )


# ------------------------------------------------------------------ a fragment and a page of LaTeX


def to_latex(*derivations: Derivation) -> str:
    """Derivations from one recurrence as a fragment for a document that loads amsmath and amssymb."""
    contents = Contents(derivations)
    mathematics = Mathematics(contents.recurrence.time_style)
    reasons, several = Reasons(mathematics), len(derivations) > 1
    parts = [
        rf"\paragraph{{{prose(contents.title, mathematics)}.}}",
        "The recurrence is",
        environment("align*", equation_rows(contents.equations, mathematics)),
        rf"with {shape_sentence(contents.recurrence, mathematics)}.",
        "\n".join(with_signs(text_mode(sentence)) for sentence in contents.conventions),
    ]
    for section in contents.sections:
        parts += [rf"\paragraph{{{prose(section.heading, mathematics)}.}}"] * several
        parts += [_latex_display(d, mathematics, reasons) for d in section.displays]
    return "\n\n".join(parts) + "\n"


def _latex_display(display: Display, mathematics: Mathematics, reasons: Reasons) -> str:
    items = [rf"\item[{text_mode(rule)}] {why}." for rule, why in reasons.of(display)]
    listed = [r"\begin{description}", *items, r"\end{description}"] if items else []
    aligned = environment("align*", display_rows(display, mathematics))
    return "\n".join(part for part in (meant_for(display, mathematics), aligned, *listed) if part)


PREAMBLE = r"""\documentclass[10pt]{article}
\usepackage[a4paper,landscape,margin=15mm]{geometry}
\usepackage{amsmath,amssymb}
\allowdisplaybreaks
\setlength{\parindent}{0pt}
\begin{document}
"""


def to_tex_page(*derivations: Derivation) -> str:
    """Derivations from one recurrence as a whole document for pdflatex."""
    return PREAMBLE + to_latex(*derivations) + "\\end{document}\n"


# ------------------------------------------------------------------ Markdown


def to_markdown(*derivations: Derivation) -> str:
    """Derivations from one recurrence as Markdown with display mathematics between double dollars."""
    contents = Contents(derivations)
    mathematics = Mathematics(contents.recurrence.time_style)
    reasons, several = Reasons(mathematics), len(derivations) > 1
    parts = [
        f"# {prose(contents.title, mathematics)}",
        "## The recurrence",
        _display(equation_rows(contents.equations, mathematics)),
        *(
            f"- {role}: " + ", ".join(f"${mathematics.membership(q)}$" for q in found)
            for role, found in roles(contents.recurrence)
        ),
        "## How to read it",
        *(f"- {with_signs(sentence)}" for sentence in contents.conventions),
    ]
    for section in contents.sections:
        parts.append(f"## {prose(section.heading, mathematics) if several else 'The derivation'}")
        parts += [part for d in section.displays for part in _markdown_display(d, mathematics, reasons)]
    return _with_tight_lists(parts) + "\n"


def _display(rows: list[str]) -> str:
    return f"$$\n{environment('aligned', rows)}\n$$"


def _markdown_display(display: Display, mathematics: Mathematics, reasons: Reasons) -> list[str]:
    times = meant_for(display, mathematics)
    return [
        *([times] if times else []),
        _display(display_rows(display, mathematics)),
        *(f"- *{rule}*: {why}" for rule, why in reasons.of(display)),
    ]


def _with_tight_lists(parts: list[str]) -> str:
    """Blocks with a blank line between them, items of one list without."""
    text = parts[0]
    for before, part in pairwise(parts):
        text += ("\n" if before.startswith("- ") and part.startswith("- ") else "\n\n") + part
    return text
