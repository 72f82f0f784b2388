"""Numbers put elsewhere: gathered, joined, cut, laid out anew, repeated, made."""

from __future__ import annotations

import math
from collections.abc import Sequence
from math import prod

from ..arrays import Array, common_shape, joined, picked, stretched, strides, taken, transposed
from ._rules import Attributes, Fold, Inputs, RefusedError, axis_of, bounded, listed, need


def _gather(inputs: Inputs, attributes: Attributes, version: int) -> list[Array]:
    x, places = need(inputs, 0), need(inputs, 1)
    axis = axis_of(attributes.get("axis", 0), len(x.shape))
    size = x.shape[axis]
    found = [place + size if place < 0 else place for place in places.flat]
    if any(not 0 <= place < size for place in found):
        raise RefusedError
    bounded((*x.shape[:axis], *places.shape, *x.shape[axis + 1 :]))
    return [taken(x, found, axis, places.shape)]


def _concat(inputs: Inputs, attributes: Attributes, version: int) -> list[Array]:
    arrays = [need(inputs, place) for place in range(len(inputs))]
    axis = axis_of(attributes.get("axis", 0), len(arrays[0].shape))
    if any(len(array.shape) != len(arrays[0].shape) for array in arrays):
        raise RefusedError
    bounded((sum(prod(array.shape) for array in arrays),))
    return [joined(arrays, axis)]


def _slice(inputs: Inputs, attributes: Attributes, version: int) -> list[Array]:
    x = need(inputs, 0)
    starts, ends = listed(inputs, attributes, 1, "starts"), listed(inputs, attributes, 2, "ends")
    axes, steps = listed(inputs, attributes, 3, "axes"), listed(inputs, attributes, 4, "steps")
    if starts is None or ends is None:
        raise RefusedError
    for axis, start, end, step in zip(
        axes or range(len(starts)), starts, ends, steps or [1] * len(starts), strict=True
    ):
        axis = axis_of(axis, len(x.shape))
        places = range(*slice(start, end, step).indices(x.shape[axis]))
        x = taken(x, places, axis, (len(places),))
    return [x]


def _reshape(inputs: Inputs, attributes: Attributes, version: int) -> list[Array]:
    x = need(inputs, 0)
    wanted = reshaped(x.shape, need(inputs, 1).flat, bool(attributes.get("allowzero", 0)))
    return [Array(wanted, x.items, x.dtype)]


def reshaped(shape: Sequence[int], wanted: Sequence[int], keep_zero: bool = False) -> tuple[int, ...]:
    """What a Reshape gives: 0 copies a size (unless zeros are meant), -1 is what is left over.

    Raises:
        RefusedError: The elements do not fit.

    Example:
        >>> reshaped((8, 12, 64), [0, -1])
        (8, 768)
    """
    sizes = [
        shape[axis] if size == 0 and not keep_zero and axis < len(shape) else size for axis, size in enumerate(wanted)
    ]
    known = prod(size for size in sizes if size != -1)
    if sizes.count(-1) > 1 or any(size < -1 for size in sizes):
        raise RefusedError
    if -1 in sizes:
        if not known or prod(shape) % known:
            raise RefusedError
        sizes[sizes.index(-1)] = prod(shape) // known
    if prod(sizes) != prod(shape):
        raise RefusedError
    return tuple(sizes)


def _squeeze(inputs: Inputs, attributes: Attributes, version: int) -> list[Array]:
    x = need(inputs, 0)
    axes = listed(inputs, attributes, 1, "axes")
    ones = {axis for axis, size in enumerate(x.shape) if size == 1}
    gone = {axis_of(axis, len(x.shape)) for axis in axes} if axes else ones
    if any(x.shape[axis] != 1 for axis in gone):
        raise RefusedError
    return [Array(tuple(size for axis, size in enumerate(x.shape) if axis not in gone), x.items, x.dtype)]


def _unsqueeze(inputs: Inputs, attributes: Attributes, version: int) -> list[Array]:
    x = need(inputs, 0)
    axes = listed(inputs, attributes, 1, "axes") or []
    rank = len(x.shape) + len(axes)
    new, sizes = {axis_of(axis, rank) for axis in axes}, iter(x.shape)
    return [Array(tuple(1 if axis in new else next(sizes) for axis in range(rank)), x.items, x.dtype)]


def _flatten(inputs: Inputs, attributes: Attributes, version: int) -> list[Array]:
    x = need(inputs, 0)
    axis = attributes.get("axis", 1)
    return [Array((prod(x.shape[:axis]), prod(x.shape[axis:])), x.items, x.dtype)]


def _transpose(inputs: Inputs, attributes: Attributes, version: int) -> list[Array]:
    x = need(inputs, 0)
    order = attributes.get("perm") or range(len(x.shape))[::-1]
    if sorted(order) != list(range(len(x.shape))):
        raise RefusedError
    return [transposed(x, order)]


def _expand(inputs: Inputs, attributes: Attributes, version: int) -> list[Array]:
    x = need(inputs, 0)
    shape = common_shape([x.shape, need(inputs, 1).flat])
    if shape is None:
        raise RefusedError
    return [stretched(x, bounded(shape))]


def _tile(inputs: Inputs, attributes: Attributes, version: int) -> list[Array]:
    x, repeats = need(inputs, 0), need(inputs, 1).flat
    bounded([size * times for size, times in zip(x.shape, repeats, strict=True)])
    for axis, times in enumerate(repeats):
        x = joined([x] * times, axis) if times else picked(x, bounded((0,)), (0,))
    return [x]


def _constant_of_shape(inputs: Inputs, attributes: Attributes, version: int) -> list[Array]:
    shape = bounded(need(inputs, 0).flat)
    value = attributes.get("value")
    item, dtype = (value.items[0], value.dtype) if isinstance(value, Array) else (0.0, "float32")
    return [Array(shape, (item,) * prod(shape), dtype)]


def _range(inputs: Inputs, attributes: Attributes, version: int) -> list[Array]:
    start, limit, delta = (need(inputs, place).items[0] for place in range(3))
    count = max(0, math.ceil((limit - start) / delta))
    bounded((count,))
    return [Array((count,), tuple(start + i * delta for i in range(count)), need(inputs, 0).dtype)]


def _split(inputs: Inputs, attributes: Attributes, version: int) -> list[Array]:
    x = need(inputs, 0)
    axis = axis_of(attributes.get("axis", 0), len(x.shape))
    sizes = listed(inputs, attributes, 1, "split")
    if sizes is None:
        sizes = parts(x.shape[axis], int(attributes["#outputs"]))
    made, start = [], 0
    for size in sizes:
        made.append(taken(x, range(start, start + size), axis, (size,)))
        start += size
    return made


def parts(size: int, count: int) -> list[int]:
    """Sizes of so many parts, all alike but perhaps the last, which is smaller.

    Raises:
        RefusedError: It does not split so.

    Example:
        >>> parts(7, 3)
        [3, 3, 1]
    """
    if not 0 < count <= 65_536:
        raise RefusedError
    each = -(-size // count)
    sizes = [each] * (count - 1) + [size - each * (count - 1)]
    if sizes[-1] < 0:
        raise RefusedError
    return sizes


def _scatter_nd(inputs: Inputs, attributes: Attributes, version: int) -> list[Array]:
    x, places, updates = (need(inputs, place) for place in range(3))
    if attributes.get("reduction", "none") != "none":
        raise RefusedError
    depth, steps, items = places.shape[-1], strides(x.shape), list(x.items)
    width, flat = prod(x.shape[depth:]), places.flat
    for row in range(prod(places.shape[:-1])):
        index = flat[row * depth : (row + 1) * depth]
        start = sum(
            (place + size if place < 0 else place) * step
            for place, size, step in zip(index, x.shape, steps, strict=False)
        )
        if not 0 <= start <= len(items) - width:
            raise RefusedError
        items[start : start + width] = updates.items[row * width : (row + 1) * width]
    return [Array(x.shape, tuple(items), x.dtype)]


def _identity(inputs: Inputs, attributes: Attributes, version: int) -> list[Array]:
    return [need(inputs, 0)]


FOLDS: dict[str, Fold] = {
    "Gather": _gather, "Concat": _concat, "Slice": _slice, "Reshape": _reshape, "Squeeze": _squeeze,
    "Unsqueeze": _unsqueeze, "Flatten": _flatten, "Transpose": _transpose, "Expand": _expand, "Tile": _tile,
    "ConstantOfShape": _constant_of_shape, "Range": _range, "Split": _split, "Identity": _identity,
    "ScatterND": _scatter_nd,
}  # fmt: skip
