"""Formulas broken in the ways in which people break them, by changes of their text.

The places come from the surface tree, the changes from here: nothing is taken from the judge's own edits.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import reduce

from symbptt.judge import Finding, Judgement, verify
from symbptt.judge.notation.normal import rebuilt
from symbptt.judge.notation.vocabulary import names_in, walk
from symbptt.judge.reading import EQUALS, Claim, read
from symbptt.reader.parser import parse_each
from symbptt.reader.syntax import (
    BigOperator,
    Binary,
    Bracket,
    Chain,
    Derivative,
    Juxtaposed,
    Name,
    Negative,
    Surface,
    Transpose,
)
from symbptt.reader.written import written

PRODUCTS = ("\\cdot", "*", "\\odot", "\\circ", "\\times")
BRACKETS = (*map(tuple, ("{}", "()", "[]")), ("\\left", "\\right"))
TRANSPOSE = re.compile(r"\s*\^\{?\s*(?:\\top|T|\\intercal)\s*\}?$")


@dataclass(frozen=True)
class Mutant:
    """A relation with one mistake: the kind of mistake, the formula before and after, and the claim."""

    kind: str
    document: str
    latex: str
    claim: Claim


@dataclass(frozen=True)
class Change:
    """A stretch of a formula, and what stands there instead."""

    kind: str
    start: int
    stop: int
    text: str


def mutants(text: str, only_single: bool = False) -> Iterator[Mutant]:
    """Every relation of a document that holds for all sizes, broken in every way."""
    judgement, claims = judged(text)
    for claim, relation in zip(claims, judgement.relations, strict=True):
        finding = relation.finding
        good = isinstance(claim, Claim) and finding.verdict == "holds" and finding.scope == "any"
        if not good or text.count(claim.source) != 1 or claim.op not in EQUALS:
            continue
        if only_single and (claim.link or claim.head is not claim.left):
            continue
        seen = set()
        for change in changes(claim):
            broken = claim.source[: change.start] + change.text + claim.source[change.stop :]
            if broken not in seen and readable(broken):
                seen.add(broken)
                yield Mutant(change.kind, text.replace(claim.source, broken), broken, claim)


def readable(latex: str) -> bool:
    """Does a broken formula still read as one?"""
    return all(isinstance(item, Chain) for item in parse_each(latex))


def judged(text: str) -> tuple[Judgement, list[Claim]]:
    """The verdicts with the claims that they are about."""
    return verify(text), list(read(text, "<text>").claims)


def changes(claim: Claim) -> Iterator[Change]:
    """The mistakes that can be made on the right side of a relation."""
    names = {written(name): name for name in names_in(claim.right)}
    for node in walk(claim.right):
        if inside_script(claim.right, node):
            continue
        yield from transposes(node, claim.source)
        yield from factors(node, claim.source)
        yield from signs(node, claim.source)
        yield from limits(node, claim.source)
        yield from times(node, claim.source)
        yield from gates(node, claim.source, list(names.values()))
        if isinstance(node, Derivative) and node.kind == "partial+":
            whole = claim.source[node.at.start : node.at.stop]
            plain = re.sub(r"\\partial\s*\^\{?\+\}?", r"\\partial", whole)
            yield Change("total for immediate", node.at.start, node.at.stop, plain)


def inside_script(root: Surface, node: Surface) -> bool:
    """Is a node a part of a time, a script or a limit?"""
    for item in walk(root):
        parts: list[Surface | None] = []
        if isinstance(item, Name):
            parts = [item.time, *item.subscripts, *item.superscripts]
        elif isinstance(item, BigOperator):
            parts = [item.lower, item.upper, *item.indices]
        if any(part is not None and any(below is node for below in walk(part)) for part in parts):
            return True
    return False


def transposes(node: Surface, source: str) -> Iterator[Change]:
    if isinstance(node, Transpose):
        whole = source[node.at.start : node.at.stop]
        if TRANSPOSE.search(whole):
            yield Change("drop a transpose", node.at.start, node.at.stop, TRANSPOSE.sub("", whole))
        return
    matrix = isinstance(node, Name) and node.base.isupper() and node.time is None
    turned = TRANSPOSE.search(source[node.at.start : node.at.stop])
    if matrix and not turned and not source[node.at.stop :].lstrip().startswith("^"):
        yield Change("add a transpose", node.at.stop, node.at.stop, "^\\top")


def product(node: Surface) -> bool:
    if isinstance(node, Juxtaposed):
        return not node.direct
    return isinstance(node, Binary) and node.op in PRODUCTS


def factors(node: Surface, source: str) -> Iterator[Change]:
    if not product(node) or not isinstance(node, Juxtaposed | Binary):
        return
    one = node.left
    if product(one) and isinstance(one, Juxtaposed | Binary):
        one = one.right  # the neighbour
    other = node.right
    first, second = (source[item.at.start : item.at.stop] for item in (one, other))
    between = source[one.at.stop : other.at.start]
    if balanced(first) and balanced(second) and one.at.stop <= other.at.start:
        yield Change("swap factors", one.at.start, other.at.stop, f"{second}{between} {first}")
        yield Change("lose a factor", one.at.start, other.at.start, "")
        yield Change("lose a factor", one.at.stop, other.at.stop, "")


def balanced(text: str) -> bool:
    return all(text.count(a) == text.count(b) for a, b in BRACKETS) and bool(text)


def signs(node: Surface, source: str) -> Iterator[Change]:
    match node:
        case Binary(op="+" | "-" as op, left=left, right=right):
            place = source.find(op, left.at.stop, right.at.start)
            if place >= 0:
                yield Change("lose a sign", place, place + 1, "-" if op == "+" else "+")
        case Negative():
            yield Change("lose a sign", node.at.start, node.at.start + 1, "")


def limits(node: Surface, source: str) -> Iterator[Change]:
    if not isinstance(node, BigOperator) or node.kind not in ("sum", "prod", "product"):
        return
    head = source[node.at.start : node.body.at.start]
    if node.kind == "sum" and node.lower is not None:
        yield Change("lose a sum", node.at.start, node.body.at.start, "")
    for limit in (node.lower, node.upper):
        if limit is None or limit.at.start == limit.at.stop:
            continue
        text = source[limit.at.start : limit.at.stop]
        if text and text in head and limit.at.stop <= node.body.at.start:
            braced = source[limit.at.start - 1] in "_^"
            for step in ("+1", "-1"):
                moved = stepped(text, step)
                yield Change(
                    "shift a limit", limit.at.start, limit.at.stop, f"{{{moved}}}" if braced else moved
                )


def stepped(text: str, step: str) -> str:
    """t-1 for t, 2 for 1, t for t - 1."""
    if text.strip().isdigit():
        return str(int(text) + int(step))
    found = re.fullmatch(r"(.*?)\s*([+-])\s*(\d+)", text.strip())
    letter, offset = (found[1], int(found[2] + found[3])) if found else (text, 0)
    total = offset + int(step)
    return letter if not total else f"{letter}{total:+d}"


def times(node: Surface, source: str) -> Iterator[Change]:
    if isinstance(node, Name) and node.time is not None:
        text = source[node.time.at.start : node.time.at.stop]
        if not text or not node.at.start <= node.time.at.start < node.at.stop:
            return
        braced = source[node.time.at.start - 1] in "_^"
        for step in ("+1", "-1"):
            moved = stepped(text, step)
            yield Change(
                "shift an index", node.time.at.start, node.time.at.stop, f"{{{moved}}}" if braced else moved
            )


def gates(node: Surface, source: str, names: list[Name]) -> Iterator[Change]:
    """W_f for W_i, \\Gamma_u for \\Gamma_f, i_t for f_t."""
    if not isinstance(node, Name) or node.superscripts:
        return
    for other in names:
        kin = other.base == node.base and len(other.subscripts) == len(node.subscripts) == 1
        gate = node.time is not None and other.time == node.time and {node.base, other.base} <= set("fiogzr")
        if other != node and (kin or gate) and other.time == node.time and not other.superscripts:
            text = source[other.at.start : other.at.stop]
            if balanced(text):
                yield Change("one gate for another", node.at.start, node.at.stop, text)


@dataclass(frozen=True)
class Result:
    """What the judge made of a mutant: the verdict, whether both are equal, whether the repair undoes it."""

    mutant: Mutant
    verdict: str
    equal: bool
    repaired: bool
    suggestion: str
    message: str
    named: bool = (
        False  # the repair undoes the mutation, or puts the same factors in another order that holds
    )


def result(mutant: Mutant) -> Result:
    """Judges a mutant in its document."""
    judgement, claims = judged(mutant.document)
    place = [
        (claim, relation.finding)
        for claim, relation in zip(claims, judgement.relations, strict=True)
        if claim.display == mutant.claim.display
    ]
    same = [item for item in place if getattr(item[0], "link", None) == mutant.claim.link]
    finding = (same or place)[0][1] if place else None
    failing = [item[1] for item in place if item[1].verdict == "fails"]
    chosen = finding if finding is not None and finding.verdict == "fails" else (failing or [finding])[0]
    if chosen is None:
        return Result(mutant, "lost", False, False, "", "")
    before = plain(mutant.claim.left, mutant.claim.right)
    after = suggested(chosen, mutant) if chosen.suggestion else ""
    return Result(
        mutant,
        chosen.verdict,
        chosen.verdict == "holds" and equal_in_value(mutant, [item[0] for item in same]),
        before == after,
        chosen.suggestion,
        chosen.message,
        in_any_order(before) == in_any_order(after),
    )


def plain(left: Surface | None, right: Surface) -> str:
    """A relation written in one way: without the brackets and spaces that change nothing."""

    def change(node: Surface) -> Surface:
        if isinstance(node, Bracket) and node.kind == "()" and len(node.items) == 1:
            return node.items[0]
        if isinstance(node, Transpose):
            return Transpose(node.at, node.operand, "\\top")
        if isinstance(node, Binary) and node.op in ("\\odot", "\\circ"):
            items = sorted(addends(node, node.op), key=repr)
            return reduce(lambda one, other: Binary(node.at, "\\odot", one, other), items)
        if isinstance(node, Juxtaposed) or (isinstance(node, Binary) and node.op in ("\\cdot", "\\times")):
            items = neighbours(node)
            return reduce(lambda one, other: Juxtaposed(node.at, one, other), items)
        return node

    sides = [repr(rebuilt(side, change)) for side in (left, right) if side is not None]
    return re.sub(r"direct=(True|False)|braced=(True|False)", "", " = ".join(sides))


def in_any_order(relation: str) -> list[str]:
    """What a relation is made of, without signs of products, brackets and their order."""
    plainly = re.sub(
        r"Juxtaposed|Binary|Bracket|op='\\\\\\\\odot'|kind='\(\)'|left=|right=|items=|operand=|[(),]",
        " ",
        relation,
    )
    return sorted(plainly.split())


def addends(node: Surface, op: str) -> list[Surface]:
    """What a product entry by entry, in which the order is nothing, consists of."""
    if isinstance(node, Binary) and node.op in (op, "\\odot"):
        return addends(node.left, op) + addends(node.right, op)
    return [node]


def neighbours(node: Surface) -> list[Surface]:
    """The factors of a product without signs, read from either side."""
    if isinstance(node, Juxtaposed) or (isinstance(node, Binary) and node.op in ("\\cdot", "\\times")):
        return neighbours(node.left) + neighbours(node.right)
    return [node]


def suggested(finding: Finding, mutant: Mutant) -> str:
    """The relation with the suggestion in place, read again."""
    latex, claim = finding.suggestion, mutant.claim
    if finding.at is not None:
        latex = mutant.latex[: finding.at.start] + latex + mutant.latex[finding.at.stop :]
    chains = [item for item in parse_each(latex) if isinstance(item, Chain) and item.links]
    if finding.at is None:
        return plain(chains[0].first, chains[0].links[0].right) if chains else ""
    said = [plain(*sides) for item in chains for sides in sides_of(item)]
    before = [plain(*sides) for item in parse_each(claim.source) for sides in sides_of(item)]
    meant = plain(claim.left, claim.right)
    return meant if said == before else next(iter(set(said) - set(before)), "")


def sides_of(chain: Chain) -> Iterator[tuple[Surface | None, Surface]]:
    """The two sides of each relation of a chain."""
    left = chain.first
    for link in chain.links:
        yield left, link.right
        left = link.right


def equal_in_value(mutant: Mutant, claims: list[Claim]) -> bool:
    """Is the broken right side worth the same as the right one, in the same layout, in numbers?"""
    if len(claims) != 1:
        return False
    text = f"{mutant.document}\n\n$$ {written(mutant.claim.right)} = {written(claims[0].right)} $$\n"
    last = verify(text).relations[-1].finding
    return last.verdict == "holds" and last.scope == "any"
