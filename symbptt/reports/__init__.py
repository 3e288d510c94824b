"""Judgements as people and programs read them.

text (a linter's), terminal (the same in colour), JSON (the contract of the command line), annotations for
GitHub, SARIF, and tables for notebooks. A format is a function from judgements to a text, and is imported
when it is first asked for.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from symbptt.judge.verdicts import Judgement
    from symbptt.reports.github import as_github
    from symbptt.reports.json import as_json
    from symbptt.reports.sarif import as_sarif
    from symbptt.reports.tables import as_html, as_markdown
    from symbptt.reports.text import as_text

FORMATS = ("text", "json", "github", "sarif")
_HOME = {**{f"as_{form}": form for form in FORMATS}, "as_html": "tables", "as_markdown": "tables"}

__all__ = [
    "FORMATS", "as_github", "as_html", "as_json", "as_markdown", "as_sarif", "as_text", "written_as",
]  # fmt: skip


def written_as(form: str, judgements: Iterable[Judgement], everything: bool = False) -> str:
    """The text of judgements in one of the formats; ``everything`` shows what holds and what defines, too."""
    write: Callable[[Iterable[Judgement], bool], str] = __getattr__(f"as_{form}")
    return write(judgements, everything)


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module 'symbptt.reports' has no attribute {name!r}")
    return getattr(import_module(f"symbptt.reports.{_HOME[name]}"), name)
