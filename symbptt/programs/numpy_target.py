"""The NumPy target: the statements of a plan as the lines of a module's functions."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

import sympy

from symbptt.errors import SymbpttError
from symbptt.expressions import Quantity, quantities, size
from symbptt.programs import code as c
from symbptt.programs.code import Code, Level
from symbptt.programs.layout import loss_statements, storage
from symbptt.programs.lines import WIDEST, assignment, mentioned, needed, returned
from symbptt.programs.losses import looked_at
from symbptt.programs.lowering import Lowering
from symbptt.programs.names import Names, adjoint
from symbptt.programs.places import ONCE, STATIC, WHOLE, Storage
from symbptt.programs.plan import Plan, Statement
from symbptt.programs.sums import summed
from symbptt.recurrence import Recurrence


@dataclass(frozen=True)
class Body:
    """The lines of the functions of a module."""

    plan: Plan
    names: Names

    @cached_property
    def storage(self) -> dict[str, Storage]:
        """Where each quantity lies."""
        return storage(self.plan)

    @cached_property
    def lowering(self) -> Lowering:
        """Expressions as source."""
        return Lowering(self.names, self.storage, self.plan.front, WHOLE)

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

    # -------------------------------------------------------------- statements

    def _line(self, s: Statement, adds: bool) -> list[str]:
        lo = self.lowering.at(s.scope)
        value = summed(lo, s.value) if s.summed else lo.lower(s.value)
        target = lo.lower(s.target)
        if adds or target.text.endswith("]"):
            value = c.aligned(value, target.rows, target.cols)
        else:
            value = lo.filled(s.target, value, target.lead)
        return assignment(target.text, "+=" if adds else "=", value.text)

    def _lines(self, statements: Iterable[Statement], written: set[str]) -> list[str]:
        """Statements as lines; the first to write a quantity that nothing has started does not add."""
        found = []
        for s in statements:
            found += self._line(s, s.adds and s.target.name in written)
            written.add(s.target.name)
        return found

    def _loop(self, statements: Sequence[Statement], written: set[str], backwards: bool = False) -> list[str]:
        front = self.plan.front
        stop = "T + 1" if front == 1 else f"T + {front}"
        times = f"range({front}, {stop})"
        body = [f"    {line}" for line in self._lines(statements, written)]
        return [f"for t in {f'reversed({times})' if backwards else times}:", *body] if body else []

    def _array(self, q: Quantity, make: str) -> str:
        return f"{self.variable(q)} = np.{make}({self._array_shape(q)}, dtype)"

    def _array_shape(self, q: Quantity) -> str:
        padded = self.storage[q.name] is Storage.PADDED
        return self.lowering.shape(q, [f"T + {self.plan.front}" if padded else "T", "B"])

    # -------------------------------------------------------------- what functions start with

    def _parameters(self, words: set[str]) -> list[str]:
        """The lines that take the parameters that are used, in their common precision."""
        used = [p for p in self.recurrence.parameters if self.variable(p) in words]
        given = "*parameters.values(), " if self.recurrence.parameters else ""
        found = (
            [f"dtype = np.result_type({given or self._precision_of_inputs()}0.0)"]
            if used or "dtype" in words
            else []
        )
        names = ", ".join(map(self.variable, used))
        keys = (
            "PARAMETERS"
            if len(used) == len(self.recurrence.parameters)
            else f"({', '.join(map(self.key, used))})"
        )
        line = f"{names} = (np.asarray(parameters[name], dtype) for name in {keys})"
        if len(used) > 1 and len(line) <= WIDEST:
            return [*found, line]
        return [*found, *(f"{self.variable(p)} = np.asarray(parameters[{self.key(p)}], dtype)" for p in used)]

    def _precision_of_inputs(self) -> str:
        return "*inputs.values(), " if self.recurrence.inputs else ""

    def _series(self, given: Iterable[Quantity], source: str) -> Iterator[tuple[str, str]]:
        """Inputs or targets; those looked back into get rows of zeros in front."""
        for q in given:
            name, front = self.variable(q), self.plan.front
            yield name, f"{name} = np.asarray({source}[{self.key(q)}], dtype)"
            if self.storage.get(q.name) is Storage.PADDED:
                yield (
                    name,
                    f"{name} = np.concatenate([np.zeros(({front}, *{name}.shape[1:]), dtype), {name}])",
                )

    def _lengths(self) -> Iterator[tuple[str, str]]:
        if self.recurrence.inputs:
            yield "T, B", f"T, B = inputs[{self.key(self.recurrence.inputs[0])}].shape[:2]"
        else:
            yield "T, B", 'T, B = inputs["T"], inputs["B"]'
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
            *((p, self.variable(p), 0) for p in self.recurrence.parameters),
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
        yield from ((name, f'{name} = kept["{name}"]') for name in self.kept)

    # -------------------------------------------------------------- forward

    def run(self) -> list[str]:
        """The body of the forward run."""
        plan, written = self.plan, set[str]()
        body = [
            *self._lines([s for s in plan.forward_before if s.scope is STATIC], written),
            *(self._array(q, "empty") for q in self._padded(plan.forward)),
            *self._initial_rows(),
            *self._lines([s for s in plan.forward_before if s.scope is not STATIC], written),
            *self._loop(plan.forward_loop, written),
            *self._lines(plan.forward_after, written),
            *returned({name: name for name in self.kept}),
        ]
        start = [*self._lengths(), *self._series(self.recurrence.inputs, "inputs")]
        return self._with_needed(start, body)

    def _padded(self, statements: Iterable[Statement]) -> list[Quantity]:
        """What the statements write row by row, so that its array must be made first."""
        found = {s.target.name: s.target for s in statements if s.target.time is not None}
        return [q for q in found.values() if self.storage[q.name] is Storage.PADDED]

    def _initial_rows(self) -> list[str]:
        return [
            f"{self.variable(state)}[{self.initial_rows(state)}] = initial.get({self.key(state)}, 0)"
            for state in self.initials
        ]

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
    def kept(self) -> list[str]:
        """The variables of the forward run that are returned, or that the gradients read again."""
        read = {
            q.name for s in [*self.plan.backward, *loss_statements(self.plan)] for q in quantities(s.value)
        }
        read |= {q.name for q in self.plan.returned}
        if self.plan.loss is not None:
            values = [self.plan.loss.value, *self.plan.loss.factors.values()]
            read |= {q.name for value in values for q, _ in looked_at(value)}
        made = [e.left for e in (*self.recurrence.statics, *self.recurrence.steps)]
        padded = [q for q in self.recurrence.inputs if self.storage.get(q.name) is Storage.PADDED]
        return [self.variable(q) for q in (*padded, *made) if q.name in read]

    # -------------------------------------------------------------- backward

    def pull_back(self) -> list[str]:
        """The body of the reverse sweep."""
        plan = self.plan
        started = [*plan.seeded, *(q for q in plan.source.states if q not in plan.seeded)]
        written = {adjoint(q).name for q in started}
        arrays = [q for q in self._padded(plan.backward) if q.name not in written]
        late = {q.name for q in arrays if self._first_lags(q)}
        body = [
            *map(self._start, started),
            *(self._array(q, "zeros" if q.name in late else "empty") for q in arrays),
        ]
        written |= late
        body += self._lines(plan.backward_after, written)
        body += self._loop(plan.backward_loop, written, backwards=True)
        body += self._lines([*plan.backward_before, *plan.backward_start], written)
        body += self._lines(plan.backward_parameters, written)
        body += [
            f"{self.variable(adjoint(q))}[{plan.front - 1}] = 0  # computed, not given"
            for q in self.initials
            if q.name in {e.left.name for e in plan.started}
        ]
        body += self._gradients(written)
        start = [
            *self._lengths(),
            *self._series([q for q in self.recurrence.inputs if self.variable(q) not in self.kept], "inputs"),
            *self._from_kept(),
        ]
        return self._with_needed(start, body)

    def _first_lags(self, q: Quantity) -> bool:
        """Whether the first statement to write an adjoint does not write the times 1..T."""
        first = next(s for s in self.plan.backward if s.target.name == q.name)
        return bool(first.target.time != first.scope.index)

    def _start(self, q: Quantity) -> str:
        d = adjoint(q)
        return f"{self.variable(d)} = start(cotangents.get({self.key(q)}), {self._array_shape(d)}, dtype)"

    def _gradients(self, written: set[str]) -> list[str]:
        def by(p: Quantity) -> str:
            reached = adjoint(p).name in written
            return self.times(adjoint(p)) if reached else f"np.zeros_like({self.variable(p)})"

        groups = {
            "parameters": {self.names.key(p.name): by(p) for p in self.recurrence.parameters},
            "inputs": {self.names.key(x.name): by(x) for x in self.recurrence.inputs},
            "initial": {
                self.names.key(q.name): f"{self.variable(adjoint(q))}[{self.initial_rows(q)}]"
                for q in self.initials
            },
        }
        found = ["return {"]
        for group, entries in groups.items():
            inner = returned(entries)
            if len(inner) == 1:
                found.append(f'    "{group}": {inner[0].removeprefix("return ")},')
            else:
                found += [f'    "{group}": {{', *(f"    {line}" for line in inner[1:-1]), "    },"]
        return [*found, "}"]

    # -------------------------------------------------------------- loss

    def loss(self) -> list[str]:
        """The lines that compute the loss and its gradients from the forward run."""
        assert self.plan.loss is not None
        loss, lo = self.plan.loss, self.lowering.at(ONCE)
        statements = loss_statements(self.plan)
        timed = [s for s in statements if s.target.time is not None]
        body = assignment("loss", "=", summed(lo, loss.value).text)
        for factor, value in loss.factors.items():
            body += assignment(self.variable(factor), "=", lo.filled(factor, lo.lower(value), 1).text)
        body += self._seeds(timed)
        seeds = {self.names.key(q.name): self.variable(adjoint(q)) for q in self.plan.seeded}
        used = {s.target.name for s in timed}
        seeds = {key: d for key, d in seeds.items() if any(self.names.variable(name) == d for name in used)}
        body += assignment("cotangents", "=", returned(seeds)[0].removeprefix("return "))
        body.append("gradients = pull_back(parameters, inputs, kept, cotangents)")
        for s in statements:
            if s.target.time is None:
                body += self._direct(s)
        start = [
            *self._lengths(),
            *self._series([q for q in self.recurrence.inputs if self.variable(q) not in self.kept], "inputs"),
            *self._series(self.recurrence.targets, "targets"),
            *self._from_kept(),
        ]
        return self._with_needed(start, body)

    def _seeds(self, statements: list[Statement]) -> list[str]:
        """The gradients of the loss by what it looks at; a whole array at once where that can be."""
        found, written = [], set[str]()
        count = [s.target.name for s in statements]
        for s in statements:
            lo = self.lowering.at(s.scope)
            whole = "[" not in lo.lower(s.target).text and count.count(s.target.name) == 1
            if not whole and s.target.name not in written:
                found.append(self._array(s.target, "zeros"))
                written.add(s.target.name)
            found += self._line(s, adds=not whole)
        return found

    def _direct(self, s: Statement) -> list[str]:
        lo = self.lowering.at(s.scope)
        p = next(p for p in self.recurrence.parameters if adjoint(p) == s.target)
        value = c.aligned(summed(lo, s.value), *map(bool, p.shape))
        return assignment(f'gradients["parameters"][{self.key(p)}]', "+=", value.text)
