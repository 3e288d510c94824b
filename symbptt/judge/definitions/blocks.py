r"""Blocks of a matrix, by the parts of what it is multiplied with.

In W_f [a_{t-1}; x_t] the blocks are W_{fa}, which acts on a, and W_{fx}. A document that writes them, and
never defines them, means W_f = [W_{fa} W_{fx}]. W_{ca} acts on r_t \\odot a_{t-1} as well.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace

from symbptt.judge.notation.sided import claim_names
from symbptt.judge.notation.vocabulary import Vocabulary
from symbptt.judge.numeric.tensors import ELEMENTWISE
from symbptt.judge.numeric.world import Definition
from symbptt.judge.reading import Claim
from symbptt.reader.syntax import Binary, Bracket, Juxtaposed, Matrix, Name, Surface, Word, spelled
from symbptt.reader.walks import walk


def blocks(
    claims: Iterable[Claim], vocabulary: Vocabulary, found: Mapping[tuple[str, str], Definition]
) -> Iterator[Definition]:
    """The definition of each matrix by its blocks, where the document writes one of them."""
    written = {_script(name): name for claim in claims for name in claim_names(claim) if name.time is None}
    for one in list(found.values()):
        for weight, parts in _products(one.right):
            key = vocabulary.refer(weight).key
            labels = [f"{_script(weight)}{part.base}" for part in parts]
            known = [written[label] for label in labels if label in written]
            new = all((vocabulary.refer(name).key, "") not in found for name in known)
            if known and new and (key, "") not in found:
                row = tuple(_block(weight, part, written) for part in parts)
                yield Definition(key, None, (), Matrix(weight.at, "bmatrix", (row,)), one.display, weight)


def _products(node: Surface) -> Iterator[tuple[Name, list[Name]]]:
    """The matrices that are multiplied with several names one below the other, with those names."""
    for inner in walk(node):
        match inner:
            case Juxtaposed(left=Name(time=None) as weight, right=Bracket(items=items) as column):
                pass
            case Binary(left=Name(time=None) as weight, right=Bracket(items=items) as column):
                pass
            case _:
                continue
        state = _acted_on if weight.subscripts else _plain  # W_h need be no block of a W
        names = [name for item in items if (name := state(item)) is not None]
        if column.kind in ("[]", "[;]") and len(names) == len(items) > 1:
            yield weight, names


def _plain(part: Surface) -> Name | None:
    return part if isinstance(part, Name) else None


def _acted_on(part: Surface) -> Name | None:
    """The state of a part: a_{t-1}, also where a gate stands before it."""
    match part:
        case Binary(op=op, left=Name(), right=Name() as state) if op in ELEMENTWISE or op == "*":
            return state
    return _plain(part)


def _block(weight: Name, part: Name, written: Mapping[str, Name]) -> Name:
    """The block that acts on a part, as it is written, or under a name of its own."""
    label = f"{_script(weight)}{part.base}"
    plain = replace(weight, subscripts=(*weight.subscripts, Word(weight.at, part.base)))
    return replace(written.get(label, plain), prefix="", at=weight.at)


def _script(name: Name) -> str:
    """A name with what stands below it, in one piece: W_{fa}, W_{f,a} and W_{f a} are the same."""
    return name.base + "_" + "".join(map(spelled, name.subscripts)).replace(",", "").replace(" ", "")
