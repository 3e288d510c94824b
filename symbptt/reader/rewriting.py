"""Surface trees made from others: a rule below a node, and a formula with arguments for its variables."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import fields, replace
from typing import Any

from symbptt.reader.syntax import Link, Name, Scripted, Span, Surface


def mapped(node: Any, rule: Callable[[Surface], Surface]) -> Any:
    """The node with a rule applied to each node right below it."""
    changes = {part.name: _each(getattr(node, part.name), rule) for part in fields(node) if part.name != "at"}
    return replace(node, **changes)


def _each(value: Any, rule: Callable[[Surface], Surface]) -> Any:
    if isinstance(value, Surface):
        return rule(value)
    if isinstance(value, Link):
        return replace(value, right=rule(value.right))
    return tuple(_each(item, rule) for item in value) if isinstance(value, tuple) else value


def substituted(formula: Surface, arguments: Mapping[str, Surface], at: Span) -> Surface:
    """A formula with arguments for its variables; all else in it stands at `at`, where it is applied."""

    def rule(node: Surface) -> Surface:
        if isinstance(node, Name) and replace(node, superscripts=(), primes=0).canonical in arguments:
            argument = arguments[replace(node, superscripts=(), primes=0).canonical]
            for power in node.superscripts:
                argument = Scripted(at, argument, None, power)
            return argument
        found: Surface = replace(mapped(node, rule), at=at)
        return found

    return rule(formula)
