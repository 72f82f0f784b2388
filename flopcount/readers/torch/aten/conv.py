"""Convolutions, plain and transposed."""

from __future__ import annotations

from typing import Any

from ..site import Site, Unmapped, is_held
from ..trace import Value
from .table import aten, per_axis, with_batch_axis


@aten("conv1d conv2d conv3d")
def conv(
    site: Site, x: Value, weight: Value, bias: Value | None = None, stride: Any = 1, padding: Any = 0,
    dilation: Any = 1, groups: int = 1,
) -> Value:  # fmt: skip
    """aten.conv2d(x, weight, bias, stride, padding, dilation, groups)."""
    window = {
        "stride": per_axis(stride), "padding": per_axis(padding), "dilation": per_axis(dilation), "groups": groups,
    }  # fmt: skip

    def build(x: Value) -> Value:
        if is_held(weight):
            own = bias if is_held(bias) else None
            out, _, *kernel = weight.shape
            held = {"weight": weight, "bias": own}
            y = site.layer("conv", x, held=held, out=out, kernel=per_axis(kernel), bias=own is not None, **window)
        else:
            own = None
            y = site.layer("dynamic_conv", x, weight, **window)
        return y if bias is own else with_bias(site, y, bias)

    return with_batch_axis(site, x, len(weight.shape), build)


@aten("conv_transpose1d conv_transpose2d conv_transpose3d")
def conv_transpose(
    site: Site, x: Value, weight: Value, bias: Value | None = None, stride: Any = 1, padding: Any = 0,
    output_padding: Any = 0, groups: int = 1, dilation: Any = 1,
) -> Value:  # fmt: skip
    """aten.conv_transpose2d(x, weight, bias, stride, padding, output_padding, groups, dilation)."""
    if not is_held(weight):
        raise Unmapped
    own = bias if is_held(bias) else None
    _, out, *kernel = weight.shape

    def build(x: Value) -> Value:
        y = site.layer(
            "conv_transpose", x, held={"weight": weight, "bias": own}, out=out * groups, kernel=per_axis(kernel),
            stride=per_axis(stride), padding=per_axis(padding), output_padding=per_axis(output_padding),
            dilation=per_axis(dilation), groups=groups, bias=own is not None,
        )  # fmt: skip
        return y if bias is own else with_bias(site, y, bias)

    return with_batch_axis(site, x, len(weight.shape), build)


@aten("convolution _convolution")
def convolution(
    site: Site, x: Value, weight: Value, bias: Value | None, stride: Any, padding: Any, dilation: Any,
    transposed: bool, output_padding: Any, groups: int, *_: Any,
) -> Value:  # fmt: skip
    """aten.convolution: both kinds in one, as exported programs have them."""
    if transposed:
        return conv_transpose(site, x, weight, bias, stride, padding, output_padding, groups, dilation)
    return conv(site, x, weight, bias, stride, padding, dilation, groups)


def with_bias(site: Site, y: Value, bias: Value | None) -> Value:
    """A bias that a layer makes is added by a layer of its own, to the channels."""
    if bias is None:
        return y
    column = site.layer("reshape", bias, shape=(-1, *(1 for _ in y.shape[2:])), keep_batch=False)
    return site.layer("add", y, column)
