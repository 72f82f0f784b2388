"""Other sizes and other places: resize, sample by a grid, align regions."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ....ops.resample import Upsample
from ....ops.sampling import AffineGrid, GridSample, RoIAlign
from ..arrays import Array
from ..call import Call, Results
from ..folding import single
from ..values import UnreadError
from ._rules import Rule
from ._windows import short

MODES: dict[str, Any] = {"linear": "bilinear", "bilinear": "bilinear", "cubic": "bicubic", "bicubic": "bicubic"}


def _resize(call: Call) -> Results:
    """Upsample (scales), Resize of opset 10 (scales), and of 11 on (roi, scales, sizes, with axes)."""
    x = call.input(0)
    rank = len(x.shape)
    scales, sizes = _resize_inputs(call)
    axes = [axis + rank if axis < 0 else axis for axis in call.integers("axes") or range(rank)]
    out = list(x.shape)
    if any(not 0 <= axis < rank for axis in axes):
        raise UnreadError("axes that the input does not have")
    if sizes is not None and len(sizes.items) == len(axes):
        out = _kept_ratio(call, x.shape, axes, sizes.flat)
    elif scales is not None and len(scales.items) == len(axes):
        for axis, scale in zip(axes, scales.items, strict=True):
            out[axis] = int(single(single(scale) * x.shape[axis]))
    else:
        raise UnreadError("neither scales nor sizes fit the input")
    mode = call.text("mode", "nearest")
    changed = [axis for axis in range(rank) if out[axis] != x.shape[axis]]
    if not changed:
        return call.same(x)
    if rank < 3 or rank > 5 or out[:2] != list(x.shape[:2]):
        raise UnreadError("it resizes batch or channels")
    named: Any = {("linear", 3): "linear", ("linear", 5): "trilinear"}.get((mode, rank), MODES.get(mode, "nearest"))
    if named == "bicubic" and rank != 4:
        raise UnreadError("cubic interpolation of another rank")
    return call.layer(Upsample(size=short(out[2:]), mode=named), x)


def _resize_inputs(call: Call) -> tuple[Array | None, Array | None]:
    if call.node.op_type == "Upsample" or call.version < 11:
        held = call.attributes.get("scales")
        if isinstance(held, tuple):
            return Array((len(held),), held, "float32"), None
        return call.array(1), None
    sizes = call.array(3) if call.optional(3) is not None else None
    scales = call.array(2) if call.optional(2) is not None else None
    return (scales if scales is not None and scales.items else None), sizes


def _kept_ratio(call: Call, shape: Sequence[int], axes: Sequence[int], sizes: Sequence[int]) -> list[int]:
    out = list(shape)
    policy = call.text("keep_aspect_ratio_policy", "stretch")
    if policy != "stretch":
        ratios = [size / shape[axis] for axis, size in zip(axes, sizes, strict=True)]
        scale = min(ratios) if policy == "not_larger" else max(ratios)
        sizes = [int(scale * shape[axis] + 0.5) for axis in axes]
    for axis, size in zip(axes, sizes, strict=True):
        out[axis] = size
    return out


def _grid_sample(call: Call) -> Results:
    mode: Any = MODES.get(call.text("mode", "linear"), "nearest")
    return call.layer(GridSample(mode=mode), call.input(0), call.input(1))


def _affine_grid(call: Call) -> Results:
    return call.layer(AffineGrid(size=tuple(call.array(1).flat[2:])), call.input(0))


def _roi_align(call: Call) -> Results:
    op = RoIAlign(
        out=short((call.integer("output_height", 1), call.integer("output_width", 1))),
        samples=call.integer("sampling_ratio") or None,
        mode="max" if call.text("mode", "avg") == "max" else "avg",
    )
    return call.layer(op, call.input(0), call.input(1), call.input(2))


RULES: dict[str, Rule] = {
    "Resize": _resize, "Upsample": _resize, "GridSample": _grid_sample, "AffineGrid": _affine_grid,
    "RoiAlign": _roi_align,
}  # fmt: skip
