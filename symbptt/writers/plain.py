"""Derivations as plain text, in aligned columns."""

from __future__ import annotations

from collections.abc import Iterable

from sympy.core.basic import Basic

from symbptt.derivation.steps import Derivation, Step, TimeRange
from symbptt.expressions import SCALAR, Quantity, Shape, Tensor, signature
from symbptt.recurrence import Recurrence
from symbptt.writers.chains import (
    Chain,
    Contents,
    Prose,
    lines,
    roles,
    rule_text,
    shared_times,
)
from symbptt.writers.levels import Level, split_sign
from symbptt.writers.text import TextPrinter, text

WIDEST = 90


def to_text(*derivations: Derivation) -> str:
    """Derivations from one recurrence as plain text, for a terminal."""
    contents = Contents(derivations)
    parts = [
        _underlined(contents.title, "="),
        _equations(contents.equations),
        _shapes(contents.recurrence),
        "\n".join(contents.conventions),
    ]
    for section in contents.sections:
        parts += [_underlined(section.heading, "-")] * (len(derivations) > 1)
        parts += map(_chain, section.chains)
    return "\n\n".join(parts) + "\n"


def _underlined(words: Prose, line: str) -> str:
    heading = "".join(part if isinstance(part, str) else text(part) for part in words)
    return f"{heading}\n{line * len(heading)}"


def times_text(times: Iterable[TimeRange]) -> str:
    """1 <= t <= T, and so on."""
    return ", ".join(f"{text(low)} <= {text(symbol)} <= {text(high)}" for symbol, low, high in times)


def _equations(steps: Iterable[Step]) -> str:
    pairs = [(text(step.left), text(step.right)) for step in steps]
    margin = max(len(left) for left, _ in pairs)
    return "\n".join(f"  {left:<{margin}} = {right}" for left, right in pairs)


def _shapes(recurrence: Recurrence) -> str:
    found = list(roles(recurrence))
    margin = max(len(role) for role, _ in found)
    return "\n".join(f"  {role + ':':<{margin + 1}} {', '.join(map(_shaped, qs))}" for role, qs in found)


def _shaped(node: Basic) -> str:
    """a[t] (n x 1) of a quantity, f (n x 1, m x 1 -> n x 1) of a function applied to several."""
    if isinstance(node, Quantity):
        return f"{text(node)} ({_size(node.shape)})"
    given, value = signature(node)
    return f"{text(node.function)} ({', '.join(map(_size, given))} -> {_size(value)})"


def _size(shape: Shape) -> str:
    rows, cols = (TextPrinter().axis(axis, Level.PRODUCT) for axis in shape)
    return "number" if shape == SCALAR else f"{rows} x {cols}"


def _chain(chain: Chain) -> str:
    """The left side once, each right side below the other, each with its rule, its reason and its times."""
    left = text(chain.left)
    margin = " " * len(left)
    times = shared_times(chain)
    rows = [f"For {times_text(times)}:"] if times else []
    for n, step in enumerate(chain.steps):
        first, *rest = _right_side(step.right)
        own = f", for {times_text(step.times)}" if times is None and step.times else ""
        rows.append(f"{left if n == 0 else margin} = {first}")
        rows.extend(f"{margin}   {more}" for more in rest)
        rows.append(f"{margin}     [{rule_text(step)}] {step.why}{own}")
    return "\n".join(rows)


def _right_side(right: Basic) -> list[str]:
    """Terms of a sum, line by line."""
    if not isinstance(right, Tensor):
        return [text(right)]
    printer = TextPrinter()
    broken, n = [], 0
    for line in lines(right, WIDEST):
        row = ""
        for term in line:
            minus, magnitude = split_sign(term)
            sign = "- " if minus and n else "-" if minus else "+ " if n else ""
            row += (
                (" " if row else "")
                + sign
                + printer.operand(magnitude, Level.BIG if n or minus else Level.SUM)
            )
            n += 1
        broken.append(row)
    return broken
