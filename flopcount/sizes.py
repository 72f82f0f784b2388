"""What formulas call where plain arithmetic does not do, for integers, quantities and arrays alike.

Counting has only integers; `quantity`, which explains, is not even imported for it.
"""

from __future__ import annotations

import math
from math import prod
from typing import Any

__all__ = ["ceil_div", "floor_div", "gcd", "maximum", "minimum", "prod", "whole"]


def floor_div(a: Any, b: Any) -> Any:
    """The quotient rounded down."""
    return a // b


def ceil_div(a: Any, b: Any) -> Any:
    """The quotient rounded up.

    Example:
        >>> ceil_div(7, 2)
        4
    """
    if type(a) is int and type(b) is int:
        return -(-a // b)
    from .formula import quantity

    return quantity.ceil_div(a, b)


def minimum(a: Any, b: Any) -> Any:
    """The smaller of two."""
    if type(a) is int and type(b) is int:
        return min(a, b)
    from .formula import quantity

    return quantity.minimum(a, b)


def maximum(a: Any, b: Any) -> Any:
    """The greater of two."""
    if type(a) is int and type(b) is int:
        return max(a, b)
    from .formula import quantity

    return quantity.maximum(a, b)


def whole(a: Any) -> Any:
    """A sum that formulas keep together in brackets; its value is the same."""
    if type(a) is int:
        return a
    from .formula import quantity

    return quantity.whole(a)


def gcd(a: Any, b: Any) -> Any:
    """The greatest common divisor of two."""
    if type(a) is int and type(b) is int:
        return math.gcd(a, b)
    from .formula import quantity

    return quantity.gcd(a, b)
