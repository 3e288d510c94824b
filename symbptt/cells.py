"""The ready recurrences: every folder of `derivations/` that holds a specification. Nothing is registered."""

from __future__ import annotations

import difflib
from pathlib import Path

from symbptt.errors import SymbpttError

SPECIFICATION = "spec.md"


def home() -> Path:
    """The folder of the ready recurrences: inside an installed package, beside a checked-out one."""
    here = Path(__file__).resolve().parent
    return next(
        (p for p in (here / "derivations", here.parent / "derivations") if p.is_dir()), here / "derivations"
    )


def ready() -> dict[str, Path]:
    """The ready recurrences: name -> the path of its specification."""
    return {p.parent.name: p for p in sorted(home().glob(f"*/{SPECIFICATION}"))}


def find(name: str) -> Path:
    """The specification of a ready recurrence. Raises SymbpttError naming those there are."""
    found = ready()
    if name in found:
        return found[name]
    near = difflib.get_close_matches(name, found, n=1)
    hint = f"did you mean {near[0]}?" if near else f"the ready recurrences are {', '.join(found) or 'none'}"
    raise SymbpttError(f"{name}: expected a file, `-`, or the name of a ready recurrence; {hint}")


def title(path: Path) -> str:
    """The first heading of a specification."""
    lines = path.read_text(encoding="utf-8").splitlines()
    return next((line.lstrip("# ").strip() for line in lines if line.startswith("#")), path.parent.name)


def source(path: Path) -> str:
    """The first paragraph under the heading `Sources` of a specification, in one line."""
    _, _, after = path.read_text(encoding="utf-8").partition("## Source")
    _, _, body = after.partition("\n\n")
    return " ".join(body.partition("\n\n")[0].split())
