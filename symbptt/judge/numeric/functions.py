"""Functions as numbers: the elementary ones, and smooth random instances of f, g, l.

All are analytic, so that they can be differentiated by a complex step; a prime is a difference quotient of
sixth order, never a rule.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from symbptt.judge.numeric.chance import uniform
from symbptt.judge.numeric.tensors import Array, Tensor, Undecided

STEP = 1e-2
STENCIL = ((1, 45.0), (2, -9.0), (3, 1.0))  # (f(x+kh) - f(x-kh)) / 60h, error of order h^6


def sigmoid(x: Array) -> Array:
    """1 / (1 + exp(-x))."""
    return np.asarray(1 / (1 + np.exp(-x)))


def logarithm(x: Array) -> Array:
    """log |x| for real x, analytic beside the real axis."""
    return np.asarray(np.log(x * np.where(x.real < 0, -1.0, 1.0)))


def root(x: Array) -> Array:
    """The square root. Raises Undecided for a negative number: its root is no number of a page."""
    if np.any(x.real < 0):
        raise Undecided("a root of a negative number")
    return np.sqrt(x)


def positive(x: Array) -> Array:
    """The positive part, where it is positive."""
    return np.where(x.real > 0, x, 0)


Elementwise = Callable[[Array], Array]
ELEMENTARY: dict[str, Elementwise] = {
    "tanh": np.tanh,
    "sigmoid": sigmoid,
    "sigm": sigmoid,
    "exp": np.exp,
    "log": logarithm,
    "ln": logarithm,
    "sin": np.sin,
    "cos": np.cos,
    "sinh": np.sinh,
    "cosh": np.cosh,
    "relu": positive,
    "ReLU": positive,
    "softplus": lambda x: np.asarray(np.log(1 + np.exp(x))),
    "sqrt": root,
    "\\sigma": sigmoid,
}
OF_VALUE: dict[str, Elementwise] = {
    "tanh": lambda y: np.asarray(1 - y * y),
    "sigmoid": lambda y: np.asarray(y * (1 - y)),
}


def trace(matrices: Array) -> Array:
    """The sum of the diagonal of each matrix of a batch."""
    return np.asarray(np.trace(matrices, axis1=1, axis2=2))


def determinant(matrices: Array) -> Array:
    """The determinant of each matrix of a batch."""
    return np.asarray(np.linalg.det(matrices))


OF_MATRIX: dict[str, Elementwise] = {
    "tr": trace,
    "trace": trace,
    "Tr": trace,
    "det": determinant,
}


def seed_of(text: str) -> int:
    """A number that depends on a name alone."""
    return zlib.crc32(text.encode())


def generic(name: str) -> Elementwise:
    """A smooth elementwise function of no special form."""
    a, b, c = uniform((seed_of(name),), 0.4, 1.2, (3,))
    return lambda x: np.asarray(np.tanh(a * x + b) + c * np.sin(x) / 3)


def derivative(function: Elementwise, x: Array) -> Array:
    """f'(x) by central differences of order six; of the positive part, which has a kink, as it is."""
    if function is positive:
        return np.where(x.real > 0, 1.0 + 0j, 0.0 + 0j)
    total: Array = np.zeros_like(x)
    for k, weight in STENCIL:
        total = total + weight * (function(x + k * STEP) - function(x - k * STEP))
    return np.asarray(total / (60 * STEP))


def softmax(x: Tensor, rows: bool) -> Tensor:
    """Softmax along the axis of a vector; of a matrix, of each row where vectors are rows."""
    if not x.plain:
        raise Undecided("softmax of a derivative")
    axis = 2 if x.out[0] == 1 or (rows and x.out[1] != 1) else 1
    power = np.exp(x.data)
    return Tensor(power / power.sum(axis=axis, keepdims=True))


def generic_of(name: str, arguments: Sequence[Tensor], out: tuple[int, int]) -> Tensor:
    """A smooth function of several tensors with values of the shape ``out``."""
    rows, columns = out
    total: NDArray[np.complex128] = np.zeros((1, rows * columns), dtype=np.complex128)
    for number, argument in enumerate(arguments):
        if not argument.plain:
            raise Undecided(f"{name} of a derivative")
        flat = argument.data.reshape(argument.data.shape[0], -1)
        seed = seed_of(f"{name} {number} {flat.shape[1]} {out}")
        weights = uniform((seed,), -1.0, 1.0, (flat.shape[1], rows * columns))
        total = total + flat @ weights + 0.3 * np.sin(flat) @ weights[:, ::-1]
    values: Array = np.asarray(np.tanh(0.7 * total) + 0.4 * np.sin(total + 0.5), dtype=np.complex128)
    return Tensor(values.reshape(values.shape[0], rows, columns, 1, 1))
