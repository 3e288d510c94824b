"""The command line: derive, generate, check, verify, cells.

Exit codes: 0 all is well; 1 a check does not pass; 2 the input or the call is at fault.
"""

from __future__ import annotations

import os
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Literal, get_args

import click

from symbptt.errors import SymbpttError
from symbptt.version import __version__

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

SPEC_HELP = "SPEC is a .md or .tex file, - for standard input, or a ready recurrence."

set_numbers = click.option(
    "--set",
    "numbers",
    multiple=True,
    metavar="NAME=NUMBER",
    help="A size, or the number of layers, such as L=3.",
)
output_file = click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Write here instead of standard output.",
)
target_library = click.option(
    "--target",
    type=click.Choice(get_args(Target)),
    default="numpy",
    show_default=True,
    help="The library that the code is for.",
)


class Commands(click.Group):
    """The commands in the order in which they stand here."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Their names."""
        return list(self.commands)


@click.group(cls=Commands, no_args_is_help=True, context_settings={"max_content_width": 100})
@click.version_option(__version__, message="symbptt %(version)s")
def app() -> None:
    """Gradients of recurrences: derived, written down, generated as code, and judged in documents."""


@app.command(epilog=SPEC_HELP)
@click.argument("specification", metavar="SPEC")
@click.option("--of", help="What to differentiate, such as a_t; by default the last state, or the loss.")
@click.option(
    "--wrt",
    help="By what, such as W_{aa}, x_k or a_0, or all of them; by default the first parameter.",
)
@click.option(
    "--form",
    type=click.Choice(get_args(Form)),
    default="expanded",
    show_default=True,
    help="The form of the derivation.",
)
@click.option(
    "--steps",
    type=click.IntRange(1, 1000),
    metavar="N",
    default=3,
    show_default=True,
    help="The horizon T of the unrolled form.",
)
@click.option(
    "--notation",
    type=click.Choice(get_args(Notation)),
    default="matrix",
    show_default=True,
    help="The notation.",
)
@click.option(
    "--to",
    type=click.Choice(get_args(Format)),
    default="latex",
    show_default=True,
    help="The format of the result.",
)
@click.option("--verify", is_flag=True, help="Evaluate both sides of every step before writing.")
@set_numbers
@output_file
def derive(
    specification: str,
    of: str | None,
    wrt: str | None,
    form: Form,
    steps: int,
    notation: Notation,
    to: Format,
    verify: bool,
    numbers: tuple[str, ...],
    output: Path | None,
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


@app.command(epilog=SPEC_HELP)
@click.argument("specification", metavar="SPEC")
@target_library
@click.option(
    "--gradient",
    type=click.Choice(get_args(Mode)),
    default="bptt",
    show_default=True,
    help="How gradients are computed: one sweep back, with the states kept every few steps alone, "
    "cut every few steps, or forward in time after each step of a stream.",
)
@set_numbers
@output_file
def generate(
    specification: str, target: Target, gradient: Mode, numbers: tuple[str, ...], output: Path | None
) -> None:
    """Generate a readable module: forward, backward, loss, gradient."""
    from symbptt.interface import load
    from symbptt.programs import generate as generated

    _write(generated(load(specification, _numbers(numbers)), target, gradient), output)


@app.command(epilog=SPEC_HELP)
@click.argument("specification", metavar="[SPEC]", required=False)
@click.option("--all", "everything", is_flag=True, help="Every ready recurrence, a line each.")
@target_library
@set_numbers
def check(specification: str | None, everything: bool, target: Target, numbers: tuple[str, ...]) -> None:
    """Check generated code against gradients found in other ways."""
    from symbptt.check import print_summary, print_table
    from symbptt.interface import check_ready, check_specification

    if everything == (specification is not None):
        raise click.BadParameter("expected a SPEC or --all")
    if specification is None:
        checked = check_ready(target)
        print_summary(checked)
    else:
        checked = {specification: check_specification(specification, _numbers(numbers), target)}
        print_table(checked[specification])
    if not all(row.passed for rows in checked.values() for row in rows):
        raise click.exceptions.Exit(1)


@app.command()
@click.argument("documents", metavar="DOC...", nargs=-1, required=True)
@click.option(
    "--to",
    type=click.Choice(get_args(Report)),
    default="text",
    show_default=True,
    help="The format of the verdicts.",
)
@click.option("-v", "--all", "everything", is_flag=True, help="Show what holds and what defines, too.")
@click.option("--explain", is_flag=True, help="Show how each relation was read, and the conventions.")
@click.option("--inline", is_flag=True, help="Judge the relations in inline formulas, too.")
@click.option("--strict", is_flag=True, help="What is unreadable or undetermined fails, too.")
@click.option(
    "-j",
    "--jobs",
    type=click.IntRange(1, 256),
    metavar="N",
    default=1,
    show_default=True,
    help="Documents judged at a time.",
)
@output_file
def verify(
    documents: tuple[str, ...],
    to: Report,
    everything: bool,
    explain: bool,
    inline: bool,
    strict: bool,
    jobs: int,
    output: Path | None,
) -> None:
    """Judge every relation of documents: holds, fails, in doubt.

    DOC is Markdown, TeX or a notebook; - is standard input.
    """
    from symbptt.judge import Wanted
    from symbptt.reports import written_as

    judgements = _judgements(documents, Wanted(inline, explain), jobs)
    for one in judgements:
        if one.trouble:
            click.echo(f"{one.source}: {one.trouble}", err=True)
    if to == "text" and output is None and sys.stdout.isatty():
        from symbptt.reports.terminal import print_report

        print_report(judgements, everything or explain)
    else:
        _write(written_as(to, judgements, everything or explain), output)
    if any(one.trouble for one in judgements):
        raise click.exceptions.Exit(2)
    if any(one.failed or (strict and one.doubtful) for one in judgements):
        raise click.exceptions.Exit(1)


def _judgements(documents: tuple[str, ...], wanted: Wanted, jobs: int) -> list[Judgement]:
    """The judgements in order; many documents show their progress on a terminal."""
    if len(documents) > 1 and sys.stderr.isatty():
        from symbptt.reports.terminal import progress

        with progress(len(documents)) as finished:
            return _judged(documents, wanted, jobs, finished)
    return _judged(documents, wanted, jobs, lambda judgement: None)


def _judged(
    documents: tuple[str, ...], wanted: Wanted, jobs: int, finished: Callable[[Judgement], None]
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
        click.echo(f"{name:{width}}  {title(path)}\n{'':{width}}  {source(path)}")


def _numbers(entries: tuple[str, ...]) -> dict[str, int]:
    """L=3 as a name and a number. Raises SymbpttError for anything else."""
    found = {}
    for entry in entries:
        name, sign, number = entry.partition("=")
        if not (sign and name.strip() and number.strip().isdecimal() and len(number) < 10):
            raise SymbpttError(f"--set {entry}: expected a name and a number, such as L=3")
        found[name.strip()] = int(number)
    return found


def _write(text: str, output: Path | None) -> None:
    """Write the whole text, or nothing: a file appears under its name only when it is complete."""
    text = text if text.endswith("\n") else text + "\n"
    if output is None:
        click.echo(text, nl=False)
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
        click.echo(str(problem), err=True)
        sys.exit(2)


if __name__ == "__main__":
    main()
