r"""Functions whose value is transposed or raised to a power: \sigma(x)^\top is the transpose of \sigma(x).

Read from the left it would be \sigma times x^\top. A letter is a function where it stands for one, as \sigma
does, or is applied to something elsewhere and nowhere has a time.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from symbptt.judge.notation.columns import FUNCTIONS
from symbptt.judge.notation.normal import Change, unchanged
from symbptt.judge.notation.vocabulary import application, names_of
from symbptt.reader.scripts import FUNCTION_SYMBOLS
from symbptt.reader.spelling import sides_of
from symbptt.reader.syntax import Bracket, Chain, Juxtaposed, Name, Scripted, Surface, Transpose
from symbptt.reader.walks import walk


def with_calls(chains: Iterable[Chain]) -> Change:
    """The change that applies such functions before what they give is transposed or raised."""
    chains = tuple(chains)
    nodes = [node for chain in chains for side in sides_of(chain) for node in walk(side)]
    if not any(_script(node) for node in nodes):
        return unchanged
    calls = [call[0] for call in map(application, nodes) if call is not None]
    called = {name.base for name in calls if _is_plain(name)}
    timed = {name.base for chain in chains for name in names_of(chain) if not _is_plain(name)}
    functions = FUNCTION_SYMBOLS | ((FUNCTIONS & called) - timed)

    def change(node: Surface) -> Surface:
        script = _script(node)
        if script is None or not isinstance(node, Juxtaposed) or not isinstance(node.left, Name):
            return node
        if node.left.base not in functions or not _is_plain(node.left):
            return node
        if isinstance(script, Transpose):
            return replace(script, operand=replace(node, right=script.operand))
        return replace(script, base=replace(node, right=script.base))

    return change


def _script(node: Surface) -> Transpose | Scripted | None:
    """The bracket with a script on it that stands right after a name."""
    match node:
        case Juxtaposed(left=Name(), right=Transpose(operand=Bracket(kind="()")) as script, direct=True):
            return script
        case Juxtaposed(
            left=Name(), right=Scripted(base=Bracket(kind="()"), subscript=None) as script, direct=True
        ):
            return script
    return None


def _is_plain(name: Name) -> bool:
    """Has a name no time and no scripts?"""
    return name.time is None and not name.subscripts and not name.superscripts
