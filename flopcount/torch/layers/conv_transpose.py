"""Transposed convolution."""

from __future__ import annotations

from typing import Any

from torch import nn

from ...op import Shape
from ...ops.conv_transpose import ConvTranspose

KINDS: Any = (nn.ConvTranspose1d, nn.ConvTranspose2d, nn.ConvTranspose3d)


def conv_transpose(op: ConvTranspose, x: Shape) -> nn.Module:
    """Torch's own."""
    module: nn.Module = KINDS[len(x) - 3](
        x[1], op.out, op.kernel, op.stride, op.padding, op.output_padding, op.groups, op.bias, op.dilation
    )
    return module


MODULES = {"conv_transpose": conv_transpose}
