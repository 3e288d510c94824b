"""Matrix notation, which the deriver writes already: numerator layout, vec and Kronecker, for every size."""

from __future__ import annotations

from symbptt.derivation.steps import Derivation


def to_matrix(derivation: Derivation) -> Derivation:
    """The derivation itself."""
    return derivation
