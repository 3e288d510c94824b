"""What the functions of a generated module start with: parameters, series, sizes, what the run has kept."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property

import sympy

from symbptt.errors import SymbpttError
from symbptt.expressions import Quantity, quantities, size
from symbptt.programs.plan.layout import loss_statements, storage
from symbptt.programs.plan.losses import looked_at
from symbptt.programs.plan.names import Names
from symbptt.programs.plan.places import WHOLE, Storage
from symbptt.programs.plan.program import Plan
from symbptt.programs.plan.sharing import View, shared
from symbptt.programs.source import code as c
from symbptt.programs.source.code import Code, Level
from symbptt.programs.source.dialect import NUMPY, Dialect
from symbptt.programs.source.lines import WIDEST, mentioned, needed
from symbptt.programs.source.lowering import Lowering
from symbptt.recurrence import Recurrence


@dataclass(frozen=True)
class Givens:
    """A plan with the names of its quantities and the places where they lie.

    `ending` is what the names of functions end with that are for a part of the module's recurrence.
    """

    plan: Plan
    names: Names
    dialect: Dialect = NUMPY
    ending: str = ""

    @property
    def definitions(self) -> dict[str, str]:
        """The functions that the lines call beside those of the table: name -> source."""
        return {}

    @cached_property
    def storage(self) -> dict[str, Storage]:
        """Where each quantity lies."""
        return self._shared[0]

    @cached_property
    def views(self) -> dict[str, View]:
        """What lies in a part of another quantity's array, by name."""
        return self._shared[1]

    @cached_property
    def _shared(self) -> tuple[dict[str, Storage], dict[str, View]]:
        return shared(self.plan, storage(self.plan), self.read_again)

    @cached_property
    def lowering(self) -> Lowering:
        """Expressions as source."""
        return Lowering(self.names, self.storage, self.plan.front, WHOLE, self.dialect)

    @property
    def recurrence(self) -> Recurrence:
        """The recurrence whose equations are the statements."""
        return self.plan.recurrence

    def variable(self, q: Quantity) -> str:
        """The variable of a quantity, at all times."""
        return self.names.variable(q.name)

    def times(self, q: Quantity) -> str:
        """The rows 1..T of a quantity, as source."""
        padded = self.storage.get(q.name) is Storage.PADDED
        return f"{self.variable(q)}[{self.plan.front}:]" if padded else self.variable(q)

    # -------------------------------------------------------------- states and what is kept

    @cached_property
    def initials(self) -> list[Quantity]:
        """The states with an initial value that is given, rather than computed."""
        computed = {e.left.name for e in self.plan.started}
        source = self.plan.source
        return [q for q in source.states if source.lags[q.name] > 1 or q.name not in computed]

    def initial_rows(self, state: Quantity) -> str:
        """The rows of a state's array that hold the times up to 0 that it is looked at."""
        front, lag = self.plan.front, self.plan.source.lags[state.name]
        return str(front - 1) if lag == 1 else f"{front - lag or ''}:{front}"

    def key(self, q: Quantity) -> str:
        """The key of a quantity, as source."""
        return f'"{self.names.key(q.name)}"'

    @cached_property
    def read_again(self) -> set[str]:
        """The names of what the forward run returns, or the gradients read."""
        read = {
            q.name for s in [*self.plan.backward, *loss_statements(self.plan)] for q in quantities(s.value)
        }
        read |= {q.name for q in self.plan.returned}
        if self.plan.loss is not None:
            values = [self.plan.loss.value, *self.plan.loss.factors.values()]
            read |= {q.name for value in values for q, _ in looked_at(value)}
        return read

    @cached_property
    def kept(self) -> list[str]:
        """The variables of the forward run that are returned, or that the gradients read again."""
        made = [e.left for e in (*self.recurrence.statics, *self.recurrence.steps)]
        padded = [q for q in self.recurrence.inputs if self.storage.get(q.name) is Storage.PADDED]
        return [self.variable(q) for q in (*padded, *made) if q.name in self.read_again]

    # -------------------------------------------------------------- what functions start with

    def _parameters(self, words: set[str]) -> list[str]:
        """The lines that take the parameters that are used, in their common precision."""
        used = [p for p in self.plan.source.parameters if self.variable(p) in words]
        found = [self._precision_line()] if used or "dtype" in words else []
        names, each = ", ".join(map(self.variable, used)), self.dialect.as_array("parameters[name]")
        line = f"{names} = ({each} for name in {self._keys_of(used)})"
        if len(used) > 1 and len(line) <= WIDEST:
            return [*found, line]
        arrays = {self.variable(p): self.dialect.as_array(f"parameters[{self.key(p)}]") for p in used}
        return [*found, *(f"{name} = {array}" for name, array in arrays.items())]

    def _precision_line(self) -> str:
        """The line that takes the precision of all parameters, of the inputs where there are none."""
        r = self.plan.source
        group, first = ("parameters", r.parameters) if r.parameters else ("inputs", r.inputs)
        every = f"*{group}.values(), " if first else ""
        text = f"{group}[{self.key(first[0])}]" if first else ""
        return self.dialect.translated(self.dialect.precision).format(every=every, first=text)

    def _keys_of(self, used: list[Quantity]) -> str:
        """The keys of some parameters, as source."""
        every = len(used) == len(self.plan.source.parameters) and not self.ending
        return "PARAMETERS" if every else f"({', '.join(map(self.key, used))})"

    def _series(self, given: Iterable[Quantity], source: str) -> Iterator[tuple[str, str]]:
        """Inputs or targets; those looked back into get rows of zeros in front."""
        for q in given:
            name, front = self.variable(q), self.plan.front
            yield name, f"{name} = {self.dialect.as_array(f'{source}[{self.key(q)}]')}"
            if self.storage.get(q.name) is Storage.PADDED:
                zeros = self.dialect.made("zeros", f"({front}, *{name}.shape[1:])")
                yield (
                    name,
                    f"{name} = {self.dialect.joined([zeros, name])}",
                )

    def _lengths(self) -> Iterator[tuple[str, str]]:
        if self.recurrence.inputs:
            yield "T, B", f"T, B = inputs[{self.key(self.recurrence.inputs[0])}].shape[:2]"
        else:
            yield from ((length, f'{length} = inputs["{length}"]') for length in ("T", "B"))
        for symbol, text in self._sizes().items():
            yield self.names.variable(symbol.name), f"{self.names.variable(symbol.name)} = {text}"

    def _sizes(self) -> dict[sympy.Symbol, str]:
        """Each size from an axis of a parameter or input; first those that are the length of an axis."""
        axes = list(self._axes())
        found = {length: text for length, text in reversed(axes) if length.is_Symbol}
        found = {symbol: found[symbol] for symbol in self.recurrence.sizes if symbol in found}
        for length, text in axes:
            unknown = [symbol for symbol in length.free_symbols if symbol not in found]
            if len(unknown) == 1:
                found[unknown[0]] = self._solved(length, unknown[0], text)
        return found

    def _axes(self) -> Iterator[tuple[sympy.Expr, str]]:
        for q, text, leading in [
            *((p, self.variable(p), 0) for p in self.plan.source.parameters),
            *((x, f"inputs[{self.key(x)}]", 2) for x in self.recurrence.inputs),
        ]:
            yield from (
                (size(axis), f"{text}.shape[{i + leading}]") for i, axis in enumerate(filter(None, q.shape))
            )

    def _solved(self, length: sympy.Expr, symbol: sympy.Symbol, text: str) -> str:
        """The size that an axis of the given length has among others: n from an axis of length 2 n + m."""
        rest, factor = length.subs(symbol, 0), sympy.expand(length).coeff(symbol)
        if sympy.expand(length - rest - factor * symbol) != 0:
            raise SymbpttError(f"the size {symbol} does not follow from a length of {length}")
        above = c.added([(False, Code(text)), (True, self.lowering.lower(rest))]) if rest != 0 else Code(text)
        return (
            above.text
            if factor == 1
            else f"{above.at(Level.ATOM)} // {self.lowering.lower(factor).at(Level.ATOM)}"
        )

    def _with_needed(self, start: Iterable[tuple[str, str]], body: list[str]) -> list[str]:
        """Lines with what they need in front. Raises SymbpttError where a size is not known."""
        found = [*needed(start, body), *body]
        found = [*self._parameters(mentioned(found)), *found]
        words, known = mentioned(found), self._sizes()
        for symbol in self.recurrence.sizes:
            if self.names.variable(symbol.name) in words and symbol not in known:
                raise SymbpttError(f"no parameter and no input has an axis that tells the size {symbol}")
        return found

    def _from_kept(self) -> Iterator[tuple[str, str]]:
        yield from ((name, f'{name} = kept["{key}"]') for key, name in self.by_key.items())

    @cached_property
    def by_key(self) -> dict[str, str]:
        """What the forward run keeps: the variables by the keys under which it does.

        Parts may call intermediate values alike: those have the ending of their part.
        """
        returned = {self.variable(q) for q in self.plan.returned}
        return {name if name in returned else f"{name}{self.ending}": name for name in self.kept}
