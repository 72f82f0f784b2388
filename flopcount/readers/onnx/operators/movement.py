"""The same elements elsewhere: reshape, transpose, slice, pad, concatenate."""

from __future__ import annotations

from ....fields import MAX_SIZE
from ....ops.joining import Concat
from ....ops.movement import Expand, Flip, Pad, Tile
from ....ops.resample import PixelShuffle, PixelUnshuffle
from ....ops.shape import Permute, Reshape, Squeeze, Unsqueeze
from ....ops.split import Split, StridedSlice
from ..arrays import common_shape
from ..call import Call, Results
from ..folding import RefusedError, parts, reshaped
from ..values import UnreadError, UnsizedError, constant
from ._rules import Rule

NAMES = {"reflect": "reflect", "edge": "replicate", "wrap": "circular"}
MAX_PARTS = 65_536


def _whole(call: Call, shape: tuple[int, ...]) -> Results:
    """The input under another shape, all axes named."""
    x = call.input(0)
    if not shape or 0 in shape:
        # A scalar, or nothing at all: our reshape names at least one axis.
        return call.layer(Squeeze(axes=tuple(range(len(x.shape)))), x) if x.shape and not shape else _empty(call, shape)
    (made,) = call.layer(Reshape(shape=shape, keep_batch=False), x)
    return call.same(made, quantized=x.quantized)


def _empty(call: Call, shape: tuple[int, ...]) -> Results:
    return (constant(call.node.outputs[0], shape, call.input(0).dtype),)


def _reshape(call: Call) -> Results:
    wanted = call.listed("shape", 1)
    if wanted is None:
        raise UnreadError("it has no shape")
    try:
        return _whole(call, reshaped(call.input(0).shape, wanted, bool(call.integer("allowzero"))))
    except RefusedError:
        from ....errors import OpError, show_shape

        raise OpError(f"{show_shape(call.input(0).shape)} does not reshape to {wanted}") from None


def _flatten(call: Call) -> Results:
    x = call.input(0)
    axis = call.integer("axis", 1)
    axis = axis + len(x.shape) if axis < 0 else axis
    if axis == 1 and len(x.shape) > 1:
        from ....ops.shape import Flatten

        return call.layer(Flatten(), x)
    first = second = 1
    for place, size in enumerate(x.shape):
        first, second = (first * size, second) if place < axis else (first, second * size)
    return _whole(call, (first, second))


def _transpose(call: Call) -> Results:
    x = call.input(0)
    order = call.integers("perm") or tuple(range(len(x.shape)))[::-1]
    if not order:
        return call.same(x)
    (made,) = call.layer(Permute(order=order), x)
    return call.same(made, quantized=x.quantized)


def _squeeze(call: Call) -> Results:
    x = call.input(0)
    axes = call.listed("axes", 1)
    if axes is None:
        axes = [axis for axis, size in enumerate(x.shape) if size == 1]
    return call.layer(Squeeze(axes=tuple(axes)), x) if axes else call.same(x)


def _unsqueeze(call: Call) -> Results:
    axes = call.listed("axes", 1)
    return call.layer(Unsqueeze(axes=tuple(axes)), call.input(0)) if axes else call.same(call.input(0))


def _slice(call: Call) -> Results:
    x = call.input(0)
    starts, ends = call.listed("starts", 1), call.listed("ends", 2)
    axes, steps = call.listed("axes", 3), call.listed("steps", 4)
    if starts is None or ends is None:
        raise UnreadError("it has no starts or ends")
    op = StridedSlice(
        starts=tuple(map(_within, starts)),
        ends=tuple(map(_within, ends)),
        axes=tuple(axes) if axes else None,
        steps=tuple(map(_within, steps)) if steps else None,
    )
    return call.layer(op, x)


def _within(place: int) -> int:
    """A place; files write the greatest integer there is for "to the end"."""
    return max(-MAX_SIZE, min(place, MAX_SIZE))


def _concat(call: Call) -> Results:
    given = call.given
    axis = call.integer("axis", 1)
    # What is empty adds nothing: a cache before its first step.
    parts = [value for value in given if 0 not in value.shape] or given[:1]
    return call.layer(Concat(axis=axis), *parts) if len(parts) > 1 else call.same(parts[0])


def _split(call: Call) -> Results:
    x = call.input(0)
    axis = call.integer("axis")
    sizes = call.listed("split", 1)
    if sizes is None:
        try:
            sizes = parts(x.shape[axis], call.integer("num_outputs") or len(call.node.outputs))
        except (RefusedError, IndexError):
            raise UnreadError("it does not split so") from None
    if len(sizes) > MAX_PARTS or not all(sizes):
        raise UnreadError("parts without elements")
    return call.layer(Split(sizes=tuple(sizes), axis=axis), x) if len(sizes) > 1 else call.same(x)


def _pad(call: Call) -> Results:
    x = call.input(0)
    pads = call.listed("pads", 1)
    if pads is None:
        pads = list(call.integers("paddings") or ())
    axes = call.array(3).flat if call.optional(3) is not None else list(range(len(pads) // 2))
    rank = len(x.shape)
    if len(pads) != 2 * len(axes) or any(not -rank <= axis < rank for axis in axes):
        raise UnreadError("pads for another number of axes")
    sides = [(0, 0)] * rank
    for place, axis in enumerate(axes):
        sides[axis] = (pads[place], pads[place + len(axes)])
    cut = [(max(0, -before), size - max(0, -after)) for (before, after), size in zip(sides, x.shape, strict=True)]
    if any(start or end < size for (start, end), size in zip(cut, x.shape, strict=True)):
        starts, ends = zip(*cut, strict=True)
        (x,) = call.layer(StridedSlice(starts=starts, ends=ends), x, part="crop")
    grown = tuple((max(0, before), max(0, after)) for before, after in sides)
    if not any(map(any, grown)):
        return call.same(x)
    mode = NAMES.get(call.text("mode", "constant"), "constant")
    return call.layer(Pad(padding=grown, keep_batch=False, mode=mode), x)  # type: ignore[arg-type]


def _expand(call: Call) -> Results:
    x = call.input(0)
    shape = common_shape([x.shape, call.array(1).flat])
    if shape is None or any(size < 1 for size in shape):
        raise UnreadError("the shapes do not broadcast")
    return call.same(x) if shape == x.shape else call.layer(Expand(shape=shape, keep_batch=False), x)


def _tile(call: Call) -> Results:
    x = call.input(0)
    repeats = call.array(1).flat
    if len(repeats) != len(x.shape):
        raise UnreadError("repeats for another number of axes")
    if any(times < 1 for times in repeats):
        raise UnreadError("repeats of nothing")
    tiled = [(axis, times) for axis, times in enumerate(repeats) if times != 1]
    for place, (axis, times) in enumerate(tiled):
        (x,) = call.layer(Tile(repeats=times, axis=axis), x, part="" if place == len(tiled) - 1 else f"axis{axis}")
    return call.same(x)


def _depth_to_space(call: Call) -> Results:
    return call.layer(PixelShuffle(factor=call.integer("blocksize", 1)), call.input(0))


def _space_to_depth(call: Call) -> Results:
    return call.layer(PixelUnshuffle(factor=call.integer("blocksize", 1)), call.input(0))


def _reverse(call: Call) -> Results:
    return call.layer(Flip(axes=(call.integer("time_axis"),)), call.input(0))


def _passed(call: Call) -> Results:
    return call.same(call.input(0))


def _dropout(call: Call) -> Results:
    from ....ops.dropout import Dropout

    x = call.input(0)
    (made,) = call.layer(Dropout(), x)
    return (made, call.beside(made, x.shape, "bool")) if len(call.node.outputs) > 1 else (made,)


def _constant_of_shape(call: Call) -> Results:
    shape = tuple(call.array(0).flat)
    if any(size < 0 for size in shape):
        raise UnsizedError("a negative size")
    return (constant(call.node.outputs[0], shape, "float32"),)


def _eye_like(call: Call) -> Results:
    return (constant(call.node.outputs[0], call.input(0).shape, call.input(0).dtype),)


def _range(call: Call) -> Results:
    from math import ceil

    start, limit, delta = (call.array(place).items[0] for place in range(3))
    if not delta:
        raise UnreadError("a step of 0")
    return (constant(call.node.outputs[0], (max(0, ceil((limit - start) / delta)),), call.input(0).dtype),)


def _center_crop_pad(call: Call) -> Results:
    x = call.input(0)
    axes = call.integers("axes") or tuple(range(len(x.shape)))
    shape = list(x.shape)
    for axis, size in zip(axes, call.array(1).flat, strict=True):
        shape[axis] = size
    crop = tuple(min(a, b) for a, b in zip(shape, x.shape, strict=True))
    if crop != x.shape:
        (x,) = call.layer(StridedSlice(starts=(0,) * len(crop), ends=crop), x, part="crop")
    grown = tuple((0, a - b) for a, b in zip(shape, crop, strict=True))
    return call.layer(Pad(padding=grown, keep_batch=False), x) if any(map(any, grown)) else call.same(x)


RULES: dict[str, Rule] = {
    "Reshape": _reshape, "Flatten": _flatten, "Transpose": _transpose, "Squeeze": _squeeze, "Unsqueeze": _unsqueeze,
    "Slice": _slice, "Concat": _concat, "Split": _split, "Pad": _pad, "Expand": _expand, "Tile": _tile,
    "DepthToSpace": _depth_to_space, "SpaceToDepth": _space_to_depth, "ReverseSequence": _reverse,
    "Identity": _passed, "Dropout": _dropout, "ConstantOfShape": _constant_of_shape, "EyeLike": _eye_like,
    "Range": _range, "CenterCropPad": _center_crop_pad,
}  # fmt: skip
