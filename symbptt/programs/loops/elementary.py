"""The functions that a compiled module brings with it, of numbers and columns.

LLVM makes vector instructions of a loop over exp, tanh or sigmoid only where it can see what they do: so they
are written out here, without branches and without calls. exp(x) is 2**k exp(r) with x = k log(2) + r and
|r| <= log(2) / 2, log(2) split in two parts (Cody and Waite 1980); exp(r) - 1 is a polynomial, and 2**k a
pattern of bits. A number that stands beside x is one `like` x: a plain one would widen float32.
"""

from __future__ import annotations

from typing import Any

import numpy as np

# ------------------------------------------------------------------ exp and what is made of it


def like(x: Any, number: float) -> Any:
    """A number in the precision of x."""
    return x.dtype.type(number)


def exp_parts(x: Any) -> Any:
    """p and h with exp(x) = 2 h (1 + p), h a power of two."""
    return exp_parts_64(x) if x.dtype == np.float64 else exp_parts_32(x)


def exp_parts_64(x: Any) -> Any:
    """p and h with exp(x) = 2 h (1 + p), for float64."""
    x = 710.0 if x > 710.0 else x
    x = -708.39 if x < -708.39 else x
    shifted = x * 1.4426950408889634 + 6755399441055744.0
    k = shifted - 6755399441055744.0
    r = x - k * 0.6931471803691238 - k * 1.9082149292705877e-10
    q = 1 / 39916800 + r * (1 / 479001600 + r * (1 / 6227020800))
    q = 1 / 362880 + r * (1 / 3628800 + r * q)
    q = 1 / 5040 + r * (1 / 40320 + r * q)
    q = 1 / 120 + r * (1 / 720 + r * q)
    q = 1 / 6 + r * (1 / 24 + r * q)
    p = r + r * r * (0.5 + r * q)
    h = np.int64((np.float64(shifted).view(np.int64) - 4843621399236968448 + 1022) << 52).view(np.float64)
    return p, h


def exp_parts_32(x: Any) -> Any:
    """p and h with exp(x) = 2 h (1 + p), for float32."""
    x = np.float32(89.0) if x > np.float32(89.0) else x
    x = np.float32(-87.3) if x < np.float32(-87.3) else x
    shifted = x * np.float32(1.4426950408889634) + np.float32(12582912.0)
    k = shifted - np.float32(12582912.0)
    r = x - k * np.float32(0.693359375) + k * np.float32(2.12194440e-4)
    q = np.float32(1 / 720) + r * np.float32(1 / 5040)
    q = np.float32(1 / 24) + r * (np.float32(1 / 120) + r * q)
    p = r + r * r * (np.float32(0.5) + r * (np.float32(1 / 6) + r * q))
    bits = np.float32(shifted).view(np.int32) - np.int32(1262485504) + np.int32(126)
    return p, np.int32(bits << np.int32(23)).view(np.float32)


def exp(x: Any) -> Any:
    """exp of a number; zero where it would be less than the smallest normal number."""
    p, h = exp_parts(x)
    half = h + h * p
    return half + half


def sigmoid(x: Any) -> Any:
    """1 / (1 + exp(-x))."""
    return like(x, 1) / (like(x, 1) + exp(-x))


def tanh(x: Any) -> Any:
    """tanh of a number: -e / (e + 2) with e = exp(-2 |x|) - 1, which keeps all digits of a small x."""
    size = abs(x)
    p, h = exp_parts(-size - size)
    e = (h + h) * p + (h + h - like(x, 1))
    y = e / (e + like(x, 2))
    return y if x < like(x, 0) else -y


def silu(x: Any) -> Any:
    """x / (1 + exp(-x))."""
    return x / (like(x, 1) + exp(-x))


def softplus(x: Any) -> Any:
    """log(1 + exp(x)) without overflow."""
    return max(x, like(x, 0)) + np.log1p(exp(-abs(x)))


# ------------------------------------------------------------------ other functions of one number


def relu(x: Any) -> Any:
    """The larger of x and 0."""
    return x if x > like(x, 0) else like(x, 0)


def step(x: Any) -> Any:
    """1 above 0, else 0."""
    return like(x, 1) if x > like(x, 0) else like(x, 0)


# ------------------------------------------------------------------ of a column


def largest(x: Any) -> Any:
    """The largest entry of a column."""
    top = x[0]
    for i in range(1, len(x)):
        top = max(top, x[i])
    return top


def softmax(x: Any, y: Any) -> None:
    """y = exp(x) / sum(exp(x)) of a column."""
    top = largest(x)
    total = exp(x[0] - top)
    y[0] = total
    for i in range(1, len(x)):
        y[i] = exp(x[i] - top)
    for i in range(1, len(x)):
        total += y[i]
    for i in range(len(x)):
        y[i] /= total


def log_softmax(x: Any, y: Any) -> None:
    """y = log(softmax(x)) of a column."""
    top = largest(x)
    total = exp(x[0] - top)
    for i in range(1, len(x)):
        total += exp(x[i] - top)
    shift = top + np.log(total)
    for i in range(len(x)):
        y[i] = x[i] - shift


def layer_norm(x: Any, y: Any) -> None:
    """y = (x - mean) / sqrt(variance + 1e-5) of a column (Ba, Kiros and Hinton 2016, equation 4, no gain)."""
    mean = like(x[0], 0)
    for i in range(len(x)):
        mean += x[i]
    mean /= like(x[0], len(x))
    variance = like(x[0], 0)
    for i in range(len(x)):
        variance += (x[i] - mean) * (x[i] - mean)
    deviation = np.sqrt(variance / like(x[0], len(x)) + like(x[0], 1e-5))
    for i in range(len(x)):
        y[i] = (x[i] - mean) / deviation


PLAIN = {"abs": "abs", "log": "np.log", "sqrt": "np.sqrt", "sin": "np.sin", "cos": "np.cos"}
