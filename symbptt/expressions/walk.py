"""Walking an expression: its parts, its quantities, rewriting, and the checker of the language."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any

import sympy
from sympy.core.basic import Basic

from symbptt.expressions.arrangements import Block, Entry, MatrixPower, Slice
from symbptt.expressions.calculus import Braced, Derivative, PathSum, ProductOver, SumOver
from symbptt.expressions.joint import Joint
from symbptt.expressions.nodes import (
    Apply,
    Commutation,
    Eye,
    Ones,
    Power,
    Quantity,
    Tensor,
    Zeros,
    expression,
    shape_of,
)
from symbptt.expressions.shapes import ShapeError

# ------------------------------------------------------------------ walking


def children(node: Basic) -> tuple[Basic, ...]:
    """The sub-expressions of a node (not its name, axes, limits or labels)."""
    parts: tuple[Basic, ...] = node.args
    if isinstance(node, LEAVES) or not isinstance(node, Tensor):
        parts = ()
    elif isinstance(node, Block):
        parts = tuple(block for row in node.args for block in row.args)
    elif isinstance(node, Apply):
        parts = (node.argument,)
    elif isinstance(node, Joint):
        parts = node.arguments
    elif isinstance(node, OF_THE_FIRST):
        parts = parts[:1]
    return parts


LEAVES = (Quantity, Zeros, Ones, Eye, Commutation, Derivative)
OF_THE_FIRST = (Power, MatrixPower, Slice, SumOver, ProductOver, PathSum, Braced, Entry)


def with_children(node: Basic, new: Iterable[Basic]) -> Basic:
    """The same node over other sub-expressions."""
    fresh = list(new)
    if isinstance(node, Block):
        supply: Iterator[Basic] = iter(fresh)
        return Block(*([next(supply) for _ in row.args] for row in node.args))
    if isinstance(node, Apply):
        return Apply(node.function, fresh[0], node.order)
    if isinstance(node, Joint):
        return Joint(*node.args[:3], *fresh)
    return node.func(*fresh, *node.args[len(fresh) :])


def rewrite(node: Basic, rule: Callable[[Basic], Basic]) -> Basic:
    """Apply a rule to every node, innermost first."""
    parts = children(node)
    if parts:
        fresh = [rewrite(part, rule) for part in parts]
        if any(a is not b for a, b in zip(fresh, parts, strict=True)):
            node = with_children(node, fresh)
    return rule(node)


def subexpressions(node: Basic) -> Iterator[Basic]:
    """The node and everything below it, in the order written."""
    stack = [node]
    while stack:
        top = stack.pop()
        yield top
        stack.extend(reversed(children(top)))


def quantities(node: Basic) -> list[Quantity]:
    """Every quantity that the value of the node depends on, in order of appearance, without repeats."""
    return list(dict.fromkeys(part for part in subexpressions(node) if isinstance(part, Quantity)))


def at_time(node: Basic, old: sympy.Expr, new: Any) -> Basic:
    """The expression with a time symbol replaced, in every quantity, limit and index."""
    return node.xreplace({old: expression(new)})


def check(node: Basic) -> None:
    """The checker of the language: rebuild every node from its parts and compare the shapes.

    Raises ShapeError or TypeError where a node's parts do not fit; tests run it after every pass.
    """
    for part in children(node):
        check(part)
    if not isinstance(node, (Tensor, sympy.Expr)):
        raise TypeError(f"{type(node).__name__} is not a node of the language")
    if isinstance(node, Tensor):
        rebuilt = with_children(node, children(node)) if children(node) else node.func(*node.args)
        if shape_of(rebuilt) != node.shape:
            raise ShapeError(f"a rebuilt {type(node).__name__}", shape_of(rebuilt), node.shape)
