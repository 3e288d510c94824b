"""The NumPy module of a recurrence with parts that run backwards: their functions, and what joins them."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

from symbptt.expressions import Quantity
from symbptt.programs.arrays.body import Body
from symbptt.programs.arrays.module import names_of, rendered
from symbptt.programs.plan.program import Plan
from symbptt.programs.plan.ways import Way, ways
from symbptt.programs.source.lines import assigned, listing, returned, returned_groups
from symbptt.recurrence import Recurrence

OF_PARTS = ("run", "pull_back", "loss", "inputs", "kept", "by", "cotangents")


@dataclass(frozen=True)
class Part(Body):
    """The body of one part; its functions have its number, from 1, behind their names."""

    way: Way | None = None
    number: int = 1

    @property
    def sweep(self) -> str:
        return f"pull_back_{self.number}"

    def _keys_of(self, used: list[Quantity]) -> str:
        return f"({', '.join(map(self.key, used))})"  # some of the module's parameters, two or more

    @property
    def results(self) -> list[Quantity]:
        """What other parts, or the user, need of it."""
        assert self.way is not None
        return [e.left for e in self.way.recurrence.steps if e.left.name in self.way.wanted]

    def turned(self, text: str) -> str:
        """A series, as source, in the time of the part or back from it."""
        assert self.way is not None
        return f"{text}[::-1]" if self.way.sign < 0 else text


@dataclass(frozen=True)
class Joined(Body):
    """The body that calls the parts, one after the other and back."""

    @cached_property
    def parts(self) -> list[Part]:
        found = ways(self.plan.source)
        return [
            Part(Plan(way.recurrence, way.wanted), self.names, self.dialect, way, number)
            for number, way in enumerate(found, start=1)
        ]

    def times(self, q: Quantity) -> str:
        """What is kept of a quantity are its rows 1..T."""
        return self.variable(q)

    # -------------------------------------------------------------- forward

    def run(self) -> list[str]:
        """The forward run, part by part."""
        lines: list[str] = []
        kept: dict[str, str] = {}
        for part in self.parts:
            n = part.number
            lines += (
                assigned(f"inputs_{n}", self._inputs(part)) if part.recurrence.inputs else [self._length(n)]
            )
            lines.append(f"kept_{n} = run_{n}(parameters, inputs_{n}, initial)")
            kept |= {f"inputs_{n}": f"inputs_{n}", f"kept_{n}": f"kept_{n}"}
            for q in part.results:
                name, rows = self.variable(q), part.times(q).removeprefix(self.variable(q))
                lines.append(f"{name} = " + part.turned(f'kept_{n}["{name}"]{rows}'))
                kept[name] = name
        return [*lines, *returned(kept)]

    def _inputs(self, part: Part) -> dict[str, str]:
        """The inputs of a part: those of the module, and what earlier parts have computed."""
        own = {x.name for x in self.plan.source.inputs}
        return {
            self.names.key(x.name): part.turned(
                f"np.asarray(inputs[{self.key(x)}])" if x.name in own else self.variable(x)
            )
            for x in part.recurrence.inputs
        }

    def _length(self, number: int) -> str:
        """What a part without inputs is told instead."""
        given = self.plan.source.inputs
        series = f"inputs[{self.key(given[0])}]" if given else ""
        told = listing({"T": f"len({series})", "B": f"{series}.shape[1]"}) if given else "inputs"
        return f"inputs_{number} = {told}"

    # -------------------------------------------------------------- backward

    def pull_back(self) -> list[str]:
        """The reverse sweep of the last part, and from there of the others."""
        last = self.parts[-1]
        call = f"return pull_back_from(parameters, kept, cotangents, by_{last.number})"
        return [*self._swept(last), call]

    def pull_back_from(self) -> list[str]:
        """From the gradients of the last part through the others, to the sums of all."""
        swept = [line for part in reversed(self.parts[:-1]) for line in self._swept(part)]
        source, key = self.plan.source, self.names.key
        by_start = {
            q.name: f'by_{part.number}["initial"]["{key(q.name)}"]'
            for part in self.parts
            for q in part.initials
        }
        groups = {
            "parameters": {key(p.name): self._summed("parameters", p) for p in source.parameters},
            "inputs": {key(x.name): self._summed("inputs", x) for x in source.inputs},
            "initial": {key(q.name): by_start[q.name] for q in source.states if q.name in by_start},
        }
        return [*swept, *returned_groups(groups)]

    def _swept(self, part: Part) -> list[str]:
        """A part's own sweep, from what reaches its results."""
        n = part.number
        call = f'pull_back_{n}(parameters, kept["inputs_{n}"], kept["kept_{n}"], cotangents_{n})'
        found = {self.names.key(q.name): self._cotangent(part, q) for q in part.results}
        return [*assigned(f"cotangents_{n}", found), f"by_{n} = {call}"]

    def _cotangent(self, part: Part, q: Quantity) -> str:
        """What reaches a result of a part: from later parts that read it, and from outside."""
        key = self.names.key(q.name)
        readers = [other for other in self.parts[part.number :] if q in other.recurrence.inputs]
        terms = [other.turned(f'by_{other.number}["inputs"]["{key}"]') for other in readers]
        if q in self.plan.returned:
            terms.append(f'cotangents.get("{key}", 0)' if terms else f'cotangents.get("{key}")')
        together = " + ".join(terms)
        return together if part.turned("") == "" else f"turned({together})"

    def _summed(self, group: str, q: Quantity) -> str:
        """The gradients by a parameter or an input, of all parts that have it."""
        terms = [(part.number, part) for part in self.parts if q in getattr(part.plan.source, group)]
        texts = [f'by_{n}["{group}"][{self.key(q)}]' for n, _ in terms]
        if group == "inputs":
            texts = [part.turned(text) for text, (_, part) in zip(texts, terms, strict=True)]
        return " + ".join(texts) or f"np.zeros_like(parameters[{self.key(q)}])"

    # -------------------------------------------------------------- loss

    def loss(self) -> list[str]:
        """The loss with the gradients of the last part, and from there of the others."""
        last = self.parts[-1]
        n = last.number
        targets = {
            self.names.key(d.name): last.turned(f"np.asarray(targets[{self.key(d)}])")
            for d in self.plan.source.targets
        }
        return [
            *(assigned(f"targets_{n}", targets) if targets else []),
            f'loss, by_{n} = loss_{n}(parameters, kept["inputs_{n}"], kept["kept_{n}"]'
            + (f", targets_{n})" if targets else ")"),
            f"gradients = pull_back_from(parameters, kept, {{}}, by_{n})",
        ]


def two_way_module(recurrence: Recurrence) -> str:
    """The source of a module that needs NumPy alone. Raises SymbpttError as `ways` and `numpy_module` do."""
    numbers = range(1, len(recurrence.steps) + 1)
    own = ["turned", "pull_back_from", "targets_1"]
    names = names_of(recurrence, [*own, *(f"{name}_{number}" for name in OF_PARTS for number in numbers)])
    body = Joined(Plan(recurrence), names)
    parts: list[dict[str, Any]] = [
        {
            "number": part.number,
            "way": "backwards" if part.turned("") else "forwards",
            "what": ", ".join(part.names.key(q.name) for q in part.results),
            "run": part.run(),
            "pull_back": part.pull_back(),
        }
        for part in body.parts
    ]
    last = body.parts[-1]
    loss = last.loss() if recurrence.loss is not None else []
    lines = [
        *body.pull_back_from(),
        *loss,
        *(line for part in parts for line in (*part["run"], *part["pull_back"])),
    ]
    told = {
        "last": {"number": last.number, "loss": loss, "targets": ", targets" * bool(recurrence.targets)},
        "parts": parts,
        "lines": lines,
        "pull_back_from": body.pull_back_from(),
        "turned": any("turned(" in line for line in [*body.pull_back(), *body.pull_back_from()]),
    }
    return rendered("two_way.py.jinja", body, told)
