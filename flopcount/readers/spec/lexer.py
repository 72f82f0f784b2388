"""The tokens of the expression language, and a cursor over them."""

from __future__ import annotations

import re
from typing import NamedTuple

from ...errors import SpecError
from .wording import TORN_HINT

MAX_CHARACTERS = 1000
MAX_TOKENS = 400


class Token(NamedTuple):
    """A piece of an expression: `number`, `name`, `text` (in quotes), `sign` or `end`."""

    kind: str
    text: str

    def __str__(self) -> str:
        return f"'{self.text}'" if self.kind != "end" else "the end"


END = Token("end", "")

_TOKEN = re.compile(
    r"""
    (?P<number> 0[xo][0-9a-fA-F]+ | (?: [0-9]+ (?: \.[0-9]* )? | \.[0-9]+ ) (?: [eE][-+]?[0-9]+ )? )
  | (?P<name> [^\W\d]\w* )
  | (?P<text> '[^']*' | "[^"]*" )
  | (?P<sign> \*\* | // | [<>=!]= | [-+*/%<>()\[\],.:] )
    """,
    re.VERBOSE,
)
_SPACE = re.compile(r"\s*")
_FOREIGN = {
    "^": "a power is written **",
    "&": "write `and`",
    "|": "write `or`",
    "!": "write `not`",
    "=": "equality is written ==",
    "?": "a choice is written `a if condition else b`",
    "×": "a product is written *",
    "{": TORN_HINT,
    "}": TORN_HINT,
}


def tokenize(source: str) -> list[Token]:
    """Cut an expression into tokens, the last of which is `END`.

    Example:
        >>> [token.text for token in tokenize("4*mid")]
        ['4', '*', 'mid', '']

    Raises:
        SpecError: It is too long, or holds a character that the language does not know.
    """
    if len(source) > MAX_CHARACTERS:
        raise SpecError(f"an expression of {len(source):,} characters is too long", hint=_PARTS)
    tokens = []
    position = 0
    while True:
        position = _SPACE.match(source, position).end()  # type: ignore[union-attr]
        if position == len(source):
            break
        found = _TOKEN.match(source, position)
        if found is None:
            raise _foreign(source[position])
        tokens.append(Token(found.lastgroup or "", found[0]))
        position = found.end()
    if len(tokens) > MAX_TOKENS:
        raise SpecError(f"an expression of {len(tokens)} words and signs is too long", hint=_PARTS)
    return [*tokens, END]


_PARTS = "give its parts names under `let`"


def _foreign(char: str) -> SpecError:
    if char in "'\"":
        return SpecError("a quote is opened and not closed", hint=TORN_HINT)
    return SpecError(f"unexpected '{char}'", hint=_FOREIGN.get(char))


class Cursor:
    """Reads tokens from left to right."""

    def __init__(self, tokens: list[Token]) -> None:
        self.tokens = tokens
        self.position = 0

    def peek(self) -> Token:
        """The next token."""
        return self.tokens[self.position]

    def accept(self, *texts: str) -> str:
        """Step over the next token if it is one of these; its text, or nothing."""
        token = self.peek()
        if token.kind in ("sign", "name") and token.text in texts:
            self.position += 1
            return token.text
        return ""

    def expect(self, text: str) -> None:
        """Step over this token, or refuse what stands there."""
        if not self.accept(text):
            raise self.unexpected(f", where '{text}' belongs")

    def unexpected(self, context: str = "") -> SpecError:
        """The error for the next token, with what probably went wrong."""
        token = self.peek()
        what = "the expression ends too early" if token == END else f"unexpected {token}"
        hint = None
        texts = [token.text for token in self.tokens if token.kind == "sign"]
        if texts.count("(") != texts.count(")") or texts.count("[") != texts.count("]"):
            hint = TORN_HINT
        elif self.position and (token.kind in ("number", "name", "text") or token.text == "("):
            hint = "an operator belongs between two values, as in 4*mid"
        return SpecError(what + context, hint=hint)
