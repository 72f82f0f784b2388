"""Convolution."""

from __future__ import annotations

from typing import Any

from torch import Tensor, nn
from torch.nn import functional

from ...op import Shape
from ...ops.conv import Conv
from ...ops.window import per_axis
from ._window import Pads, pads_of, reversed_pads, symmetric


class _Padded(nn.Module):
    """A convolution whose input is padded first, by unlike numbers before and after an axis."""

    pads: Pads

    def forward(self, x: Tensor) -> Tensor:
        y: Tensor = super().forward(functional.pad(x, reversed_pads(self.pads)))
        return y

    def extra_repr(self) -> str:
        return f"{super().extra_repr()}, pads={self.pads}"


class PaddedConv1d(_Padded, nn.Conv1d):
    """Over one axis."""


class PaddedConv2d(_Padded, nn.Conv2d):
    """Over two axes."""


class PaddedConv3d(_Padded, nn.Conv3d):
    """Over three axes."""


PLAIN: Any = (nn.Conv1d, nn.Conv2d, nn.Conv3d)
PADDED: Any = (PaddedConv1d, PaddedConv2d, PaddedConv3d)


def conv(op: Conv, x: Shape) -> nn.Module:
    """Torch's own convolution, where it can pad as the op does."""
    rank = len(x) - 2
    pads = pads_of(x, op.kernel, op.stride, op.padding, op.dilation)
    padding: Any = tuple(before for before, _ in pads)
    padded = not symmetric(pads)
    if op.padding == "same" and set(per_axis(op.stride, rank)) == {1}:
        padding, padded = "same", False
    kind = (PADDED if padded else PLAIN)[rank - 1]
    module: Any = kind(
        x[1], op.out, op.kernel, op.stride, 0 if padded else padding, op.dilation, op.groups, bias=op.bias
    )
    if padded:
        module.pads = pads
    return module  # type: ignore[no-any-return]


MODULES = {"conv": conv}
