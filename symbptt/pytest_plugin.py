"""Documents as tests: `pytest --symbptt docs/` takes each relation of a document as a test.

What holds or defines passes, what fails fails with the report of `symbptt verify`. What could not be read or
decided is skipped, with the reason; with `--symbptt-strict` it fails. A document that cannot be opened is an
error of collection.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from symbptt.errors import SymbpttError

if TYPE_CHECKING:
    from symbptt.judge import Judged

DOUBTFUL = ("unreadable", "undetermined")
SUFFIXES = (".md", ".markdown", ".tex", ".ipynb")


class RelationFailed(Exception):
    """A relation of a document does not hold; the message is its report."""


def pytest_addoption(parser: pytest.Parser) -> None:
    """The options of the plugin."""
    group = parser.getgroup("symbptt", "formulas in documents")
    group.addoption(
        "--symbptt", action="store_true", help="judge the relations in Markdown, TeX and notebooks"
    )
    group.addoption("--symbptt-inline", action="store_true", help="and those in inline formulas")
    group.addoption(
        "--symbptt-strict",
        action="store_true",
        help="what cannot be read or decided fails instead of being skipped",
    )


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> pytest.Collector | None:
    """A document is collected where the plugin is asked for."""
    if parent.config.getoption("--symbptt") and file_path.suffix in SUFFIXES:
        return DocumentFile.from_parent(parent, path=file_path)
    return None


class DocumentFile(pytest.File):
    """A document; its relations are the tests."""

    def collect(self) -> Iterator[RelationItem]:
        """The relations in their order, each judged."""
        from symbptt.judge import Wanted, verify_file

        try:
            found = verify_file(self.path, Wanted(inline=self.config.getoption("--symbptt-inline")))
        except SymbpttError as problem:
            raise self.CollectError(str(problem)) from None
        for judged in found.relations:
            yield RelationItem.from_parent(self, name=_name(judged), judged=judged)


class RelationItem(pytest.Item):
    """A relation of a document."""

    def __init__(self, *, judged: Judged, **rest: Any) -> None:
        super().__init__(**rest)
        self.judged = judged
        finding = judged.finding
        if finding.verdict in DOUBTFUL and not self.config.getoption("--symbptt-strict"):
            self.add_marker(pytest.mark.skip(reason=f"{finding.verdict}: {finding.message}"))

    def runtest(self) -> None:
        """Fails as the verdict says; a mark has it skipped where there is none."""
        verdict = self.judged.finding.verdict
        if verdict == "fails" or verdict in DOUBTFUL:
            raise RelationFailed(self._report())

    def _report(self) -> str:
        from symbptt.reports.text import relation

        return relation(self.nodeid.partition("::")[0], self.judged)

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> Any:
        """The report alone, where it is the relation that failed."""
        if isinstance(excinfo.value, RelationFailed):
            return str(excinfo.value)
        return super().repr_failure(excinfo, style)

    def reportinfo(self) -> tuple[Path, int, str]:
        """The document, the line (from 0), and the name."""
        return self.path, self.judged.concerned.line - 1, self.name


def _name(judged: Judged) -> str:
    """Where the relation starts: 12:5, or cell 3:2:5 in a notebook."""
    cell = "" if judged.cell is None else f"cell {judged.cell}:"
    return f"{cell}{judged.line}:{judged.column}"
