"""The definition that one relation can be: a quantity alone on its left, or a function of names."""

from __future__ import annotations

from collections.abc import Iterable

from symbptt.judge.definitions.likeness import KNOWN
from symbptt.judge.notation.normal import EQUALS, renamed
from symbptt.judge.notation.vocabulary import Vocabulary, application, names_in
from symbptt.judge.numeric.tensors import Undecided
from symbptt.judge.numeric.world import LAST, Definition
from symbptt.judge.reading import Claim, braces
from symbptt.reader.syntax import Bracket, Cases, Derivative, Dots, Matrix, Name, Surface, Text, Transpose
from symbptt.reader.walks import walk


def definition(claim: Claim, vocabulary: Vocabulary) -> Definition | None:
    """The definition that a relation can be, or None.

    W = \\partial z / \\partial h and W = (1, 2) define nothing where W is a parameter of the recurrence.
    """
    found = definition_of(claim, vocabulary, vocabulary.entries_of(claim) - vocabulary.quantities)
    if found is not None and found.time is None and _is_of_parameter(upright(found.right)):
        met = vocabulary.parameters.get(found.key)
        return found if met is None or met >= claim.display else None
    return found


def _is_of_parameter(node: Surface) -> bool:
    """Is this what a parameter is at one place: a derivative, or the values of an example?"""
    match node:
        case Derivative():
            return True
        case Matrix(rows=rows):
            return not any(isinstance(inner, Name) for row in rows for cell in row for inner in walk(cell))
    return False


def upright(node: Surface) -> Surface:
    """What stands below transposes and in brackets."""
    while isinstance(node, Transpose) or (isinstance(node, Bracket) and len(node.items) == 1):
        node = node.operand if isinstance(node, Transpose) else node.items[0]
    return node


def parameters(claims: Iterable[Claim], vocabulary: Vocabulary) -> dict[str, int]:
    """The names without a time that the equations of a recurrence hold, with the display of the first."""
    found: dict[str, int] = {}
    for claim in claims:
        one = definition(claim, vocabulary)
        if one is None or one.pattern != "t" or one.left.prefix or one.left.base == "\\delta":
            continue
        nodes = list(walk(one.right))
        if any(isinstance(node, Derivative) for node in nodes):
            continue
        for name in names_in(one.right):
            reference = vocabulary.refer(name)
            if reference.time is None and not name.prefix and name.base not in ("\\delta", "\\Delta"):
                found.setdefault(reference.key, claim.display)
    return found


def definition_of(claim: Claim, vocabulary: Vocabulary, entries: frozenset[str]) -> Definition | None:
    """The definition that a relation can be where some letters index entries, or None."""
    if claim.op not in EQUALS or claim.left is None:
        return None
    if not isinstance(claim.left, Name | Transpose) and (claim.aside or claim.link):
        return None
    left, right = _untransposed(claim.left, claim.right)
    call = application(left)
    if call is not None and call[0].base in KNOWN:
        return None
    called = call is not None and all(map(_is_argument, call[1].items))
    other = application(right)
    if call is not None and other is not None and other[0].base in KNOWN and other[1].items == call[1].items:
        return None  # S(z) = \\sigma(z) names a function
    if call is not None and called:
        left = call[0]
    return (
        defined(vocabulary, left, right, claim.display, entries, called) if isinstance(left, Name) else None
    )


def is_series(one: Definition, vocabulary: Vocabulary) -> bool:
    """Does a definition say that x is all of x_1, \\ldots, x_T? What else is written as x is then no list."""
    right = one.right
    if (
        one.time is not None
        or not isinstance(right, Bracket)
        or not any(isinstance(item, Dots) for item in right.items)
    ):
        return False
    names = [vocabulary.refer(item) for item in right.items if isinstance(item, Name)]
    return bool(names) and all(found.key == one.key and found.time is not None for found in names)


def _is_argument(node: Surface) -> bool:
    """May this stand in the brackets of what is defined as a function: a name, or a set of given values?"""
    return isinstance(node, Name | Dots) or (isinstance(node, Bracket) and node.kind == "\\{\\}")


def _untransposed(left: Surface, right: Surface) -> tuple[Surface, Surface]:
    """x^T = y as x = y^T."""
    return (
        (left.operand, Transpose(right.at, right, left.spelling))
        if isinstance(left, Transpose)
        else (left, right)
    )


def defined(
    vocabulary: Vocabulary,
    left: Name,
    right: Surface,
    display: int,
    entries: frozenset[str],
    called: bool,
) -> Definition | None:
    """The definition left = right; None where the left side is no plain quantity, or the right side prose."""
    reference = vocabulary.refer(left, entries)
    if reference.exponent is not None or reference.primes or reference.key == vocabulary.names.letter:
        return None  # t = T, ..., 1 says how far t runs
    if _holds_prose(right) or any(map(_is_conditional, walk(right))):
        return None
    if any(_same(vocabulary, left, name, entries) for name in names_in(right)):
        return None
    try:
        time = _time_of(reference.time, vocabulary)
        found = Definition(reference.key, time, reference.indices, right, display, left, called)
        _ = found.pattern
    except Undecided:
        return None
    return found


def _time_of(time: Surface | None, vocabulary: Vocabulary) -> Surface | None:
    """The time that is defined, with T for any letter that the document has for the last one."""
    for letter in vocabulary.ends(0) if time is not None else ():
        time = renamed(time, Name(time.at, letter), Name(time.at, LAST)) if time is not None else None
    return time


def _is_conditional(node: Surface) -> bool:
    """Is this what follows a p in p(y | x)?"""
    return isinstance(node, Bracket) and node.kind == "()" and "|" in node.separators


def _holds_prose(right: Surface) -> bool:
    """Do words stand in a formula, other than in the condition of a case and the label of a brace?"""
    cases = [row for node in walk(right) if isinstance(node, Cases) for row in node.rows]
    asides = [condition for _, condition in cases] + [brace.label for brace in braces(right)]
    aside = {text for one in asides if one is not None for text in walk(one) if isinstance(text, Text)}
    return any(isinstance(node, Text) and _is_word(node.text) and node not in aside for node in walk(right))


def _is_word(text: str) -> bool:
    """Is this prose, and neither nothing nor the star of a target z^*?"""
    return text.strip() not in ("", "*")


def _same(vocabulary: Vocabulary, left: Name, name: Name, entries: frozenset[str]) -> bool:
    """Does a right side speak of what it would define?"""
    one, other = vocabulary.refer(left, entries), vocabulary.refer(name, entries)
    return one.key == other.key and (one.time == other.time)
