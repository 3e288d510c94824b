"""Where a parser stands in its tokens, and what it offers to the parsers of single constructs."""

from __future__ import annotations

from abc import ABC, abstractmethod

from symbptt.reader.scripts import Scripts
from symbptt.reader.syntax import Span, Surface
from symbptt.reader.tokens import Token

DEEPEST = 60  # brackets and arguments inside one another; real formulas stay under 15
STARTS = frozenset(["letter", "number", "word", "operator", "text", "open", "{", "dots", "begin", "command"])


class ParseError(ValueError):
    """What was expected, and the token that stands there."""

    def __init__(self, message: str, token: Token) -> None:
        super().__init__(message)
        self.message = message
        self.token = token


class Cursor(ABC):
    """The tokens of one statement, read left to right without going back."""

    def __init__(self, tokens: tuple[Token, ...]) -> None:
        stop = tokens[-1].stop if tokens else 0
        self.tokens = (*tokens, Token("stop", "", stop, stop))
        self.index = 0
        self.depth = 0
        self.scripting = False
        self.bars: list[str] = []  # the | and \| that are open here; "" hides those outside a bracket

    @property
    def token(self) -> Token:
        """The token to be read next."""
        return self.tokens[self.index]

    def peek(self, ahead: int = 1) -> Token:
        """A token further on."""
        return self.tokens[min(self.index + ahead, len(self.tokens) - 1)]

    def advance(self) -> Token:
        """Takes the token that stands here."""
        token = self.tokens[self.index]
        self.index = min(self.index + 1, len(self.tokens) - 1)
        return token

    def expect(self, kind: str, what: str) -> Token:
        """Takes a token of one kind. Raises ParseError when another stands here."""
        if self.token.kind != kind:
            raise ParseError(f"expected {what}, found {shown(self.token)}", self.token)
        return self.advance()

    def span(self, start: int) -> Span:
        """From an offset to the end of what was read last."""
        return Span(start, max(start, self.tokens[self.index - 1].stop if self.index else start))

    def enter(self) -> None:
        """Goes one level deeper. Raises ParseError below the deepest level."""
        self.depth += 1
        if self.depth > DEEPEST:
            raise ParseError(f"the formula is nested deeper than {DEEPEST} levels", self.token)

    def closes_bar(self) -> bool:
        """Does the bar that stands here close one that is open?"""
        return bool(self.bars) and self.bars[-1] == self.token.text

    def opens_bar(self) -> bool:
        """Does another bar follow the one here before its group ends? In h|x and p || q none does."""
        depth = 0
        for number in range(self.index + 1, len(self.tokens)):
            token = self.tokens[number]
            if token.kind == "bar" and token.text == self.token.text and depth == 0:
                return True
            depth += (token.kind in ("{", "open", "begin")) - (token.kind in ("}", "close", "end"))
            if depth < 0:
                break
        return False

    def starts_factor(self) -> bool:
        """Can a factor start here, after another one?"""
        token = self.token
        if token.kind == "bar":
            return not self.closes_bar() and not (token.text == "|" and self.bars) and self.opens_bar()
        return token.kind in STARTS

    @abstractmethod
    def listed(self, stops: tuple[str, ...], related: bool = False) -> Surface:
        """One expression or relation, or a list of them."""

    @abstractmethod
    def expression(self, level: int = 1) -> Surface:
        """An expression from a level of precedence on."""

    @abstractmethod
    def factors(self) -> Surface:
        """Factors side by side."""

    @abstractmethod
    def factor(self) -> Surface:
        """An atom with its scripts."""

    @abstractmethod
    def argument(self) -> Surface:
        """The argument of a command."""

    @abstractmethod
    def group(self) -> Surface:
        """A group in braces."""

    @abstractmethod
    def script(self) -> Surface:
        """The argument of ^ or _."""

    @abstractmethod
    def read_scripts(self) -> Scripts:
        """The scripts that stand here."""


def shown(token: Token) -> str:
    """A token as an error names it."""
    names = {"stop": "the end of the formula", "row": "the end of the row"}
    return names.get(
        token.kind, f"\\{token.kind}{{{token.text}}}" if token.kind in ("begin", "end") else token.text
    )
