"""The value of an expression as a matrix, from the values of its quantities.

Axes are flattened, the left part of a compound axis running slowest, as in a Kronecker product.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import sympy
from numpy.typing import NDArray
from sympy.core.basic import Basic

from symbptt.expressions import (
    Apply,
    Axis,
    Block,
    Braced,
    Commutation,
    Diagonal,
    Dot,
    Entry,
    Eye,
    FunctionSymbol,
    Gradient,
    Immediate,
    Inner,
    Joint,
    Kron,
    MatrixPower,
    Ones,
    PathSum,
    Plus,
    Power,
    ProductOver,
    Quantity,
    Slice,
    SumOver,
    Times,
    Total,
    Transposed,
    Vec,
    Zeros,
    shape_of,
)
from symbptt.functions import Columnwise, as_sympy_function, entry

Matrix = NDArray[Any]
Key = tuple[str, int | None]
STEP = 1e-30  # of the complex step: its error is its square, so it can be as small as numbers go


@dataclass
class Values:
    """Sizes, index values and quantities for one evaluation; `world` answers for derivatives and states."""

    numbers: Mapping[sympy.Basic, Any]
    lookup: Callable[[Quantity, int | None], Matrix]
    derivative: Callable[[Basic, Values], Matrix]
    functions: Mapping[str, Callable[..., Matrix]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.numbers = {symbol: sympy.Integer(value) for symbol, value in self.numbers.items()}

    def integer(self, value: sympy.Basic) -> int:
        """A size, time or limit as a number; raises ValueError where a symbol has none."""
        found = value.xreplace(self.numbers)
        if not found.is_number:
            raise ValueError(f"no value for {', '.join(sorted(map(str, found.free_symbols)))}")
        return int(found)

    def length(self, axis: Axis) -> int:
        return int(np.prod([self.integer(part) for part in axis], dtype=int))

    def bound(self, more: Mapping[sympy.Basic, int]) -> Values:
        return Values({**self.numbers, **more}, self.lookup, self.derivative, self.functions)


def evaluate(node: Basic, values: Values) -> Matrix:
    """The value of an expression as a matrix (rows x columns, axes flattened)."""
    if isinstance(node, sympy.Expr):
        return np.array([[_number(node, values)]])
    rule = EVALUATE.get(type(node))
    if rule is None:
        raise TypeError(f"the oracle has no value for {type(node).__name__}")
    return rule(node, values)


def _number(node: sympy.Expr, values: Values) -> Any:
    found = node.xreplace(values.numbers)
    if not found.is_number:
        raise ValueError(f"no value for {', '.join(sorted(map(str, found.free_symbols)))}")
    return complex(found) if found.has(sympy.I) else float(found)


def _over_args(combine: Callable[..., Matrix]) -> Callable[[Any, Values], Matrix]:
    return lambda node, values: combine(*(evaluate(part, values) for part in node.args))


def _reduce(operation: Callable[[Matrix, Matrix], Matrix]) -> Callable[[Any, Values], Matrix]:
    def rule(node: Basic, values: Values) -> Matrix:
        result = evaluate(node.args[0], values)
        for part in node.args[1:]:
            result = operation(result, evaluate(part, values))
        return result

    return rule


def dimensions(node: Basic, values: Values) -> tuple[int, int]:
    """The number of rows and of columns of an expression's value."""
    rows, cols = shape_of(node)
    return values.length(rows), values.length(cols)


def _constant(fill: float) -> Callable[[Any, Values], Matrix]:
    return lambda node, values: np.full(dimensions(node, values), fill)


def _quantity(node: Quantity, values: Values) -> Matrix:
    return values.lookup(node, None if node.time is None else values.integer(node.time))


def _commutation(node: Commutation, values: Values) -> Matrix:
    rows, cols = (values.length(tuple(axis)) for axis in node.args)
    order = np.arange(rows * cols).reshape(rows, cols, order="F").T.reshape(-1, order="F")
    return np.eye(rows * cols)[order]


def _apply(node: Apply, values: Values) -> Matrix:
    x = evaluate(node.argument, values)
    function = numeric_function(node.function, values.functions)
    if node.order == 0:
        return function(x)
    if node.order == 1:
        return np.imag(function(np.real(x) + 1j * STEP)) / STEP
    raise ValueError(f"{node.function.name} is differentiated {node.order} times")


def _joint(node: Joint, values: Values) -> Matrix:
    """The value of a function of several columns; its Jacobian by complex step, a column an entry."""
    function = values.functions.get(node.function.name)
    if function is None:
        raise ValueError(f"no function is given for the generic {node.function.name}")
    arguments = [evaluate(argument, values) for argument in node.arguments]
    if not node.by:
        return function(*arguments)
    place = node.by - 1
    columns = []
    for step in 1j * STEP * np.eye(len(arguments[place])):
        moved = [*arguments[:place], arguments[place].real + step[:, None], *arguments[place + 1 :]]
        columns.append(np.imag(function(*moved))[:, 0] / STEP)
    return np.array(columns).T


def numeric_function(
    symbol: FunctionSymbol, generic: Mapping[str, Callable[..., Matrix]]
) -> Callable[[Matrix], Matrix]:
    """A NumPy function of a matrix, from the formula of the function (never from its derivative)."""
    known = entry(symbol)
    if isinstance(known, Columnwise):
        return lambda x: known.numpy(x, axis=0)
    if symbol.name in generic:
        return generic[symbol.name]
    if known is None and symbol.meaning == "":
        raise ValueError(f"no function is given for the generic {symbol.name}")
    x = sympy.Symbol("x")
    key = (symbol, "numeric")
    if key not in _LAMBDAS:
        _LAMBDAS[key] = sympy.lambdify(x, as_sympy_function(symbol)(x), "numpy")
    return lambda value: np.broadcast_to(_LAMBDAS[key](value), value.shape)


_LAMBDAS: dict[Any, Callable[[Matrix], Matrix]] = {}


def _block(node: Block, values: Values) -> Matrix:
    return np.block([[evaluate(block, values) for block in row.args] for row in node.args])


def _slice(node: Slice, values: Values) -> Matrix:
    value, axis, start, stop, _ = node.args
    part = slice(values.integer(start), values.integer(stop))
    whole = evaluate(value, values)
    return whole[part] if axis == 0 else whole[:, part]


def _entry(node: Entry, values: Values) -> Matrix:
    base, *indices = node.args
    rows, cols = shape_of(base)
    places = [values.integer(i) - 1 for i in indices]
    r, c = (
        _flat(axis, part, values) for axis, part in ((rows, places[: len(rows)]), (cols, places[len(rows) :]))
    )
    return evaluate(base, values)[r : r + 1, c : c + 1]


def _flat(axis: Axis, places: list[int], values: Values) -> int:
    flat = 0
    for part, place in zip(axis, places, strict=True):
        flat = flat * values.integer(part) + place
    return flat


def _sum_over(node: SumOver, values: Values) -> Matrix:
    body, index, low, high = node.args
    total = np.zeros(dimensions(node, values))
    for i in range(values.integer(low), values.integer(high) + 1):
        total = total + evaluate(body, values.bound({index: i}))
    return total


def _product_over(node: ProductOver, values: Values) -> Matrix:
    body, index, high, low = node.args
    product = np.eye(dimensions(node, values)[0])
    for i in range(values.integer(low), values.integer(high) + 1):
        product = evaluate(body, values.bound({index: i})) @ product
    return product


def _path_sum(node: PathSum, values: Values) -> Matrix:
    body, _, index, high, low, bounds, p, q = node.args
    axis = tuple(bounds)
    places = list(itertools.product(*(range(1, values.integer(part) + 1) for part in axis)))
    product = np.eye(len(places))
    for k in range(values.integer(low), values.integer(high) + 1):
        here = values.bound({index: k})
        factor = [[_path_entry(node, body, here, to, start) for start in places] for to in places]
        product = np.array(factor) @ product
    r, c = (_flat(axis, [values.integer(part) - 1 for part in end], values) for end in (p, q))
    return product[r : r + 1, c : c + 1]


def _path_entry(
    node: PathSum, body: Basic, values: Values, to: tuple[int, ...], start: tuple[int, ...]
) -> Any:
    index = node.args[2]
    here = {path(index): sympy.Integer(i) for path, i in zip(node.paths, to, strict=True)}
    before = {path(index - 1): sympy.Integer(i) for path, i in zip(node.paths, start, strict=True)}
    return evaluate(body.xreplace({**here, **before}), values)[0, 0]


EVALUATE: dict[type, Callable[[Any, Values], Matrix]] = {
    Quantity: _quantity,
    Zeros: _constant(0.0),
    Ones: _constant(1.0),
    Eye: lambda node, values: np.eye(dimensions(node, values)[0]),
    Commutation: _commutation,
    Plus: _reduce(np.add),
    Times: _reduce(np.multiply),
    Dot: _reduce(np.matmul),
    Kron: _reduce(np.kron),
    Power: lambda node, values: evaluate(node.args[0], values) ** _number(node.args[1], values),
    MatrixPower: lambda node, values: np.linalg.matrix_power(
        evaluate(node.args[0], values), values.integer(node.args[1])
    ),
    Apply: _apply,
    Joint: _joint,
    Transposed: _over_args(np.transpose),
    Diagonal: _over_args(lambda x: np.diag(x[:, 0])),
    Vec: _over_args(lambda x: x.reshape(-1, 1, order="F")),
    Inner: _over_args(lambda x, y: np.sum(x * y).reshape(1, 1)),
    Block: _block,
    Slice: _slice,
    Entry: _entry,
    SumOver: _sum_over,
    ProductOver: _product_over,
    PathSum: _path_sum,
    Braced: lambda node, values: evaluate(node.args[0], values),
    Total: lambda node, values: values.derivative(node, values),
    Immediate: lambda node, values: values.derivative(node, values),
    Gradient: lambda node, values: values.derivative(node, values),
}


def difference(left: Matrix, right: Matrix) -> float:
    """The largest difference, relative to the larger of the two sides (absolute where both are tiny)."""
    if left.shape != right.shape:
        return float("inf")
    scale = max(float(np.max(np.abs(left), initial=0)), float(np.max(np.abs(right), initial=0)), 1e-6)
    return float(np.max(np.abs(left - right), initial=0)) / scale
