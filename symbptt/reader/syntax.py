"""The surface tree: what a formula says, before anyone knows what its names mean.

    node = Number | Name | Word | Text | Dots
         | Binary op | Negative | Juxtaposed (a product, or an application: not known yet) | Fraction
         | Scripted | Transpose | Bracket | Matrix | Cases | Norm | Indicator | Evaluated
         | Apply (a function known by its spelling) | BigOperator | Derivative | Differential | Gradient
         | Braced
         | Relation (inside brackets, limits and labels)
    statement = Chain: first op right op right ...

Nothing here is typed. Every node carries ``at``, its offsets in the formula, left out of comparisons.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Span:
    """Offsets [start, stop) in the source of the formula."""

    start: int
    stop: int

    def to(self, other: Span) -> Span:
        """The span from the start of this one to the stop of the other."""
        return Span(self.start, other.stop)


@dataclass(frozen=True, slots=True)
class Surface:
    """Base of the surface nodes."""

    at: Span = field(compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Number(Surface):
    """A number as written: ``3``, ``0.5``."""

    text: str


@dataclass(frozen=True, slots=True)
class Word(Surface):
    """Letters that are one part of a script (``aa`` of W_{aa}); ``ij`` may be two indices."""

    text: str


@dataclass(frozen=True, slots=True)
class Text(Surface):
    """Prose inside a formula."""

    text: str


@dataclass(frozen=True, slots=True)
class Dots(Surface):
    r"""\cdots, \ldots, ..."""

    text: str


@dataclass(frozen=True, slots=True)
class Name(Surface):
    r"""A symbol with its scripts.

    ``prefix`` is ``d``, ``dp``, ``\delta`` or ``\Delta`` before a name (dW_f, \delta 12, \Delta W).
    ``time`` is the node of an unmistakable time, ``style`` its spelling: subscript, [subscript], angle,
    superscript, call, index. Scripts that may be a time or a name (W_1, a_0, h_k, W^{(2)}) or a power (x^2)
    stay in subscripts and superscripts.
    """

    base: str
    accents: tuple[str, ...] = ()
    subscripts: tuple[Surface, ...] = ()
    superscripts: tuple[Surface, ...] = ()
    primes: int = 0
    time: Surface | None = None
    style: str | None = None
    prefix: str = ""

    @property
    def stem(self) -> str:
        r"""Prefix, accents and base without any script: ``\tilde{c}``, ``dW``."""
        text = self.base
        for accent in self.accents:
            text = f"{accent}{{{text}}}"
        gap = " " if self.prefix.startswith("\\") and not text.startswith("\\") else ""
        return f"{self.prefix}{gap}{text}"

    @property
    def canonical(self) -> str:
        r"""The name without time, bold and primes: ``W_{aa}``, ``\tilde{c}``, ``h^{(1)}``."""
        return self.with_scripts(spelled)

    def with_scripts(self, spell: Callable[[Surface], str]) -> str:
        """The name without time, bold and primes, its scripts spelled in some way."""
        text = self.stem
        if self.subscripts:
            text += "_{" + ",".join(map(spell, self.subscripts)) + "}"
        if self.superscripts:
            text += "^{" + ",".join(map(spell, self.superscripts)) + "}"
        return text


@dataclass(frozen=True, slots=True)
class Binary(Surface):
    r"""``op`` is + - / or a product as written: \cdot * \times \circ \odot \otimes ..."""

    op: str
    left: Surface
    right: Surface


@dataclass(frozen=True, slots=True)
class Negative(Surface):
    """A minus sign before a term."""

    operand: Surface


@dataclass(frozen=True, slots=True)
class Juxtaposed(Surface):
    """Two factors side by side; ``direct`` when a bracket follows a name, as in an application."""

    left: Surface
    right: Surface
    direct: bool = False


@dataclass(frozen=True, slots=True)
class Fraction(Surface):
    r"""\frac without any sign of differentiation."""

    numerator: Surface
    denominator: Surface


@dataclass(frozen=True, slots=True)
class Scripted(Surface):
    """Scripts on something that is not a name: (W)^{k}, (x)_i, (f)'."""

    base: Surface
    subscript: Surface | None = None
    superscript: Surface | None = None
    primes: int = 0


@dataclass(frozen=True, slots=True)
class Transpose(Surface):
    r"""``spelling`` as written: T, \top, \intercal ..."""

    operand: Surface
    spelling: str


@dataclass(frozen=True, slots=True)
class Bracket(Surface):
    r"""``kind`` holds both delimiters, ``()`` ``[]`` ``\{\}`` ``\langle\rangle``; ``list`` without any.

    ``separators[i]`` stands between items i and i + 1: ``,`` ``;`` or ``|``.
    """

    kind: str
    items: tuple[Surface, ...]
    separators: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Matrix(Surface):
    """Rows of cells from pmatrix, bmatrix, array; an empty cell is an empty Text."""

    kind: str
    rows: tuple[tuple[Surface, ...], ...]


@dataclass(frozen=True, slots=True)
class Cases(Surface):
    """Values, each with its condition, or None where none is written."""

    rows: tuple[tuple[Surface, Surface | None], ...]


@dataclass(frozen=True, slots=True)
class Norm(Surface):
    r"""``kind`` is ``\|`` or ``|``."""

    kind: str
    operand: Surface


@dataclass(frozen=True, slots=True)
class Indicator(Surface):
    r"""\mathbf{1}(i = j), 1_{i = j}."""

    condition: Surface


@dataclass(frozen=True, slots=True)
class Evaluated(Surface):
    r"""\left. f \right|_{x = 0}."""

    operand: Surface
    condition: Surface | None


@dataclass(frozen=True, slots=True)
class Apply(Surface):
    """A function known by its spelling; ``argument`` is None where it stands alone: tanh' = 1 - tanh^2."""

    function: str
    argument: Surface | None
    primes: int = 0
    subscript: Surface | None = None
    superscript: Surface | None = None


@dataclass(frozen=True, slots=True)
class BigOperator(Surface):
    r"""A sum or ordered product over ``indices``, ``lower`` to ``upper`` included, or over ``domain``.

    ``braced`` when the body stands in braces of its own, else it reaches to the end of the term. A strict
    limit is written as the next integer (j < t gives lower j + 1). ``condition`` keeps limits of any other
    form.
    """

    kind: str
    indices: tuple[Surface, ...]
    lower: Surface | None
    upper: Surface | None
    body: Surface
    domain: Surface | None = None
    condition: Surface | None = None
    braced: bool = False


NAMED_GRADIENTS = {"delta": "\\delta", "dee": "d"}  # kinds of derivatives, with the prefix of their names
BEFORE = "\\before"  # the accent of what a gate's function is applied to, where the document gives it no name


@dataclass(frozen=True, slots=True)
class Derivative(Surface):
    r"""``kind`` is ``\partial``, ``d`` or ``partial+``; ``missing``: the sign is lost ``above`` or ``below``.

    A gradient by x that is written as a name is of the kind of its prefix (NAMED_GRADIENTS): \delta x, dx.
    ``scale`` is a factor beside the sign below, as T in \frac{\partial l}{T \partial o}.
    """

    kind: str
    numerator: Surface
    denominators: tuple[Surface, ...]
    order: Surface | None = None
    missing: str | None = None
    scale: Surface | None = None


@dataclass(frozen=True, slots=True)
class Differential(Surface):
    r"""\partial x that stands alone."""

    kind: str
    operand: Surface


@dataclass(frozen=True, slots=True)
class Gradient(Surface):
    r"""\nabla_W L."""

    variable: Surface | None
    operand: Surface


@dataclass(frozen=True, slots=True)
class Braced(Surface):
    r"""\underbrace{body}_{label}, or \overbrace{body}^{label} with ``over``."""

    body: Surface
    label: Surface | None
    over: bool


@dataclass(frozen=True, slots=True)
class Elided(Surface):
    r"""What stands ``before`` and ``after`` the dots of a + b + \cdots + z.

    ``op`` joins: +, a product sign or a comma. The parser leaves dots alone; the judge makes this of them.
    """

    op: str
    before: tuple[Surface, ...]
    after: tuple[Surface, ...]


@dataclass(frozen=True, slots=True)
class Relation(Surface):
    r"""``op`` as written: = := \equiv \approx \in \leftarrow \le : \to ..."""

    op: str
    left: Surface
    right: Surface


@dataclass(frozen=True, slots=True)
class Link:
    """One step of a chain: the relation sign and what stands right of it."""

    at: Span = field(compare=False, repr=False)
    op: str
    right: Surface


@dataclass(frozen=True, slots=True)
class Chain:
    """A statement: first op right op right ...

    No links: a bare expression. No first: the statement goes on from elsewhere.

    ``aside`` marks a side condition (after a comma, \\quad or "where").
    """

    at: Span = field(compare=False, repr=False)
    first: Surface | None
    links: tuple[Link, ...] = ()
    aside: bool = False

    def relations(self) -> Iterator[Relation]:
        """A = B = C as the relations A = B and B = C."""
        left = self.first
        for link in self.links:
            if left is not None:
                yield Relation(left.at.to(link.right.at), link.op, left, link.right)
            left = link.right


def spelled(node: Surface) -> str:
    """The canonical text of a node as part of a name; "?" for a node that cannot be one, such as a sum."""
    try:
        return name_part(node)
    except TypeError:
        return "?"


def name_part(node: Surface) -> str:
    """The canonical text of a node as part of a name. Raises TypeError for a node that cannot be one."""
    match node:
        case Number(text=text) | Word(text=text) | Text(text=text) | Dots(text=text):
            return text
        case Name():
            time = f"_{{{name_part(node.time)}}}" if node.time is not None else ""
            return node.with_scripts(name_part) + time + "'" * node.primes
        case Binary(op=op, left=left, right=right) | Relation(op=op, left=left, right=right):
            return f"{name_part(left)}{op}{' ' if op.startswith(chr(92)) else ''}{name_part(right)}"
        case Negative(operand=operand):
            return f"-{name_part(operand)}"
        case Juxtaposed(left=left, right=right):
            return name_part(left) + name_part(right)
        case Bracket(kind=kind, items=items):
            inside = ",".join(map(name_part, items))
            half = len(kind) // 2
            return inside if kind == "list" else f"{kind[:half]}{inside}{kind[half:]}"
        case Fraction(numerator=above, denominator=below):
            return f"\\frac{{{name_part(above)}}}{{{name_part(below)}}}"
        case Transpose(operand=operand, spelling=spelling):
            return f"{name_part(operand)}^{{{spelling}}}"
        case Norm(kind=kind, operand=operand):
            return f"{kind}{name_part(operand)}{kind}"
        case Scripted(base=base, subscript=below, superscript=above, primes=primes):
            scripts = [f"{mark}{{{name_part(item)}}}" for mark, item in (("_", below), ("^", above)) if item]
            return name_part(base) + "'" * primes + "".join(scripts)
        case Apply(function=function, argument=argument):
            return f"\\{function}" + (f"({name_part(argument)})" if argument is not None else "")
        case _:
            raise TypeError(f"{type(node).__name__} cannot stand in a name")
