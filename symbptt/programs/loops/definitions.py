"""The functions that a compiled module brings with it, as source."""

from __future__ import annotations

import ast
import inspect
from collections.abc import Callable, Iterable

import sympy

from symbptt.expressions import Quantity
from symbptt.functions import from_sympy
from symbptt.programs.loops import elementary, products
from symbptt.programs.loops.entries import Entries
from symbptt.programs.plan.names import Names
from symbptt.programs.plan.normal import Formulas
from symbptt.programs.source.lines import mentioned

SCALARS = """\
def like(x, number):
    \"\"\"A number in the precision of x: a plain one would widen float32.\"\"\"
    return x.dtype.type(number)


@overload(like)
def compiled_like(x, number):
    if x == float64:
        return lambda x, number: np.float64(number)
    return lambda x, number: np.float32(number)"""
PARTS = """\
@overload(exp_parts, jit_options={"error_model": "numpy", "fastmath": {"contract"}, "forceinline": True})
def compiled_exp_parts(x):
    return exp_parts_64 if x == float64 else exp_parts_32"""


def definitions(lines: Iterable[str]) -> list[str]:
    """The definitions of all functions that lines mention, those that they mention in turn among them."""
    found: dict[str, str] = {}
    ahead = [name for name in ORDER if name in mentioned(lines)]
    while ahead:
        name = ahead.pop()
        if name not in found:
            found[name] = source(name)
            ahead += [other for other in ORDER if other in mentioned([found[name]]) and other != name]
    return [found[name] for name in ORDER if name in found]


def source(name: str) -> str:
    """The source of one function, without annotations and behind its decorator."""
    if name == "like":
        return SCALARS
    (definition,) = ast.parse(inspect.getsource(_function(name))).body
    assert isinstance(definition, ast.FunctionDef)
    definition.returns = None
    for argument in definition.args.args:
        argument.annotation = None
    text = _spelled(ast.unparse(definition))
    if name == "exp_parts":
        return f"{text}\n\n\n{PARTS}"
    if name in ("exp_parts_64", "exp_parts_32", "padded", "add_tile"):
        return text
    return f"@{'inner' if name in LOOPS else 'precise'}\n{text}"


def _function(name: str) -> Callable[..., object]:
    found: Callable[..., object] = getattr(products if hasattr(products, name) else elementary, name)
    return found


def _spelled(text: str) -> str:
    return text.replace("    '''", '    """')


LOOPS = (
    *("largest", "softmax", "log_softmax", "layer_norm"),
    *("rows", "padded", "block_of", "put_block", "panels", "narrow_panels"),
    *("add_row_times_matrix", "add_product", "product", "add_outer_products"),
)
ORDER = (
    *("like", "exp_parts_64", "exp_parts_32", "exp_parts", "exp", "sigmoid", "tanh", "silu", "softplus"),
    *("relu", "step", *LOOPS, "add_tile"),
)


def formula_definitions(formulas: Formulas, names: Names) -> dict[str, str]:
    """The functions given by a formula and their derivatives, by their names in the module."""
    found = {}
    for name, formula in formulas.items():
        (variable,) = formula.variables
        for order in (0, 1):
            plain, what = names.function(name, order), "The derivative of" if order else "The function"
            derived = sympy.diff(formula.expr, variable, order) if order else formula.expr
            value = from_sympy(derived, {variable: X})
            text = Entries(names, lambda q, i, j: "x", str, "like(x, 1)", "like(x, {})").at(value).text
            found[plain] = (
                f"@precise\ndef {plain}(x):\n"
                f'    """{what} {name.strip(chr(92))}, of one number."""\n    return {text}'
            )
    return found


X = Quantity("x")
