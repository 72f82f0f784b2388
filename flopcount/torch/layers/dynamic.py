"""Convolution by filters that the network itself computes."""

from __future__ import annotations

from typing import Any

from torch import Tensor, nn
from torch.nn import functional

from ...op import Shape
from ...ops.dynamic import DynamicConv
from ...ops.window import per_axis
from ._apply import Apply
from ._window import Pads, pads_of, reversed_pads

CONVOLUTIONS: Any = (functional.conv1d, functional.conv2d, functional.conv3d)


def convolve(x: Tensor, filters: Tensor, pads: Pads, **window: Any) -> Tensor:
    """Torch's convolution of an input that is padded first."""
    y: Tensor = CONVOLUTIONS[x.ndim - 3](functional.pad(x, reversed_pads(pads)), filters, **window)
    return y


def dynamic_conv(op: DynamicConv, x: Shape, filters: Shape) -> nn.Module:
    """Torch's convolution, without weights of its own."""
    rank = len(x) - 2
    stride, dilation = per_axis(op.stride, rank), per_axis(op.dilation, rank)
    pads = pads_of(x, tuple(filters[2:]), stride, op.padding, dilation)
    return Apply(convolve, pads=pads, stride=stride, dilation=dilation, groups=op.groups)


MODULES = {"dynamic_conv": dynamic_conv}
