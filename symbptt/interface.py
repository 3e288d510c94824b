"""What users call, from Python and from the command line: load a recurrence, derive from it."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path

import sympy

from symbptt.cells import find, ready
from symbptt.check import Row, check
from symbptt.derivation import FORMS, Derivation
from symbptt.derivation import derive as _derive
from symbptt.derivation.local import Linearised
from symbptt.errors import SymbpttError
from symbptt.expressions import Quantity
from symbptt.notations import NOTATIONS
from symbptt.programs.unrolled import Unrolled, unroll
from symbptt.reader import read_quantity, read_recurrence, read_recurrence_file
from symbptt.recurrence import Recurrence


def load(specification: str, numbers: Mapping[str, int] | None = None) -> Recurrence:
    """A recurrence from a file, from standard input (`-`), or by the name of a ready one.

    `numbers` gives values to what the text leaves open, or gives otherwise: sizes, and a number of layers.
    Raises SpecificationError (with the place) for what cannot be read, SymbpttError where no file is.
    """
    if specification == "-":
        return read_recurrence(sys.stdin.read(), source="<stdin>", numbers=numbers)
    path = Path(specification)
    return read_recurrence_file(path if path.is_file() else find(specification), numbers)


def derive(
    recurrence: Recurrence,
    of: str | Quantity | None = None,
    by: str | Quantity | None = None,
    form: str = "expanded",
    notation: str = "matrix",
    steps: int = 3,
) -> Derivation:
    """The derivation of the total derivative of `of` by `by`, in a form and a notation.

    `of` and `by` are quantities, or LaTeX such as "a_t" and "W_{aa}". By default `of` is the last state (the
    loss for the adjoint form, where there is one) and `by` the first parameter it depends on. `steps` is the
    horizon of the unrolled form. Raises SymbpttError for names, forms and notations that there are not.
    """
    if form not in FORMS:
        raise SymbpttError(f"unknown form {form}: expected {', '.join(FORMS)}")
    if notation not in NOTATIONS:
        raise SymbpttError(f"unknown notation {notation}: expected {', '.join(NOTATIONS)}")
    what = _quantity(recurrence, of) or _default_of(recurrence, form)
    variable = _quantity(recurrence, by) or _default_by(recurrence, what)
    return NOTATIONS[notation](_derive(recurrence, what, variable, form, steps))


def derive_all(
    recurrence: Recurrence,
    of: str | Quantity | None = None,
    form: str = "expanded",
    notation: str = "matrix",
    steps: int = 3,
) -> list[Derivation]:
    """The derivations of `of` by every parameter, input (at time k) and initial value that it depends on.

    The other arguments, and what is raised, are those of `derive`; in the unrolled form an input is taken at
    time 1.
    """
    what = _quantity(recurrence, of) or _default_of(recurrence, form)
    names = Linearised(recurrence).ancestors(what.name)
    starts = [q.at(recurrence.direction(q.name).start) for q in recurrence.states]
    given_or_zero = [q for q in starts if q in recurrence.initials or recurrence.initial_is_zero(q)]
    time = 1 if form == "unrolled" else sympy.Symbol("k", integer=True)
    variables = [
        *recurrence.parameters,
        *(x.at(time) for x in recurrence.inputs),
        *given_or_zero,
    ]
    return [derive(recurrence, what, by, form, notation, steps) for by in variables if by.name in names]


def unrolled(
    recurrence: Recurrence, of: str | Quantity | None, by: str | Quantity | None, steps: int
) -> Unrolled:
    """The scalar program of a state at time `steps` and its derivative, shared subexpressions named."""
    what = _quantity(recurrence, of) or _default_of(recurrence, "unrolled")
    variable = _quantity(recurrence, by) or _default_by(recurrence, what)
    return unroll(recurrence, what, variable, steps)


def _quantity(recurrence: Recurrence, value: str | Quantity | None) -> Quantity | None:
    return read_quantity(value, recurrence) if isinstance(value, str) else value


def _default_of(recurrence: Recurrence, form: str) -> Quantity:
    if form == "adjoint" and recurrence.loss is not None:
        return recurrence.loss.left
    if not recurrence.states:
        raise SymbpttError("the recurrence has no state: nothing is looked at one step later")
    return recurrence.states[-1]


def _default_by(recurrence: Recurrence, of: Quantity) -> Quantity:
    names = Linearised(recurrence).ancestors(of.name)
    candidates = [q for q in recurrence.parameters if q.name in names]
    if not candidates:
        raise SymbpttError(f"{of.name} depends on no parameter: say by what to differentiate")
    return candidates[0]


def check_specification(
    specification: str, numbers: Mapping[str, int] | None = None, target: str = "numpy"
) -> list[Row]:
    """Every comparison of the generated code; a compiled reference is used where one stands beside it.

    With `numbers` of one's own there is none: it was written for those of the text.
    """
    reference = None if specification == "-" or numbers else _beside(specification, "reference.py")
    return check(load(specification, numbers), reference, target=target)


def check_ready(target: str = "numpy") -> dict[str, list[Row]]:
    """The same for every ready recurrence."""
    return {name: check_specification(name, target=target) for name in ready()}


def _beside(specification: str, name: str) -> Path | None:
    path = Path(specification)
    beside = (path if path.is_file() else find(specification)).parent / name
    return beside if beside.is_file() else None
