r"""\Delta before a name: a part of the name (\Delta t), or a factor (\Delta A) where \Delta is a quantity."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from symbptt.reader.layers import sides
from symbptt.reader.rewriting import mapped
from symbptt.reader.statements import Statement, all_names
from symbptt.reader.syntax import Juxtaposed, Name, Surface

PREFIXES = frozenset(["\\Delta", "\\delta"])


def with_products(statements: Sequence[Statement]) -> list[Statement]:
    r"""The statements with \Delta A as a product where \Delta stands on its own, too; else as they are."""
    names = [name for s in statements for side in sides(s) for name in all_names(side)]
    alone = {name.base for name in names if name.base in PREFIXES and not name.prefix}
    if not alone:
        return list(statements)
    return [replace(s, chain=mapped(s.chain, lambda node: _apart(node, alone))) for s in statements]


def _apart(node: Surface, alone: set[str]) -> Surface:
    found: Surface = mapped(node, lambda below: _apart(below, alone))
    if isinstance(found, Name) and found.prefix in alone and found.base != "t":
        return Juxtaposed(found.at, Name(found.at, found.prefix), replace(found, prefix=""))
    return found
