"""Numbers with two pairs of axes, and the products that people write between them.

A Tensor is an array (batch, rows, columns, rows below, columns below): the last pair is that of the variable
of a derivative and (1, 1) for a plain value. Derivatives are kept as [output axes, variable axes]; what
layout an author had in mind is a choice made when a derivative meets a plain matrix.
The batch holds the complex steps of a derivative and is 1 elsewhere.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from symbptt.errors import SymbpttError

Array = NDArray[np.complex128]
Key = tuple[str, int | None]
JACOBIAN = ("Jacobian", ("numerator layout", "denominator layout"))
OUTER = "\\otimes"  # of entries to some, the outer product to others
ELEMENTWISE = frozenset(["\\odot", "\\circ", "\\otimes", "\\bigodot"])


class Misfit(SymbpttError):
    """Sizes that fit in none of the ways in which a product, sum or comparison can be read."""


class Clash(Misfit):
    """Sizes of plain values, or of derivatives as matrices, that fit in no way: the formula is at fault."""


class Undecided(SymbpttError):
    """Something outside what can be evaluated: the message says what."""


@dataclass(frozen=True, slots=True)
class Tensor:
    """``of`` and ``by`` name what is differentiated and by what, where that is one quantity at one time."""

    data: Array
    of: Key | None = None
    by: Key | None = None
    turned: bool = False  # a transposed Jacobian: by and of have changed places

    @property
    def out(self) -> tuple[int, int]:
        """Rows and columns of the value."""
        return int(self.data.shape[1]), int(self.data.shape[2])

    @property
    def below(self) -> tuple[int, int]:
        """Rows and columns of the variable."""
        return int(self.data.shape[3]), int(self.data.shape[4])

    @property
    def plain(self) -> bool:
        """Is this no derivative, or one by a scalar?"""
        return self.below == (1, 1)

    @property
    def scalar(self) -> bool:
        """One plain number."""
        return self.plain and self.out == (1, 1)


Choose = Callable[[tuple[object, ...], int], int]
Option = tuple[str, Callable[[], Tensor]]


def of_array(values: NDArray[np.float64] | NDArray[np.complex128] | float) -> Tensor:
    """A plain tensor of a number or of rows and columns."""
    array = np.atleast_2d(np.asarray(values, dtype=np.complex128))
    return Tensor(array[None, :, :, None, None])


def numbers(a: Tensor) -> Array:
    """The array of a tensor. Raises Undecided for one that holds symbols."""
    if not isinstance(a.data, np.ndarray):
        raise Undecided("this is worked out with numbers only")
    return a.data


def transposed(a: Tensor) -> Tensor:
    """Rows and columns exchanged; of a derivative of a scalar, those of the variable; of a Jacobian, both."""
    if not a.plain:
        whole = a.out == (1, 1)
        if whole:
            return Tensor(a.data.swapaxes(3, 4))
        return Tensor(a.data.transpose(0, 3, 4, 1, 2), a.by, a.of, not a.turned)
    return Tensor(a.data.swapaxes(1, 2))


def views(a: Tensor) -> list[tuple[str, Tensor]]:
    """The plain matrices that a derivative can stand for, with the name of the layout."""
    if a.plain:
        return [("plain", a)]
    (r, c), (p, q) = a.out, a.below
    if (r, c) == (1, 1):
        kind = "gradient" if 1 in (p, q) else "matrix gradient"
        same = Tensor(a.data.transpose(0, 3, 4, 1, 2))
        return [(f"{kind}: shape of the variable", same), (f"{kind}: transposed", transposed(same))]
    if 1 in (r, c) and 1 in (p, q):
        numerator = Tensor(a.data.reshape(a.data.shape[0], r * c, p * q, 1, 1))
        return [
            ("Jacobian: numerator layout", numerator),
            ("Jacobian: denominator layout", transposed(numerator)),
        ]
    return []


def view(a: Tensor, choose: Choose) -> Tensor | None:
    """The plain matrix that a derivative stands for in the layout that is chosen, or None."""
    return _chosen(a, choose)[1]


def _chosen(a: Tensor, choose: Choose) -> tuple[str, Tensor | None]:
    """The layout that is chosen, with the plain matrix in it."""
    found = views(a)
    if len(found) < 2:
        return found[0] if found else ("", None)
    kind = found[0][0].split(":")[0]
    names = tuple(name.split(": ")[1] for name, _ in found)
    return found[choose((kind, names), len(found))]


def chain(a: Tensor, b: Tensor) -> Tensor:
    """The chain rule: the variable of a is the value of b."""
    data = np.einsum("brcxy,bxypq->brcpq", a.data, b.data)
    return Tensor(data, a.of, b.by)


def matmul(a: Tensor, b: Tensor) -> Tensor:
    """The matrix product over the inner axes; at most one of the two is a derivative."""
    data = np.einsum("brkxy,bkcpq->brcxypq", a.data, b.data)
    shape = data.shape
    data = data.reshape(*shape[:3], shape[3] * shape[5], shape[4] * shape[6])
    return Tensor(data, by=a.by or b.by)


def times(a: Tensor, b: Tensor) -> Tensor:
    """Elementwise, an axis of size 1 stretched; at most one of the two is a derivative."""
    return Tensor(a.data * b.data, by=a.by or b.by)


def scale(a: Tensor, b: Tensor) -> Tensor:
    """A product with a scalar, which leaves the names of a derivative alone."""
    other = b if a.scalar else a
    return Tensor(a.data * b.data, other.of, other.by)


def stretch(a: tuple[int, int], b: tuple[int, int]) -> bool:
    """Do two pairs of axes fit elementwise?"""
    return all(m == n or 1 in (m, n) for m, n in zip(a, b, strict=True))


def product(op: str, a: Tensor, b: Tensor, choose: Choose) -> Tensor:
    """a op b in one of the ways that fit. Raises Misfit where none does."""
    if a.scalar or b.scalar:
        return scale(a, b)
    options = _options(op, a, b, choose)
    if not options:
        kind = Clash if views(a) and views(b) else Misfit
        raise kind(f"sizes {_sizes(a)} and {_sizes(b)} do not fit in a product")
    names = tuple(name for name, _ in options)
    return options[choose(("product", op, names), len(options))][1]()


def _sizes(a: Tensor) -> str:
    text = f"{a.out[0]}x{a.out[1]}"
    return text if a.plain else f"{text} by {a.below[0]}x{a.below[1]}"


def _options(op: str, a: Tensor, b: Tensor, choose: Choose) -> list[Option]:
    if a.plain and b.plain:
        return _plain_options(op, a, b)
    chains = _chain_options(a, b, choose) if not a.plain and not b.plain else []
    if chains:
        return chains
    left, right = view(a, choose), view(b, choose)
    if not a.plain and not b.plain:  # J^T g
        return _plain_options(op, left, right) if left is not None and right is not None else []
    mixed = _mixed_options(op, a, b, choose)
    if left is None or right is None:
        return mixed
    return mixed[:1] + _plain_options(op, left, right)


def _plain_options(op: str, a: Tensor, b: Tensor) -> list[Option]:
    matrix: list[Option] = [("matrix product", lambda: matmul(a, b))] if a.out[1] == b.out[0] else []
    same: list[Option] = [("elementwise", lambda: times(a, b))] if a.out == b.out else []
    if op in ELEMENTWISE:
        wide: list[Option] = [("elementwise", lambda: times(a, b))] if stretch(a.out, b.out) else []
        vectors = 1 in a.out and 1 in b.out and a.out.index(1) == b.out.index(1)
        if op == OUTER and vectors:
            one, other = (a, transposed(b)) if a.out[1] == 1 else (transposed(a), b)
            wide.append(("outer product", lambda: matmul(one, other)))
        return wide
    if op == "*":
        return same + matrix
    if matrix and same:  # square: side by side is the matrix product, a dot may be either
        return matrix + same if op else matrix
    dot: list[Option] = []
    if a.out == b.out and 1 in a.out and op != "*":
        left, right = (transposed(a), b) if a.out[1] == 1 else (a, transposed(b))
        dot = [("inner product", lambda: matmul(left, right))]
    diagonal: list[Option] = []
    if not matrix and not same and a.out[1] == 1 and a.out[0] == b.out[0]:
        diagonal = [("diagonal", lambda: times(a, b))]
    return matrix + same + dot + diagonal


def matrix_named(a: Tensor) -> Tensor:
    """What a name such as J_t stands for: a square Jacobian is a matrix, and factors keep their order."""
    return replace(a, of=None, by=None) if not a.plain and a.out == a.below else a


def _chain_options(a: Tensor, b: Tensor, choose: Choose) -> list[Option]:
    forward: Option = ("chain", lambda: chain(a, b))
    backward: Option = ("chain from the right", lambda: chain(b, a))
    if a.by is not None and a.by == b.of:
        return [forward]
    if b.by is not None and b.by == a.of:
        return [backward]
    if a.turned and a.by is not None and a.by == b.by:
        return [("transposed chain", lambda: chain(b, transposed(a)))]
    if a.turned or b.turned:
        return []
    if a.below == b.out and b.below == a.out:
        return [forward, backward][choose(JACOBIAN, 2) :][:1]
    return [forward] if a.below == b.out else [backward] if b.below == a.out else []


def _mixed_options(op: str, a: Tensor, b: Tensor, choose: Choose) -> list[Option]:
    """A plain matrix that acts on the value of a derivative."""
    found: list[Option] = []
    if op in ELEMENTWISE or op == "*":
        if stretch(a.out, b.out) and (1, 1) not in (a.out, b.out):
            found.append(("elementwise on the value", lambda: times(a, b)))
        if op in ELEMENTWISE:
            return found
    if (1, 1) not in (a.out, b.out):
        if (a.plain and a.out[1] == b.out[0]) or (b.plain and a.out[1] == b.out[0] and a.out[1] > 1):
            found.append(("matrix on the value", lambda: matmul(a, b)))
        elif op != "*" and a.plain and a.out == b.out and 1 in a.out:
            found.append(("elementwise on the value", lambda: times(a, b)))
    plain, derived = (a, b) if a.plain else (b, a)
    if (
        1 in derived.out
        and plain.out[0] == derived.below[0] * derived.below[1]
        and 1 in derived.below
        and derived is a
        and _variable_in_columns(derived, choose)
    ):
        found.append(("matrix on the variable", lambda: _on_variable(derived, plain)))
    return found


def _variable_in_columns(derived: Tensor, choose: Choose) -> bool:
    """Does the chosen layout have the variable in the columns: a row, or a Jacobian by numerators?"""
    layout, matrix = _chosen(derived, choose)
    if derived.out == (1, 1):
        return matrix is None or matrix.out[0] == 1
    return not layout.endswith("denominator layout")


def _on_variable(derived: Tensor, plain: Tensor) -> Tensor:
    """A Jacobian times a matrix, which contracts the variable: the new variable is a column."""
    shape = derived.data.shape
    flat = derived.data.reshape(*shape[:3], shape[3] * shape[4])
    return Tensor(np.einsum("brck,bkmxy->brcmx", flat, plain.data), derived.of, None)


def matched(a: Tensor, b: Tensor, choose: Choose) -> tuple[Tensor, Tensor]:
    """Both in one form, to be added or compared. Raises Misfit."""
    if a.out == b.out and a.below == b.below:
        return a, b
    if a.plain and b.plain:
        if a.scalar or b.scalar or (stretch(a.out, b.out)):
            return a, b
        raise Clash(f"sizes {_sizes(a)} and {_sizes(b)} differ")
    if a.scalar or b.scalar:
        return a, b
    left, right = view(a, choose), view(b, choose)
    if left is None or right is None or left.out != right.out:
        kind = Misfit if left is None or right is None else Clash
        raise kind(f"sizes {_sizes(a)} and {_sizes(b)} differ")
    return left, right


def added(a: Tensor, b: Tensor, sign: int, choose: Choose) -> Tensor:
    """a + b or a - b; a scalar is added to every entry."""
    left, right = matched(a, b, choose)
    same = left.of == right.of and left.by == right.by
    return Tensor(left.data + sign * right.data, left.of if same else None, left.by if same else None)
