"""Names for sizes that the text leaves open: n for states, m for inputs, p for outputs, else n_1, ..."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import chain, count

import sympy

from symbptt.errors import SpecificationError
from symbptt.reader.ranks import Definition
from symbptt.reader.shapes import Typing
from symbptt.reader.terms import Constant, Symbol, symbols
from symbptt.recurrence import t


def name_sizes(typing: Typing, letters: Iterable[tuple[str, str]], taken: set[str]) -> None:
    """Gives every size without a value a symbol, by the letter of its quantity; sizes of blocks stay sums.

    Raises SpecificationError where sizes of blocks go round in a circle.
    """
    sizes = typing.sizes
    used = {str(symbol) for value in sizes.value.values() for symbol in value.free_symbols} | taken
    for name, letter in letters:
        form = typing.quantity(name)
        wholes = {sizes.find(whole) for whole, _ in sizes.sums}
        for variable in form.rows[:1] if letter == "n" and form.rows else form.rows + form.cols:
            if sizes.known(variable) is None and sizes.find(variable) not in wholes:
                chosen = _fresh(letter, used)
                sizes.value[sizes.find(variable)] = sympy.Symbol(chosen, integer=True, positive=True)
                sizes.settle()
    for name, form in typing.forms.items():
        if any(sizes.known(variable) is None for variable in form.rows + form.cols):
            raise SpecificationError(
                f"the size of {name} cannot be worked out from its blocks: declare its shape"
            )


def _fresh(letter: str, used: set[str]) -> str:
    """The letter, or the letter with the first free number."""
    names = chain([letter] if letter else [], (f"{letter or 'n'}_{number}" for number in count(1)))
    name = next(name for name in names if name not in used)
    used.add(name)
    return name


def by_role(definitions: Sequence[Definition]) -> Iterator[tuple[str, str]]:
    """Every name with its letter: states (for their rows), then inputs, outputs, targets and the rest."""
    steps = [d for d in definitions if d.time == t]
    defined = {d.name for d in steps}
    back, now = set[str](), set[str]()
    given, targets, others = list[str](), list[str](), list[str]()
    for definition in definitions:
        for term in symbols(definition.right):
            time = term.time if isinstance(term, Symbol) else None
            if time is None or isinstance(term, Constant):
                others.append(term.name)
            elif term.name not in defined:
                (given if definition.time == t else targets).append(term.name)
            elif definition.time == t:
                (now if time == t else back).add(term.name)
    yield from ((d.name, "n") for d in steps if d.name in back)
    yield from ((name, "m") for name in given)
    yield from ((d.name, "p") for d in steps if d.name not in back | now)
    yield from ((name, "p") for name in targets)
    yield from ((name, "") for name in [*(d.name for d in definitions), *others])
