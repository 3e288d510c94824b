r"""What the letters of a document count: entries, sizes, and times up to the last one.

    entry   i and j of W_{ij}, of \\sum_{j=1}^{N} x_j, of 1(i = j), of y_{t,i}
    size    N of \\sum_{j=1}^{N} x_j, D of s_1, \\ldots, s_D; n and m of \\mathbb{R}^{n \\times m}
    last    T, or \\tau of \\sum_{t=1}^{\\tau}

Nothing here goes by the letter itself: what a document does with a letter tells.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from symbptt.reader.spelling import Spelling, index_letters, sides_of
from symbptt.reader.syntax import (
    BigOperator,
    Binary,
    Bracket,
    Chain,
    Dots,
    Elided,
    Indicator,
    Name,
    Norm,
    Number,
    Surface,
    Word,
)
from symbptt.reader.walks import names_in, walk

DECLARES = frozenset(["\\in", ":", "\\colon", "\\subset", "\\subseteq"])
LABELS = frozenset("cfghoxyz")  # of gates and layers: o in e_o(t) is no index unless a sum binds it
BESIDE = frozenset(["subscript", "call", "index"])  # y_{t,i}, Y(t)_{i,j}: entries beside a time


@dataclass(frozen=True)
class Writing:
    """What letters count in one document; ``indexed`` are the stems whose entries are written."""

    letter: str = "t"
    last: frozenset[str] = frozenset("T")
    sizes: frozenset[str] = frozenset()
    timed: frozenset[str] = frozenset()
    indexed: frozenset[str] = frozenset()

    @staticmethod
    def of(chains: Iterable[Chain], names: Spelling) -> Writing:
        """The ways of all statements of a document."""
        chains = tuple(chains)
        roots = [node for chain in chains for node in sides_of(chain)]
        sums = [node for root in roots for node in walk(root) if isinstance(node, BigOperator)]
        times = {base for root in roots for name in names_in(root) for base in _time_letters(name)}
        declared = {letter for chain in chains for letter in _declared(chain, names.letter)}
        ends = names.last | {_limit(node) for node in sums if _index(node) == names.letter}
        last = {"T"} | (ends - declared - {"", names.letter} - frozenset("ijklmrsu"))
        last |= {"\\tau"} if _is_last("\\tau", roots, sums, names) else set()
        counted = {
            _limit(node)
            for node in sums
            if _limit(node) not in last | times | {"", names.letter} and _is_entry(node, names)
        }
        sizes = declared | counted | {letter for root in roots for letter in _ends(root, names)}
        found = Writing(names.letter, frozenset(last), frozenset(sizes - last - times), names.timed)
        indexed = frozenset(_indexed(roots, names, found))
        beside = indexed.union(*(_beside(chain, indexed, names) for chain in chains))
        return _with_raised(replace(found, indexed=beside), chains)

    def entries(self, *roots: Surface) -> frozenset[str]:
        """The letters that index entries in a formula: summed up to a size, in pairs, or beside a time."""
        return self.entries_by(map(self.shown, roots))

    def entries_by(self, shown: Iterable[tuple[set[str], set[str]]]) -> frozenset[str]:
        """The same, from what each side of the formula shows."""
        entries, counting = set(), {self.letter}
        for one, other in shown:
            entries |= one
            counting |= other
        return frozenset(letter for letter in entries - counting if _counts(letter))

    def shown(self, root: Surface) -> tuple[set[str], set[str]]:
        """The letters that a formula shows to index entries, and those that it shows to count time."""
        entries: set[str] = set()
        counting: set[str] = set()
        for node in walk(root):
            entries |= self._entries(node)
            counting |= self._counting_time(node)
            if isinstance(node, Name) and node.stem in self.indexed and len(node.subscripts) == 1:
                entries |= (
                    {_letter(node.subscripts[0])} if node.time or node.stem not in self.timed else set()
                )
        return entries, counting.union(*(_ends_of(node) for node in walk(root) if _index(node) in counting))

    def _is_timed(self, name: Name) -> bool:
        """Is z_{y,k} the quantity z_y at time k?"""
        items = name.subscripts
        rest = (replace(name, subscripts=items[:at] + items[at + 1 :]) for at in range(len(items)))
        return name.time is None and any(one.canonical in self.timed for one in rest)

    def _counting_time(self, node: Surface) -> set[str]:
        """The letters that a node shows to count time: shifted, or bound up to a time."""
        match node:
            case Name(subscripts=items, time=time):
                scripts = [item for item in (*items, time) if isinstance(item, Binary)]
                return set().union(*(index_letters(item) or set() for item in scripts)) - {self.letter}
            case BigOperator(lower=lower):
                ends = _ends_of(node)
                timed = isinstance(lower, Binary) or ends & {self.letter, *self.last}
                return ({_index(node)} | ends) - {self.letter} if timed else set()
        return set()

    def _entries(self, node: Surface) -> set[str]:
        """The letters that a node shows to index entries."""
        match node:
            case BigOperator(upper=upper, domain=domain) if _index(node) != self.letter:
                sized = isinstance(upper, Norm) or _limit(node) in self.sizes or domain is not None
                free = upper is None and node.lower is None and _occurs(node)
                return {_index(node)} if sized or free else set()
            case Indicator(condition=condition):
                return {item.base for item in walk(condition) if isinstance(item, Name)}
            case Name(subscripts=items, style=style) if style in BESIDE or len(items) > 1:
                letters = [_letter(item) for item in items]
                labels = LABELS if len(items) == 1 else frozenset()
                return set(letters) - labels if all(letters) and not self._is_timed(node) else set()
            case Name(subscripts=(Word(text=text),)) if len(text) == 2 and text[0] != text[1]:
                return set(text) if set(text) <= set("ijkl") else set()
        return set()


def _is_last(letter: str, roots: list[Surface], sums: list[BigOperator], names: Spelling) -> bool:
    """Is a letter a time that is never bound, and never stands beside the running time?"""
    if letter == names.letter or any(_index(node) == letter for node in sums):
        return False
    together = [{base for name in names_in(root) for base in _time_letters(name)} for root in roots]
    beside = any({letter, names.letter} <= found for found in together)
    return not beside and any(letter in found for found in together)


def _letter(node: Surface) -> str:
    """The letter that a script consists of, or nothing."""
    plain = isinstance(node, Name) and node.time is None and not node.subscripts and not node.superscripts
    return node.base if isinstance(node, Name) and plain else ""


def _counts(letter: str) -> bool:
    return len(letter) == 1 and letter.isalpha() and letter.islower()


def _index(node: Surface) -> str:
    """The letter over which a sum or product runs, if it is one."""
    return _letter(node.indices[0]) if isinstance(node, BigOperator) and len(node.indices) == 1 else ""


def _ends_of(node: Surface) -> set[str]:
    """The letters of the limits of a sum or product."""
    limits = (node.lower, node.upper) if isinstance(node, BigOperator) else ()
    return set().union(*(index_letters(limit) or set() for limit in limits if limit is not None))


def _limit(node: BigOperator) -> str:
    """The name of an upper limit: T, T_x, \\tau, N."""
    upper = node.upper
    return (
        upper.canonical if isinstance(upper, Name) and upper.time is None and not upper.superscripts else ""
    )


def _time_letters(name: Name) -> set[str]:
    return (index_letters(name.time) if name.time is not None else None) or set()


def _occurs(node: BigOperator) -> bool:
    """Does the index stand as a subscript in what is summed?"""
    letter = _index(node)
    return any(_letter(item) == letter for name in names_in(node.body) for item in name.subscripts)


def _is_entry(node: BigOperator, names: Spelling) -> bool:
    """Does the index of a sum index entries rather than times?"""
    letter = _index(node)
    if not letter or letter == names.letter or node.kind != "sum":
        return False
    for name in names_in(node.body):
        scripts = (*name.subscripts, *([name.time] if name.time is not None else []))
        shifted = any(isinstance(item, Binary) and letter in (index_letters(item) or ()) for item in scripts)
        if shifted or letter in _time_letters(name) or (_script(name, letter) and name.stem in names.timed):
            return False
    return _occurs(node) or any(
        letter in _word(item) for name in names_in(node.body) for item in name.subscripts
    )


def _script(name: Name, letter: str) -> bool:
    return name.time is None and len(name.subscripts) == 1 and _letter(name.subscripts[0]) == letter


def _word(node: Surface) -> str:
    return node.text if isinstance(node, Word) else ""


def _declared(chain: Chain, time: str) -> Iterator[str]:
    """The letters of declared sizes: n, m of W \\in \\mathbb{R}^{n \\times m}; N of i = 1, \\ldots, N.

    The N of t = 1, \\ldots, N, where t is the time, is no size.
    """
    for relation in chain.relations():
        right = relation.right
        if relation.op in DECLARES:
            for name in (node for node in walk(right) if isinstance(node, Name)):
                yield from (item.base for part in name.superscripts for item in names_in(part))
            if isinstance(right, Binary) and right.op == "\\times":
                yield from (item.base for item in names_in(right))
        if relation.op == "=" and isinstance(right, Bracket) and right.kind == "list":
            if _letter(relation.left) == time:
                continue
            ends = isinstance(right.items[-1], Name) and any(isinstance(item, Dots) for item in right.items)
            yield from {_letter(right.items[-1])} - {"T"} if ends else ()


def _ends(root: Surface, names: Spelling) -> Iterator[str]:
    """The letters at the end of a list or sum with dots: D of s_{t,1}, \\cdots, s_{t,D}."""
    for node in walk(root):
        if not isinstance(node, Elided) or not node.before or not node.after:
            continue
        first = any(_one(item) for name in names_in(node.before[0]) for item in name.subscripts)
        for name in names_in(node.after[-1]) if first else ():
            rest = [_letter(item) for item in name.subscripts]
            timed = name.time is not None or name.stem not in names.timed
            yield from (letter for letter in rest if letter.isupper() and letter != "T" and timed)


def _one(node: Surface) -> bool:
    return isinstance(node, Number) and node.text == "1"


def _indexed(roots: list[Surface], names: Spelling, writing: Writing) -> Iterator[str]:
    """The stems of names whose entries are written: z of \\sum_{j=1}^{K} e^{z_j}, o of o^{(t)}, o_i^{(t)}."""
    every = [name for root in roots for name in names_in(root)]
    bare = {name.stem for name in every if not name.subscripts and name.time is not None}
    for name in every:
        letter = _letter(name.subscripts[0]) if len(name.subscripts) == 1 else ""
        beside = name.time is not None and name.style not in BESIDE
        if letter and beside and name.stem in bare and letter in "ijkl":
            yield name.stem
    for node in (node for root in roots for node in walk(root) if isinstance(node, BigOperator)):
        letter = _index(node)
        if letter not in writing.entries(node):
            continue
        for name in names_in(node):
            if _script(name, letter) and name.stem not in names.timed:
                yield name.stem


def _with_raised(writing: Writing, chains: Sequence[Chain]) -> Writing:
    r"""With the stems whose entries stand below a raised time: h of h_k^{(t)} beside W_{kl} h_l^{(t-1)}.

    A formula that shows k to index entries tells it of all with k below in it, and they tell the next one.
    """
    every = [tuple(sides_of(chain)) for chain in chains]
    raised = [
        (roots, [name for root in roots for name in filter(_is_raised, names_in(root))]) for roots in every
    ]
    raised = [(roots, names) for roots, names in raised if names]
    scripts = {name.stem: set[str]() for _, names in raised for name in names}
    for _, names in raised:
        for name in names:
            scripts[name.stem].add(_letter(name.subscripts[0]))
    while True:
        found = {
            name.stem
            for roots, names in raised
            for letters in [_with_pairs(writing.entries(*roots), roots)]
            for name in names
            if _letter(name.subscripts[0]) in letters and not scripts[name.stem] & LABELS
        }
        if found <= writing.indexed:
            return writing
        writing = replace(writing, indexed=writing.indexed | found)


def _with_pairs(letters: frozenset[str], roots: Iterable[Surface]) -> frozenset[str]:
    """With the letters that stand in a pair with one of them: q of C_{qk}, where the sum is over k."""
    words = {_word(item) for root in roots for name in names_in(root) for item in name.subscripts}
    pairs = [set(word) for word in words if len(word) == 2 and letters & set(word)]
    return letters.union(*pairs) - LABELS


def _is_raised(name: Name) -> bool:
    """Has a name its time above and one script below?"""
    return name.time is not None and name.style not in BESIDE and len(name.subscripts) == 1


def _beside(chain: Chain, indexed: frozenset[str], names: Spelling) -> set[str]:
    """The stems with the index of one whose entries are written: p of p_i = e^{z_i} / ..."""
    every = [name for side in sides_of(chain) for name in names_in(side) if len(name.subscripts) == 1]
    letters = {_letter(name.subscripts[0]) for name in every if name.stem in indexed} - {""}
    found = {name.stem for name in every if _letter(name.subscripts[0]) in letters and name.time is None}
    return {stem for stem in found if stem not in names.timed}
