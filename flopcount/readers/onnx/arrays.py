"""Small arrays of plain numbers, as the arithmetic of shapes needs them: a shape and its elements in order."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import product
from math import prod
from typing import Any

from msgspec import Struct


class Array(Struct, frozen=True, gc=False):
    """Numbers in row-major order, integers or not as their dtype says."""

    shape: tuple[int, ...]
    items: tuple[Any, ...]
    dtype: str = "int64"

    @property
    def flat(self) -> list[int]:
        """The elements as integers."""
        return [int(item) for item in self.items]


def scalar(value: Any, dtype: str = "int64") -> Array:
    """One number without axes."""
    return Array((), (value,), dtype)


def vector(values: Iterable[Any], dtype: str = "int64") -> Array:
    """Numbers along one axis.

    Example:
        >>> vector([1, 3, 224, 224]).shape
        (4,)
    """
    items = tuple(values)
    return Array((len(items),), items, dtype)


def strides(shape: Sequence[int]) -> list[int]:
    """How many elements lie between neighbours along each axis.

    Example:
        >>> strides((2, 3, 4))
        [12, 4, 1]
    """
    steps = [1] * len(shape)
    for axis in range(len(shape) - 2, -1, -1):
        steps[axis] = steps[axis + 1] * shape[axis + 1]
    return steps


def picked(array: Array, shape: tuple[int, ...], steps: Sequence[int], start: int = 0) -> Array:
    """The elements that walking an array by other strides meets."""
    places = (start + sum(map(int.__mul__, index, steps)) for index in product(*map(range, shape)))
    return Array(shape, tuple(array.items[place] for place in places), array.dtype)


def transposed(array: Array, order: Sequence[int]) -> Array:
    """The axes in another order."""
    steps = strides(array.shape)
    return picked(array, tuple(array.shape[axis] for axis in order), [steps[axis] for axis in order])


def stretched(array: Array, shape: tuple[int, ...]) -> Array:
    """Broadcast to a shape that it fits."""
    new = len(shape) - len(array.shape)
    steps = [0] * new + [0 if size == 1 else step for size, step in zip(array.shape, strides(array.shape), strict=True)]
    return picked(array, shape, steps)


def common_shape(shapes: Iterable[Sequence[int]]) -> tuple[int, ...] | None:
    """The shape that all broadcast to; None where they do not.

    Example:
        >>> common_shape([(3, 1), (4,)])
        (3, 4)
    """
    result: list[int] = []
    for shape in shapes:
        rank = max(len(result), len(shape))
        padded = [[1] * (rank - len(each)) + list(each) for each in (result, shape)]
        result = []
        for a, b in zip(*padded, strict=True):
            if a != b and 1 not in (a, b):
                return None
            result.append(b if a == 1 else a)
    return tuple(result)


def combined(function: Callable[..., Any], arrays: Sequence[Array], dtype: str) -> Array | None:
    """A function of several, element by element with broadcasting; None where they do not broadcast."""
    shape = common_shape(array.shape for array in arrays)
    if shape is None:
        return None
    same = [array.items if array.shape == shape else stretched(array, shape).items for array in arrays]
    return Array(shape, tuple(map(function, *same)), dtype)


def lines(array: Array, axis: int) -> Iterator[tuple[Any, ...]]:
    """The elements along one axis, line by line."""
    outer, size = prod(array.shape[:axis]), array.shape[axis]
    inner = prod(array.shape[axis + 1 :])
    for i in range(outer):
        for j in range(inner):
            start = i * size * inner + j
            yield array.items[start : start + size * inner : inner] if inner else ()


def joined(arrays: Sequence[Array], axis: int) -> Array:
    """Side by side along one axis."""
    first = arrays[0]
    outer = prod(first.shape[:axis])
    widths = [prod(array.shape[axis:]) for array in arrays]
    items = tuple(
        item
        for i in range(outer)
        for array, width in zip(arrays, widths, strict=True)
        for item in array.items[i * width : (i + 1) * width]
    )
    size = sum(array.shape[axis] for array in arrays)
    return Array((*first.shape[:axis], size, *first.shape[axis + 1 :]), items, first.dtype)


def taken(array: Array, places: Sequence[int], axis: int, shape: Sequence[int]) -> Array:
    """Slices of one axis by their places, which have a shape of their own."""
    inner, size = prod(array.shape[axis + 1 :]), array.shape[axis]
    items = tuple(
        item
        for i in range(prod(array.shape[:axis]))
        for place in places
        for item in array.items[(i * size + place) * inner : (i * size + place + 1) * inner]
    )
    return Array((*array.shape[:axis], *shape, *array.shape[axis + 1 :]), items, array.dtype)
