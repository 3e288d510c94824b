"""The verdict on one relation by numbers: with sizes that differ, and where every size is 1."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from symbptt.judge.definitions.scope import Scope
from symbptt.judge.notation.sided import claim_names
from symbptt.judge.numeric.naming import IDENTITY
from symbptt.judge.numeric.trial import ZEROS, Outcome, tried
from symbptt.judge.proofs import proof
from symbptt.judge.reading import Claim
from symbptt.judge.relations.forms import says_scalars
from symbptt.judge.verdicts import Evidence, Finding

ALONE = "It holds only where every size is 1"
UNFIT = "The sizes fit in no reading"


Numbers = tuple[Finding, Mapping[str, str]]  # a verdict, and how the relation was read where that was open


def or_without_later(claim: Claim, scope: Scope, found: Numbers) -> tuple[Numbers, Scope]:
    """What was found by numbers in a scope; where both sides are zero in it, by what is defined before.

    The slope of a Lagrangian is zero where its multipliers are what it says later that they are.
    """
    if found[0].message != ZEROS:
        return found, scope
    before = scope.until(claim.display)
    other = by_numbers(claim, before)
    return (found, scope) if other[0].verdict == "undetermined" else (other, before)


def by_numbers(claim: Claim, scope: Scope) -> Numbers:
    """The verdict on a relation in a scope, and how it was read where that was open."""
    entries = scope.vocabulary.entries_of(claim)
    general = tried(claim, scope, False, entries)
    if general.status == "equal":
        evidence = _proved(evidence_of(general), proof(claim, scope, False, entries, general))
        return Finding("holds", scope="any", evidence=evidence, reading=reading_of(general)), general.spoken
    if general.status == "undecided":
        return Finding("undetermined", general.message), {}
    unit = tried(claim, scope, True, entries)
    finding = _without_general(claim, scope, general, unit)
    if finding.scope == "scalar" and finding.evidence is not None:
        evidence = _proved(finding.evidence, proof(claim, scope, True, entries, unit))
        finding = replace(finding, evidence=evidence)
    return finding, {}


def _proved(evidence: Evidence, idea: str) -> Evidence:
    """The evidence with a proof, if there is one."""
    return replace(evidence, kind="proved", idea=idea) if idea else evidence


def _without_general(claim: Claim, scope: Scope, general: Outcome, unit: Outcome) -> Finding:
    """The verdict where the relation is not true of all sizes."""
    sized = scope.uses_sizes(claim_names(claim)) and not says_scalars(claim)
    vectors = sized or (scope.speaks_of_vectors(claim) and not says_scalars(claim))
    if unit.status == "equal" and general.status == "differs" and vectors:
        return only_of_numbers(general)
    known = scope.knows_sizes(claim) and not scope.omits_time(claim)
    if general.status == "clash" and sized and known:
        if unit.status == "equal":
            return only_of_numbers(general)
        return Finding("fails", f"{UNFIT}: {general.message}.", evidence=Evidence("form"))
    if unit.status == "equal":
        message = "It is true when every size is 1" + (
            ", and false for larger sizes." if general.status == "differs" else "."
        )
        return Finding("holds", message, "scalar", evidence_of(unit), reading_of(unit))
    if IDENTITY in general.message and scope.uses_sizes(claim_names(claim)):
        message = f"{general.message}."
        return Finding("fails", message, evidence=Evidence("form"), suggestion="\\mathbf{1}")
    if general.status == "clash" and unit.status == "undecided":
        return Finding("undetermined", f"{UNFIT}: {general.message}.")
    if general.status == "misfit" and unit.status == "undecided":
        return Finding("undetermined", unit.message or general.message)
    if says_scalars(claim) and unit.status != "differs":
        return Finding("undetermined", unit.message or f"{UNFIT}.")
    if unit.status == "differs" or general.status == "differs":
        outcome = general if general.status == "differs" else unit
        return Finding("fails", "The two sides differ in every reading.", evidence=evidence_of(outcome))
    unfit = f"{UNFIT}: {general.message}." if general.status == "clash" else f"{UNFIT}."
    return Finding("undetermined", unfit if general.status == "clash" else general.message or unfit)


def only_of_numbers(general: Outcome) -> Finding:
    """What is true where every size is one, as the failure that it is of matrices."""
    if general.status == "differs":
        message = f"{ALONE}: with matrices the two sides differ."
        return Finding("fails", message, evidence=evidence_of(general))
    message = f"{ALONE}: {general.message}."
    return Finding("fails", message, evidence=Evidence("form"))


def evidence_of(outcome: Outcome) -> Evidence:
    """The numbers of an outcome."""
    return Evidence("numeric", outcome.error, outcome.where, outcome.left, outcome.right)


def reading_of(outcome: Outcome) -> str:
    """How a relation was read, in words."""
    return "; ".join(f"{question}: {answer}" for question, answer in outcome.spoken.items())
