"""The functions that a generated module brings with it."""

from __future__ import annotations

import ast
import inspect
import textwrap
from collections.abc import Callable
from typing import Any

import sympy
from sympy.printing.numpy import NumPyPrinter

from symbptt.functions import FUNCTIONS, Columnwise
from symbptt.programs.plan.names import Names
from symbptt.programs.plan.normal import Formulas
from symbptt.programs.source.dialect import NUMPY, Dialect
from symbptt.programs.source.lowering import function_name
from symbptt.programs.source.scalars import spaced


def table_definitions(dialect: Dialect = NUMPY) -> dict[str, str]:
    """The definition of each function of the table that the library has not, by name."""
    return {
        key: dialect.translated(
            source_of(known.numpy) if isinstance(known, Columnwise) else _elementwise(key, dialect)
        )
        for key, known in FUNCTIONS.items()
        if function_name(key, dialect) == key
    }


def _elementwise(key: str, dialect: Dialect) -> str:
    body = dialect.bodies.get(key, FUNCTIONS[key].numpy)
    assert isinstance(body, str)
    return f'def {key}(x):\n    """{key} of every entry."""\n    return {body.format(x="x")}'


def source_of(function: Callable[..., Any]) -> str:
    """A function's own source as it stands, the annotations of its head left out."""
    source = textwrap.dedent(inspect.getsource(function))
    (definition,) = ast.parse(source).body
    assert isinstance(definition, ast.FunctionDef)
    for argument in definition.args.args:
        argument.annotation = None
    head = f"def {definition.name}({ast.unparse(definition.args)}):"
    return "\n".join([head, *source.splitlines()[definition.body[0].lineno - 1 :]])


def formula_definitions(formulas: Formulas, names: Names, dialect: Dialect = NUMPY) -> dict[str, str]:
    """The functions given by a formula and their derivatives, by their names in the module."""
    found = {}
    for name, formula in formulas.items():
        (variable,) = formula.variables
        for order in (0, 1):
            plain = names.function(name, order)
            x = sympy.Symbol("x", real=True)
            body = (
                sympy.diff(formula.expr.subs(variable, x), x, order)
                if order
                else formula.expr.subs(variable, x)
            )
            found[plain] = dialect.translated(_formula(plain, body, x, name, order))
    return found


class Printer(NumPyPrinter):
    """NumPy's own words, with np.where for two cases: all libraries have it."""

    def _print_Piecewise(self, node: sympy.Piecewise) -> str:
        (above, where), (below, other) = node.args[0], node.args[-1]
        if len(node.args) != 2 or other != sympy.true:
            raise TypeError(f"no source for {node}")
        first, second = self._print(above), self._print(below)
        if above.is_number and below.is_number:  # numbers alone would forget the precision
            (x,) = where.free_symbols
            first = f"np.full_like({x}, {first})"
        left, right = (self._print(side) for side in (where.gts, where.lts))
        return f"np.where({left} > {right}, {first}, {second})"


def _formula(plain: str, body: sympy.Expr, x: sympy.Symbol, name: str, order: int) -> str:
    printer = Printer({"fully_qualified_modules": True})
    text = spaced(printer.doprint(body).replace("numpy.", "np."))
    if not body.has(x):
        text = f"np.full_like(x, {text})"
    what = "The derivative of" if order else "The function"
    return f'def {plain}(x):\n    """{what} {name.strip(chr(92))}, entry by entry."""\n    return {text}'
