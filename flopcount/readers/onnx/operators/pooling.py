"""Pooling: the largest, the mean or the length of what lies in a window, and the way back."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

from ....op import Op, Shape, Work, add, cmp, mul, special
from ....ops.moments import VectorNorm
from ....ops.pool import AvgPool, GlobalAvgPool, GlobalMaxPool, MaxPool
from ....ops.window import check_window
from ....sizes import prod
from ..call import Call, Results
from ..values import UnreadError, UnsizedError
from ._rules import Rule
from ._windows import listed, padding, short


def _pool(call: Call) -> Results:
    x = call.input(0)
    rank = len(x.shape) - 2
    kernel = call.integers("kernel_shape")
    if kernel is None:
        raise UnreadError("it has no kernel_shape")
    fields: dict[str, Any] = {
        "kernel": short(kernel),
        "stride": short(listed(call, "strides", rank, 1)),
        "padding": padding(call, rank),
        "ceil_mode": bool(call.integer("ceil_mode")),
    }
    dilation = short(listed(call, "dilations", rank, 1))
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
    check_window(x, op.kernel, op.stride, op.padding, dilation, ceil_mode=op.ceil_mode)


def _global(call: Call) -> Results:
    op = GlobalMaxPool() if call.node.op_type == "GlobalMaxPool" else GlobalAvgPool()
    return call.layer(op, call.input(0))


def _max_unpool(call: Call) -> Results:
    x = call.input(0)
    rank = len(x.shape) - 2
    if call.optional(2) is not None:
        return call.moved(tuple(call.array(2).flat))
    kernel, strides = listed(call, "kernel_shape", rank, 1), listed(call, "strides", rank, 1)
    pads = call.integers("pads") or (0,) * (2 * rank)
    if len(pads) != 2 * rank:
        raise UnreadError(f"{len(pads)} pads for {rank} spatial axes")
    axes = zip(x.shape[2:], strides, kernel, pads[:rank], pads[rank:], strict=True)
    sizes = [(i - 1) * s + f - before - after for i, s, f, before, after in axes]
    return call.moved((*x.shape[:2], *sizes))


def _lengths(call: Call) -> Results:
    """LpPool: the length of each window, of any order."""
    x = call.input(0)
    rank = len(x.shape) - 2
    kernel = call.integers("kernel_shape")
    if kernel is None:
        raise UnreadError("it has no kernel_shape")
    op = LengthPool(
        kernel=short(kernel),
        stride=short(listed(call, "strides", rank, 1)),
        padding=padding(call, rank),
        ceil_mode=bool(call.integer("ceil_mode")),
        dilation=short(listed(call, "dilations", rank, 1)),
        p=call.integer("p", 2),
    )
    return call.layer(op, x)


class LengthPool(_MaxPool, frozen=True, kw_only=True):
    """The length of each window, (Σ |x|^p)^(1/p), padding being zeros: as `norm` over what lies in it.

    For F elements F powers (p = 2: multiplications; p = 1: none, but absolute values), F − 1 additions and a root.
    """

    p: int = 2

    tag: ClassVar = "lp_pool"
    citation: ClassVar = "count of its definition's primitives; ONNX operator LpPool"

    def work(self, x: Any, y: Any) -> Sequence[Work]:
        taps, outputs = self._taps(x, y), prod(y)
        if self.p == 1:
            return (add(taps + taps - outputs), cmp(taps))
        if self.p == 2:
            return (mul(taps), add(taps - outputs), special(outputs))
        return (add(taps + taps - outputs), cmp(taps), special(taps + outputs))


def _global_length(call: Call) -> Results:
    x, p = call.input(0), call.integer("p", 2)
    if p not in (1, 2):
        return call.moved((*x.shape[:2], *(1,) * (len(x.shape) - 2)), free=False)
    return call.layer(VectorNorm(axes=tuple(range(2, len(x.shape))), keepdim=True, p="l1" if p == 1 else "l2"), x)


def _max_roi(call: Call) -> Results:
    """The largest of every part of a region: how large the regions are, and so what it costs, the data decide."""
    shape = call.integers("pooled_shape") or ()
    return call.moved((call.input(1).shape[0], call.input(0).shape[1], *shape), free=False)


def _windows_added(call: Call) -> Results:
    """Col2Im: windows that overlap, added into an image."""
    x, image, block = call.input(0), call.array(1).flat, call.array(2).flat
    if len(x.shape) != 3 or not block or min(block) < 1 or x.shape[1] % prod(block):
        raise UnreadError("its columns are no windows")
    if any(size < 1 for size in image):
        raise UnsizedError("an image without elements")
    return call.layer(AddedWindows(channels=x.shape[1] // prod(block), image=tuple(image)), x)


class AddedWindows(Op, frozen=True, kw_only=True):
    """Windows that overlap, added into an image of zeros: an addition for each of their elements.

    x: (N, D·F², L)   ->   y: (N, D, *image)
    """

    channels: int
    image: tuple[int, ...]

    tag: ClassVar = "col2im"
    arity: ClassVar[tuple[int, int | None]] = (1, 1)
    group: ClassVar = "resampling"
    citation: ClassVar = "count of its definition's primitives; ONNX operator Col2Im"

    def infer(self, x: Shape) -> Any:
        return (x[0], self.channels, *self.image)

    def work(self, x: Any, y: Any) -> Sequence[Work]:
        return (add(prod(x)),)


RULES: dict[str, Rule] = {
    "MaxPool": _pool, "AveragePool": _pool, "LpPool": _lengths, "GlobalAveragePool": _global, "GlobalMaxPool": _global,
    "GlobalLpPool": _global_length, "MaxRoiPool": _max_roi, "MaxUnpool": _max_unpool, "Col2Im": _windows_added,
}  # fmt: skip
