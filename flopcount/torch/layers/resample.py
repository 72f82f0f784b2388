"""Resolution changed without weights."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn

from ...op import Shape
from ...ops.resample import Upsample
from ...ops.window import per_axis
from ._apply import Apply


def upsample(op: Upsample, x: Shape) -> nn.Module:
    """Torch's own."""
    rank = len(x) - 2
    corners = None if op.mode == "nearest" else op.align_corners
    if op.size is not None:
        return nn.Upsample(size=per_axis(op.size, rank), mode=op.mode, align_corners=corners)
    scale: Any = per_axis(op.scale, rank)
    return nn.Upsample(scale_factor=tuple(map(float, scale)), mode=op.mode, align_corners=corners)


def to_space(x: Tensor, factor: int) -> Tensor:
    """Blocks of channels become pixels, over any number of spatial axes."""
    rank = x.ndim - 2
    x = torch.unflatten(x, 1, (-1, *[factor] * rank))
    order = [axis for i in range(rank) for axis in (2 + rank + i, 2 + i)]
    x = x.permute(0, 1, *order)
    for axis in range(2, 2 + rank):
        x = x.flatten(axis, axis + 1)
    return x


def to_depth(x: Tensor, factor: int) -> Tensor:
    """Blocks of pixels become channels, over any number of spatial axes."""
    rank = x.ndim - 2
    for axis in range(2 + rank - 1, 1, -1):
        x = torch.unflatten(x, axis, (-1, factor))
    x = x.permute(0, 1, *[3 + 2 * i for i in range(rank)], *[2 + 2 * i for i in range(rank)])
    return x.flatten(1, 1 + rank)


def shuffle(x: Tensor, groups: int) -> Tensor:
    """Channels dealt out over groups."""
    return torch.unflatten(x, 1, (groups, -1)).transpose(1, 2).flatten(1, 2)


MODULES: dict[str, Any] = {
    "channel_shuffle": lambda op, x: Apply(shuffle, groups=op.groups),
    "pixel_shuffle": lambda op, x: nn.PixelShuffle(op.factor) if len(x) == 4 else Apply(to_space, factor=op.factor),
    "pixel_unshuffle": lambda op, x: nn.PixelUnshuffle(op.factor) if len(x) == 4 else Apply(to_depth, factor=op.factor),
    "upsample": upsample,
}
