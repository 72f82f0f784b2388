"""An exact number that remembers how it was made; an expression whose value may still be open.

A `Quantity` is a polynomial in named sizes (negative powers allowed: `D1/g`), kept in the order in which the code wrote
it. Formulas that are plain arithmetic run on it unchanged; where they round or choose they call the helpers of `sizes`,
whose readings for quantities and arrays stand at the end of this file.
"""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction
from math import gcd as _gcd
from math import prod
from typing import Any

from ..errors import UsageError
from .terms import Symbol, Term, Terms, collected, derived, evaluate, multiplied, open_letters, quotient

__all__ = ["Quantity", "ceil_div", "floor_div", "gcd", "maximum", "minimum", "prod", "where", "whole"]


class Quantity:
    """An exact number with its expression.

    Example:
        >>> d1, d2, f = Quantity.of("D1", 3), Quantity.of("D2", 96), Quantity.of("F", 11)
        >>> params = prod((d2, d1, f, f)) + d2
        >>> params.formula(), params.substituted(), params.value
        ('(D1·F² + 1)·D2', '(3·11² + 1)·96', 34944)
        >>> height = Quantity.of("H")
        >>> (height * height * 3).evaluate(H=224)
        150528
    """

    __slots__ = ("terms",)

    def __init__(self, terms: Iterable[Term] = ()) -> None:
        self.terms: Terms = collected(terms)

    @classmethod
    def of(cls, letter: str, value: int | None = None) -> Quantity:
        """A named size, open where no value is given."""
        return cls([(((Symbol(letter, value), 1),), 1)])

    @classmethod
    def lift(cls, number: Any) -> Quantity:
        """A quantity as it is; a plain number as a constant."""
        if isinstance(number, Quantity):
            return number
        return cls([((), number if isinstance(number, int) else Fraction(number))])

    @property
    def value(self) -> int:
        """The number.

        Raises:
            UsageError: A size in it is open.
        """
        return self.evaluate()

    def evaluate(self, **letters: int) -> int:
        """The number with open sizes bound.

        Raises:
            UsageError: A size in it stays open.
        """
        number = evaluate(self.terms, letters)
        if number is None:
            names = sorted(open_letters(self.terms) - letters.keys())
            raise UsageError(
                f"{', '.join(names)} of {self.formula()} {'is' if len(names) == 1 else 'are'} open",
                hint=f"bind them: evaluate({', '.join(f'{name}=...' for name in names)})",
            )
        if isinstance(number, Fraction):
            raise UsageError(f"{self.formula()} = {number} is not an integer")
        return number

    def formula(self) -> str:
        """The expression in letters."""
        from .notation import in_letters, written

        return written(self.terms, in_letters)

    def substituted(self) -> str:
        """The expression in numbers."""
        from .notation import in_numbers, written

        return written(self.terms, in_numbers)

    def grouped(self, by: Any) -> tuple[str, str]:
        """Formula and substitution as `(quotient)·by`, the cost of one output times the outputs, where `by` divides.

        Example:
            >>> f, h2, w2 = Quantity.of("F", 5), Quantity.of("H2", 28), Quantity.of("W2", 28)
            >>> (2 * f**2 * h2 * w2 - h2 * w2).grouped(h2 * w2)
            ('(2·F² − 1)·H2·W2', '(2·5² − 1)·28·28')
        """
        from .notation import in_letters, in_numbers, written_product

        outputs = Quantity.lift(by).terms
        if len(outputs) == 1 and outputs[0][0] and (each := quotient(self.terms, outputs[0], cancel=True)):
            return written_product(each, outputs, in_letters), written_product(each, outputs, in_numbers)
        return self.formula(), self.substituted()

    def __add__(self, other: Any) -> Quantity:
        return Quantity((*self.terms, *Quantity.lift(other).terms)) if _is_number(other) else NotImplemented

    def __radd__(self, other: Any) -> Quantity:
        return Quantity.lift(other) + self

    def __neg__(self) -> Quantity:
        return Quantity((monomial, -coefficient) for monomial, coefficient in self.terms)

    def __sub__(self, other: Any) -> Quantity:
        return self + -other if _is_number(other) else NotImplemented

    def __rsub__(self, other: Any) -> Quantity:
        return Quantity.lift(other) - self

    def __mul__(self, other: Any) -> Quantity:
        return Quantity(multiplied(self.terms, Quantity.lift(other).terms)) if _is_number(other) else NotImplemented

    def __rmul__(self, other: Any) -> Quantity:
        return Quantity.lift(other) * self if _is_number(other) else NotImplemented

    def __pow__(self, power: Any) -> Quantity:
        return prod([self] * int(power), start=Quantity.lift(1))

    def __floordiv__(self, other: Any) -> Quantity:
        return _rounded("floor", self, other) if _is_number(other) else NotImplemented

    def __rfloordiv__(self, other: Any) -> Quantity:
        return _rounded("floor", other, self)

    def __mod__(self, other: Any) -> Quantity:
        return self - self // other * other if _is_number(other) else NotImplemented

    def __rmod__(self, other: Any) -> Quantity:
        return Quantity.lift(other) % self

    def __eq__(self, other: object) -> bool:
        if not _is_number(other):
            return NotImplemented
        difference = (self - other).terms
        return not difference or evaluate(difference) == 0

    def __hash__(self) -> int:
        number = evaluate(self.terms)
        return hash(frozenset((frozenset(m), c) for m, c in self.terms) if number is None else number)

    def __lt__(self, other: Any) -> bool:
        return self.value < Quantity.lift(other).value

    def __le__(self, other: Any) -> bool:
        return not self > other

    def __gt__(self, other: Any) -> bool:
        return Quantity.lift(other) < self

    def __ge__(self, other: Any) -> bool:
        return not self < other

    def __bool__(self) -> bool:
        return self != 0

    def __index__(self) -> int:
        return self.value

    def __str__(self) -> str:
        return self.formula()

    def __repr__(self) -> str:
        return f"<Quantity {self.formula()}>"


def _is_number(value: object) -> bool:
    return isinstance(value, Quantity | int | float | Fraction)


def _rounded(kind: str, left: Any, right: Any) -> Quantity:
    """Left over right: a polynomial where that is exact, otherwise rounded.

    A sum stays one only where the divisor's letters cancel: (H1 − F + 2·P)/S is not torn apart.
    """
    a, b = Quantity.lift(left).terms, Quantity.lift(right).terms
    if len(b) == 1 and (exact := quotient(a, b[0], cancel=len(a) > 1)) is not None:
        return Quantity(exact)
    return Quantity(derived(kind, a, b))


def _chosen(kind: str, a: Any, b: Any) -> Quantity:
    """One of two by a rule; the first where both are known to be equal."""
    left, right = Quantity.lift(a), Quantity.lift(b)
    return left if left == right else Quantity(derived(kind, left.terms, right.terms))


def floor_div(a: Any, b: Any) -> Any:
    """The quotient rounded down."""
    return a // b


def ceil_div(a: Any, b: Any) -> Any:
    """The quotient rounded up.

    Example:
        >>> ceil_div(7, 2), ceil_div(Quantity.of("I", 7), 2).formula()
        (4, '⌈I/2⌉')
    """
    if isinstance(a, Quantity) or isinstance(b, Quantity):
        return _rounded("ceil", a, b)
    return -(-a // b)


def minimum(a: Any, b: Any) -> Any:
    """The smaller of two."""
    if isinstance(a, Quantity) or isinstance(b, Quantity):
        return _chosen("min", a, b)
    return where(a < b, a, b)


def maximum(a: Any, b: Any) -> Any:
    """The greater of two. A plain number that is the smaller (a bound that does not bind) leaves no trace in formulas.

    Example:
        >>> maximum(3, 4), maximum(Quantity.of("T", 9) - 1, 0), maximum(Quantity.of("T") - 1, 0)
        (4, <Quantity T − 1>, <Quantity max(T − 1, 0)>)
    """
    if isinstance(a, Quantity) or isinstance(b, Quantity):
        size, bound = (a, b) if isinstance(a, Quantity) else (b, a)
        known = None if isinstance(bound, Quantity) else evaluate(size.terms)
        return size if known is not None and known >= bound else _chosen("max", a, b)
    return where(a > b, a, b)


def whole(a: Any) -> Any:
    """A sum as one factor, as formulas are to print it.

    Example:
        >>> span = Quantity.of("O") * Quantity.of("S") + 1
        >>> (2 * span).formula(), (2 * whole(span)).formula()
        ('2·O·S + 2', '2·(O·S + 1)')
    """
    return Quantity(derived("whole", a.terms, Quantity.lift(1).terms)) if isinstance(a, Quantity) else a


def gcd(a: Any, b: Any) -> Any:
    """The greatest common divisor of two; with a plain 1 it is 1."""
    if isinstance(a, Quantity) or isinstance(b, Quantity):
        return 1 if any(type(size) is int and size == 1 for size in (a, b)) else _chosen("gcd", a, b)
    return _gcd(a, b)


def where(condition: Any, a: Any, b: Any) -> Any:
    """One of two, as the condition says; element by element for arrays."""
    if condition is True:
        return a
    if condition is False:
        return b
    return condition * a + (1 - condition) * b
