"""Generated source as a module that can be called: written to a file and imported, never run as text."""

from __future__ import annotations

import importlib.util
import tempfile
from pathlib import Path
from types import ModuleType

from symbptt.errors import SymbpttError


def load(source: str) -> ModuleType:
    """The module of some generated source."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "generated.py"
        path.write_text(source, encoding="utf-8")
        return load_file(path)


def load_file(path: Path) -> ModuleType:
    """The module in a file. Raises SymbpttError where there is none."""
    specification = importlib.util.spec_from_file_location(path.stem, path)
    if specification is None or specification.loader is None or not path.is_file():
        raise SymbpttError(f"{path}: expected a Python module")
    module = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(module)
    return module
