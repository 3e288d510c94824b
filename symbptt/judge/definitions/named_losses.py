r"""A loss that the prose names and gives no formula: the cross entropy, -\langle y_t, \log p_t \rangle.

The prediction is a quantity that the network puts out, the target what a relation subtracts from it, or from
its softmax: \hat y_t - y_t. The loss stays an open one: what does not hold by it is not said to fail.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace

from symbptt.judge.notation.normal import NOWHERE
from symbptt.judge.notation.sided import claim_nodes
from symbptt.judge.notation.vocabulary import Vocabulary, application
from symbptt.judge.numeric.world import Definition
from symbptt.judge.reading import Claim
from symbptt.reader.syntax import Apply, Binary, Bracket, Name, Negative, Number, Surface

SIGMOIDS = ("\\sigma", "sigmoid", "sigm")
_CROSS_ENTROPY = re.compile(
    r"cross[\s_-]*entropy|log[\s-]*likelihood|log[\s-]*loss|negative[\s-]*log|entrop[ií]a\s+cruzada"
    r"|entropie\s+crois[ée]e|交叉熵|对数损失|對數損失|对数似然|交差エントロピー|クロスエントロピー"
    r"|교차\s*엔트로피|크로스\s*엔트로피|перекр[её]стн\w+\s+энтроп",
    re.IGNORECASE,
)


def named_loss(
    text: str,
    claims: Iterable[Claim],
    outputs: Iterable[Definition],
    vocabulary: Vocabulary,
    found: Mapping[tuple[str, str], Definition],
) -> Surface | None:
    """The cross entropy at one time, where the prose names it and a relation shows prediction and target."""
    if _CROSS_ENTROPY.search(text) is None:
        return None
    rights = {one.key: one.right for one in outputs}
    for left, right in _differences(claims):
        one, other = vocabulary.refer(left), vocabulary.refer(right)
        measured = (other.key, "t") in found or other.time is None or other.time != one.time
        if one.key in rights and not measured:
            return _entropy(rights[one.key], *(vocabulary.names.split(name)[2] for name in (left, right)))
    return None


def spelled_out(one: Definition, found: Mapping[str, Definition], vocabulary: Vocabulary) -> Definition:
    """A loss that is said to be the cross entropy of two names, crossentropy(p_t, y_t), as a formula."""
    call = application(one.right)
    pair = call[1].items if call is not None and _is_cross_entropy(call[0].base) else ()
    for prediction, target in (pair, pair[::-1]) if len(pair) == 2 else ():
        if isinstance(prediction, Name) and isinstance(target, Name):
            held = found.get(vocabulary.refer(prediction).key)
            right = _entropy(held.right, prediction, target) if held is not None else None
            if right is not None:
                return replace(one, right=right, assumed=True)
    return one


def _is_cross_entropy(function: str) -> bool:
    """Is this the name of the cross entropy as a function?"""
    letters = "".join(filter(str.isalpha, function)).lower()
    return letters in ("crossentropy", "crossentropyloss", "xent", "xentropy", "ce", "bce", "nll")


def _entropy(right: Surface, prediction: Name, target: Name) -> Surface | None:
    r"""-\langle y, \log p \rangle of a softmax; of a sigmoid, with what speaks against y added."""
    call = application(right)
    function = call[0].base if call is not None else ""
    likely = _product(target, prediction)
    if function == "softmax":
        return Negative(NOWHERE, likely)
    if function not in SIGMOIDS:
        return None
    against = (Binary(NOWHERE, "-", Number(NOWHERE, "1"), name) for name in (target, prediction))
    return Negative(NOWHERE, Bracket(NOWHERE, "()", (Binary(NOWHERE, "+", likely, _product(*against)),)))


def _product(target: Surface, prediction: Surface) -> Surface:
    """The inner product of a target with the logarithm of a prediction."""
    logarithm = Apply(NOWHERE, "log", Bracket(NOWHERE, "()", (prediction,)))
    return Bracket(NOWHERE, "\\langle\\rangle", (target, logarithm), (",",))


def _differences(claims: Iterable[Claim]) -> Iterator[tuple[Name, Name]]:
    """The differences of two names in the relations, both ways."""
    for claim in claims:
        for node in claim_nodes(claim):
            match node:
                case Binary(op="-", left=Name() as left, right=Name() as right):
                    yield left, right
                    yield right, left
