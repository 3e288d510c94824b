r"""Relations that no numbers decide: probabilities, examples, gradients by what nothing speaks of."""

from __future__ import annotations

from symbptt.judge.definitions.likeness import KNOWN
from symbptt.judge.definitions.scope import Scope
from symbptt.judge.notation.sided import Sided, claim_nodes
from symbptt.judge.notation.vocabulary import Reference, application, names_in
from symbptt.judge.verdicts import Finding
from symbptt.reader.spelling import COUNTERS
from symbptt.reader.syntax import (
    Binary,
    Bracket,
    Derivative,
    Dots,
    Gradient,
    Matrix,
    Name,
    Negative,
    Number,
    Surface,
    walk,
)

LEAST = 2  # numbers of a calculation
ROUNDED = 0.01  # the relative error that rounding a few digits can make


def outside(claim: Sided) -> Finding | None:
    r"""What is said of a relation without any numbers; None of one that numbers can decide.

    P(x | y) is no function of numbers, (1 - 1)^2 + (4 - 2)^2 is worked out for one example, and
    t = T, \ldots, 1 says which numbers t takes.
    """
    if claim.left is not None and _conditional(claim.left) and not any(map(_conditional, walk(claim.right))):
        return Finding("definition", "It says what a probability is.")
    if any(map(_conditional, claim_nodes(claim))):
        return Finding("undetermined", "Not decided: it is about probabilities.")
    if isinstance(claim.left, Name) and claim.left.base in COUNTERS | {"t"} and _counts(claim.right):
        return Finding("definition", f"It says which numbers {claim.left.base} takes.")
    right = list(walk(claim.right))
    worked_out = sum(isinstance(node, Number) for node in right) >= LEAST
    of_names = claim.left is not None and any(True for _ in names_in(claim.left))
    if claim.left is not None and _is_values(claim.left, claim.right):
        return Finding("definition", "It gives values.")
    if not any(isinstance(node, Name) for node in claim_nodes(claim)) and any(
        map(_is_size, claim_nodes(claim))
    ):
        return Finding("undetermined", "Not decided: it is about sizes.")
    if worked_out and of_names and not any(isinstance(node, Name) for node in right):
        return Finding("undetermined", "Not decided: it is worked out for one example.")
    return None


def _is_values(left: Surface, right: Surface) -> bool:
    """Does a relation give numbers: to a matrix, to h_3 = 0.98, or to a function at numbers: f(0, 1) = 0.87?"""
    if isinstance(left, Name) and isinstance(right, Matrix):
        return not any(True for _ in names_in(right))
    if isinstance(left, Name) and isinstance(right, Number):
        at_one_time = any(isinstance(item, Number) for item in (left.time, *left.subscripts))
        return at_one_time and "." in right.text
    call = application(left)
    if call is None or call[0].base in KNOWN or not isinstance(right, Number):
        return False
    return len(call[1].items) > 1 and all(isinstance(item, Number) for item in call[1].items)


def _is_size(node: Surface) -> bool:
    """Is this [5 \\times 35]?"""
    match node:
        case Bracket(kind="[]" | "()", items=(Binary(op="\\times", left=Number(), right=Number()),)):
            return True
    return False


def _counts(node: Surface) -> bool:
    """Is this a number, or T, \\ldots, 1 or 1, 2, 3?"""
    match node:
        case Number(text=text):
            return text.isdigit()
        case Bracket(kind="list" | "\\{\\}", items=items):
            plain = all(isinstance(item, Name | Number | Dots | Binary | Negative) for item in items)
            return plain and any(isinstance(item, Dots | Number) for item in items)
    return False


def doubt(claim: Sided, scope: Scope, finding: Finding) -> str:
    """Why a relation that does not hold by the definitions may be true all the same, or nothing."""
    error = finding.evidence.relative_error if finding.evidence is not None else None
    if error is not None and error < ROUNDED and _is_arithmetic(claim):
        return "Not decided: its numbers are rounded."
    if name := _unsaid(claim, scope):
        return f"Nothing says what depends on {name}."
    if name := scope.misfit(claim):
        return f"Not decided: {name} is defined with another size than it is used with."
    return ""


def _is_arithmetic(claim: Sided) -> bool:
    """Does a relation hold numbers alone, and decimal ones?"""
    nodes = list(claim_nodes(claim))
    decimal = any(isinstance(node, Number) and "." in node.text for node in nodes)
    return decimal and not any(isinstance(node, Name) for node in nodes)


def _unsaid(claim: Sided, scope: Scope) -> str:
    """The name, of those that are differentiated by, of which no definition speaks, or nothing.

    W^{(t)}, the copy of the weights that one step has, is spoken of where W is.
    """
    within = scope.shaped().entries | scope.vocabulary.entries_of(claim)

    def refer(name: Name) -> Reference:
        return scope.vocabulary.refer(name, within)

    forward = [one for one in scope.every() if not one.left.prefix]
    known = {_met(refer(name)) for one in forward for name in (one.left, *names_in(one.right))}
    for node in claim_nodes(claim):
        match node:
            case Derivative(numerator=Name() as above, denominators=names):
                variables: tuple[Surface | None, ...] = names
            case Gradient(operand=Name() as above, variable=name):
                variables = (name,)
            case _:
                continue
        if refer(above).key not in scope.definitions:
            continue
        for name in variables:
            if not isinstance(name, Name):
                continue
            reference = refer(name)
            copied = reference.key in scope.vocabulary.copies
            if ((reference.key, True) if copied else _met(reference)) not in known:
                return name.canonical
    return ""


def _met(reference: Reference) -> tuple[str, bool]:
    return reference.key, reference.time is None


def _conditional(node: Surface) -> bool:
    """Is this P(x | y)?"""
    call = application(node)
    return call is not None and "|" in call[1].separators
