"""Judgements as people and programs read them.

text (a linter's), terminal (the same in colour), JSON (the contract of the command line), annotations for
GitHub, SARIF, and tables for notebooks. A format is a function from judgements to a text.
"""

from __future__ import annotations

from symbptt.reports.github import as_github
from symbptt.reports.json import as_json
from symbptt.reports.sarif import as_sarif
from symbptt.reports.tables import as_html, as_markdown
from symbptt.reports.text import as_text

FORMATS = {"text": as_text, "json": as_json, "github": as_github, "sarif": as_sarif}

__all__ = ["FORMATS", "as_github", "as_html", "as_json", "as_markdown", "as_sarif", "as_text"]
