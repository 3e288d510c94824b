"""How the array libraries spell what they share: NumPy, JAX and PyTorch differ in a few words."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from symbptt.programs.source.lines import assignment

# In source, not in the sentences of its docstrings.
NUMPY_WORDS = re.compile(r"\bnp(?=\.)|\b(?:axis|keepdims)(?=[=,)])")


@dataclass(frozen=True)
class Dialect:
    """The words of a library.

    `maker` is what zeros, ones and empty are told beside the shape, `typed` what other functions are told
    that make an array; `kind` are the names in both, and the line that takes them from an array {x}.
    `changed(name, array, rows, how, value)` makes lines by which a name stands for an array with a value put
    ("set"), or added ("add"), in some rows.
    `precision` takes them from all parameters: the first {first}, or {every}.
    `turned` is a series {x} in reverse. Of an `eager` library every operation of a step is a call that costs
    by itself, so that there should be few in a loop. `functions` holds the functions of the table that the
    library has under a name of its own, `bodies` those whose NumPy source it does not understand, in terms
    of {x}.
    """

    name: str
    module: str
    imports: tuple[str, ...]
    changed: Callable[[str, str, str, str, str], list[str]]
    maker: str = "dtype"
    typed: str = "dtype=dtype"
    kind: tuple[str, str] = ("dtype", "dtype = {x}.dtype")
    precision: str = "dtype = np.result_type({every}0.0)"
    turned: str = "{x}[::-1]"
    eager: bool = False
    taken: str = "asarray"
    axis: str = "axis"
    keepdims: str = "keepdims"
    concatenate: str = "concatenate"
    functions: Mapping[str, str] = field(default_factory=dict)
    contiguous: str = ""
    over_rows: str = ""
    together: str = ""
    squared: str = ""
    bodies: Mapping[str, str] = field(default_factory=dict)
    scan: str = ""

    def translated(self, numpy: str) -> str:
        """NumPy source of the table of functions in the words of the library."""
        words = {"np": self.module, "axis": self.axis, "keepdims": self.keepdims}
        return NUMPY_WORDS.sub(lambda word: words[word.group()], numpy)

    def called(self, function: str, *arguments: str) -> str:
        """A call of a function that all libraries have under one name."""
        return f"{self.module}.{function}({', '.join(arguments)})"

    def summed(self, text: str, axis: str = "") -> str:
        """The sum over the axes, or over all of them."""
        return self.called("sum", text, *([f"{self.axis}={axis}"] if axis else []))

    def summed_and_kept(self, text: str, axis: str) -> str:
        """The sum over an axis that stays, with length one."""
        return self.called("sum", text, f"{self.axis}={axis}", f"{self.keepdims}=True")

    def made(self, what: str, shape: str) -> str:
        """A new array: zeros, ones or empty."""
        return self.called(what, shape, self.maker)

    def as_array(self, text: str) -> str:
        """A value as an array of the precision."""
        return self.called(self.taken, text, self.maker)

    def joined(self, texts: Sequence[str], axis: str = "") -> str:
        """Arrays joined along an axis, by default the first."""
        return self.called(
            self.concatenate, f"[{', '.join(texts)}]", *([f"{self.axis}={axis}"] if axis else [])
        )


def in_place(name: str, whole: str, rows: str, how: str, value: str) -> list[str]:
    """The array itself with a value put, or added, in some rows."""
    return assignment(f"{name}[{rows}]", "+=" if how == "add" else "=", value)


NUMPY = Dialect(
    "NumPy",
    "np",
    ("numpy as np",),
    in_place,
    contiguous="np.ascontiguousarray({x})",
    over_rows="over_rows({x}, {W})",
    together="arrays",
    squared="np.vdot({x}, {x})",
)
