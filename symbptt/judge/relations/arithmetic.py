r"""Relations between numbers alone: a worked example, z_1 = (0.5)(1.0) + 0.1; digits, \pi \approx 3.14."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from symbptt.judge.definitions.scope import Scope
from symbptt.judge.notation.normal import EQUALS
from symbptt.judge.notation.sided import Sided, claim_nodes
from symbptt.judge.numeric.numbers import by_numbers
from symbptt.judge.reading import Claim
from symbptt.judge.verdicts import Finding
from symbptt.reader.syntax import Binary, Juxtaposed, Name, Negative, Number, Scripted, Surface
from symbptt.reader.walks import walk

LEAST = 2  # numbers of a calculation
LEAST_DIGITS = 2  # of a number that says how near another is
ROUNDED = 0.01  # the relative error that rounding a few digits can make
APART = 0.05  # one that rounding cannot make
FIRST = Finding("definition", "It is worked out for one example.")
OTHER = Finding("undetermined", "Not decided: it is worked out for one example.")


def is_calculation(claim: Claim) -> bool:
    """Is a name said to be what is worked out from numbers alone, decimal ones or several?"""
    if not isinstance(claim.left, Name) or claim.op not in EQUALS:
        return False
    nodes = list(walk(claim.right))
    numbers = [node.text for node in nodes if isinstance(node, Number)]
    several = len(numbers) >= LEAST or any("." in text for text in numbers)
    return (
        several and not isinstance(claim.right, Number) and not any(isinstance(node, Name) for node in nodes)
    )


def worked_out(claim: Claim, before: Iterable[Claim], scope: Scope) -> Finding:
    """The verdict on a calculation: the first of a quantity gives its value, with which later ones agree."""
    same = (
        one for one in before if one.left == claim.left and one.head == claim.left and is_calculation(one)
    )
    first = next(same, None)
    if first is None:
        return FIRST
    finding, _ = by_numbers(replace(claim, left=first.right), scope)
    finding = finding if finding.verdict == "holds" else rounded(claim, finding) or OTHER
    return OTHER if finding.verdict == "fails" else finding


def rounded(claim: Sided, finding: Finding) -> Finding | None:
    """What is found of numbers that differ by little: true to the digits that are written, or not decided."""
    error = finding.evidence.relative_error if finding.evidence is not None else None
    if error is None or not is_arithmetic(claim):
        return None
    if error * _largest(claim.right) < _last_digit(claim) * (1 - ROUNDED):
        return Finding("holds", "It is true to the digits that are written.", "any", finding.evidence)
    return Finding("undetermined", "Not decided: its numbers are rounded.") if error < ROUNDED else None


def approximate(claim: Sided, finding: Finding) -> Finding:
    r"""The verdict on numbers that are not equal, a \approx b: b is known to the digits that are written.

    10^{-5} says of what order a number is, and no more.
    """
    error = finding.evidence.relative_error if finding.evidence is not None else None
    value = _decimal(claim.right)
    if error is None or value is None or any(isinstance(node, Name) for node in claim_nodes(claim)):
        return finding
    size, unit = value
    if error * size < unit:
        return Finding("holds", "It is true to the digits that are written.", "any", finding.evidence)
    said = "It is not near: the two numbers differ by more than rounding makes."
    precise = size >= 10 ** (LEAST_DIGITS - 1) * unit
    return Finding("fails", said, evidence=finding.evidence) if precise and error > APART else finding


def is_arithmetic(claim: Sided) -> bool:
    """Does a relation hold numbers alone, and decimal ones?"""
    nodes = list(claim_nodes(claim))
    decimal = any(isinstance(node, Number) and "." in node.text for node in nodes)
    return decimal and not any(isinstance(node, Name) for node in nodes)


def _decimal(node: Surface) -> tuple[float, float] | None:
    r"""A number and what its last digit is worth: 0.663 and 0.001, 1.5 \times 10^{-5} and 10^{-6}."""
    match node:
        case Number(text=text) if float(text) > 0:
            return float(text), 10.0 ** -len(text.partition(".")[2])
        case (
            Binary(op="\\times" | "\\cdot", left=Number() as mantissa, right=Surface() as power)
            | Juxtaposed(left=Number() as mantissa, right=Surface() as power)
        ):
            found, scale = _decimal(mantissa), _power(power)
            return None if found is None or scale is None else (found[0] * scale, found[1] * scale)
    return None


def _power(node: Surface) -> float | None:
    """10^{-5} as a number."""
    match node:
        case Scripted(base=Number(text="10"), superscript=Number(text=text)) if text.isdigit():
            return 10.0 ** int(text)
        case Scripted(base=Number(text="10"), superscript=Negative(operand=Number(text=text))) if (
            text.isdigit()
        ):
            return 10.0 ** -int(text)
    return None


def _largest(node: Surface) -> float:
    """The largest number that is written."""
    return max((float(one.text) for one in walk(node) if isinstance(one, Number)), default=0.0)


def _last_digit(claim: Sided) -> float:
    """What rounding the right side to its digits, or cutting off the others, can make."""
    texts = [one.text for one in walk(claim.right) if isinstance(one, Number) and "." in one.text]
    return max((10.0 ** -len(text.partition(".")[2]) for text in texts), default=0.0)
