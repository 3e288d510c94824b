"""The command line: derive, generate, check, verify, cells.

Exit codes: 0 all is well; 1 a check does not pass; 2 the input or the call is at fault.
"""

from __future__ import annotations

import os
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from symbptt.errors import SymbpttError

if TYPE_CHECKING:
    from collections.abc import Callable

    from symbptt.judge import Judgement, Wanted

Form = Literal["unrolled", "nested", "expanded", "adjoint", "paths"]
Notation = Literal["scalar", "matrix", "index"]
Format = Literal["latex", "markdown", "html", "text"]
Target = Literal["numpy", "jax", "torch", "numba"]
Mode = Literal["bptt", "checkpointed", "truncated", "forward"]
Report = Literal["text", "json", "github", "sarif"]

EVERYTHING = "all"  # every parameter, input and initial value

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    help=__doc__.split("\n")[0],
)

SPEC_HELP = "a .md or .tex file, - for standard input, or a ready recurrence"
Specification = Annotated[str, typer.Argument(metavar="SPEC", help=SPEC_HELP)]
Numbers = Annotated[
    list[str] | None,
    typer.Option("--set", metavar="NAME=NUMBER", help="a size, or the number of layers, such as L=3"),
]
Output = Annotated[
    Path | None, typer.Option("-o", "--output", metavar="FILE", help="write here instead of standard output")
]


@app.command()
def derive(
    specification: Specification,
    of: Annotated[
        str | None,
        typer.Option(help="what to differentiate, such as a_t; by default the last state, or the loss"),
    ] = None,
    wrt: Annotated[
        str | None,
        typer.Option(
            help="by what, such as W_{aa}, x_k or a_0, or all of them; by default the first parameter"
        ),
    ] = None,
    form: Annotated[Form, typer.Option(help="the form of the derivation")] = "expanded",
    steps: Annotated[int, typer.Option(min=1, max=1000, help="the horizon T of the unrolled form")] = 3,
    notation: Annotated[Notation, typer.Option(help="the notation")] = "matrix",
    to: Annotated[Format, typer.Option(help="the format of the result")] = "latex",
    verify: Annotated[
        bool, typer.Option("--verify", help="evaluate both sides of every step before writing")
    ] = False,
    numbers: Numbers = None,
    output: Output = None,
) -> None:
    """Derive a total derivative, step by step."""
    from symbptt import interface  # SymPy is loaded when a command needs it, not for --help
    from symbptt.notations import NOTATIONS
    from symbptt.writers import WRITERS

    recurrence = interface.load(specification, _numbers(numbers))
    if wrt == EVERYTHING:
        found = interface.derive_all(recurrence, of, form, "matrix", steps)
    else:
        found = [interface.derive(recurrence, of, wrt, form, "matrix", steps)]
    if verify:
        for derivation in found:
            derivation.verify()
    _write(WRITERS[to](*map(NOTATIONS[notation], found)), output)


@app.command()
def generate(
    specification: Specification,
    target: Annotated[Target, typer.Option(help="the library that the code is for")] = "numpy",
    numbers: Numbers = None,
    gradient: Annotated[
        Mode,
        typer.Option(
            help="how gradients are computed: one sweep back, with the states kept every few steps alone, "
            "cut every few steps, or forward in time after each step of a stream"
        ),
    ] = "bptt",
    output: Output = None,
) -> None:
    """Generate a readable module: forward, backward, and the loss with its gradient."""
    from symbptt.interface import load
    from symbptt.programs import generate as generated

    _write(generated(load(specification, _numbers(numbers)), target, gradient), output)


@app.command()
def check(
    specification: Annotated[str | None, typer.Argument(metavar="SPEC", help=SPEC_HELP)] = None,
    everything: Annotated[bool, typer.Option("--all", help="every ready recurrence, a line each")] = False,
    target: Annotated[Target, typer.Option(help="the library that the code is for")] = "numpy",
    numbers: Numbers = None,
) -> None:
    """Hold generated code against finite differences, complex step and the compiled reference."""
    from symbptt.check import print_summary, print_table
    from symbptt.interface import check_ready, check_specification

    if everything == (specification is not None):
        raise typer.BadParameter("expected a SPEC or --all")
    if specification is None:
        checked = check_ready(target)
        print_summary(checked)
    else:
        checked = {specification: check_specification(specification, _numbers(numbers), target)}
        print_table(checked[specification])
    if not all(row.passed for rows in checked.values() for row in rows):
        raise typer.Exit(1)


@app.command()
def verify(
    documents: Annotated[
        list[str],
        typer.Argument(metavar="DOC...", help="Markdown, TeX or notebooks to judge; - is standard input"),
    ],
    to: Annotated[Report, typer.Option(help="the format of the verdicts")] = "text",
    everything: Annotated[
        bool, typer.Option("-v", "--all", help="show what holds and what defines, too")
    ] = False,
    explain: Annotated[
        bool, typer.Option("--explain", help="show how each relation was read, and the conventions")
    ] = False,
    inline: Annotated[
        bool, typer.Option("--inline", help="judge the relations in inline formulas, too")
    ] = False,
    strict: Annotated[
        bool, typer.Option("--strict", help="what is unreadable or undetermined fails, too")
    ] = False,
    jobs: Annotated[int, typer.Option("-j", "--jobs", min=1, max=256, help="documents judged at a time")] = 1,
    output: Output = None,
) -> None:
    """Judge every relation that documents display: it holds, fails, or is in doubt."""
    from symbptt.judge import Wanted
    from symbptt.reports import FORMATS

    judgements = _judgements(documents, Wanted(inline, explain), jobs)
    for one in judgements:
        if one.trouble:
            typer.echo(f"{one.source}: {one.trouble}", err=True)
    if to == "text" and output is None and sys.stdout.isatty():
        from symbptt.reports.terminal import print_report

        print_report(judgements, everything or explain)
    else:
        _write(FORMATS[to](judgements, everything or explain), output)
    if any(one.trouble for one in judgements):
        raise typer.Exit(2)
    if any(one.failed or (strict and one.doubtful) for one in judgements):
        raise typer.Exit(1)


def _judgements(documents: list[str], wanted: Wanted, jobs: int) -> list[Judgement]:
    """The judgements in order; many documents show their progress on a terminal."""
    if len(documents) > 1 and sys.stderr.isatty():
        from symbptt.reports.terminal import progress

        with progress(len(documents)) as finished:
            return _judged(documents, wanted, jobs, finished)
    return _judged(documents, wanted, jobs, lambda judgement: None)


def _judged(
    documents: list[str], wanted: Wanted, jobs: int, finished: Callable[[Judgement], None]
) -> list[Judgement]:
    if jobs > 1 and len(documents) > 1:
        from symbptt.judge.many import judged_files

        return judged_files(documents, wanted, jobs, finished)
    from symbptt.judge import judged_each

    return judged_each(documents, wanted, finished)


@app.command()
def cells() -> None:
    """List the ready recurrences, with the source of their equations."""
    from symbptt.cells import ready, source, title

    found = ready()
    width = max(map(len, found), default=0)
    for name, path in found.items():
        typer.echo(f"{name:{width}}  {title(path)}\n{'':{width}}  {source(path)}")


def _numbers(entries: list[str] | None) -> dict[str, int]:
    """L=3 as a name and a number. Raises SymbpttError for anything else."""
    found = {}
    for entry in entries or []:
        name, sign, number = entry.partition("=")
        if not (sign and name.strip() and number.strip().isdecimal() and len(number) < 10):
            raise SymbpttError(f"--set {entry}: expected a name and a number, such as L=3")
        found[name.strip()] = int(number)
    return found


def _write(text: str, output: Path | None) -> None:
    """Write the whole text, or nothing: a file appears under its name only when it is complete."""
    text = text if text.endswith("\n") else text + "\n"
    if output is None:
        typer.echo(text, nl=False)
        return
    try:
        handle, name = tempfile.mkstemp(dir=output.parent, prefix=f".{output.name}.")
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(text)
        Path(name).chmod(0o644)
        Path(name).replace(output)
    except OSError as problem:
        raise SymbpttError(f"{output}: cannot be written: {problem.strerror}") from problem


def main() -> None:
    """The entry point: errors of the input become one message and the exit code 2."""
    try:
        app()
    except SymbpttError as problem:
        typer.echo(str(problem), err=True)
        sys.exit(2)


if __name__ == "__main__":
    main()
