"""Numbers computed from numbers, one by one: sums, comparisons, choices, casts."""

from __future__ import annotations

import math
import operator
from collections.abc import Callable
from functools import reduce
from typing import Any

from ..arrays import Array, combined, common_shape
from ..dtypes import dtype_of, is_float
from ._rules import LARGEST, Attributes, Fold, Inputs, RefusedError, bounded, need, single


def _arithmetic(function: Callable[..., Any], dtype: str | None = None) -> Fold:
    def rule(inputs: Inputs, attributes: Attributes, version: int) -> list[Array]:
        arrays = [array for array in inputs if array is not None]
        bounded(common_shape(array.shape for array in arrays) or ())
        kind = dtype or arrays[0].dtype
        made = combined(function, arrays, kind)
        if made is None:
            raise RefusedError
        if kind == "float32":
            made = Array(made.shape, tuple(map(single, made.items)), kind)
        return [made]

    return rule


def _many(function: Callable[[Any, Any], Any]) -> Fold:
    return _arithmetic(lambda *items: reduce(function, items))


def _divide(a: Any, b: Any) -> Any:
    if isinstance(a, int) and isinstance(b, int):
        quotient = abs(a) // abs(b)
        return quotient if (a < 0) == (b < 0) else -quotient
    return a / b


def _power(a: Any, b: Any) -> Any:
    if abs(b) > 64 or abs(a) > LARGEST:
        raise RefusedError
    return type(a)(a**b)


def _remainder(inputs: Inputs, attributes: Attributes, version: int) -> list[Array]:
    return _arithmetic(math.fmod if attributes.get("fmod") else operator.mod)(inputs, attributes, version)


def _cast(inputs: Inputs, attributes: Attributes, version: int) -> list[Array]:
    x = need(inputs, 0)
    dtype = dtype_of(int(attributes.get("to", 0)))
    if is_float(dtype):
        convert: Callable[[Any], Any] = single if dtype == "float32" else float
    else:
        convert = bool if dtype == "bool" else int
    return [Array(x.shape, tuple(map(convert, x.items)), dtype)]


def _clip(inputs: Inputs, attributes: Attributes, version: int) -> list[Array]:
    x, low, high = (need(inputs, place) for place in range(3))
    return _arithmetic(lambda x, low, high: min(max(x, low), high))([x, low, high], attributes, version)


FOLDS: dict[str, Fold] = {
    "Add": _arithmetic(operator.add), "Sub": _arithmetic(operator.sub), "Mul": _arithmetic(operator.mul),
    "Div": _arithmetic(_divide), "Pow": _arithmetic(_power), "Mod": _remainder, "Min": _many(min), "Max": _many(max),
    "Sum": _many(operator.add), "Neg": _arithmetic(operator.neg), "Abs": _arithmetic(abs),
    "Floor": _arithmetic(lambda x: float(math.floor(x))), "Ceil": _arithmetic(lambda x: float(math.ceil(x))),
    "Round": _arithmetic(lambda x: float(round(x))), "Sqrt": _arithmetic(math.sqrt),
    "Reciprocal": _arithmetic(lambda x: 1 / x), "Exp": _arithmetic(math.exp), "Log": _arithmetic(math.log),
    "Sign": _arithmetic(lambda x: (x > 0) - (x < 0)),
    "Not": _arithmetic(operator.not_, "bool"), "And": _arithmetic(lambda a, b: bool(a and b), "bool"),
    "Or": _arithmetic(lambda a, b: bool(a or b), "bool"), "Xor": _arithmetic(operator.ne, "bool"),
    "Equal": _arithmetic(operator.eq, "bool"), "Less": _arithmetic(operator.lt, "bool"),
    "Greater": _arithmetic(operator.gt, "bool"), "LessOrEqual": _arithmetic(operator.le, "bool"),
    "GreaterOrEqual": _arithmetic(operator.ge, "bool"),
    "Where": lambda inputs, attributes, version: _arithmetic(
        lambda chosen, a, b: a if chosen else b, need(inputs, 1).dtype
    )(inputs, attributes, version),
    "Clip": _clip, "Cast": _cast,
}  # fmt: skip
