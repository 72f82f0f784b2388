"""The arithmetic beneath `Quantity`: sums of monomials in named sizes, kept in the order in which they were written."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from fractions import Fraction
from math import gcd
from typing import Any

from msgspec import Struct

Rational = int | Fraction


class Symbol(Struct, frozen=True):
    """A named size; its value is None while it is open."""

    letter: str
    value: int | None = None


class Derived(Struct, frozen=True):
    """A factor of its own: `floor` or `ceil` of left/right, `min`, `max` or `gcd` of the two, or the `whole` left.

    None but the last is a polynomial; that is one which products shall not tear apart.
    """

    kind: str
    left: Terms
    right: Terms
    value: Rational | None = None


Factor = tuple[Symbol | Derived, int]
Monomial = tuple[Factor, ...]
Term = tuple[Monomial, Rational]
Terms = tuple[Term, ...]

_DERIVE: dict[str, Callable[[Any, Any], Any]] = {
    "floor": lambda a, b: a // b,
    "ceil": lambda a, b: -(-a // b),
    "min": min,
    "max": max,
    "gcd": gcd,
    "whole": lambda a, b: a,
}


def collected(terms: Iterable[Term]) -> Terms:
    """The terms with equal monomials added up, and none that is zero."""
    merged: dict[frozenset[Factor], Term] = {}
    for monomial, coefficient in terms:
        key = frozenset(monomial)
        kept, already = merged.get(key, (monomial, 0))
        merged[key] = (kept, plain(already + coefficient))
    return tuple(term for term in merged.values() if term[1])


def multiplied(left: Terms, right: Terms) -> Terms:
    """Every term of the left times every term of the right."""
    return collected((_times(m, n), plain(a * b)) for m, a in left for n, b in right)


def divided(terms: Terms, by: Term) -> Terms:
    """Every term over a monomial, whether it divides or not."""
    monomial, coefficient = by
    return tuple((_times(m, monomial, -1), plain(Fraction(c) / coefficient)) for m, c in terms)


def quotient(terms: Terms, by: Term, cancel: bool) -> Terms | None:
    """The terms over a monomial, or None where a term of the result is no integer.

    Args:
        terms: What is divided.
        by: One term.
        cancel: Ask that the divisor's letters cancel; otherwise it is enough that the values divide (D1/g).
    """
    result = divided(terms, by)
    for monomial, coefficient in result:
        powers = dict(monomial)
        if cancel and (not isinstance(coefficient, int) or any(powers.get(symbol, 0) < 0 for symbol, _ in by[0])):
            return None
        closed = tuple(factor for factor in monomial if factor[0].value is not None or factor[1] < 0)
        if not isinstance(evaluate(((closed, coefficient),)), int):
            return None
    return result


def derived(kind: str, left: Terms, right: Terms) -> Terms:
    """A rounded quotient, a minimum or the like as one term."""
    symbol = Derived(kind, left, right)
    value = _value(symbol, {})
    if value is not None and not any(monomial for monomial, _ in left + right):
        return collected([((), value)])
    return ((((Derived(kind, left, right, value), 1),), 1),)


def evaluate(terms: Terms, letters: Mapping[str, int] | None = None) -> Rational | None:
    """The number that the terms stand for, open sizes bound by `letters`; None where one stays open."""
    total: Rational = 0
    for monomial, coefficient in terms:
        for symbol, power in monomial:
            value = _value(symbol, letters or {})
            if value is None:
                return None
            coefficient *= Fraction(value) ** power if power < 0 else value**power
        total += coefficient
    return plain(total)


def open_letters(terms: Terms) -> set[str]:
    """The sizes whose value is open."""
    letters: set[str] = set()
    for symbol in (symbol for monomial, _ in terms for symbol, _ in monomial if symbol.value is None):
        letters |= open_letters(symbol.left + symbol.right) if isinstance(symbol, Derived) else {symbol.letter}
    return letters


def common_factor(terms: Terms) -> Term:
    """The greatest monomial that divides every term; 1 where they share no letter.

    Example:
        >>> d1, d2 = Symbol("D1"), Symbol("D2")
        >>> common_factor(((((d2, 1), (d1, 1)), 4), (((d2, 1),), 2)))
        (((Symbol(letter='D2', value=None), 1),), 2)
    """
    powers = [dict(monomial) for monomial, _ in terms]
    shared = [(symbol, min(other.get(symbol, 0) for other in powers)) for symbol in powers[0]]
    monomial = tuple((symbol, power) for symbol, power in shared if power > 0)
    integers = [coefficient for _, coefficient in terms if isinstance(coefficient, int)]
    return monomial, gcd(*integers) if monomial and len(integers) == len(terms) else 1


def plain(number: Rational) -> Rational:
    """An integer where it is one."""
    return number.numerator if isinstance(number, Fraction) and number.denominator == 1 else number


def _value(symbol: Symbol | Derived, letters: Mapping[str, int]) -> Rational | None:
    if symbol.value is not None:
        return symbol.value
    if isinstance(symbol, Symbol):
        return letters.get(symbol.letter)
    left, right = evaluate(symbol.left, letters), evaluate(symbol.right, letters)
    if left is None or right is None:
        return None
    number: Rational = _DERIVE[symbol.kind](left, right)
    return number


def _times(left: Monomial, right: Monomial, sign: int = 1) -> Monomial:
    powers = dict(left)
    for symbol, power in right:
        powers[symbol] = powers.get(symbol, 0) + sign * power
    return tuple((symbol, power) for symbol, power in powers.items() if power)
