r"""Names that a relation brings in: one that is met for the first time cannot be held against it.

S_t = S_{t-1} + K_t^\top P_t, where nothing speaks of K_t before, says what K_t is, and not anything of S_t.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Set

from symbptt.judge.notation.vocabulary import Reference, Vocabulary, names_in
from symbptt.judge.numeric.world import Definition
from symbptt.judge.reading import Claim
from symbptt.reader.syntax import Name, Number, Surface


def keys_of(claim: Claim, vocabulary: Vocabulary) -> set[str]:
    """What a relation speaks of."""
    return {reference.key for side in _sides(claim, vocabulary) for reference in side}


def told(definitions: Iterable[Definition], vocabulary: Vocabulary) -> set[str]:
    """What definitions speak of, entry by entry or as a whole."""
    return {
        vocabulary.refer(name, vocabulary.writing.entries(one.right)).key
        for one in definitions
        for name in names_in(one.right)
    }


def introduced(
    claim: Claim, met: Set[str], defined: Mapping[str, list[Definition]], vocabulary: Vocabulary
) -> str:
    """A name on one side alone that nothing defines: it is new here, or a start that is given nowhere.

    ``met`` is what the relations before speak of.
    """
    one, other = _sides(claim, vocabulary)
    here = [held for found in defined.values() for held in found if held.display == claim.display]
    held = {
        vocabulary.refer(name).key for own in here if own.left == claim.left for name in names_in(own.right)
    }
    for side, opposite in ((one, other), (other, one)):
        common = {reference.key for reference in opposite} | held
        for reference in side:
            if reference.key not in common and _is_open(reference, defined, met):
                return reference.key
    return ""


def _is_open(reference: Reference, defined: Mapping[str, list[Definition]], met: Set[str]) -> bool:
    """Is a quantity at a time one that nothing has said anything of?"""
    held = defined.get(reference.key, [])
    match reference.time:
        case None:
            return False
        case Number(text="0" as text):
            return not any(one.pattern in ("t", text) for one in held)
    return not held and reference.key not in met


def _sides(claim: Claim, vocabulary: Vocabulary) -> tuple[list[Reference], list[Reference]]:
    """What both sides speak of."""
    entries = vocabulary.entries_of(claim)
    left, right = (list(_references(side, vocabulary, entries)) for side in (claim.left, claim.right))
    return left, right


def _references(side: object, vocabulary: Vocabulary, entries: frozenset[str]) -> Iterator[Reference]:
    if isinstance(side, Surface):
        for name in names_in(side):
            reference = vocabulary.refer(name, entries)
            labels = (item for item in reference.indices if isinstance(item, Name) and item.time is not None)
            yield from (reference, *(vocabulary.refer(label) for label in labels))
