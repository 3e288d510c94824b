"""The rules of the house: clean under ruff and mypy, imports that go one way, and no text run as code."""

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "symbptt"
MODULES = sorted(PACKAGE.rglob("*.py"))

# From the ground up: a module imports its own layer and those before it; the package's face stands on top.
LAYERS = (
    "version",
    "errors",
    "expressions",
    "functions",
    "rules",
    "recurrence",
    "reader",
    "oracle",
    "derivation",
    "notations",
    "writers",
    "programs",
    "check",
    "judge",
    "reports",
    "cells",
    "interface",
    "cli",
    "pytest_plugin",
    "__main__",
    "__init__",
)
# What a plain installation may lack: imported where it is used, and nowhere else.
OPTIONAL = {"numba", "scipy", "nbformat", "IPython", "latex2sympy2_extended", "torch", "jax"}
# Imports that wait until a function is called, (layer, layer opened). Objects open a layer above their own:
# Recurrence.from_latex reads, and every expression displays itself in Jupyter. The command line loads what a
# command needs, so that --help does not wait for SymPy; the reader a Markdown parser where a page has code.
DOORS = {
    ("recurrence", "reader"),
    ("recurrence", "writers"),
    ("recurrence", "judge"),
    ("expressions", "writers"),
    ("derivation", "writers"),
    ("writers", "writers"),
    ("reader", "reader"),
    ("judge", "reports"),
    ("pytest_plugin", "judge"),
    ("pytest_plugin", "reports"),
    *(
        ("cli", layer)
        for layer in ("interface", "notations", "writers", "programs", "check", "cells", "judge", "reports")
    ),
}
# Whatever takes text and runs it, SymPy's S among them.
RUNS_TEXT = {"eval", "exec", "sympify", "parse_expr", "S"}


def run(*arguments: str) -> None:
    command = [sys.executable, "-m", *arguments]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_ruff():
    run("ruff", "check", ".")


def test_mypy():
    run("mypy", "--strict", "-p", "symbptt")


def parsed(module: Path) -> ast.Module:
    return ast.parse(module.read_text(encoding="utf-8"))


def named(module: Path) -> str:
    return str(module.relative_to(ROOT))


def layer_of(module: Path) -> str:
    """The layer of a file: the module's or package's name directly under symbptt."""
    return module.relative_to(PACKAGE).with_suffix("").parts[0]


def imports(tree: ast.AST, module: Path) -> Iterator[tuple[ast.stmt, str]]:
    """Every import statement with each absolute dotted name that it brings."""
    here = module.relative_to(PACKAGE.parent).with_suffix("").parts
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((node, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            parents = here[: len(here) - node.level] if node.level else []
            base = ".".join([*parents, *([node.module] if node.module else [])])
            if base == "symbptt":
                yield from ((node, f"symbptt.{alias.name}") for alias in node.names)
            else:
                yield node, base


def layers_imported(tree: ast.AST, module: Path) -> set[str]:
    """The layers of symbptt that a file imports; `import symbptt` itself counts as the top."""
    names = [name.split(".") for _, name in imports(tree, module)]
    return {name[1] if len(name) > 1 else "__init__" for name in names if name[0] == "symbptt"}


def upward(tree: ast.AST, module: Path) -> set[str]:
    """The layers above its own that a file imports, doors apart."""
    own = layer_of(module)
    return {
        other
        for other in layers_imported(tree, module)
        if LAYERS.index(other) > LAYERS.index(own) and (own, other) not in DOORS
    }


def hidden(tree: ast.AST, module: Path) -> set[str]:
    """What is imported inside a function, optional dependencies and doors apart."""
    functions = [node for node in ast.walk(tree) if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef))]
    names = {name for function in functions for _, name in imports(function, module)}
    own = layer_of(module)
    allowed = {f"symbptt.{other}" for layer, other in DOORS if layer == own}
    return {
        name
        for name in names
        if name.split(".")[0] not in OPTIONAL and ".".join(name.split(".")[:2]) not in allowed
    }


def text_runners(tree: ast.AST) -> set[str]:
    """The names of called functions that run text as code."""
    called = [node.func for node in ast.walk(tree) if isinstance(node, ast.Call)]
    names = {f.id for f in called if isinstance(f, ast.Name)}
    names |= {f.attr for f in called if isinstance(f, ast.Attribute) and isinstance(f.value, ast.Name)}
    return names & RUNS_TEXT


@pytest.mark.parametrize("module", MODULES, ids=named)
def test_imports_go_one_way(module):
    assert layer_of(module) in LAYERS, "a new layer needs its place in LAYERS"
    found = upward(parsed(module), module)
    assert not found


@pytest.mark.parametrize("module", MODULES, ids=named)
def test_no_import_hides_in_a_function(module):
    found = hidden(parsed(module), module)
    assert not found


@pytest.mark.parametrize("module", MODULES, ids=named)
def test_no_text_is_run_as_code(module):
    found = text_runners(parsed(module))
    assert not found


def test_doors_are_in_use():
    """A door that nobody uses any more is closed."""
    used = {
        (layer_of(module), other) for module in MODULES for other in layers_imported(parsed(module), module)
    }
    assert used >= DOORS


def test_the_readme_and_ci_have_the_same_test_command():
    commands = [
        {line.strip().removeprefix("$ ") for line in path.read_text().splitlines() if "-m pytest" in line}
        for path in (ROOT / "README.md", ROOT / ".ci" / "run")
    ]
    assert commands[0] == commands[1] != set()


def test_planted_errors_are_caught():
    low = PACKAGE / "errors.py"
    assert upward(ast.parse("from symbptt.cli import main"), low) == {"cli"}
    assert upward(ast.parse("from symbptt import recurrence"), low) == {"recurrence"}
    assert upward(ast.parse("from .writers.latex import latex"), low) == {"writers"}
    assert upward(ast.parse("import symbptt"), low) == {"__init__"}
    assert not upward(ast.parse("from symbptt.errors import SymbpttError"), PACKAGE / "cells.py")
    assert hidden(ast.parse("def f():\n    import json"), low) == {"json"}
    assert not hidden(ast.parse("import json\ndef f():\n    import numba"), low)
    assert text_runners(ast.parse("sympy.sympify(text); eval(text); x.doit()")) == {"sympify", "eval"}
