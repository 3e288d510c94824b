"""Modules of loops over arrays, for NumPy: `body` writes the statements, `module` the whole."""
