"""Judges what people wrote: every relation of a document holds, fails with a counterexample, or is in doubt.

reading -> vocabulary, scope (definitions, shapes) -> world (numbers) -> evaluate -> trial
-> judge -> documents, many.
The judge never uses the rules of differentiation: derivatives are complex steps through the forward run.
"""

from __future__ import annotations

from symbptt.judge.documents import Wanted, judged_each, judged_file, verify, verify_file, verify_given
from symbptt.judge.verdicts import VERDICTS, Evidence, Finding, Judged, Judgement

__all__ = [
    "VERDICTS", "Evidence", "Finding", "Judged", "Judgement", "Wanted", "judged_each", "judged_file",
    "verify", "verify_file", "verify_given",
]  # fmt: skip
