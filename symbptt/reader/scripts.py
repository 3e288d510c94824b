r"""What the scripts of a symbol mean: time, part of the name, transpose; and the limits of sums and products.

A time is taken as such only when it is unmistakable: it holds t, T or \tau, and besides them only the letters
that count (i j k l m n s u). W_1, a_0, h_k and W^{(2)} stay scripts; elaboration knows more.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from symbptt.reader.syntax import (
    BigOperator,
    Binary,
    Bracket,
    Dots,
    Juxtaposed,
    Name,
    Negative,
    Number,
    Relation,
    Scripted,
    Span,
    Surface,
    Text,
    Transpose,
)

TIMES = frozenset(["t", "T", "\\tau"])
COUNTERS = frozenset("ijklmnsu")
TRANSPOSES = frozenset(["T", "\\top", "\\intercal", "\\dagger"])
FUNCTION_SYMBOLS = frozenset(["\\sigma", "\\phi", "\\varphi", "\\psi"])
LESS = {"<": True, "\\le": False, "\\leq": False, "\\leqslant": False, "<=": False}
MORE = {">": True, "\\ge": False, "\\geq": False, "\\geqslant": False, ">=": False}
STYLES = {"()": "superscript", "\\langle\\rangle": "angle", "<>": "angle"}


@dataclass(frozen=True, slots=True)
class Scripts:
    """The scripts of one symbol as written; each superscript is the list between its braces."""

    subscripts: tuple[Surface, ...] = ()
    superscripts: tuple[Surface, ...] = ()
    primes: int = 0


def is_time(node: Surface) -> bool:
    """Is this node unmistakably a time?"""
    letters = _letters(node)
    return letters is not None and bool(letters & TIMES) and letters <= TIMES | COUNTERS


def _letters(node: Surface) -> set[str] | None:
    """The letters of a sum of letters and numbers; None for any other node."""
    match node:
        case Number():
            return set()
        case Name(base=base, accents=(), subscripts=(), superscripts=(), time=None, prefix=""):
            return {base}
        case Negative(operand=operand):
            return _letters(operand)
        case Binary(op="+" | "-", left=left, right=right) | Juxtaposed(left=Number() as left, right=right):
            first, second = _letters(left), _letters(right)
            return None if first is None or second is None else first | second
        case _:
            return None


def attach(node: Surface, scripts: Scripts, at: Span) -> Surface:
    """The node with its scripts: on a name they are part of the name, on anything else they stay scripts."""
    transposes = []
    kept: list[Surface] = []
    for script in scripts.superscripts:
        rest, spelling = _split_transpose(script)
        transposes += [spelling] if spelling else []
        kept += [rest] if rest is not None else []
    scripts = replace(scripts, superscripts=tuple(kept))
    node = _named(node, scripts, at) if isinstance(node, Name) else _scripted(node, scripts, at)
    for spelling in transposes:
        node = Transpose(at, node, spelling)
    return node


def _split_transpose(script: Surface) -> tuple[Surface | None, str | None]:
    """A superscript T, or a time with a T after it, as what is left and the spelling of the transpose."""
    match script:
        case Name(base=base, accents=(), subscripts=(), superscripts=(), time=None) if base in TRANSPOSES:
            return None, base
        case Juxtaposed(left=Bracket() as left, right=Name(base=base, subscripts=(), superscripts=())) if (
            base in TRANSPOSES
        ):
            return left, base
        case Bracket(kind="list", items=(first, Name(base=base))) if base in TRANSPOSES:
            return first, base
        case Juxtaposed(left=Name(base=base), right=Bracket() as right) if base in TRANSPOSES - {"T"}:
            return right, base
        case Transpose(operand=Bracket() | Name(base="t" | "\\tau") as left, spelling=spelling):
            return left, spelling
        case _:
            return script, None


def _named(name: Name, scripts: Scripts, at: Span) -> Name:
    name = replace(name, at=at, primes=name.primes + scripts.primes)
    for script in scripts.subscripts:
        name = _subscripted(name, script)
    for script in scripts.superscripts:
        name = _superscripted(name, script)
    return name


def _subscripted(name: Name, script: Surface) -> Name:
    r"""x_t, x_{[t]}, x_{t, i}: one item may be the time, the others are parts of the name or entries.

    What is known up to its own time, x_{t|t}, is x_t, and up to the step before, x_{t|t-1}, x_t^-.
    """
    items = _items(script)
    match script:
        case Bracket(items=(time, known), separators=("|",)) if _steps(time, known) in (0, 1):
            prior = (Text(script.at, "-"),) if _steps(time, known) else ()
            return replace(_subscripted(name, time), superscripts=name.superscripts + prior)
    times = [item for item in items if is_time(item)]
    if name.time is None and len(times) == 1 and not any(isinstance(item, Dots) for item in items):
        rest = tuple(item for item in items if item is not times[0])
        return replace(name, time=times[0], style="subscript", subscripts=name.subscripts + rest)
    match script:
        case Bracket(kind="[]", items=(inside,)) if name.time is None and is_time(inside):
            return replace(name, time=inside, style="[subscript]")
    return replace(name, subscripts=name.subscripts + items)


def _items(script: Surface) -> tuple[Surface, ...]:
    """The items of a subscript: of i, j; of [i, j], entries in brackets; of h [i, j], a name with entries."""
    match script:
        case Bracket(kind="list", items=items):
            return items
        case Bracket(kind="[]", items=(inside,)) if is_time(inside):
            return (script,)
        case Bracket(kind="[]", items=items):
            return items
        case Juxtaposed(left=left, right=Bracket(kind="[]", items=items)):
            return (*_items(left), *items)
    return (script,)


def _steps(time: Surface, known: Surface) -> int | None:
    """By how many steps one time is later than another of the same letter; None for anything else."""
    (one, first), (other, second) = _counted(time), _counted(known)
    return first - second if one == other != "" else None


def _counted(node: Surface) -> tuple[str, int]:
    """The letter and the number of k, k - 1 or k + 1; no letter for anything else."""
    match node:
        case Name(base=base, accents=(), subscripts=(), superscripts=()):
            return base, 0
        case Binary(op="+" | "-" as op, left=Name(base=base), right=Number(text=text)) if text.isdigit():
            return base, int(op + text)
    return "", 0


def _superscripted(name: Name, script: Surface) -> Name:
    r"""x^{\langle t \rangle}, x^{<1>}, x^{(t)}, a^{[l](t)}: angles always hold a time, parentheses may."""
    match script:
        case Bracket(kind=kind, items=(inside,)) if name.time is None and (
            STYLES.get(kind) == "angle" or (kind == "()" and is_time(inside))
        ):
            return replace(name, time=inside, style=STYLES[kind])
        case Juxtaposed(left=Bracket() as left, right=Bracket(kind=kind) as right) if kind in STYLES:
            return _superscripted(_superscripted(name, left), right)
    return replace(name, superscripts=(*name.superscripts, script))


def _scripted(node: Surface, scripts: Scripts, at: Span) -> Surface:
    """Scripts on a group, an application or a derivative; the first of each kind innermost."""
    if scripts.primes:
        node = Scripted(at, node, None, None, scripts.primes)
    for number in range(max(len(scripts.subscripts), len(scripts.superscripts))):
        below = scripts.subscripts[number] if number < len(scripts.subscripts) else None
        above = scripts.superscripts[number] if number < len(scripts.superscripts) else None
        node = Scripted(at, node, below, above)
    return node


def called_at(name: Name, bracket: Bracket, at: Span) -> Name | None:
    """h(t) and x[t] as names at a time, or None when the bracket holds anything else."""
    if (
        name.time is not None
        or name.base in FUNCTION_SYMBOLS
        or len(bracket.items) != 1
        or not is_time(bracket.items[0])
    ):
        return None
    return replace(name, at=at, time=bracket.items[0], style="call" if bracket.kind == "()" else "index")


@dataclass(frozen=True, slots=True)
class Limits:
    """The limits of a sum or product, both included."""

    indices: tuple[Surface, ...] = ()
    lower: Surface | None = None
    upper: Surface | None = None
    domain: Surface | None = None
    condition: Surface | None = None


def limits(below: Surface | None, above: Surface | None) -> Limits:
    r"""Reads i = 1; 1 \le k \le t; j < t; w \in V; i = t, \ldots, 1; i = t..1; i, j. Else: a condition."""
    upper = above.right if isinstance(above, Relation) and above.op == "=" else above
    match below:
        case None:
            return Limits(upper=upper)
        case Relation(
            op="=", left=index, right=Juxtaposed(left=Juxtaposed(left=first, right=Dots()), right=last)
        ):
            return Limits((index,), first, last)
        case Bracket(kind="list", items=(Relation(op="=", left=index, right=first), *_, last) as items) if (
            any(isinstance(item, Dots) for item in items)
        ):
            return Limits((index,), first, last)
        case Relation(op="=", left=index, right=lower):
            return Limits((index,), lower, upper)
        case Relation(op="\\in", left=index, right=domain):
            return Limits(_each(index), None, upper, domain)
        case Relation():
            return _bounded(below, upper)
        case Bracket(kind="list", items=items) if any(isinstance(item, Relation) for item in items):
            return Limits(
                tuple(item.left for item in items if isinstance(item, Relation)), None, upper, None, below
            )
        case _:
            return Limits(_each(below), None, upper)


def _each(node: Surface) -> tuple[Surface, ...]:
    return node.items if isinstance(node, Bracket) and node.kind == "list" else (node,)


def _bounded(below: Relation, upper: Surface | None) -> Limits:
    """Limits written with inequalities; a strict one is moved to the next integer."""
    match below:
        case Relation(op=second, left=Relation(op=first, left=low, right=index), right=high) if (
            first in LESS and second in LESS
        ):
            return Limits((index,), _moved(low, "+", LESS[first]), _moved(high, "-", LESS[second]))
        case Relation(op=second, left=Relation(op=first, left=high, right=index), right=low) if (
            first in MORE and second in MORE
        ):
            return Limits((index,), _moved(low, "+", MORE[second]), _moved(high, "-", MORE[first]))
        case Relation(op=op, left=Name() as index, right=high) if op in LESS:
            return Limits((index,), None, _moved(high, "-", LESS[op]))
        case Relation(op=op, left=Name() as index, right=low) if op in MORE:
            return Limits((index,), _moved(low, "+", MORE[op]), upper)
        case _:
            return Limits((below.left,), None, upper, None, below)


def _moved(limit: Surface, op: str, strict: bool) -> Surface:
    return Binary(limit.at, op, limit, Number(limit.at, "1")) if strict else limit


def big_operator(at: Span, kind: str, found: Limits, body: Surface, braced: bool) -> BigOperator:
    """A sum or product with the limits found."""
    return BigOperator(
        at, kind, found.indices, found.lower, found.upper, body, found.domain, found.condition, braced
    )


def primes_of(script: Surface) -> int:
    r"""How many \prime a superscript holds, when it holds nothing else."""
    match script:
        case Name(base="\\prime"):
            return 1
        case Juxtaposed(left=left, right=right) if primes_of(left) and primes_of(right):
            return primes_of(left) + primes_of(right)
        case _:
            return 0
