r"""Scripts and braces as they are written: x_t, f^{\prime l}, h^{<t>}, x^{\odot 2}, \hat{x}_t^-."""

from __future__ import annotations

from symbptt.reader.atoms import parse_atom
from symbptt.reader.cursor import Cursor, ParseError, shown
from symbptt.reader.scripts import LESS, MORE, Scripts, primes_of
from symbptt.reader.syntax import Binary, Bracket, Juxtaposed, Name, Number, Span, Surface, Text
from symbptt.reader.tokens import Token

MOST_SCRIPTS = 20  # on one symbol
MOST_TOKENS = 6  # that say which times are meant


class Scripting(Cursor):
    """The scripts after a symbol, and groups in braces."""

    def read_scripts(self) -> Scripts:
        """Primes, subscripts and superscripts in any order."""
        below: list[Surface] = []
        above: list[Surface] = []
        primes = 0
        while self.token.kind in ("^", "_", "prime") or self.empty():
            token = self.advance()
            if len(below) + len(above) > MOST_SCRIPTS:
                raise ParseError(f"a symbol has more than {MOST_SCRIPTS} scripts", token)
            if token.kind == "{":
                primes += len(self.advance().text) if self.token.kind == "prime" else 0
                self.expect("}", "}")
            elif token.kind == "prime":
                primes += len(token.text)
            elif token.kind == "_":
                below.append(self.script())
            elif self.token.text == "\\prime" and self.token.kind == "letter":
                primes += len(self.advance().text) // len("\\prime")
            else:
                primes += self.primed()
                if not self.empty():
                    script = self.script()
                    primes += primes_of(script)
                    above += [] if primes_of(script) else [script]
        return Scripts(tuple(below), tuple(above), primes)

    def empty(self) -> bool:
        """Do braces stand here that hold nothing, or nothing but a prime?"""
        last = self.peek(2) if self.peek().kind == "prime" else self.peek()
        return self.token.kind == "{" and last.kind == "}"

    def primed(self) -> int:
        r"""The primes at the beginning of a superscript in braces, ^{\prime l}, which are taken out of it."""
        count = 0
        while self.token.kind == "{" and self.peek().text.strip("'") in ("", "\\prime") and self.peek().text:
            count += len(self.peek().text) if self.peek().kind == "prime" else 1
            self.tokens = (*self.tokens[: self.index + 1], *self.tokens[self.index + 2 :])
        return count

    def script(self) -> Surface:
        """The argument of ^ or _; letters in a row are one word there."""
        outer, self.scripting = self.scripting, True
        if self.token.kind == "{" and self.peek().kind == "rel" and (length := self._times()):
            node = self.times(length)
        elif self.token.kind == "{" and self.peek().text == "<":
            self.advance()
            node = self.angle()
            while self.token.kind != "}" and self.starts_factor():
                node = Juxtaposed(node.at, node, self.factor())
            self.expect("}", "} after the superscript")
        elif self.token.text == "<" and self.token.kind == "rel":
            node = self.angle()
        elif self.token.kind == "{" and self.peek().text in ("\\odot", "\\circ"):
            node = self.elementwise()
        else:
            node = self.argument()
        self.scripting = outer
        return node

    def _times(self) -> int:
        """How many tokens say which times are meant, as in {<t}; 0 where it is one time, <t>, or none."""
        if self.peek().text not in LESS | MORE:
            return 0
        rest = self.tokens[self.index + 2 : self.index + 2 + MOST_TOKENS]
        length = next((place for place, token in enumerate(rest) if token.kind == "}"), 0)
        plain = all(token.kind in ("letter", "number", "op") for token in rest[:length])
        of_time = any(token.kind == "letter" for token in rest[:length])  # 1_{>0} is a condition
        return length + 1 if plain and of_time else 0

    def times(self, length: int) -> Surface:
        """The times before t, y_{<t}: a part of the name."""
        start = self.advance().start
        text = "".join(self.advance().text for _ in range(length))
        self.expect("}", "} after the times")
        return Text(self.span(start), text)

    def elementwise(self) -> Surface:
        r"""An exponent marked as elementwise, ^{\odot 2}: a product sign with nothing on its left."""
        start = self.advance().start
        sign = self.advance()
        nothing = Text(Span(sign.start, sign.start), "")
        exponent = self.expression()
        self.expect("}", "} after the exponent")
        return Binary(self.span(start), sign.text, nothing, exponent)

    def angle(self) -> Surface:
        """<t> in a superscript."""
        start = self.advance().start
        node = self.expression()
        if self.token.text != ">":
            raise ParseError(f"expected > after the time, found {shown(self.token)}", self.token)
        self.advance()
        return Bracket(self.span(start), "<>", (node,))

    def argument(self) -> Surface:
        """A group in braces, or the one symbol that TeX takes without them."""
        token = self.token
        if token.kind == "{":
            return self.group()
        if token.kind == "number" and len(token.text) > 1:
            rest = Token("number", token.text[1:], token.start + 1, token.stop)
            self.tokens = (*self.tokens[: self.index], rest, *self.tokens[self.index + 1 :])
            return Number(Span(token.start, token.start + 1), token.text[0])
        if token.kind == "letter":
            self.advance()
            return Name(self.span(token.start), token.text)
        if token.kind == "op":
            self.advance()
            return Text(self.span(token.start), token.text)
        return parse_atom(self)

    def group(self) -> Surface:
        """A group in braces: one expression, or a list."""
        self.enter()
        opening = self.expect("{", "{")
        if self.token.kind == "}":
            node: Surface = Text(self.span(opening.start), "")
        elif self.token.kind == "op" and self.peek().kind == "}":
            node = Text(self.span(opening.start), self.advance().text)
        else:
            hidden, self.bars = self.bars, []
            node = self.listed(("}",), related=True)
            self.bars = hidden
        self.expect("}", "an operator or }")
        self.depth -= 1
        return node
