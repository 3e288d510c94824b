r"""Relations that no numbers decide: probabilities, examples, gradients by what nothing speaks of."""

from __future__ import annotations

from dataclasses import replace

from symbptt.judge.definitions.likeness import KNOWN
from symbptt.judge.definitions.scope import Scope
from symbptt.judge.definitions.shapes import SCALARS
from symbptt.judge.notation.sided import Sided, bound_letters, claim_names, claim_nodes, claim_sides
from symbptt.judge.notation.vocabulary import Reference, application, names_in
from symbptt.judge.reading import Claim
from symbptt.judge.relations.arithmetic import LEAST, OTHER, rounded
from symbptt.judge.relations.generic import instances
from symbptt.judge.verdicts import Finding
from symbptt.reader.spelling import COUNTERS
from symbptt.reader.syntax import (
    Apply,
    BigOperator,
    Binary,
    Bracket,
    Derivative,
    Dots,
    Fraction,
    Gradient,
    Juxtaposed,
    Matrix,
    Name,
    Negative,
    Number,
    Surface,
)
from symbptt.reader.walks import walk


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
    if claim.left == claim.right and isinstance(claim.left, Derivative | BigOperator):
        return Finding("definition", "It says what its left side stands for.")  # and was read as
    if claim.left is not None and _names_function(claim.left, claim.right):
        return Finding("definition", "It says what the function on the left is.")
    if _adds_up(claim.left, claim.right) or _adds_up(claim.right, claim.left):
        return Finding("definition", "It says what adds up to it.")
    right = list(walk(claim.right))
    if (
        isinstance(claim.left, Apply)
        and claim.left.function == "softmax"
        and _is_quotient_of_sum(claim.right)
    ):
        return Finding("definition", "It says what the softmax is.")
    numbers = sum(isinstance(node, Number) for node in right)
    of_names = claim.left is not None and any(True for _ in names_in(claim.left))
    if claim.left is not None and _is_values(claim.left, claim.right):
        return Finding("definition", "It gives values.")
    if not any(isinstance(node, Name) for node in claim_nodes(claim)) and any(
        map(_is_size, claim_nodes(claim))
    ):
        return Finding("undetermined", "Not decided: it is about sizes.")
    if numbers >= LEAST and of_names and not any(isinstance(node, Name) for node in right):
        return OTHER
    return None


def _names_function(left: Surface, right: Surface) -> bool:
    """Is this r(x) = \\tanh(x), with a letter that is no known function?"""
    one, other = application(left), application(right)
    if one is None or other is None or one[1].items != other[1].items or other[0].base not in KNOWN:
        return False
    return one[0].base not in KNOWN and one[0].time is None and not one[0].subscripts and not one[0].primes


def _adds_up(whole: Surface | None, parts: Surface | None) -> bool:
    """Is this S = \\frac{1}{k} \\sum_i S_i, in which S_i is one of several and no entry of S?"""
    while isinstance(parts, Juxtaposed) and isinstance(parts.left, Fraction | Number):
        parts = parts.right
    match whole, parts:
        case Name(subscripts=()), BigOperator(kind="sum", indices=(Name() as index,), body=Name() as body):
            meant = whole.time is not None or whole.base not in SCALARS  # L = \\sum_i L_i may be over time
            return meant and body == replace(whole, at=body.at, subscripts=(index,))
    return False


def _is_values(left: Surface, right: Surface) -> bool:
    """Does a relation give numbers: to a matrix, to h_3 = 0.98, or to a function at some, f(0, 1) = 0.9?"""
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


def _is_quotient_of_sum(node: Surface) -> bool:
    r"""Is this \exp(x_i) / \sum_j \exp(x_j)?"""
    return isinstance(node, Fraction) and isinstance(node.denominator, BigOperator)


def _counts(node: Surface) -> bool:
    """Is this a number, or T, \\ldots, 1 or 1, 2, 3?"""
    match node:
        case Number(text=text):
            return text.isdigit()
        case Bracket(kind="list" | "\\{\\}", items=items):
            plain = all(isinstance(item, Name | Number | Dots | Binary | Negative) for item in items)
            return plain and any(isinstance(item, Dots | Number) for item in items)
    return False


def doubted(claim: Claim, scope: Scope, finding: Finding) -> Finding | None:
    """What is found of a relation that fails by the definitions and may be true all the same, or None."""
    if found := rounded(claim, finding):
        return found
    said = _open(claim, scope)
    return Finding("undetermined", said) if said else None


def _open(claim: Claim, scope: Scope) -> str:
    """What a relation rests on and the document leaves open, or nothing."""
    if (name := _unsaid(claim, scope)) and instances(claim, scope) == [claim]:
        return f"Nothing says what depends on {name}."
    if name := _unknown(claim, scope):
        return f"Not decided: it is an equation to be solved for {name}."
    if name := scope.misfit(claim):
        return f"Not decided: {name} is defined with another size than it is used with."
    return ""


def _unsaid(claim: Sided, scope: Scope) -> str:
    """The name, of those that are differentiated by, of which no definition speaks, or nothing.

    W^{(t)}, the copy of the weights that one step has, is spoken of where W is.
    """
    here = scope.vocabulary.entries_of(claim)
    running = scope.vocabulary.times_of(claim).union(*map(bound_letters, claim_sides(claim)))
    within = here | (scope.shaped().entries - running)  # what runs here over times is no entry, as elsewhere

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


def _unknown(claim: Claim, scope: Scope) -> str:
    """The name x of x = x p, of x p = x p^2 after it, or of x^2 - 2 x = 0: no time, and by no definition."""
    names = {name.stem: name for name in claim_names(claim)}
    if isinstance(claim.right, Number) and len(names) == 1:
        (name,) = names.values()
        reference = scope.vocabulary.refer(name)
        held = scope.definitions.get(reference.key, ())
        free = reference.time is None and not any(name for one in held for name in names_in(one.right))
        return name.stem if free else ""
    for left, right in ((claim.left, claim.right), (claim.head, claim.right)):
        if not isinstance(left, Name) or left not in walk(right):
            continue
        reference = scope.vocabulary.refer(left)
        if reference.time is None and reference.key not in scope.definitions:
            return left.canonical
    return ""


def _met(reference: Reference) -> tuple[str, bool]:
    return reference.key, reference.time is None


def _conditional(node: Surface) -> bool:
    """Is this P(x | y)?"""
    call = application(node)
    return call is not None and "|" in call[1].separators
