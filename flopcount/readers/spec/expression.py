"""The expression language: Python's arithmetic, comparisons and choices, over exact numbers, and nothing else.

A text becomes nested closures (see `grammar`); nothing is ever given to Python's own evaluator.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from ...errors import SpecError
from .grammar import Code, Environment, Parser
from .wording import TORN_HINT, cut

__all__ = ["TORN_HINT", "Expression", "parse"]


class Expression:
    """A parsed expression.

    Attributes:
        text: As it was written.
        names: The names it needs from its environment.
    """

    __slots__ = ("_code", "names", "text")

    def __init__(self, text: str, names: frozenset[str], code: Code) -> None:
        self.text = text
        self.names = names
        self._code = code

    def evaluate(self, env: Environment) -> Any:
        """Its value: an int, a `Fraction` (where it is no integer), a bool, a text, a list or None.

        Raises:
            SpecError: Without a place, which the caller knows.
        """
        try:
            return self._code(env)
        except SpecError as error:
            raise error.located(facts=_quoted(self.text)) from None


@lru_cache(maxsize=65_536)
def parse(text: str) -> Expression:
    """Parse an expression.

    Example:
        >>> parse("0.1 * 30").evaluate({})
        3
        >>> parse("stride if i == 0 else 1").evaluate({"stride": 2, "i": 0})
        2

    Raises:
        SpecError: It breaks the grammar; without a place, which the caller knows.
    """
    try:
        parser = Parser(text)
        code = parser.whole()
    except SpecError as error:
        raise error.located(facts=_quoted(text)) from None
    return Expression(text, frozenset(parser.names), code if parser.names else _folded(code))


def _folded(code: Code) -> Code:
    """A constant's code: its value, computed once. One that fails must fail where it is used, with a place."""
    try:
        value = code({})
    except SpecError:
        return code
    return lambda env: value


def _quoted(text: str) -> dict[str, str]:
    return {"expression": cut(text, 100)}
