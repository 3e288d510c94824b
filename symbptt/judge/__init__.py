"""Judges what people wrote: every relation of a document holds, fails with a counterexample, or is in doubt.

A document flows through the modules of this folder: reading (claims) -> court (findings) -> revision
(in the light of the whole) -> documents, many. What they rest on, from the text to the verdict:

    notation      what is written, in one way of writing
    definitions   what the document defines, scopes and shapes
    numeric       instances of it in numbers, in which a relation is tried under all its readings
    gradients     gradients that are written as names, dW and \\delta 12
    relations     errors of form, inequalities, chains, what is outside of what can be decided
    proofs        the same normal form of both sides: what holds for all sizes, times and values
    repairs       the slightest edit that makes a relation hold

The judge never uses the rules of differentiation: derivatives are complex steps through the forward run.
"""

from __future__ import annotations

from symbptt.judge.documents import Wanted, judged_each, judged_file, verify, verify_file, verify_given
from symbptt.judge.verdicts import VERDICTS, Evidence, Finding, Judged, Judgement

__all__ = [
    "VERDICTS", "Evidence", "Finding", "Judged", "Judgement", "Wanted", "judged_each", "judged_file",
    "verify", "verify_file", "verify_given",
]  # fmt: skip
