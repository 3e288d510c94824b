r"""LaTeX of derivatives as fractions, and of one entry of them: \frac{\partial a_{t,i}}{\partial W_{jk}}."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from sympy.core.basic import Basic

from symbptt.expressions import Derivative, Gradient, Immediate, Joint, Quantity, is_scalar, shape_of
from symbptt.notations.places import rows_first


class Printer(Protocol):
    """What is asked of the LaTeX writer."""

    def doprint(self, expr: Basic) -> str: ...
    def scripted(self, q: Quantity, indices: str = "", mark: str = "") -> str: ...
    def indices(self, places: Sequence[Basic]) -> str: ...


def fraction(node: Derivative, above: str, below: str) -> str:
    r"""The fraction of a derivative; \partial^{+} marks an immediate one."""
    mark = r"\partial^{+}" if isinstance(node, Immediate) else r"\partial"
    return rf"\frac{{{mark} {above}}}{{\partial {below}}}"


def entry_of_derivative(printer: Printer, node: Derivative, places: Sequence[Basic]) -> str:
    """The indices of a Jacobian run over vec y, then vec x: columns before rows in each."""
    if isinstance(node, Gradient):
        return fraction(node, printer.scripted(node.of), printer.scripted(node.by, printer.indices(places)))
    count = sum(map(len, shape_of(node.of)))
    above, below = (
        printer.scripted(q, printer.indices(rows_first(part, q.shape)))
        for q, part in ((node.of, places[:count]), (node.by, places[count:]))
    )
    return fraction(node, above, below)


def joint(printer: Printer, node: Joint, places: Sequence[Basic] = (), turned: bool = False) -> str:
    r"""f(h, x), its Jacobian \partial f(h, x) / \partial h, or the entry of either at `places`.

    By an argument that is no quantity, or stands twice, the Jacobian is \partial_{i} f(...). That of a scalar
    by a column is a row and shows the transpose of its variable; `turned` is the column.
    """
    count = len(shape_of(node).rows)
    inside = ", ".join(str(printer.doprint(argument)) for argument in node.arguments)
    plain = f"{node.function.name}({inside})"
    value = plain + _below(printer, places[:count])
    if not node.by:
        return value
    if node.variable is None:
        jacobian = rf"\partial_{{{node.by}}} {plain}"
        return rf"\left[{jacobian}\right]" + _below(printer, places) if places else jacobian
    row = is_scalar(node.value) and shape_of(node).cols and not places and not turned
    by = printer.scripted(node.variable, printer.indices(places[count:]), r"\top" if row else "")
    return rf"\frac{{\partial {value}}}{{\partial {by}}}"


def _below(printer: Printer, places: Sequence[Basic]) -> str:
    return f"_{{{printer.indices(places)}}}" if places else ""


def is_gradient_turned(value: Basic) -> bool:
    """Is this the Jacobian of a scalar function of columns, whose transpose is written as a gradient?"""
    return isinstance(value, Joint) and value.variable is not None and is_scalar(value.value)
