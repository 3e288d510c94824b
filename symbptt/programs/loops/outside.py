"""The plain functions around the compiled ones: they take dictionaries apart and put them together."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import sympy

from symbptt.expressions import Quantity, size
from symbptt.programs.loops.kernels import Kernels
from symbptt.programs.plan.names import adjoint
from symbptt.programs.source.lines import needed, returned_groups
from symbptt.programs.source.scalars import scalar


@dataclass(frozen=True)
class Outside(Kernels):
    """Lines of Python that run once a call."""

    def lines(self) -> list[str]:
        """The lines that turn dictionaries into the arguments of compiled functions."""
        source = self.plan.source
        taken = [
            *map(self._parameter, source.parameters),
            *(self._input(x) for x in source.inputs),
            *map(self._start_of, self.initials),
            *(() if source.inputs else ("T", "B")),
        ]
        aims = [self._in_time("targets", d) for d in source.targets]
        body = ["given = (", *(f"    {line}," for line in taken), ")"]
        if source.loss is not None and aims:
            body += ["aims = () if targets is None else (", *(f"    {line}," for line in aims), ")"]
        return [*self._precision(), *self._how_long(), *needed(self._size_lines(), body), *body]

    def _input(self, x: Quantity) -> str:
        given = self._in_time("inputs", x)
        return f"padded({given}, {self.plan.front})" if x in self.looked_back_into() else given

    def _parameter(self, p: Quantity) -> str:
        taken = f"array(parameters, {self.key(p)}, {self._shape(p, [])}, dtype)"
        return taken if any(p.shape) else f"{taken}[()]"

    def _start_of(self, q: Quantity) -> str:
        shape = self._shape(q, self._start_axes(q))
        return f"start(initial, {self.key(q)}, {shape}, dtype, single)"

    def _in_time(self, group: str, q: Quantity) -> str:
        return f"series({group}, {self.key(q)}, {self._shape(q, ['T', 'B'])}, dtype, single)"

    def _start_axes(self, q: Quantity) -> list[str]:
        return [str(self.plan.source.lags[q.name]), "B"]

    def _shape(self, q: Quantity, lead: list[str]) -> str:
        return self.lowering.shape(q, lead)

    def _precision(self) -> list[str]:
        group = "parameters" if self.plan.source.parameters else "inputs" if self.plan.source.inputs else ""
        return [f"dtype = np.result_type(*{group}.values(), 0.0)" if group else "dtype = np.dtype(float)"]

    def _how_long(self) -> list[str]:
        inputs = self.plan.source.inputs
        if not inputs:
            return [
                'single = "B" not in inputs',
                'T, B = int(inputs["T"]), 1 if single else int(inputs["B"])',
            ]
        axes = 1 + sum(map(bool, inputs[0].shape))
        return [
            f"shape = np.shape(inputs[{self.key(inputs[0])}])",
            f"single = len(shape) == {axes}",
            "T, B = (shape[0], 1) if single else shape[:2]",
        ]

    def _size_lines(self) -> Iterator[tuple[str, str]]:
        for symbol, text in self._sizes().items():
            yield self.names.variable(symbol.name), f"{self.names.variable(symbol.name)} = {text}"

    def _axes(self) -> Iterator[tuple[sympy.Expr, str]]:
        source = self.plan.source
        for group, members in (("parameters", source.parameters), ("inputs", source.inputs)):
            for q in members:
                axes = [axis for axis in q.shape if axis]
                first = 0 if group == "parameters" else -len(axes)
                for i, axis in enumerate(axes, first):
                    yield size(axis), f"np.shape({group}[{self.key(q)}])[{i}]"

    # -------------------------------------------------------------- what comes back

    def seeds_of_cotangents(self) -> list[str]:
        """The lines that make the adjoints that the sweep starts from, out of the cotangents."""
        lead = [f"T + {self.plan.front}", "B"]
        shapes = {self._key_of(d): self._shape(d, lead) for d in self.seeds}
        made = [f"seed(cotangents, {key}, {shape}, dtype, single)" for key, shape in shapes.items()]
        body = ["seeds = (", *(f"    {line}," for line in made), ")"]
        return [*needed([*self._length_of_given(), *self._size_lines()], body), *body]

    def _length_of_given(self) -> Iterator[tuple[str, str]]:
        source = self.plan.source
        if not source.inputs:
            yield "T, B", "T, B = given[-2:]"
            return
        yield "T, B", f"T, B = given[{len(source.parameters)}].shape[:2]"
        if source.inputs[0] in self.looked_back_into():
            yield "T", f"T -= {self.plan.front}"

    def groups(self) -> list[str]:
        """The lines that return the gradients under their keys."""
        source, lags = self.plan.source, self.plan.source.lags
        variables = iter(self.gradient_names()[len(self.summed_gradients) :])

        def cut(text: str, axis: str) -> str:
            return f"{text}[{axis}] if single else {text}"

        def first(text: str) -> str:
            return f"{text}[0, 0] if single else {text}[0]"

        groups = {
            "parameters": {self.key_of(p): self._by_parameter(p) for p in source.parameters},
            "inputs": {self.key_of(x): cut(next(variables), ":, 0") for x in source.inputs},
            "initial": {
                self.key_of(q): cut(next(variables), ":, 0") if lags[q.name] > 1 else first(next(variables))
                for q in self.initials
            },
        }
        return returned_groups(groups)

    def key_of(self, q: Quantity) -> str:
        """The key of a quantity."""
        return self.names.key(q.name)

    def _by_parameter(self, p: Quantity) -> str:
        d = adjoint(p)
        if d.name in self.cut:
            stack, _, first, stop = self.cut[d.name].args[:4]
            return f"{self.variable(stack)}[{self._size(first)}:{self._size(stop)}]"
        return self.variable(d) if any(p.shape) else f"dtype.type({self.variable(d)})"

    def _size(self, value: sympy.Expr) -> str:
        text = scalar(value, lambda name: self.names.variable(name)).text
        return "" if text == "0" else text

    def lengths(self) -> list[str]:
        """The lines that `gradients` needs for the sizes that it cuts at."""
        places = {f"parameters[{self.key(p)}]": i for i, p in enumerate(self.plan.source.parameters)}
        texts = []
        for name, line in self._size_lines():
            for taken, i in places.items():
                line = line.replace(f"np.shape({taken})", f"given[{i}].shape")
            texts.append((name, line))
        return needed(texts, self.groups())
