"""Judges what people wrote: every relation of a document holds, fails with a counterexample, or is in doubt.

reading -> vocabulary, scope (definitions, shapes) -> world (numbers) -> evaluate -> trial -> judge -> report.
The judge never uses the rules of differentiation: derivatives are complex steps through the forward run.
"""

from __future__ import annotations

from symbptt.judge.judge import verify, verify_file
from symbptt.judge.report import FORMATS
from symbptt.judge.verdicts import VERDICTS, Evidence, Finding, Judged, Judgement

__all__ = ["FORMATS", "VERDICTS", "Evidence", "Finding", "Judged", "Judgement", "verify", "verify_file"]
