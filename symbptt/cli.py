"""The command line: derive, generate, check, cells.

Exit codes: 0 all is well; 1 a check does not pass; 2 the input or the call is at fault.
"""

from __future__ import annotations

import os
import sys
import tempfile
from pathlib import Path
from typing import Annotated, Literal

import typer

from symbptt.errors import SymbpttError

Form = Literal["unrolled", "nested", "expanded", "adjoint", "paths"]
Notation = Literal["scalar", "matrix", "index"]
Format = Literal["latex", "markdown", "html", "text"]
Target = Literal["numpy"]
Report = Literal["text", "json", "github"]

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
    output: Output = None,
) -> None:
    """Derive a total derivative, step by step."""
    from symbptt import interface  # SymPy is loaded when a command needs it, not for --help
    from symbptt.notations import NOTATIONS
    from symbptt.writers import WRITERS

    recurrence = interface.load(specification)
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
    output: Output = None,
) -> None:
    """Generate a readable module: forward, backward, and the loss with its gradient."""
    from symbptt.interface import load
    from symbptt.programs import generate as generated

    _write(generated(load(specification), target), output)


@app.command()
def check(
    specification: Annotated[str | None, typer.Argument(metavar="SPEC", help=SPEC_HELP)] = None,
    everything: Annotated[bool, typer.Option("--all", help="every ready recurrence, a line each")] = False,
) -> None:
    """Hold generated code against finite differences, complex step and the compiled reference."""
    from symbptt.check import print_summary, print_table
    from symbptt.interface import check_ready, check_specification

    if everything == (specification is not None):
        raise typer.BadParameter("expected a SPEC or --all")
    if specification is None:
        checked = check_ready()
        print_summary(checked)
    else:
        checked = {specification: check_specification(specification)}
        print_table(checked[specification])
    if not all(row.passed for rows in checked.values() for row in rows):
        raise typer.Exit(1)


@app.command()
def verify(
    documents: Annotated[
        list[Path], typer.Argument(metavar="DOC...", help="Markdown or TeX documents to judge")
    ],
    to: Annotated[Report, typer.Option(help="the format of the verdicts")] = "text",
) -> None:
    """Judge every relation that documents display: it holds, fails, or is in doubt."""
    from symbptt.judge import FORMATS, verify_file

    judgements = [verify_file(path) for path in documents]
    typer.echo(FORMATS[to](judgements))
    if any(one.failed for one in judgements):
        raise typer.Exit(1)


@app.command()
def cells() -> None:
    """List the ready recurrences, with the source of their equations."""
    from symbptt.cells import ready, source, title

    found = ready()
    width = max(map(len, found), default=0)
    for name, path in found.items():
        typer.echo(f"{name:{width}}  {title(path)}\n{'':{width}}  {source(path)}")


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
