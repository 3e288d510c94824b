"""Where two formulas differ in one sign or name alone, by how they are written and not by numbers."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import takewhile

from symbptt.judge.reading import Claim
from symbptt.judge.repairs.repairs import Repair, as_repair
from symbptt.reader.syntax import (
    Apply,
    BigOperator,
    Binary,
    Bracket,
    Cases,
    Fraction,
    Juxtaposed,
    Name,
    Negative,
    Number,
    Surface,
    Text,
    Transpose,
    Word,
)
from symbptt.reader.walks import children, walk
from symbptt.reader.written import written


def difference(claim: Claim, meant: Claim) -> Repair | None:
    """The repair of a claim that differs from another in one sign or name; None where it differs more."""
    if any(isinstance(node, Cases) for one in (claim, meant) for node in walk(one.right)):
        return None  # what holds in one case says nothing of the others
    new, old = list(_written_out(claim.right)), list(_written_out(meant.right))
    start = sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(old, new, strict=False)))
    old, new = old[start:], new[start:]
    end = sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(old[::-1], new[::-1], strict=False)))
    was, now = old[: len(old) - end], new[: len(new) - end]
    if max(len(was), len(now)) != 1:
        return None
    return as_repair(claim, meant, _said(" ".join(was), " ".join(now)))


def _said(was: str, now: str) -> str:
    """The difference in words."""
    sign = "" if any(map(str.isalnum, was + now)) and "\\odot" not in (was, now) else "the sign "
    if was and now:
        return f"{sign}{now} should be {was}" if sign else f"not {now} but {was} is meant"
    return f"{sign}{was} is missing" if was else f"{sign}{now} is one too many"


def _written_out(node: Surface) -> Iterator[str]:
    """The signs and names of a formula in the order in which they are written; a name has its scripts."""
    match node:
        case Binary(op=op, left=left, right=right):
            yield from (*_written_out(left), op, *_written_out(right))
        case Juxtaposed(left=left, right=right):
            yield from (*_written_out(left), *_written_out(right))
        case Negative(operand=inside):
            yield from ("-", *_written_out(inside))
        case Transpose(operand=inside):
            yield from (*_written_out(inside), "\\top")
        case Apply(function=function, argument=argument) if argument is not None:
            yield from (function, *_written_out(argument))
        case Bracket(kind=kind, items=items) if not kind.startswith("list"):
            yield "("
            for item in items:
                yield from (*_written_out(item), ",")
            yield ")"
        case Fraction(numerator=above, denominator=below):
            yield from (*_written_out(above), "/", *_written_out(below))
        case BigOperator(kind=kind, indices=indices, lower=lower, upper=upper, body=body):
            limits = ("" if limit is None else written(limit) for limit in (lower, upper))
            yield from (kind, *map(written, indices), *limits, *_written_out(body))
        case Name() | Number() | Word() | Text():
            yield written(node)
        case _:
            yield type(node).__name__
            for child in children(node):
                yield from _written_out(child)
