"""The oracle: numbers for expressions, and numeric derivatives of the forward recurrence.

It runs the recurrence forward and differentiates it by complex step (Squire and Trapp 1998). It never sees
the derivative rules, so that it can judge what they give. Every value is a matrix: axes are flattened, the
left part of a compound axis running slowest, as in a Kronecker product.
"""

from __future__ import annotations

from symbptt.oracle.values import STEP, Key, Matrix, Values, difference, evaluate, numeric_function
from symbptt.oracle.world import Signs, World, generic_instance, with_values

__all__ = [
    "STEP", "Key", "Matrix", "Signs", "Values", "World", "difference", "evaluate", "generic_instance",
    "numeric_function", "with_values",
]  # fmt: skip
