"""The arithmetic of shapes that exporters leave in a graph, done on plain numbers before anything is counted.

An entry of the table takes the inputs as arrays and the node's attributes, and returns the outputs; whatever it cannot
do, it refuses with `RefusedError`, and the value is just not known. Nothing here depends on any tensor of the network.
"""

from __future__ import annotations

import math
import operator
import struct
from collections.abc import Callable, Mapping, Sequence
from functools import reduce
from itertools import pairwise, product
from math import prod
from typing import Any

from .arrays import Array, combined, common_shape, joined, lines, picked, scalar, stretched, strides, taken, transposed
from .dtypes import is_float
from .tensors import MAX_ELEMENTS

Attributes = Mapping[str, Any]
Inputs = Sequence[Array | None]
Fold = Callable[[Inputs, Attributes, int], list[Array]]

LARGEST = 1 << 63


class RefusedError(Exception):
    """The arithmetic leads nowhere: too large, out of range, or not of shapes."""


def fold(op_type: str, inputs: Inputs, attributes: Attributes, version: int) -> list[Array] | None:
    """The outputs of a node whose inputs are known; None where they cannot be computed here.

    Args:
        op_type: The operator, of the standard domain.
        inputs: Known arrays; None for an optional input that is left out.
        attributes: The node's.
        version: The opset's.

    Example:
        >>> from .arrays import vector
        >>> fold("Concat", [vector([1, 3]), vector([-1])], {"axis": 0}, 17)
        [Array(shape=(3,), items=(1, 3, -1), dtype='int64')]
    """
    rule = FOLDS.get(op_type)
    if rule is None:
        return None
    try:
        made = rule(inputs, attributes, version)
    except (RefusedError, ArithmeticError, LookupError, ValueError, TypeError, AttributeError, struct.error):
        return None
    for array in made:
        if any(isinstance(item, int) and not -LARGEST <= item < LARGEST for item in array.items):
            return None
    return made


def _bounded(shape: Sequence[int]) -> tuple[int, ...]:
    if any(size < 0 for size in shape) or prod(shape) > MAX_ELEMENTS:
        raise RefusedError
    return tuple(shape)


def _need(inputs: Inputs, place: int) -> Array:
    found = inputs[place] if place < len(inputs) else None
    if found is None:
        raise RefusedError
    return found


def _listed(inputs: Inputs, attributes: Attributes, place: int, name: str) -> list[int] | None:
    """A list that older opsets have as an attribute and newer ones as an input."""
    if place < len(inputs) and inputs[place] is not None:
        return _need(inputs, place).flat
    held = attributes.get(name)
    return None if held is None else [int(item) for item in held]


def _single(rounded: float) -> float:
    """A number as 32 bits hold it."""
    value: float = struct.unpack("<f", struct.pack("<f", rounded))[0]
    return value


def _arithmetic(function: Callable[..., Any], dtype: str | None = None) -> Fold:
    def rule(inputs: Inputs, attributes: Attributes, version: int) -> list[Array]:
        arrays = [array for array in inputs if array is not None]
        _bounded(common_shape(array.shape for array in arrays) or ())
        kind = dtype or arrays[0].dtype
        made = combined(function, arrays, kind)
        if made is None:
            raise RefusedError
        if kind == "float32":
            made = Array(made.shape, tuple(map(_single, made.items)), kind)
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
    from .dtypes import dtype_of

    x = _need(inputs, 0)
    dtype = dtype_of(int(attributes.get("to", 0)))
    if is_float(dtype):
        convert: Callable[[Any], Any] = _single if dtype == "float32" else float
    else:
        convert = bool if dtype == "bool" else int
    return [Array(x.shape, tuple(map(convert, x.items)), dtype)]


def _gather(inputs: Inputs, attributes: Attributes, version: int) -> list[Array]:
    x, places = _need(inputs, 0), _need(inputs, 1)
    axis = _axis(attributes.get("axis", 0), len(x.shape))
    size = x.shape[axis]
    found = [place + size if place < 0 else place for place in places.flat]
    if any(not 0 <= place < size for place in found):
        raise RefusedError
    _bounded((*x.shape[:axis], *places.shape, *x.shape[axis + 1 :]))
    return [taken(x, found, axis, places.shape)]


def _axis(axis: Any, rank: int) -> int:
    if not -rank <= axis < max(rank, 1):
        raise RefusedError
    return int(axis) % max(rank, 1)


def _concat(inputs: Inputs, attributes: Attributes, version: int) -> list[Array]:
    arrays = [_need(inputs, place) for place in range(len(inputs))]
    axis = _axis(attributes.get("axis", 0), len(arrays[0].shape))
    if any(len(array.shape) != len(arrays[0].shape) for array in arrays):
        raise RefusedError
    _bounded((sum(prod(array.shape) for array in arrays),))
    return [joined(arrays, axis)]


def _slice(inputs: Inputs, attributes: Attributes, version: int) -> list[Array]:
    x = _need(inputs, 0)
    starts, ends = _listed(inputs, attributes, 1, "starts"), _listed(inputs, attributes, 2, "ends")
    axes, steps = _listed(inputs, attributes, 3, "axes"), _listed(inputs, attributes, 4, "steps")
    if starts is None or ends is None:
        raise RefusedError
    for axis, start, end, step in zip(
        axes or range(len(starts)), starts, ends, steps or [1] * len(starts), strict=True
    ):
        axis = _axis(axis, len(x.shape))
        places = range(*slice(start, end, step).indices(x.shape[axis]))
        x = taken(x, places, axis, (len(places),))
    return [x]


def _reshape(inputs: Inputs, attributes: Attributes, version: int) -> list[Array]:
    x = _need(inputs, 0)
    wanted = reshaped(x.shape, _need(inputs, 1).flat, bool(attributes.get("allowzero", 0)))
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
    x = _need(inputs, 0)
    axes = _listed(inputs, attributes, 1, "axes")
    gone = {_axis(axis, len(x.shape)) for axis in axes} if axes else {i for i, size in enumerate(x.shape) if size == 1}
    if any(x.shape[axis] != 1 for axis in gone):
        raise RefusedError
    return [Array(tuple(size for axis, size in enumerate(x.shape) if axis not in gone), x.items, x.dtype)]


def _unsqueeze(inputs: Inputs, attributes: Attributes, version: int) -> list[Array]:
    x = _need(inputs, 0)
    axes = _listed(inputs, attributes, 1, "axes") or []
    rank = len(x.shape) + len(axes)
    new, sizes = {_axis(axis, rank) for axis in axes}, iter(x.shape)
    return [Array(tuple(1 if axis in new else next(sizes) for axis in range(rank)), x.items, x.dtype)]


def _flatten(inputs: Inputs, attributes: Attributes, version: int) -> list[Array]:
    x = _need(inputs, 0)
    axis = attributes.get("axis", 1)
    return [Array((prod(x.shape[:axis]), prod(x.shape[axis:])), x.items, x.dtype)]


def _transpose(inputs: Inputs, attributes: Attributes, version: int) -> list[Array]:
    x = _need(inputs, 0)
    order = attributes.get("perm") or range(len(x.shape))[::-1]
    if sorted(order) != list(range(len(x.shape))):
        raise RefusedError
    return [transposed(x, order)]


def _expand(inputs: Inputs, attributes: Attributes, version: int) -> list[Array]:
    x = _need(inputs, 0)
    shape = common_shape([x.shape, _need(inputs, 1).flat])
    if shape is None:
        raise RefusedError
    return [stretched(x, _bounded(shape))]


def _tile(inputs: Inputs, attributes: Attributes, version: int) -> list[Array]:
    x, repeats = _need(inputs, 0), _need(inputs, 1).flat
    _bounded([size * times for size, times in zip(x.shape, repeats, strict=True)])
    for axis, times in enumerate(repeats):
        x = joined([x] * times, axis) if times else picked(x, _bounded((0,)), (0,))
    return [x]


def _constant_of_shape(inputs: Inputs, attributes: Attributes, version: int) -> list[Array]:
    shape = _bounded(_need(inputs, 0).flat)
    value = attributes.get("value")
    item, dtype = (value.items[0], value.dtype) if isinstance(value, Array) else (0.0, "float32")
    return [Array(shape, (item,) * prod(shape), dtype)]


def _range(inputs: Inputs, attributes: Attributes, version: int) -> list[Array]:
    start, limit, delta = (_need(inputs, place).items[0] for place in range(3))
    count = max(0, math.ceil((limit - start) / delta))
    _bounded((count,))
    return [Array((count,), tuple(start + i * delta for i in range(count)), _need(inputs, 0).dtype)]


def _split(inputs: Inputs, attributes: Attributes, version: int) -> list[Array]:
    x = _need(inputs, 0)
    axis = _axis(attributes.get("axis", 0), len(x.shape))
    sizes = _listed(inputs, attributes, 1, "split")
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


def _reduced(function: Callable[[Sequence[Any]], Any]) -> Fold:
    def rule(inputs: Inputs, attributes: Attributes, version: int) -> list[Array]:
        x = _need(inputs, 0)
        axes = _listed(inputs, attributes, 1, "axes")
        if not axes and attributes.get("noop_with_empty_axes"):
            return [x]
        gone = sorted({_axis(axis, len(x.shape)) for axis in axes} if axes else range(len(x.shape)))
        for axis in gone:
            shape = (*x.shape[:axis], 1, *x.shape[axis + 1 :])
            x = Array(shape, tuple(map(function, lines(x, axis))), x.dtype)
        if not attributes.get("keepdims", 1):
            x = Array(tuple(size for axis, size in enumerate(x.shape) if axis not in gone), x.items, x.dtype)
        return [x]

    return rule


def _non_zero(inputs: Inputs, attributes: Attributes, version: int) -> list[Array]:
    x = _need(inputs, 0)
    places = [
        index for index, item in zip(product(*map(range, x.shape)), x.items, strict=True) if item
    ]  # fmt: skip
    rows = tuple(index[axis] for axis in range(len(x.shape)) for index in places)
    return [Array((len(x.shape), len(places)), rows)]


def _cumsum(inputs: Inputs, attributes: Attributes, version: int) -> list[Array]:
    x = _need(inputs, 0)
    if len(x.shape) != 1 or attributes.get("exclusive") or attributes.get("reverse"):
        raise RefusedError
    sums = list(x.items)
    for before, place in pairwise(range(len(sums))):
        sums[place] += sums[before]
    return [Array(x.shape, tuple(sums), x.dtype)]


def _scatter_nd(inputs: Inputs, attributes: Attributes, version: int) -> list[Array]:
    x, places, updates = (_need(inputs, place) for place in range(3))
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


def _argument(choose: Callable[[Sequence[Any]], Any]) -> Fold:
    def rule(inputs: Inputs, attributes: Attributes, version: int) -> list[Array]:
        x = _need(inputs, 0)
        axis = _axis(attributes.get("axis", 0), len(x.shape))
        places = tuple(line.index(choose(line)) for line in lines(x, axis))
        one = (1,) if attributes.get("keepdims", 1) else ()
        return [Array((*x.shape[:axis], *one, *x.shape[axis + 1 :]), places)]

    return rule


def _clip(inputs: Inputs, attributes: Attributes, version: int) -> list[Array]:
    x, low, high = (_need(inputs, place) for place in range(3))
    return _arithmetic(lambda x, low, high: min(max(x, low), high))([x, low, high], attributes, version)


def _identity(inputs: Inputs, attributes: Attributes, version: int) -> list[Array]:
    return [_need(inputs, 0)]


def _size(inputs: Inputs, attributes: Attributes, version: int) -> list[Array]:
    return [scalar(prod(_need(inputs, 0).shape))]


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
        lambda chosen, a, b: a if chosen else b, _need(inputs, 1).dtype
    )(inputs, attributes, version),
    "Clip": _clip,
    "Cast": _cast, "Gather": _gather, "Concat": _concat, "Slice": _slice, "Reshape": _reshape, "Squeeze": _squeeze,
    "Unsqueeze": _unsqueeze, "Flatten": _flatten, "Transpose": _transpose, "Expand": _expand, "Tile": _tile,
    "ConstantOfShape": _constant_of_shape, "Range": _range, "Split": _split, "Identity": _identity, "Size": _size,
    "ReduceSum": _reduced(sum), "ReduceProd": _reduced(prod), "ReduceMax": _reduced(max), "ReduceMin": _reduced(min),
    "NonZero": _non_zero, "CumSum": _cumsum, "ScatterND": _scatter_nd, "ArgMax": _argument(max),
    "ArgMin": _argument(min),
}  # fmt: skip
