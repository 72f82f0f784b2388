"""The operators of expressions: exact and bounded, over numbers, truth values, texts and lists."""

from __future__ import annotations

import operator
from collections.abc import Callable
from fractions import Fraction
from typing import Any

from ...errors import SpecError
from .scalars import LIMIT, exact

MAX_ITEMS = 100_000
"""How many numbers a list may hold, those of its inner lists counted."""

_MAX_LEVELS = 8

Binary = Callable[[Any, Any], Any]


def kind_of(value: Any) -> str:
    """What a value is, in words."""
    if value is None:
        return "null"
    kinds = {bool: "true or false", int: "a number", Fraction: "a number", str: "text", list: "a list"}
    return kinds.get(type(value), "something that has attributes")


def is_number(value: Any) -> bool:
    """Whether it counts: true and false do not."""
    return type(value) is int or type(value) is Fraction


def bounded(items: list[Any]) -> list[Any]:
    """The same list.

    Raises:
        SpecError: It holds too much, counted with its inner lists, so that no later step can take long.
    """
    if _leaves(items, 1) > MAX_ITEMS:
        raise too_many()
    return items


def _leaves(items: list[Any], level: int) -> int:
    if level > _MAX_LEVELS:
        raise SpecError(f"lists are nested more than {_MAX_LEVELS} deep")
    return sum(_leaves(item, level + 1) if isinstance(item, list) else 1 for item in items) + 1


def too_many() -> SpecError:
    """The error of a list or text that has grown too long."""
    return SpecError(f"a list or text has more than {MAX_ITEMS:,} elements")


def _mismatch(verb: str, left: Any, right: Any) -> SpecError:
    logical = isinstance(left, bool) or isinstance(right, bool)
    return SpecError(
        f"cannot {verb} {kind_of(left)} and {kind_of(right)}",
        hint="int(condition) is 1 or 0; `a if condition else b` chooses" if logical else None,
    )


def _on_numbers(verb: str, operation: Binary) -> Binary:
    def apply(left: Any, right: Any) -> Any:
        if is_number(left) and is_number(right):
            return exact(operation(left, right))
        raise _mismatch(verb, left, right)

    return apply


def _dividing(verb: str, operation: Binary) -> Binary:
    def divide(left: Any, right: Any) -> Any:
        if not right:
            raise SpecError("division by zero")
        return operation(left, right)

    return _on_numbers(verb, divide)


def _add(left: Any, right: Any) -> Any:
    if is_number(left) and is_number(right):
        return exact(left + right)
    if type(left) is type(right) and type(left) in (list, str):
        if len(left) + len(right) > MAX_ITEMS:
            raise too_many()
        return bounded(left + right) if isinstance(left, list) else left + right
    raise _mismatch("add", left, right)


def _multiply(left: Any, right: Any) -> Any:
    if is_number(left) and is_number(right):
        return exact(left * right)
    if isinstance(right, list):
        left, right = right, left
    if isinstance(left, list) and type(right) is int:
        if len(left) * right > MAX_ITEMS:
            raise too_many()
        return bounded(left * right)
    raise _mismatch("multiply", left, right)


def _power(base: Any, exponent: Any) -> Any:
    if type(exponent) is not int:
        raise SpecError(f"a power must be an integer, not {exponent}", hint="roots are not exact")
    if not base and exponent < 0:
        raise SpecError("division by zero")
    part = max(abs(base.numerator), base.denominator)
    if abs(exponent) * (part.bit_length() - 1) > LIMIT.bit_length():
        raise SpecError(f"{base} ** {exponent} is out of range", hint="numbers go from 2^-128 to 2^128")
    return Fraction(base) ** exponent


def _ordering(operation: Binary) -> Binary:
    def compare(left: Any, right: Any) -> bool:
        if (is_number(left) and is_number(right)) or (isinstance(left, str) and isinstance(right, str)):
            return bool(operation(left, right))
        raise _mismatch("compare", left, right)

    return compare


def _contained(left: Any, right: Any) -> bool:
    if isinstance(right, list):
        return left in right
    if isinstance(left, str) and isinstance(right, str):
        return left in right
    raise SpecError(f"`in` needs a list on its right, not {kind_of(right)}")


ARITHMETIC: dict[str, Binary] = {
    "+": _add,
    "-": _on_numbers("subtract", operator.sub),
    "*": _multiply,
    "/": _dividing("divide", Fraction),
    "//": _dividing("divide", operator.floordiv),
    "%": _dividing("divide", operator.mod),
    "**": _on_numbers("raise to a power", _power),
}
COMPARISON: dict[str, Binary] = {
    "==": operator.eq,
    "!=": operator.ne,
    "<": _ordering(operator.lt),
    "<=": _ordering(operator.le),
    ">": _ordering(operator.gt),
    ">=": _ordering(operator.ge),
    "in": _contained,
    "not in": lambda left, right: not _contained(left, right),
}


def negate(value: Any) -> Any:
    """Unary minus."""
    if not is_number(value):
        raise SpecError(f"cannot negate {kind_of(value)}")
    return -value


def item(value: Any, index: Any) -> Any:
    """`value[index]`."""
    if not isinstance(value, list):
        raise SpecError(f"only a list has [...], not {kind_of(value)}")
    if type(index) is not int:
        raise SpecError(f"an index must be an integer, not {index if is_number(index) else kind_of(index)}")
    if not -len(value) <= index < len(value):
        raise SpecError(f"index {index} is beyond a list of {len(value)}", hint="the first element is [0]")
    return value[index]


def part(value: Any, start: Any, stop: Any, step: Any) -> Any:
    """`value[start:stop:step]`."""
    if not isinstance(value, list):
        raise SpecError(f"only a list has [...], not {kind_of(value)}")
    for bound in (start, stop, step):
        if bound is not None and type(bound) is not int:
            raise SpecError(f"a slice goes from integer to integer, not {kind_of(bound)}")
    if step == 0:
        raise SpecError("the step of a slice is zero")
    return value[start:stop:step]
