"""How an expression is written: `·` for times, `−` for minus, superscript powers, the common factor of a sum last."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from typing import NamedTuple

from .terms import Derived, Monomial, Rational, Symbol, Terms, common_factor, divided, evaluate, multiplied

Show = Callable[[Symbol], str]

SUM, PRODUCT, POWER, ATOM = range(4)
_SUPERSCRIPT = str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹")


class Text(NamedTuple):
    """A piece of an expression, and how tightly it holds together: a looser piece within a tighter one is bracketed."""

    text: str
    bond: int

    def within(self, bond: int) -> str:
        """The text, bracketed where it is looser than its surroundings."""
        return self.text if self.bond >= bond else f"({self.text})"


def in_letters(symbol: Symbol) -> str:
    """Its letter."""
    return symbol.letter


def in_numbers(symbol: Symbol) -> str:
    """Its value; the letter while that is open."""
    if symbol.value is None:
        return symbol.letter
    return str(symbol.value) if symbol.value >= 0 else f"(−{-symbol.value})"


def written(terms: Terms, show: Show) -> str:
    """An expression.

    Example:
        >>> d1, f = Symbol("D1", 3), Symbol("F", 5)
        >>> terms = ((((d1, 1), (f, 2)), 2), ((), -1))
        >>> written(terms, in_letters), written(terms, in_numbers)
        ('2·D1·F² − 1', '2·3·5² − 1')
    """
    return _expression(terms, show).text


def written_product(left: Terms, right: Terms, show: Show) -> str:
    """Two expressions multiplied; a bracket around the left says that it is the cost of one."""
    if left == (((), 1),):
        return written(right, show)
    return f"{_expression(left, show).within(POWER)}·{_expression(right, show).within(PRODUCT)}"


def _expression(terms: Terms, show: Show) -> Text:
    if not terms:
        return Text("0", ATOM)
    if len(terms) == 1:
        monomial, coefficient = terms[0]
        text = _product(monomial, coefficient, show)
        return text if coefficient > 0 else Text(f"−{text.within(PRODUCT)}", SUM)
    factor = common_factor(terms)
    if factor != ((), 1):
        rest = _expression(divided(terms, factor), show)
        common = _product(factor[0], factor[1], show)
        return Text(f"{rest.within(POWER)}·{common.within(PRODUCT)}", PRODUCT)
    line = ""
    for monomial, coefficient in terms:
        plus, minus = (" + ", " − ") if line else ("", "−")
        line += (plus if coefficient > 0 else minus) + _product(monomial, coefficient, show).within(PRODUCT)
    return Text(line, SUM)


def _product(monomial: Monomial, coefficient: Rational, show: Show) -> Text:
    """A coefficient without its sign, and powers, in their order; a divisor follows what it divides (`D1/g·F²`)."""
    number = abs(Fraction(coefficient))
    above = [(_factor(symbol, show), power) for symbol, power in monomial]
    if number.numerator != 1 or not any(power > 0 for _, power in above):
        above.insert(0, (Text(str(number.numerator), ATOM), 1))
    elif above[0][1] < 0:
        above.insert(0, above.pop(next(i for i, (_, power) in enumerate(above) if power > 0)))
    if number.denominator != 1:
        above.append((Text(str(number.denominator), ATOM), -1))
    if len(above) == 1 and above[0][1] == 1:
        return above[0][0]
    text = ""
    for base, power in above:
        text += ("·" if power > 0 else "/") if text else ""
        exponent = str(abs(power)).translate(_SUPERSCRIPT) if abs(power) > 1 else ""
        text += base.within(ATOM if exponent else POWER) + exponent
    return Text(text, POWER if len(above) == 1 else PRODUCT)


def _factor(symbol: Symbol | Derived, show: Show) -> Text:
    if isinstance(symbol, Symbol):
        return Text(show(symbol), ATOM)
    left, right = _expression(symbol.left, show), _expression(symbol.right, show)
    if symbol.kind == "whole":
        return left
    if symbol.kind not in ("floor", "ceil"):
        return Text(f"{symbol.kind}({left.text}, {right.text})", ATOM)
    fraction = f"{left.within(PRODUCT)}/{right.within(POWER)}"
    if symbol.value is not None and evaluate(multiplied((((), symbol.value),), symbol.right)) == evaluate(symbol.left):
        return Text(fraction, PRODUCT)
    return Text(f"⌊{fraction}⌋" if symbol.kind == "floor" else f"⌈{fraction}⌉", ATOM)
