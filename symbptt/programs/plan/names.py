"""Names in generated code: LaTeX names become keys and Python variables."""

from __future__ import annotations

import builtins
import keyword
import re
from collections.abc import Iterable
from dataclasses import replace

import sympy

from symbptt.expressions import Quantity
from symbptt.recurrence import Recurrence

ACCENTS = "tilde|hat|bar|dot|ddot|vec|check|widetilde|widehat|overline|underline|overrightarrow|overleftarrow"
STYLES = r"mathbf|mathrm|mathit|mathcal|mathbb|boldsymbol|bm|text|operatorname|mathsf|mathtt|mathscr|mathfrak"
ADJOINT = "adjoint of "
# What every generated module calls its own.
RESERVED = frozenset(
    {"np", "math", "t", "T", "B", "kept", "parameters", "inputs", "targets", "initial", "cotangents"}
    | {"single", "dtype", "loss", "gradients", "forward", "backward", "loss_and_gradient", "PARAMETERS"}
)


def key(name: str) -> str:
    r"""The name by which a user of generated code calls a quantity: `W_{aa}` -> W_aa, `\tilde{c}` -> c_tilde.

    Backslashes and braces go; an accent follows its letter; any other sign that no identifier may hold
    becomes an underscore.
    """
    name = re.sub(rf"\\({STYLES})\s*(?=\{{)", "", name)
    name = re.sub(rf"\\({ACCENTS})\s*\{{([^{{}}]*)\}}", r"\2_\1", name)
    name = re.sub(rf"\\({ACCENTS})\s*([A-Za-z])", r"\2_\1", name)
    name = re.sub(r"(\\[A-Za-z]+)\s+(?=[A-Za-z])", r"\1_", name).replace("^{-}", "_minus")
    name = name.replace("'", "_prime").replace(r"\prime", "prime").replace("+", "plus")
    name = re.sub(r"[\\{}\s]", "", name)
    name = re.sub(r"\W+", "_", name, flags=re.ASCII if name.isascii() else 0)
    name = re.sub(r"_+", "_", name).strip("_") or "q"
    return f"q{name}" if name[0].isdigit() else name


class Names:
    """Keys and Python variables, each given once: no keyword, no builtin, nothing that the module defines."""

    def __init__(self, taken: Iterable[str] = ()) -> None:
        self._taken = {*RESERVED, *taken, *keyword.kwlist, *dir(builtins)}
        self._keys: dict[str, str] = {}
        self._variables: dict[str, str] = {}

    def key(self, name: str) -> str:
        """The key of a quantity; different for different quantities."""
        if name not in self._keys:
            self._keys[name] = _unused(key(name), set(self._keys.values()))
        return self._keys[name]

    def variable(self, name: str) -> str:
        """The variable of a quantity, of a function or of a size."""
        if name not in self._variables:
            plain = "d_" + key(name.removeprefix(ADJOINT)) if name.startswith(ADJOINT) else key(name)
            self._variables[name] = _unused(plain, self._taken)
            self._taken.add(self._variables[name])
        return self._variables[name]

    def function(self, name: str, order: int) -> str:
        """The variable of a generic function, and of its derivative (order 1)."""
        label = f"function {name}" + "'" * order
        if label not in self._variables:
            self._variables[label] = _unused(key(name) + "_prime" * order, self._taken)
            self._taken.add(self._variables[label])
        return self._variables[label]


def sizes_apart(recurrence: Recurrence) -> Recurrence:
    """The recurrence with other names for sizes that are called like a quantity, such as n_t in R^n."""
    called = {key(name) for name in recurrence.quantities}
    renamed = {
        size: sympy.Symbol(f"{size.name}_size", integer=True, positive=True)
        for size in recurrence.sizes
        if key(size.name) in called
    }
    if not renamed:
        return recurrence
    equations = tuple(
        replace(e, left=e.left.xreplace(renamed), right=e.right.xreplace(renamed))
        for e in recurrence.equations
    )
    return replace(recurrence, equations=equations)


def _unused(name: str, taken: set[str]) -> str:
    while name in taken:
        name += "_"
    return name


def adjoint(q: Quantity) -> Quantity:
    """The gradient by a quantity: in its shape, at its time."""
    return Quantity(ADJOINT + q.name, *q.shape, q.time)


def is_adjoint(q: Quantity) -> bool:
    """Whether a quantity is the gradient by another."""
    return q.name.startswith(ADJOINT)


def by_what(q: Quantity) -> str:
    """The name of the quantity that an adjoint belongs to."""
    return q.name.removeprefix(ADJOINT)
