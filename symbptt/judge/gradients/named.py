"""The names of gradients in the backward equations of one step: dW_f, da_{prev}, \\delta 5."""

from __future__ import annotations

from dataclasses import replace

from symbptt.judge.gradients.slopes import NOW
from symbptt.judge.notation.vocabulary import NEIGHBOURS, Vocabulary
from symbptt.judge.numeric.tensors import Key
from symbptt.reader.syntax import BigOperator, Binary, Name, Surface, Transpose, Word, spelled
from symbptt.reader.walks import names_in

PREFIXES = ("d", "dp", "\\delta")


def neighbour(name: Name, vocabulary: Vocabulary) -> Key | None:
    """a_{next} is a at this time, a_{prev} at the one before."""
    for item in name.subscripts:
        text = item.text if isinstance(item, Word) else item.base if isinstance(item, Name) else ""
        if text in NEIGHBOURS:
            rest = tuple(other for other in name.subscripts if other is not item)
            key = vocabulary.refer(replace(name, subscripts=rest)).key
            return key, NOW + NEIGHBOURS[text]
    return None


def is_backward(name: Name) -> bool:
    """Is this a name such as dW or \\delta 5?"""
    return name.prefix in PREFIXES


def near_namesake(one: str, other: str) -> bool:
    """The same letter with another subscript, or the other way round."""
    return one != other and (one.split("_")[0] == other.split("_")[0])


def entrywise(node: Surface) -> Surface:
    """The change that reads h^T \\cdot r as (h \\odot r)^T: the product entry by entry is transposed."""
    match node:
        case Binary(op="\\cdot" | "*", left=Transpose(operand=Name()) as left, right=Name() as other):
            return replace(left, operand=Binary(node.at, "\\odot", left.operand, other))
    return node


def without_sum(right: Surface, left: Name) -> Surface:
    r"""What one step adds: g of dW = dW + g, and of dW = \sum_t g, where dW itself has no time."""
    match right:
        case BigOperator(kind="sum", indices=(Name() as letter,), body=body) if left.time is None:
            if any(name.time is not None and name.time == letter for name in names_in(body)):
                return body
    if isinstance(right, Binary) and right.op == "+" and isinstance(right.left, Name):
        other = right.left
        if any(isinstance(item, Word) and item.text in NEIGHBOURS for item in other.subscripts):
            return right  # dc_{next} comes from the next step
        if other.prefix == left.prefix and (other == left or (other.base == left.base and other.subscripts)):
            return right.right
    return right


def offset_of(time: Surface) -> int:
    """How much later than this step a time is: -1, 0 or 1."""
    text = spelled(time)
    return -1 if text.endswith("-1") else 1 if text.endswith("+1") else 0
