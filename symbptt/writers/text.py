"""Plain text of expressions, in one line of Unicode: ∂a[t]/∂vec(W_aa) = diag(S'(z[t])) · W_aa · ..."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import sympy
from sympy.core.basic import Basic
from sympy.core.function import AppliedUndef
from sympy.printing.pretty.pretty_symbology import greek_unicode
from sympy.printing.str import StrPrinter

from symbptt.expressions import (
    Apply,
    Axis,
    Derivative,
    Entry,
    Gradient,
    Immediate,
    Joint,
    Ones,
    Power,
    Quantity,
    is_scalar,
    shape_of,
)
from symbptt.notations.places import rows_first
from symbptt.writers.levels import Level, is_negative, is_reciprocal, level, split_sign
from symbptt.writers.names import name_parts

ACCENTS = {
    "tilde": "\u0303",
    "hat": "\u0302",
    "bar": "\u0304",
    "vec": "\u20d7",
    "overrightarrow": "\u20d7",
    "overleftarrow": "\u20d6",
    "dot": "\u0307",
    "ddot": "\u0308",
}


def text(node: Basic) -> str:
    """The plain text of an expression; raises TypeError for a type that is not written."""
    return str(TextPrinter().doprint(node))


def plain_name(name: str) -> str:
    r"""A LaTeX name in plain Unicode: `\Gamma_{f}` is Γ_f, `\tilde{c}` is c̃.

    >>> plain_name(r"W_{aa}")
    'W_aa'
    """
    base, sub, sup = (_plain(part) for part in name_parts(name))
    return base + (f"_{sub}" if sub else "") + (f"^{sup}" if sup else "")


def _plain(part: str) -> str:
    """One part of a name: commands become letters, accents combine with the letter they stand on."""
    written, pending, rest = "", "", part
    while rest:
        if rest[0] == "\\":
            end = next((n for n in range(1, len(rest)) if not rest[n].isalpha()), len(rest))
            command, rest = rest[1:end], rest[end:].lstrip()
            if command in ACCENTS:
                pending = ACCENTS[command]
                continue
            letter = greek_unicode.get(
                command, command if not command.startswith(("math", "operator")) else ""
            )
        else:
            letter, rest = ("" if rest[0] in "{}" else rest[0]), rest[1:]
        written += letter + (pending if letter else "")
        pending = "" if letter else pending
    return written


class TextPrinter(StrPrinter):
    """One method a node, as in the LaTeX writer."""

    printmethod = "_symbptt_text"

    def emptyPrinter(self, expr: Any) -> str:
        raise TypeError(f"there is no plain text for {type(expr).__name__}")

    def _print_Tensor(self, node: Basic) -> str:
        """A node without a method; SymPy has a Tensor of its own."""
        return self.emptyPrinter(node)

    def operand(self, node: Basic, needed: Level) -> str:
        """A node in its place: in brackets where it binds less tightly than needed."""
        return self._at(node, needed)

    def _at(self, node: Basic, needed: Level) -> str:
        written = str(self._print(node))
        return written if level(node) >= needed else f"({written})"

    def _sequence(self, factors: Sequence[Basic], needed: Level) -> list[str]:
        *first, last = factors
        return [
            *(self._at(f, needed) for f in first),
            self._at(last, Level.BIG if level(last) == Level.BIG else needed),
        ]

    def _print_Add(self, expr: Any, order: Any = None) -> str:
        """A SymPy sum, its positive terms first."""
        written = ""
        for n, term in enumerate(sorted(self._as_ordered_terms(expr, order), key=is_negative)):
            minus, magnitude = split_sign(term)
            sign = (" - " if n else "-") if minus else " + " if n else ""
            written += sign + self._at(magnitude, Level.BIG)
        return written

    # -------------------------------------------------------------- names and constants

    def _named(self, q: Quantity, places: Sequence[Basic] = ()) -> str:
        shown = [*([] if q.time is None else [self._tight(q.time)])]
        time = f"[{shown[0]}]" if shown else ""
        return plain_name(q.name) + time + (f"[{','.join(map(self._tight, places))}]" if places else "")

    def _tight(self, place: Basic) -> str:
        if isinstance(place, AppliedUndef):
            return f"{place.func.__name__}[{self._tight(place.args[0])}]"
        return str(self._print(place)).replace(" ", "")

    def _print_Quantity(self, node: Quantity) -> str:
        return self._named(node)

    def _print_Symbol(self, expr: sympy.Symbol) -> str:
        return plain_name(expr.name)

    def _print_FunctionSymbol(self, node: Any) -> str:
        return plain_name(node.name)

    def axis(self, axis: Axis, needed: Level = Level.SUM) -> str:
        """The length of an axis."""
        return "·".join(self._at(part, Level.PRODUCT if len(axis) > 1 else needed) for part in axis) or "1"

    def _print_Zeros(self, node: Basic) -> str:
        return "0"

    def _print_Ones(self, node: Ones) -> str:
        return f"ones({self.axis(node.shape.rows)}, {self.axis(node.shape.cols)})"

    def _print_Eye(self, node: Any) -> str:
        return f"I({self.axis(node.shape.rows)})"

    def _print_Commutation(self, node: Basic) -> str:
        return f"K({', '.join(self.axis(tuple(axis.args)) for axis in node.args)})"

    # -------------------------------------------------------------- sums and products

    def _print_Plus(self, node: Basic) -> str:
        written = ""
        for n, term in enumerate(node.args):
            minus, magnitude = split_sign(term)
            sign = (" - " if n else "-") if minus else " + " if n else ""
            written += sign + self._at(magnitude, Level.BIG if n or minus else Level.SUM)
        return written

    def _print_Times(self, node: Any) -> str:
        minus, magnitude = split_sign(node)
        if minus:
            return "-" + self._at(magnitude, Level.BIG)
        below = [Power(f.args[0], -f.args[1]) for f in node.args if is_reciprocal(f)]
        scalars = [f for f in node.args if is_scalar(f) and not is_reciprocal(f)]
        tensors = [f for f in node.args if not is_scalar(f)]
        parts = [self._at(f, Level.FRACTION) for f in scalars]
        if tensors:
            parts.append(
                " ⊙ ".join(self._sequence(tensors, Level.FRACTION if len(tensors) > 1 else Level.PRODUCT))
            )
        return " · ".join(parts or ["1"]) + "".join(f" / {self._at(f, Level.SCRIPTED)}" for f in below)

    def _print_Power(self, node: Any) -> str:
        base, exponent = node.args
        mark = "^" if is_scalar(node) else "^⊙"
        return f"{self._at(base, Level.CALL)}{mark}{self._at(exponent, Level.CALL)}"

    def _print_Apply(self, node: Apply) -> str:
        return "{}{}({})".format(self._print(node.function), "'" * node.order, self._print(node.argument))

    def _print_Joint(self, node: Joint) -> str:
        inside = ", ".join(map(str, map(self._print, node.arguments)))
        value = f"{self._print(node.function)}({inside})"
        if not node.by:
            return value
        return f"∂_{node.by} {value}" if node.variable is None else f"∂{value}/∂{self._print(node.variable)}"

    def _print_Dot(self, node: Basic) -> str:
        return " · ".join(self._sequence(node.args, Level.FRACTION))

    def _print_Kron(self, node: Basic) -> str:
        return " ⊗ ".join(self._at(part, Level.FRACTION) for part in node.args)

    def _print_Transposed(self, node: Basic) -> str:
        return self._at(node.args[0], Level.CALL) + "ᵀ"

    def _print_MatrixPower(self, node: Basic) -> str:
        return f"{self._at(node.args[0], Level.CALL)}^{self._at(node.args[1], Level.CALL)}"

    def _print_Diagonal(self, node: Basic) -> str:
        return f"diag({self._print(node.args[0])})"

    def _print_Vec(self, node: Basic) -> str:
        return f"vec({self._print(node.args[0])})"

    def _print_Inner(self, node: Basic) -> str:
        return "⟨{}, {}⟩".format(*map(self._print, node.args))

    # -------------------------------------------------------------- arrangements

    def _print_Block(self, node: Basic) -> str:
        return "[" + "; ".join(", ".join(self._print(block) for block in row.args) for row in node.args) + "]"

    def _print_Slice(self, node: Any) -> str:
        value, axis, start, stop = node.args[:4]
        part = f"{self._tight(start + 1)}:{self._tight(stop)}"
        other = shape_of(value)[1 - int(axis)]
        shown = part if not other else f"{part},:" if axis == 0 else f":,{part}"
        return f"{self._at(value, Level.CALL)}[{shown}]"

    def _print_Entry(self, node: Entry) -> str:
        base, *places = node.args
        if isinstance(base, Derivative) and isinstance(base.of, Quantity) and isinstance(base.by, Quantity):
            count = 0 if isinstance(base, Gradient) else sum(map(len, shape_of(base.of)))
            below = (
                places[count:]
                if isinstance(base, Gradient)
                else rows_first(places[count:], shape_of(base.by))
            )
            above = rows_first(places[:count], shape_of(base.of))
            return self._derivative(base, self._named(base.of, above), self._named(base.by, below))
        if isinstance(base, Quantity):
            return self._named(base, places)
        return f"{self._at(base, Level.CALL)}[{','.join(map(self._tight, places))}]"

    def _over(self, sign: str, index: Basic, low: Basic, high: Basic, body: Basic) -> str:
        limits = f"{self._tight(index)}={self._tight(low)}..{self._tight(high)}"
        return f"{sign}({limits}) {self._at(body, Level.BIG)}"

    def _print_SumOver(self, node: Any) -> str:
        body, index, low, high = node.args
        return self._over("Σ", index, low, high, body)

    def _print_ProductOver(self, node: Any) -> str:
        body, index, high, low = node.args
        return self._over("Π", index, low, high, body)

    def _print_PathSum(self, node: Any) -> str:
        body, _, index, high, low, bounds, p, q = node.args
        sums, ends = "", []
        for path, bound, end, start in zip(node.paths, bounds, p, q, strict=True):
            first, last = (self._tight(path(k)) for k in (low, high - 1))
            sums += f"Σ({first if first == last else f'{first},..,{last}'}=1..{self._tight(bound)}) "
            ends += [
                f"{self._tight(path(high))}={self._tight(end)}",
                f"{self._tight(path(low - 1))}={self._tight(start)}",
            ]
        return f"({sums}{self._over('Π', index, low, high, body)} | {', '.join(ends)})"

    # -------------------------------------------------------------- derivatives and braces

    def _derivative(self, node: Derivative, above: str, below: str) -> str:
        return f"{'∂⁺' if isinstance(node, Immediate) else '∂'}{above}/∂{below}"

    def _print_Total(self, node: Derivative) -> str:
        above, below = (
            f"vec({self._print(q)})" if shape_of(q).cols else self._at(q, Level.CALL)
            for q in (node.of, node.by)
        )
        row = is_scalar(node.of) and not is_scalar(node.by)
        return self._derivative(node, above, below + ("ᵀ" if row else ""))

    _print_Immediate = _print_Total

    def _print_Gradient(self, node: Derivative) -> str:
        return self._derivative(node, self._at(node.of, Level.CALL), self._at(node.by, Level.CALL))

    def _print_Braced(self, node: Basic) -> str:
        return f"{{{self._print(node.args[0])} : {self._print(node.args[1])}}}"

    # -------------------------------------------------------------- SymPy's own

    def _print_Indexed(self, expr: Any) -> str:
        time, *places = expr.indices
        return self._named(Quantity(expr.base.name, (), (), time), places)

    def _print_MatrixBase(self, expr: Any) -> str:
        rows = (", ".join(map(self._print, expr.row(n))) for n in range(expr.rows))
        return f"[{'; '.join(rows)}]"

    def _print_Sum(self, expr: Any) -> str:
        index, low, high = expr.limits[0]
        return self._over("Σ", index, low, high, expr.function)

    def _print_Product(self, expr: Any) -> str:
        index, low, high = expr.limits[0]
        return self._over("Π", index, low, high, expr.function)

    def _print_KroneckerDelta(self, expr: Basic) -> str:
        return "1({}={})".format(*map(self._tight, expr.args))
