"""Many numbers to few: sums, extremes and their places, running sums."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import pairwise, product
from math import prod
from typing import Any

from ..arrays import Array, lines, scalar
from ._rules import Attributes, Fold, Inputs, RefusedError, axis_of, listed, need


def _reduced(function: Callable[[Sequence[Any]], Any]) -> Fold:
    def rule(inputs: Inputs, attributes: Attributes, version: int) -> list[Array]:
        x = need(inputs, 0)
        axes = listed(inputs, attributes, 1, "axes")
        if not axes and attributes.get("noop_with_empty_axes"):
            return [x]
        gone = sorted({axis_of(axis, len(x.shape)) for axis in axes} if axes else range(len(x.shape)))
        for axis in gone:
            shape = (*x.shape[:axis], 1, *x.shape[axis + 1 :])
            x = Array(shape, tuple(map(function, lines(x, axis))), x.dtype)
        if not attributes.get("keepdims", 1):
            x = Array(tuple(size for axis, size in enumerate(x.shape) if axis not in gone), x.items, x.dtype)
        return [x]

    return rule


def _non_zero(inputs: Inputs, attributes: Attributes, version: int) -> list[Array]:
    x = need(inputs, 0)
    places = [
        index for index, item in zip(product(*map(range, x.shape)), x.items, strict=True) if item
    ]  # fmt: skip
    rows = tuple(index[axis] for axis in range(len(x.shape)) for index in places)
    return [Array((len(x.shape), len(places)), rows)]


def _cumsum(inputs: Inputs, attributes: Attributes, version: int) -> list[Array]:
    x = need(inputs, 0)
    if len(x.shape) != 1 or attributes.get("exclusive") or attributes.get("reverse"):
        raise RefusedError
    sums = list(x.items)
    for before, place in pairwise(range(len(sums))):
        sums[place] += sums[before]
    return [Array(x.shape, tuple(sums), x.dtype)]


def _argument(choose: Callable[[Sequence[Any]], Any]) -> Fold:
    def rule(inputs: Inputs, attributes: Attributes, version: int) -> list[Array]:
        x = need(inputs, 0)
        axis = axis_of(attributes.get("axis", 0), len(x.shape))
        places = tuple(line.index(choose(line)) for line in lines(x, axis))
        one = (1,) if attributes.get("keepdims", 1) else ()
        return [Array((*x.shape[:axis], *one, *x.shape[axis + 1 :]), places)]

    return rule


def _size(inputs: Inputs, attributes: Attributes, version: int) -> list[Array]:
    return [scalar(prod(need(inputs, 0).shape))]


FOLDS: dict[str, Fold] = {
    "ReduceSum": _reduced(sum), "ReduceProd": _reduced(prod), "ReduceMax": _reduced(max), "ReduceMin": _reduced(min),
    "NonZero": _non_zero, "CumSum": _cumsum, "ArgMax": _argument(max), "ArgMin": _argument(min), "Size": _size,
}  # fmt: skip
