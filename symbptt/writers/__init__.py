"""Writers: expressions and derivations as LaTeX, Markdown, HTML and plain text."""

from __future__ import annotations

from collections.abc import Callable

from symbptt.derivation.steps import Derivation
from symbptt.writers.latex import latex
from symbptt.writers.pages import (
    derivation_latex,
    recurrence_latex,
    step_latex,
    to_latex,
    to_markdown,
    to_specification,
    to_tex_page,
)
from symbptt.writers.plain import to_text
from symbptt.writers.text import text

__all__ = [
    "WRITERS",
    "derivation_latex",
    "latex",
    "recurrence_latex",
    "step_latex",
    "text",
    "to_html",
    "to_latex",
    "to_markdown",
    "to_specification",
    "to_tex_page",
    "to_text",
]


def to_html(*derivations: Derivation) -> str:
    """Derivations from one recurrence as one HTML page that needs nothing else."""
    from symbptt.writers.html import to_html as write  # brings the MathML converter

    return write(*derivations)


# Each writes a page of one derivation, or of several from one recurrence.
WRITERS: dict[str, Callable[..., str]] = {
    "latex": to_latex,
    "markdown": to_markdown,
    "html": to_html,
    "text": to_text,
}
