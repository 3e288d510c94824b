"""Errors of form, for which no number is needed.

A \\partial missing below; an index that is bound and not used; a summation index used as a name; a time in
braces; a name without the time it always has; a sum that goes on past the time it is about. Each comes with
what was probably meant. ``certain`` errors make a formula fail, the others are only pointed at.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from symbptt.judge.notation.circumstances import is_of_plain_numbers
from symbptt.judge.notation.sided import bound_letters, claim_sides
from symbptt.judge.notation.vocabulary import Vocabulary, index_names, names_in
from symbptt.judge.reading import Claim
from symbptt.reader.syntax import (
    BigOperator,
    Bracket,
    Derivative,
    Dots,
    Juxtaposed,
    Name,
    Number,
    Span,
    Surface,
    Text,
    spelled,
)
from symbptt.reader.walks import walk


@dataclass(frozen=True, slots=True)
class FormError:
    """What is wrong, and what may be meant in place of the part ``at`` of the formula."""

    message: str
    suggestion: str
    certain: bool
    at: Span | None = None


def form_errors(claim: Claim, vocabulary: Vocabulary, entries: frozenset[str]) -> Iterator[FormError]:
    """The errors of form of one relation."""
    for side in (None if claim.link else claim.left, claim.right):
        for node in walk(side) if side is not None else ():
            if isinstance(node, Derivative):
                yield from _derivative(node, claim)
            elif isinstance(node, BigOperator):
                yield from _unused(node, claim)
                yield from _index_as_name(node, claim, vocabulary)
                yield from _past(node, claim)
            elif isinstance(node, Name):
                yield from _braced_time(node)
                yield from _timeless(node, claim, vocabulary, entries)
    yield from _lost_layer(claim)


def says_scalars(claim: Claim) -> bool:
    """Does the row of a relation say that it is meant for scalars: \\text{(merge; scalars only)}?

    Or does the section that it stands in set all sizes to one?
    """
    if claim.at is None:
        return False
    if is_of_plain_numbers(claim):
        return True
    rest = claim.source[claim.at.stop :]
    return re.search(r"scalar|标量", rest.split("\\\\")[0]) is not None


def is_example(node: Surface) -> bool:
    """Is this a list of numbers or words, such as the values of one sample: [22.5, 42, 53]?"""
    match node:
        case Bracket(kind="[]" | "()", items=items) if len(items) > 1:
            return all(isinstance(item, Number | Text | Dots) or is_example(item) for item in items)
    return False


def is_word_call(node: Surface) -> bool:
    """Do two capital letters in a row take arguments, as in CE(y, \\hat y)?"""
    match node:
        case Juxtaposed(
            left=Name() as one, right=Juxtaposed(left=Name() as other, right=Bracket(), direct=True)
        ):
            letters = one.base + other.base
            return letters.isalpha() and letters.isupper() and not one.subscripts and not other.subscripts
    return False


def _written(claim: Claim, at: Span) -> str:
    """The source of a stretch of the claim's formula."""
    return " ".join(claim.source[at.start : at.stop].split())


def _derivative(node: Derivative, claim: Claim) -> Iterator[FormError]:
    if node.missing == "below":
        whole, lower = _written(claim, node.at), _written(claim, node.denominators[0].at)
        lower = lower.strip("{}") if lower.startswith("{") else lower
        repaired = whole[: whole.rfind(lower)] + "\\partial " + whole[whole.rfind(lower) :]
        yield FormError("A \\partial is missing in the denominator.", repaired, True, node.at)
    elif node.missing == "above":
        yield FormError("A \\partial is missing in the numerator.", "", True, node.at)


def _letters(node: Surface) -> set[str]:
    return {name.base for name in index_names(node)}


def _unused(node: BigOperator, claim: Claim) -> Iterator[FormError]:
    """A sum whose index does not occur in what is summed, though an index that nothing binds does."""
    if len(node.indices) != 1 or not isinstance(node.indices[0], Name) or node.upper is None:
        return
    index = node.indices[0].base
    used = _letters(node.body)
    if len(index) != 1 or index in used or index in {name.base for name in names_in(node.body)}:
        return
    elsewhere = set() if claim.left is None else _letters(claim.left)
    others = sorted((used & set("ijklt")) - elsewhere - _bound(claim) - _letters(node.upper))
    if not others or node.lower is None:
        return
    lower = node.lower.base if isinstance(node.lower, Name) else ""
    meant = lower if lower in others else others[0]
    start = "1" if lower == meant else spelled(node.lower)
    yield FormError(
        f"The index {index} is bound by the {'sum' if node.kind == 'sum' else 'product'} and not used in it.",
        f"\\{node.kind}_{{{meant}={start}}}^{{{spelled(node.upper)}}}",
        True,
        _head(node),
    )


def _head(node: BigOperator) -> Span:
    """The sign of a sum or product with its limits."""
    return Span(node.at.start, node.body.at.start)


def _bound(claim: Claim) -> set[str]:
    """The letters that a sum or product of the relation binds."""
    return {letter for side in claim_sides(claim) for letter in bound_letters(side)}


def _index_as_name(node: BigOperator, claim: Claim, vocabulary: Vocabulary) -> Iterator[FormError]:
    """j_{j-1} under a sum over j: probably the quantity that the relation is about."""
    named = [] if claim.left is None else list(names_in(claim.left))
    timed = [name.base for name in named if name.time is not None or name.subscripts]
    for index in (index for index in node.indices if isinstance(index, Name)):
        for name in names_in(node.body):
            scripted = bool(name.subscripts) or name.time is not None
            taken = name.base == index.base and scripted and not name.accents
            if taken and name.base not in vocabulary.running:
                yield FormError(
                    f"{index.base} is the index here, and {spelled(name)} takes it for a quantity.",
                    timed[0] + spelled(name).removeprefix(name.base) if timed else "",
                    False,
                    name.at,
                )


def _past(node: BigOperator, claim: Claim) -> Iterator[FormError]:
    """\\sum_k^T of \\partial h_t / \\partial h_k at one t: the terms past t are zero, so t is meant."""
    if not (isinstance(node.upper, Name) and node.upper.base == "T" and len(node.indices) == 1):
        return
    index = node.indices[0]
    for item in walk(node.body):
        if not isinstance(item, Derivative) or not isinstance(index, Name) or index.base == "t":
            continue
        below = [name.time or _only(name) for name in names_in(item.denominators[0])]
        above = [name.time for name in names_in(item.numerator)]
        if any(_is(one, index.base) for one in below) and any(_is(one, "t") for one in above):
            start = spelled(node.lower) if node.lower is not None else "1"
            message = f"The terms with {index.base} > t are zero: the sum ends at t."
            yield FormError(message, f"\\sum_{{{index.base}={start}}}^{{t}}", False, _head(node))
            return


def _only(name: Name) -> Surface | None:
    return name.subscripts[0] if len(name.subscripts) == 1 else None


def _is(node: Surface | None, letter: str) -> bool:
    return isinstance(node, Name) and node.base == letter and not node.subscripts


def _braced_time(name: Name) -> Iterator[FormError]:
    if name.style == "braces" and name.time is not None:
        meant = f"{name.base}^{{\\langle {spelled(name.time)} \\rangle}}"
        yield FormError(
            f"{name.base} has its time in braces, as a name of its own would.", meant, False, name.at
        )


def _timeless(
    name: Name, claim: Claim, vocabulary: Vocabulary, entries: frozenset[str]
) -> Iterator[FormError]:
    """An entry of a quantity that has a time everywhere else, written without it in a definition."""
    reference = vocabulary.refer(name, entries - vocabulary.quantities)
    timeless = reference.time is None and reference.key in vocabulary.names.timed
    defining = isinstance(claim.left, Name) and vocabulary.refer(claim.left).time is not None
    if len(reference.indices) == 2 and timeless and defining:
        meant = name.stem + "(t)_{" + ",".join(map(spelled, reference.indices)) + "}"
        yield FormError(f"{reference.key} is written without its time.", meant, False, name.at)


def _lost_layer(claim: Claim) -> Iterator[FormError]:
    """h_t^{(i)} = f(... h_{t-1} ...): the layer is lost on the right."""
    left = claim.left
    if not isinstance(left, Name) or len(left.superscripts) != 1 or left.time is None:
        return
    layer = left.superscripts[0]
    if not isinstance(layer, Bracket) or isinstance(layer.items[0], Number):
        return
    for name in names_in(claim.right):
        if name.stem == left.stem and not name.superscripts and name.time is not None:
            message = (
                f"{spelled(name)} on the right has lost the superscript {spelled(layer)} of the left side."
            )
            yield FormError(message, f"{spelled(name)}^{{{spelled(layer)}}}", False, name.at)
            return
