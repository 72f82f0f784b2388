"""Convolution, pooling, resampling: what slides over space."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ....ops.activation import SiLU
from ....ops.conv import Conv
from ....ops.conv_transpose import ConvTranspose
from ....ops.pool import AvgPool, GlobalAvgPool, GlobalMaxPool, MaxPool
from ....ops.resample import Upsample
from ....ops.sampling import AffineGrid, GridSample, RoIAlign
from ..arrays import Array
from ..call import Call, Results
from ..folding import _single as single
from ..values import UnreadError, Value
from ._rules import Rule

MODES: dict[str, Any] = {"linear": "bilinear", "bilinear": "bilinear", "cubic": "bicubic", "bicubic": "bicubic"}


def _list(call: Call, name: str, rank: int, default: int) -> tuple[int, ...]:
    found = call.integers(name) or (default,) * rank
    if len(found) != rank or any(item < 0 for item in found):
        raise UnreadError(f"{name} {list(found)} for {rank} spatial axes")
    return found


def _padding(call: Call, rank: int) -> Any:
    """Our padding: `same`, one number, one per axis, or a pair per axis; the shortest that says it."""
    mode = call.text("auto_pad", "NOTSET")
    if mode in ("SAME_UPPER", "SAME_LOWER"):
        return "same"
    pads = (0,) * (2 * rank) if mode == "VALID" else call.integers("pads") or (0,) * (2 * rank)
    if len(pads) != 2 * rank:
        raise UnreadError(f"{len(pads)} pads for {rank} spatial axes")
    pairs = list(zip(pads[:rank], pads[rank:], strict=True))
    if any(before != after for before, after in pairs):
        return tuple(pairs)
    return _short([before for before, _ in pairs])


def _short(values: Sequence[int]) -> Any:
    """One number where all are equal."""
    return values[0] if len(set(values)) == 1 else tuple(values)


def _conv(call: Call) -> Results:
    return convolve(call, call.input(0), call.input(1), call.optional(2))


def convolve(call: Call, x: Value, w: Value, b: Value | None) -> Results:
    """A convolution of these tensors with the node's attributes."""
    rank = len(w.shape) - 2
    op = Conv(
        out=w.shape[0],
        kernel=_short(w.shape[2:]) if rank > 0 else 1,
        stride=_short(_list(call, "strides", rank, 1)) if rank > 0 else 1,
        padding=_padding(call, rank),
        dilation=_short(_list(call, "dilations", rank, 1)) if rank > 0 else 1,
        groups=call.integer("group", 1),
        bias=b is not None,
    )
    made = call.layer(op, x, weight=w, bias=b)
    if x.quantized and w.quantized and not x.held:
        call.host.integer_products(call)
    return made


def _causal_conv(call: Call) -> Results:
    """Depthwise convolution over time that sees no later step; before the first come those of the last call."""
    x, w, b = call.input(0), call.input(1), call.optional(2)
    if len(x.shape) != 3 or len(w.shape) != 3:
        raise UnreadError("other axes")
    channels, kernel = x.shape[1], w.shape[2]
    op = Conv(out=channels, kernel=kernel, padding=((kernel - 1, 0),), groups=channels, bias=b is not None)
    (made,) = call.layer(op, x, weight=w, bias=b)
    if call.text("activation", "none") in ("silu", "swish"):
        (made,) = call.layer(SiLU(), made, part="silu")
    return (made, call.beside(made, (x.shape[0], channels, kernel - 1), x.dtype))


def _conv_transpose(call: Call) -> Results:
    x, w, b = call.input(0), call.input(1), call.optional(2)
    rank = len(w.shape) - 2
    strides, dilations = _list(call, "strides", rank, 1), _list(call, "dilations", rank, 1)
    extra = _list(call, "output_padding", rank, 0)
    spans = [d * (f - 1) + 1 for f, d in zip(w.shape[2:], dilations, strict=True)]
    full = [(i - 1) * s + e for i, s, e in zip(x.shape[2:], strides, spans, strict=True)]
    wanted = call.integers("output_shape")
    mode = call.text("auto_pad", "NOTSET")
    if wanted is not None:
        target: Sequence[int] = wanted[-rank:]
    elif mode in ("SAME_UPPER", "SAME_LOWER"):
        target = [i * s for i, s in zip(x.shape[2:], strides, strict=True)]
    else:
        pads = (0,) * (2 * rank) if mode == "VALID" else call.integers("pads") or (0,) * (2 * rank)
        if len(pads) != 2 * rank:
            raise UnreadError(f"{len(pads)} pads for {rank} spatial axes")
        target = [f + e - pads[i] - pads[i + rank] for i, (f, e) in enumerate(zip(full, extra, strict=True))]
    fields: dict[str, Any] = {
        "out": w.shape[1] * call.integer("group", 1),
        "kernel": _short(w.shape[2:]),
        "stride": _short(strides),
        "dilation": _short(dilations),
        "groups": call.integer("group", 1),
        "bias": b is not None,
    }
    crops = [f - t for f, t in zip(full, target, strict=True)]
    # Padding that crops both ends alike, then what is left over at one end.
    padding = [max(0, -(-crop // 2)) for crop in crops]
    more = [2 * p - crop for p, crop in zip(padding, crops, strict=True)]
    fields |= {"padding": _short(padding), "output_padding": _short(more) if any(more) else 0}
    op = call.fitting(ConvTranspose(**fields), lambda: _Sized(**fields), x)
    return call.layer(op, x, weight=w, bias=b)


class _Sized(ConvTranspose, frozen=True, kw_only=True):
    """A transposed convolution whose output may exceed its last product: a file may ask for any size."""

    def check(self, x: Any) -> None:
        fields = ConvTranspose(
            out=self.out, kernel=self.kernel, stride=self.stride, dilation=self.dilation, groups=self.groups
        )
        fields.check(x)
        if min(self.infer(x)[2:]) < 1:
            ConvTranspose.check(self, x)


def _pool(call: Call) -> Results:
    x = call.input(0)
    rank = len(x.shape) - 2
    kernel = call.integers("kernel_shape")
    if kernel is None:
        raise UnreadError("it has no kernel_shape")
    fields: dict[str, Any] = {
        "kernel": _short(kernel),
        "stride": _short(_list(call, "strides", rank, 1)),
        "padding": _padding(call, rank),
        "ceil_mode": bool(call.integer("ceil_mode")),
    }
    dilation = _short(_list(call, "dilations", rank, 1))
    if call.node.op_type == "AveragePool":
        fields["count_include_pad"] = bool(call.integer("count_include_pad"))
        wide = _AvgPool(**fields, dilation=dilation)
        return call.layer(call.fitting(AvgPool(**fields), lambda: wide, x) if dilation == 1 else wide, x)
    fields["dilation"] = dilation
    (made,) = call.layer(call.fitting(MaxPool(**fields), lambda: _MaxPool(**fields), x), x)
    return (made, call.beside(made, made.shape)) if len(call.node.outputs) > 1 else (made,)


class _AvgPool(AvgPool, frozen=True, kw_only=True):
    """Average pooling with any padding and dilation: the format has no limit of half a kernel."""

    dilation: Any = 1

    def check(self, x: Any) -> None:
        _check(self, x, self.dilation)

    def _window(self) -> tuple[Any, Any, Any, Any]:
        kernel, stride, padding, _ = super()._window()
        return kernel, stride, padding, self.dilation


class _MaxPool(MaxPool, frozen=True, kw_only=True):
    """Max pooling with any padding."""

    def check(self, x: Any) -> None:
        _check(self, x, self.dilation)


def _check(op: AvgPool | MaxPool, x: Any, dilation: Any) -> None:
    from ....ops.window import check_window

    check_window(x, op.kernel, op.stride, op.padding, dilation, ceil_mode=op.ceil_mode)


def _global(call: Call) -> Results:
    op = GlobalMaxPool() if call.node.op_type == "GlobalMaxPool" else GlobalAvgPool()
    return call.layer(op, call.input(0))


def _deformed(call: Call) -> Results:
    """Deformable convolution: the products are a convolution's; what sampling its inputs costs is not known."""
    x, w = call.input(0), call.input(1)
    (sampled,) = call.moved(x.shape, free=False, part="sampling")
    return convolve(call, sampled, w, call.optional(3))


def _max_unpool(call: Call) -> Results:
    x = call.input(0)
    rank = len(x.shape) - 2
    if call.optional(2) is not None:
        return call.moved(tuple(call.array(2).flat))
    kernel, strides = _list(call, "kernel_shape", rank, 1), _list(call, "strides", rank, 1)
    pads = call.integers("pads") or (0,) * (2 * rank)
    if len(pads) != 2 * rank:
        raise UnreadError(f"{len(pads)} pads for {rank} spatial axes")
    axes = zip(x.shape[2:], strides, kernel, pads[:rank], pads[rank:], strict=True)
    sizes = [(i - 1) * s + f - before - after for i, s, f, before, after in axes]
    return call.moved((*x.shape[:2], *sizes))


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
    return call.layer(Upsample(size=_short(out[2:]), mode=named), x)


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
        out=_short((call.integer("output_height", 1), call.integer("output_width", 1))),
        samples=call.integer("sampling_ratio") or None,
        mode="max" if call.text("mode", "avg") == "max" else "avg",
    )
    return call.layer(op, call.input(0), call.input(1), call.input(2))


RULES: dict[str, Rule] = {
    "Conv": _conv, "CausalConvWithState": _causal_conv, "ConvTranspose": _conv_transpose, "MaxPool": _pool,
    "AveragePool": _pool, "GlobalAveragePool": _global, "GlobalMaxPool": _global, "Resize": _resize,
    "Upsample": _resize,
    "DeformConv": _deformed, "MaxUnpool": _max_unpool, "GridSample": _grid_sample, "AffineGrid": _affine_grid,
    "RoiAlign": _roi_align,
}  # fmt: skip
