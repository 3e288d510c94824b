"""The numba target: the statements of a plan as compiled loops over samples and entries.

operations.py  what statements become: assignments of entries, sums, products, functions of columns
taking.py      statements taken apart into operations
stages.py      which operations share a pass over the samples
groups.py      which of these share a loop over entries
entries.py     one entry of an expression, as source
views.py       parts of quantities that are looked at in place
reuse.py       values stored over what they are functions of
overwriting.py gradients stored over the values that they are computed from
routine.py     a function of the module: its passes, and where its quantities lie
lines.py       a routine as lines of Python
runs.py        the forward run and the reverse sweep as operations
kernels.py     the compiled functions of a module
blocks.py      the one among them that goes through time in blocks
outside.py     the plain functions around them
elementary.py  what a module brings with it: exp, tanh, softmax
products.py    and its products of matrices
definitions.py their source, as it stands in a module
module.py      the module
"""

from __future__ import annotations

from symbptt.programs.loops.module import numba_module

__all__ = ["numba_module"]
