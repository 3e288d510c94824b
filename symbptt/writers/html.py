"""Derivations as one HTML page that needs nothing else: the mathematics is MathML, no script runs."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from html import escape

from math_core import LatexToMathML
from sympy.core.basic import Basic

from symbptt.derivation.steps import SCALAR_ONLY, Derivation, Step
from symbptt.recurrence import Recurrence
from symbptt.writers.chains import Contents, Display, Prose, chains, displays, roles
from symbptt.writers.pages import Mathematics
from symbptt.writers.text import text

STYLE = """
:root { color-scheme: light dark; }
body { font: 1rem/1.5 system-ui, sans-serif; max-width: 76rem; margin: 2rem auto; padding: 0 1rem; }
h1 { font-size: 1.35rem; } h2 { font-size: 1.1rem; margin-top: 2rem; }
math { font-size: 1.1em; }
td math, td math[display=block] { display: inline math; text-align: left; }
table { border-collapse: collapse; margin: .8rem 0 1.4rem; }
td { padding: .35rem .3rem; vertical-align: middle; }
td.left { text-align: right; white-space: nowrap; }
td.reason { padding-left: 2.5rem; min-width: 14rem; max-width: 26rem; }
tr.step + tr.step td { border-top: 1px solid color-mix(in srgb, currentColor 12%, transparent); }
.rule { font-weight: 600; }
.why { display: block; font-size: .86rem; opacity: .75; }
.scalar { font-size: .75rem; border: 1px solid; border-radius: .6rem; padding: 0 .5rem; margin-left: .5rem; }
.times { margin: 1rem 0 -.4rem; opacity: .8; }
.shapes td { padding-right: 1.2rem; }
.scroll { overflow-x: auto; }
"""


class Page:
    """The pieces of a page, with the recurrence's way of writing times."""

    def __init__(self, time_style: str) -> None:
        self.mathematics = Mathematics(time_style)

    def inline(self, node: Basic) -> str:
        return mathml(self.mathematics(node), False)

    def prose(self, parts: Prose) -> str:
        return "".join(escape(part) if isinstance(part, str) else self.inline(part) for part in parts)

    # -------------------------------------------------------------- equations

    def equation(self, left: str, right: Basic, reason: str = "") -> str:
        """One row of a table: the left side, the right side in as many lines as it needs, and the reason."""
        first, *rest = self.mathematics.right_side(right)
        sides = [f"= {first}", *(rf"\quad {more}" for more in rest)]
        shown = "".join(f"<div>{mathml(side, True)}</div>" for side in sides)
        return f'<tr class="step"><td class="left">{left}</td><td>{shown}</td>{reason}</tr>'

    def left(self, node: Basic) -> str:
        return mathml(self.mathematics(node), True)

    def reason(self, step: Step, times: bool) -> str:
        mark = '<span class="scalar">scalars only</span>' if step.scope == SCALAR_ONLY else ""
        when = f", for {mathml(self.mathematics.times(step.times), False)}" if times and step.times else ""
        why = f'<span class="why">{escape(step.why)}{when}</span>'
        return f'<td class="reason"><span class="rule">{escape(step.rule)}</span>{mark}{why}</td>'

    def display(self, display: Display) -> str:
        times = self.mathematics.times(display.times or ())
        head = f'<p class="times">For {mathml(times, False)}:</p>' if times else ""
        rows = [
            self.equation(
                self.left(left) if left else "", step.right, self.reason(step, display.times is None)
            )
            for left, step in display.rows
        ]
        return f"{head}{table(rows)}"

    # -------------------------------------------------------------- facts

    def equations(self, pairs: Iterable[tuple[Basic, Basic]]) -> str:
        return table([self.equation(self.left(left), right) for left, right in pairs])

    def shapes(self, recurrence: Recurrence) -> str:
        rows = [
            f"<tr><td>{escape(role)}</td><td>{', '.join(map(self.membership, found))}</td></tr>"
            for role, found in roles(recurrence)
        ]
        return table(rows, "shapes")

    def membership(self, node: Basic) -> str:
        return mathml(self.mathematics.membership(node), False)


def table(rows: list[str], kind: str = "") -> str:
    """Rows as a table that scrolls where the window is narrower."""
    return f'<div class="scroll"><table class="{kind}">{"".join(rows)}</table></div>'


@lru_cache(maxsize=1)
def _converter() -> LatexToMathML:
    return LatexToMathML(pretty_print="never")


def mathml(latex: str, display: bool) -> str:
    """MathML of LaTeX; raises math_core.LatexError where it cannot be read."""
    return _converter().convert_with_local_state(latex, displaystyle=display)


def derivation_html(derivation: Derivation) -> str:
    """The displays of a derivation as a fragment of HTML (what a notebook shows)."""
    page = Page(derivation.recurrence.time_style)
    return "".join(page.display(d) for d in displays(chains(derivation)))


def recurrence_html(recurrence: Recurrence) -> str:
    """The equations and the shapes of a recurrence as a fragment of HTML (what a notebook shows)."""
    page = Page(recurrence.time_style)
    return page.equations((e.left, e.right) for e in recurrence.equations) + page.shapes(recurrence)


def to_html(*derivations: Derivation) -> str:
    """Derivations from one recurrence as a whole page."""
    contents = Contents(derivations)
    page = Page(contents.recurrence.time_style)
    readings = "".join(f"<li>{escape(sentence)}</li>" for sentence in contents.conventions)
    plain_title = "".join(part if isinstance(part, str) else text(part) for part in contents.title)
    sections = "".join(
        f"<h2>{page.prose(section.heading) if len(derivations) > 1 else 'The derivation'}</h2>"
        + "".join(map(page.display, section.displays))
        for section in contents.sections
    )
    equations = page.equations((s.left, s.right) for s in contents.equations)
    return f"""<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{escape(plain_title)}</title><style>{STYLE}</style></head><body>
<h1>{page.prose(contents.title)}</h1>
<h2>The recurrence</h2>{equations}{page.shapes(contents.recurrence)}
<h2>How to read it</h2><ul>{readings}</ul>
{sections}
</body></html>
"""
