"""What a page about derivations holds, whatever it is written in: chains of steps, facts and conventions."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import groupby

import sympy
from sympy.core.basic import Basic

from symbptt.derivation.steps import SCALAR_ONLY, Derivation, Step, TimeRange
from symbptt.errors import SymbpttError
from symbptt.expressions import (
    Apply,
    Block,
    Braced,
    Derivative,
    FunctionSymbol,
    Joint,
    Plus,
    Quantity,
    children,
    shape_of,
    subexpressions,
)
from symbptt.functions import FUNCTIONS, from_sympy, function
from symbptt.notations import NOTATIONS
from symbptt.recurrence import Recurrence

Prose = tuple[str | Basic, ...]


@dataclass(frozen=True)
class Chain:
    """Steps in a row with one left side: a = b, = c, = d."""

    left: Basic
    steps: tuple[Step, ...]


def chains(derivation: Derivation) -> tuple[Chain, ...]:
    """The derivation's steps, those in a row with the same left side together."""
    return tuple(Chain(left, tuple(steps)) for left, steps in groupby(derivation.steps, key=lambda s: s.left))


def rule_text(step: Step) -> str:
    """The rule's name, with a mark where it holds for numbers only."""
    return step.rule + ("; scalars only" if step.scope == SCALAR_ONLY else "")


def equations(derivation: Derivation) -> tuple[Step, ...]:
    """The recurrence's own equations, and what its functions mean, in the notation of the derivation."""
    r = derivation.recurrence
    pairs = [*((e.left, e.right) for e in r.equations), *meanings(r)]
    steps = tuple(Step(left, right, "recurrence", "") for left, right in pairs)
    return NOTATIONS[derivation.notation](derivation.with_steps(steps, "matrix")).steps


def meanings(recurrence: Recurrence) -> Iterator[tuple[Basic, Basic]]:
    """S(z) = sigma(z) for each function with a name or a formula of its own."""
    letter = next(name for name in ("z", "u", "v", "z'") if name not in recurrence.quantities)
    arguments: dict[FunctionSymbol, Basic] = {}
    for node in (node for e in recurrence.equations for node in subexpressions(e.right)):
        if isinstance(node, Apply):
            arguments.setdefault(node.function, node.argument)
    for f, argument in arguments.items():
        z = Quantity(letter, *shape_of(argument))
        if isinstance(f.meaning, sympy.Lambda):
            (variable,) = f.meaning.variables
            yield f(z), from_sympy(f.meaning.expr, {variable: z})
        elif f.meaning and FUNCTIONS[f.meaning].latex != f.name:
            yield f(z), function(f.meaning)(z)


def shared_times(chain: Chain) -> tuple[TimeRange, ...] | None:
    """The times that all steps of a chain are meant for; None where they differ."""
    first = chain.steps[0].times
    return first if all(step.times == first for step in chain.steps) else None


@dataclass(frozen=True)
class Display:
    """Chains that stand in one display; `times` is what they are all meant for, None where it differs."""

    chains: tuple[Chain, ...]
    times: tuple[TimeRange, ...] | None

    @property
    def steps(self) -> tuple[Step, ...]:
        return tuple(step for chain in self.chains for step in chain.steps)

    @property
    def rows(self) -> Iterator[tuple[Basic | None, Step]]:
        """Each step with its left side, None where the chain goes on."""
        return (
            (chain.left if n == 0 else None, s) for chain in self.chains for n, s in enumerate(chain.steps)
        )


SHORT = 2  # chains up to this many steps are set together


def displays(chains: Iterable[Chain]) -> tuple[Display, ...]:
    """Chains as displays; short ones in a row that are meant for the same times are one display."""
    found: list[Display] = []
    for chain in chains:
        times, before = shared_times(chain), found[-1] if found else None
        together = before is not None and times is not None and before.times == times
        if together and before and max(len(c.steps) for c in (*before.chains, chain)) <= SHORT:
            found[-1] = Display((*before.chains, chain), times)
        else:
            found.append(Display((chain,), times))
    return tuple(found)


# ------------------------------------------------------------------ facts of the page


CONVENTIONS = {
    "matrix": (
        "Jacobians are in numerator layout: the rows run over the entries of what is differentiated, the "
        "columns over those of the variable; vec stacks the columns of a matrix, the first on top.",
        "The derivative of a scalar, written without a transpose or vec, has the shape of its variable.",
        "Products are matrix products, ⊙ is the product entry by entry, ⊗ the Kronecker product; diag(v) is "
        "the diagonal matrix with v on its diagonal.",
        "In a product over time the factor of the latest time stands leftmost; an empty product is the "
        "identity, an empty sum zero.",
    ),
    "index": (
        "Every line is an equation of numbers: it holds for each value of its free indices, and indices "
        "count from 1.",
        "A sum over a chain of indices is the entry of a product of matrices, the latest time leftmost; the "
        "indices at both ends are fixed, and without a factor both ends are the same index.",
        "1 with an equality below it is one where the equality holds, else zero; an empty sum is zero.",
    ),
    "scalar": ("Every size is one: all quantities are numbers, and products commute.",),
}
KINDS = (
    "∂ is the total derivative, through every path back in time; ∂⁺ is the immediate one, with everything of "
    "earlier times held constant."
)


# The same where some quantities run backwards in time.
BOTH_WAYS = {
    "In a product over time the factor of the latest time": "In a product the factor of the highest index",
    "the latest time leftmost": "the highest index leftmost",
    "through every path back in time": "through every path in time",
    "everything of earlier times": "everything of other times",
}


def _both_ways(sentence: str) -> str:
    for one, both in BOTH_WAYS.items():
        sentence = sentence.replace(one, both)
    return sentence


ONE_ARGUMENT = "The derivative of a generic function by one of its arguments holds the others constant."
ONCE = "Steps that stand above on this page are not repeated."


@dataclass(frozen=True)
class Section:
    """One derivation on a page: its heading, and what has not been shown before it."""

    heading: Prose
    chains: tuple[Chain, ...]

    @property
    def displays(self) -> tuple[Display, ...]:
        return displays(self.chains)


@dataclass(frozen=True)
class Contents:
    """What a page holds: a recurrence, how to read the page, and derivations from the recurrence.

    Raises SymbpttError for derivations from different recurrences, or in different notations.
    """

    derivations: tuple[Derivation, ...]

    def __post_init__(self) -> None:
        first = self.derivations[0]
        if any((d.recurrence, d.notation) != (first.recurrence, first.notation) for d in self.derivations):
            raise SymbpttError("a page holds derivations from one recurrence, in one notation")

    @property
    def recurrence(self) -> Recurrence:
        """The recurrence that all derivations start from."""
        return self.derivations[0].recurrence

    @property
    def equations(self) -> tuple[Step, ...]:
        """The recurrence's own equations in the notation of the page."""
        return equations(self.derivations[0])

    @property
    def title(self) -> Prose:
        """What the page derives, in which form and notation."""
        first = self.derivations[0]
        if len(self.derivations) == 1:
            return (*heading(first), f", {first.notation} notation")
        forms = [*dict.fromkeys(d.form for d in self.derivations)]
        return (
            "The derivatives of ", *listed([*dict.fromkeys(d.of for d in self.derivations)]), ": ",
            *listed(forms), f" form{'s' * (len(forms) > 1)}, {first.notation} notation",
        )  # fmt: skip

    @property
    def conventions(self) -> tuple[str, ...]:
        """How the page is to be read, one sentence each."""
        first = self.derivations[0]
        joint = any(isinstance(node, Joint) for node in first.recurrence.generic)
        found = (
            *CONVENTIONS[first.notation],
            KINDS,
            *([ONE_ARGUMENT] * joint),
            *([ONCE] * (len(self.derivations) > 1)),
        )
        return tuple(map(_both_ways, found)) if first.recurrence.runs_backwards else found

    @cached_property
    def sections(self) -> tuple[Section, ...]:
        """The derivations in order, each without the chains that stand above."""
        seen: set[Chain] = set()
        found = []
        for derivation in self.derivations:
            new = tuple(chain for chain in chains(derivation) if chain not in seen)
            seen.update(new)
            found.append(Section(heading(derivation), new))
        return tuple(found)


def heading(derivation: Derivation) -> Prose:
    """What is derived, by what, in which form."""
    return "The derivative of ", derivation.of, " by ", derivation.by, f": {derivation.form} form"


def listed(parts: Sequence[str | Basic]) -> Iterator[str | Basic]:
    """One, two and three."""
    for n, part in enumerate(parts):
        yield from ([] if n == 0 else [" and "] if n == len(parts) - 1 else [", "])
        yield part


ROLES = (
    ("states", "State"), ("intermediates", "Intermediate"), ("outputs", "Output"), ("inputs", "Input"),
    ("targets", "Target"), ("parameters", "Parameter"), ("initials", "Given initial value"),
    ("generic", "Generic function"),
)  # fmt: skip


def roles(recurrence: Recurrence) -> Iterator[tuple[str, tuple[Basic, ...]]]:
    """Each role that the recurrence has, with its quantities, or with applications of its open functions."""
    for attribute, role in ROLES:
        found: tuple[Basic, ...] = getattr(recurrence, attribute)
        if found:
            yield (role if len(found) == 1 else f"{role}s"), found


# ------------------------------------------------------------------ breaking long lines

WIDEST = 46


def lines(right: Basic, widest: int = WIDEST) -> list[list[Basic]]:
    """The terms of a right side, line by line, so that no line is much wider than `widest` letters."""
    terms = list(right.args) if isinstance(right, Plus) else [right]
    broken: list[list[Basic]] = [[]]
    used = 0
    for term in terms:
        needed = width(term) + 2
        if broken[-1] and used + needed > widest:
            broken.append([])
            used = 0
        broken[-1].append(term)
        used += needed
    return broken


def width(node: Basic) -> int:
    """About how many letters wide a node is set; a fraction is as wide as the wider of its sides."""
    if isinstance(node, Derivative):
        return 2 + max(width(node.of), width(node.by))
    if isinstance(node, Quantity):
        return 2
    if isinstance(node, Block):
        return 2 + sum(
            max(width(block) for block in column)
            for column in zip(*(row.args for row in node.args), strict=True)
        )
    if isinstance(node, Braced):
        return max(width(node.args[0]), width(node.args[1]))
    parts = children(node)
    return 2 + sum(map(width, parts)) if parts else max(1, sum(map(width, node.args)))
