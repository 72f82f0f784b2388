"""Convolution, transposed, deformed, over time."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

from ....op import Op, Work, add, cmp, mul
from ....ops.activation import SiLU
from ....ops.conv import Conv
from ....ops.conv_transpose import ConvTranspose
from ....sizes import prod
from ..call import Call, Results
from ..values import UnreadError, Value
from ._rules import Rule
from ._windows import listed, padding, short


def _conv(call: Call) -> Results:
    return convolve(call, call.input(0), call.input(1), call.optional(2))


def convolve(call: Call, x: Value, w: Value, b: Value | None) -> Results:
    """A convolution of these tensors with the node's attributes."""
    rank = len(w.shape) - 2
    op = Conv(
        out=w.shape[0],
        kernel=short(w.shape[2:]) if rank > 0 else 1,
        stride=short(listed(call, "strides", rank, 1)) if rank > 0 else 1,
        padding=padding(call, rank),
        dilation=short(listed(call, "dilations", rank, 1)) if rank > 0 else 1,
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
    strides, dilations = listed(call, "strides", rank, 1), listed(call, "dilations", rank, 1)
    extra = listed(call, "output_padding", rank, 0)
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
        "kernel": short(w.shape[2:]),
        "stride": short(strides),
        "dilation": short(dilations),
        "groups": call.integer("group", 1),
        "bias": b is not None,
    }
    crops = [f - t for f, t in zip(full, target, strict=True)]
    # Padding that crops both ends alike, then what is left over at one end.
    cut = [max(0, -(-crop // 2)) for crop in crops]
    more = [2 * p - crop for p, crop in zip(cut, crops, strict=True)]
    fields |= {"padding": short(cut), "output_padding": short(more) if any(more) else 0}
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


def _deformed(call: Call) -> Results:
    """Deformable convolution: the inputs are sampled at places that are computed; the products are a convolution's."""
    x, w, offset, mask = call.input(0), call.input(1), call.input(2), call.optional(4)
    given = [x, offset, *([] if mask is None else [mask])]
    (sampled,) = call.layer(DeformedSamples(taps=prod(w.shape[2:])), *given, part="sampling")
    return convolve(call, sampled, w, call.optional(3))


class DeformedSamples(Op, frozen=True, kw_only=True):
    """The inputs of a deformable convolution: every tap of every window, between its neighbours.

    x: (N, D1, *I)   offset: (N, 2·groups·F², *O)   mask: (N, groups·F², *O)   ->   y: as x

    An offset is added to its tap's place, compared to be rounded, and leaves a fraction; a sample is three combinations
    of two values, as in `grid_sample`, and is multiplied with its mask. The output stands for all samples.
    """

    taps: int

    tag: ClassVar = "deformed_samples"
    arity: ClassVar[tuple[int, int | None]] = (2, 3)
    group: ClassVar = "resampling"
    citation: ClassVar = "count of its definition's primitives; Dai et al. 2017, arXiv 1703.06211"

    def infer(self, x: Any, *others: Any) -> Any:
        return x

    def work(self, x: Any, offset: Any, *rest: Any) -> Sequence[Work]:
        coordinates = prod(offset)
        samples = x[0] * x[1] * self.taps * prod(offset[2:])
        masked = (mul(samples, part="mask"),) if len(rest) > 1 else ()
        return (mul(3 * samples), add(2 * coordinates + 6 * samples), cmp(coordinates), *masked)


RULES: dict[str, Rule] = {
    "Conv": _conv, "CausalConvWithState": _causal_conv, "ConvTranspose": _conv_transpose, "DeformConv": _deformed,
}  # fmt: skip
