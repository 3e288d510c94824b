"""The functions that a generated module brings with it."""

from __future__ import annotations

import ast
import inspect
import textwrap

import sympy
from sympy.printing.numpy import NumPyPrinter

from symbptt.functions import FUNCTIONS, Columnwise
from symbptt.programs.lowering import elementwise_name
from symbptt.programs.names import Names
from symbptt.programs.normal import Formulas
from symbptt.programs.scalars import spaced


def table_definitions() -> dict[str, str]:
    """The definition of each function of the table that NumPy has not, by name."""
    return {
        key: _columnwise(known) if isinstance(known, Columnwise) else _elementwise(key)
        for key, known in FUNCTIONS.items()
        if isinstance(known, Columnwise) or elementwise_name(key) == key
    }


def _elementwise(key: str) -> str:
    body = FUNCTIONS[key].numpy
    assert isinstance(body, str)
    return f'def {key}(x):\n    """{key} of every entry."""\n    return {body.format(x="x")}'


def _columnwise(known: Columnwise) -> str:
    """The function's own source, its annotations left out."""
    (definition,) = ast.parse(textwrap.dedent(inspect.getsource(known.numpy))).body
    assert isinstance(definition, ast.FunctionDef)
    definition.returns = None
    for argument in definition.args.args:
        argument.annotation = None
    return ast.unparse(definition).replace("axis=-1)", "axis=-1)")


def formula_definitions(formulas: Formulas, names: Names) -> dict[str, str]:
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
            found[plain] = _formula(plain, body, x, name, order)
    return found


def _formula(plain: str, body: sympy.Expr, x: sympy.Symbol, name: str, order: int) -> str:
    printer = NumPyPrinter({"fully_qualified_modules": True})
    text = spaced(printer.doprint(body).replace("numpy.", "np."))
    if not body.has(x):
        text = f"np.full_like(x, {text})"
    what = "The derivative of" if order else "The function"
    return f'def {plain}(x):\n    """{what} {name.strip(chr(92))}, entry by entry."""\n    return {text}'
