"""The NumPy module of a recurrence with parts that run backwards: their functions, and what joins them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from symbptt.expressions import Quantity
from symbptt.programs.arrays.body import Body
from symbptt.programs.arrays.module import names_of, rendered
from symbptt.programs.plan.program import Plan
from symbptt.programs.plan.ways import Way, ways
from symbptt.programs.source.lines import assigned, listing, returned, returned_groups, texts
from symbptt.recurrence import Recurrence

OF_PARTS = ("run", "pull_back", "loss", "inputs_of", "by", "cotangents", "targets")


@dataclass(frozen=True)
class Part:
    """One part; its functions have its number, from 1, behind their names."""

    body: Body
    way: Way
    number: int

    @property
    def backwards(self) -> bool:
        """Whether it runs backwards in time."""
        return self.way.sign < 0

    @property
    def results(self) -> list[Quantity]:
        """What other parts, or the user, need of it."""
        return [e.left for e in self.way.recurrence.steps if e.left.name in self.way.wanted]

    def turned(self, series: str) -> str:
        """A series, as source, in the time of the part or back from it."""
        return self.body.dialect.turned.format(x=series) if self.backwards else series

    def kept(self, q: Quantity) -> str:
        """The rows 1..T of a result, in the time of the whole, as source."""
        name, rows = self.body.variable(q), self.body.times(q).removeprefix(self.body.variable(q))
        return self.turned(f'kept["{name}"]{rows}')

    def told(self, inputs: list[str]) -> dict[str, Any]:
        """What the template asks for."""
        return {
            "number": self.number,
            "way": "backwards" if self.backwards else "forwards",
            "what": ", ".join(self.body.names.key(q.name) for q in self.results),
            "inputs": inputs,
            "run": self.body.run(),
            "pull_back": self.body.pull_back(),
        }


@dataclass(frozen=True)
class Joined(Body):
    """The body that calls the parts, one after the other and back."""

    @property
    def starts_given(self) -> str:
        """What reverse sweeps are told beside inputs and what the forward run keeps, as source."""
        return ""

    @cached_property
    def parts(self) -> list[Part]:
        """The parts in the order in which they run."""
        found = enumerate(ways(self.plan.source), start=1)
        return [Part(self.body_of(way, f"_{number}"), way, number) for number, way in found]

    def body_of(self, way: Way, ending: str) -> Body:
        """The body of a part."""
        return Body(Plan(way.recurrence, way.wanted), self.names, self.dialect, ending)

    def times(self, q: Quantity) -> str:
        """The rows 1..T of what a part returns, in the time of the whole."""
        (part,) = (part for part in self.parts if q in part.results)
        return part.kept(q).replace(f'kept["{self.variable(q)}"]', self.variable(q))

    # -------------------------------------------------------------- forward

    def run(self) -> list[str]:
        """The forward run, part by part."""
        first, *others = self.parts
        return [
            f"kept = run_{first.number}(parameters, {self._inputs_of(first, '{}')}, initial)",
            *(f"kept |= run_{part.number}(parameters, {self._inputs_of(part)}, initial)" for part in others),
            "return kept",
        ]

    @staticmethod
    def _inputs_of(part: Part, kept: str = "kept") -> str:
        return f"inputs_of_{part.number}(inputs, {kept})"

    def inputs(self, part: Part) -> list[str]:
        """The lines that return the inputs of a part: the module's own, and what earlier parts made."""
        entries = {self.names.key(x.name): self._input(part, x) for x in part.way.recurrence.inputs}
        return returned(entries) if entries else [f"return {self._length()}"]

    def _input(self, part: Part, x: Quantity) -> str:
        """One input of a part, in its time, as source."""
        makers = [other for other in self.parts if x in other.results]
        return part.turned(makers[0].kept(x) if makers else self.given(x))

    def given(self, x: Quantity) -> str:
        """An input of the module as an array, as source."""
        return f"np.asarray(inputs[{self.key(x)}])"

    def _length(self) -> str:
        """What a part without inputs is told instead."""
        given = self.plan.source.inputs
        series = f"inputs[{self.key(given[0])}]" if given else ""
        return listing({"T": f"len({series})", "B": f"{series}.shape[1]"}) if given else "inputs"

    # -------------------------------------------------------------- backward

    def pull_back(self) -> list[str]:
        """The reverse sweep of the last part, and from there of the others."""
        last = self.parts[-1]
        given = f"parameters, inputs, {self.starts_given}kept, cotangents"
        return [*self._swept(last), f"return pull_back_from({given}, by_{last.number})"]

    def pull_back_from(self) -> list[str]:
        """From the gradients of the last part through the others, to the sums of all."""
        swept = [line for part in reversed(self.parts[:-1]) for line in self._swept(part)]
        source, key = self.plan.source, self.names.key
        by_start = {
            q.name: f'by_{part.number}["initial"]["{key(q.name)}"]'
            for part in self.parts
            for q in part.body.initials
        }
        groups = {
            "parameters": {key(p.name): self._summed("parameters", p) for p in source.parameters},
            "inputs": {key(x.name): self._summed("inputs", x) for x in source.inputs},
            "initial": {key(q.name): by_start[q.name] for q in source.states if q.name in by_start},
        }
        return [*swept, *returned_groups(groups)]

    def _swept(self, part: Part) -> list[str]:
        """A part's own sweep, from what reaches its results."""
        n, read = part.number, {q: self._by_readers(part, q) for q in part.results}
        given = f"parameters, {self._inputs_of(part)}, {self.starts_given}kept, cotangents_{n}"
        return [*self._cotangents(part, read), f"by_{n} = pull_back_{n}({given})"]

    def _cotangents(self, part: Part, read: dict[Quantity, list[str]]) -> list[str]:
        """The cotangents of a part: from later parts that read a result, and from outside."""
        name = f"cotangents_{part.number}"
        outside = [q for q in part.results if q in self.plan.returned]
        keys = texts(self.names.key(q.name) for q in outside)
        from_outside = part.turned("d")
        found = [f"{name} = {{name: {from_outside} for name, d in cotangents.items() if name in {keys}}}"]
        if not any(read.values()):
            return found
        entries = {}
        for q, terms in read.items():
            more = [f"cotangents.get({self.key(q)}, 0)"] if q in outside else []
            entries[self.names.key(q.name)] = self._together(part, [*terms, *more])
        return assigned(name, entries)

    def _together(self, part: Part, terms: list[str]) -> str:
        text = " + ".join(terms)
        return part.turned(f"({text})" if len(terms) > 1 else text) if part.backwards else text

    def _by_readers(self, part: Part, q: Quantity) -> list[str]:
        """What later parts that read a result of a part give to it."""
        readers = [other for other in self.parts[part.number :] if q in other.way.recurrence.inputs]
        return [other.turned(f'by_{other.number}["inputs"][{self.key(q)}]') for other in readers]

    def _summed(self, group: str, q: Quantity) -> str:
        """The gradients by a parameter or an input, of all parts that have it."""
        terms = [part for part in self.parts if q in getattr(part.body.plan.source, group)]
        texts = [f'by_{part.number}["{group}"][{self.key(q)}]' for part in terms]
        if group == "inputs":
            texts = [part.turned(text) for text, part in zip(texts, terms, strict=True)]
        zeros = self.dialect.called("zeros_like", f"{group}[{self.key(q)}]")
        return " + ".join(texts) or zeros

    # -------------------------------------------------------------- loss

    def loss(self) -> list[str]:
        """The loss with the gradients of the last part, and from there of the others."""
        last, n = self.parts[-1], self.parts[-1].number
        aims = {self.names.key(d.name): last.turned(self.aim(d)) for d in self.plan.source.targets}
        given = f"parameters, {self._inputs_of(last)}, {self.starts_given}kept"
        sweep = f"pull_back_from(parameters, inputs, {self.starts_given}kept, {{}}, by_{n})"
        return [
            *(assigned(f"targets_{n}", aims) if aims else []),
            f"loss, by_{n} = loss_{n}({given}" + (f", targets_{n})" if aims else ")"),
            f"gradients = {sweep}",
        ]

    def aim(self, d: Quantity) -> str:
        """A target as an array, as source."""
        return f"np.asarray(targets[{self.key(d)}])"

    # -------------------------------------------------------------- for the template

    def told(self) -> dict[str, Any]:
        """What the template asks for of the parts."""
        parts = [part.told(self.inputs(part)) for part in self.parts]
        last = self.parts[-1]
        loss = last.body.loss() if self.recurrence.loss is not None else []
        more = [*self.pull_back_from(), *loss]
        return {
            "last": {
                "number": last.number,
                "loss": loss,
                "targets": ", targets" * bool(self.recurrence.targets),
            },
            "parts": parts,
            "lines": [*more, *(line for part in parts for line in (*part["run"], *part["pull_back"]))],
            "pull_back_from": self.pull_back_from(),
        }


def own_names(recurrence: Recurrence) -> Iterable[str]:
    """The names that modules of parts have beside those of all modules."""
    numbers = range(1, len(recurrence.steps) + 1)
    return ["pull_back_from", *(f"{name}_{number}" for name in OF_PARTS for number in numbers)]


def two_way_module(recurrence: Recurrence) -> str:
    """The source of a module that needs NumPy alone. Raises SymbpttError as `ways` and `numpy_module` do."""
    body = Joined(Plan(recurrence), names_of(recurrence, own_names(recurrence)))
    return rendered("two_way.py.jinja", body, body.told())
