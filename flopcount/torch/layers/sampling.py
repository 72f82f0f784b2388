"""Samples of an image at computed places."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

from ...op import Shape
from ...ops.sampling import RoIAlign
from ...ops.window import per_axis
from ._apply import Apply

LATTICE = 2
"""Samples per axis of a bin where the op leaves it to the region's size, which a graph does not know."""


def grid_sample(x: Tensor, grid: Tensor, mode: str, padding_mode: str, align_corners: bool) -> Tensor:
    """Torch's own; a sequence is an image of one row."""
    fields: dict[str, Any] = {"mode": mode, "padding_mode": padding_mode, "align_corners": align_corners}
    if x.ndim > 3:
        return functional.grid_sample(x, grid, **fields)
    row = torch.cat([grid, torch.zeros_like(grid)], -1)[:, None]
    return functional.grid_sample(x[:, :, None], row, **fields)[:, :, 0]


def affine_grid(x: Tensor, size: tuple[int, ...]) -> Tensor:
    """Torch's own; of one axis, which it has none for, the map times every place."""
    if len(size) > 1:
        return functional.affine_grid(x, [x.shape[0], 1, *size], align_corners=False)
    (length,) = size
    places = (2 * torch.arange(length, device=x.device, dtype=x.dtype) + 1) / length - 1
    flat = torch.stack([places, torch.ones_like(places)], -1)
    return flat.expand(x.shape[0], -1, -1) @ x.transpose(1, 2)


def roi_align(x: Tensor, regions: Tensor, *batch: Tensor, out: tuple[int, int], samples: int, mode: str) -> Tensor:
    """Bilinear samples on a lattice in each bin, averaged or their maximum; the regions get no gradient.

    Not made of grid samples: a tool would count them, and none counts torchvision's kernel.
    """
    corners = regions[:, -4:].detach()
    named = batch[0] if batch else regions[:, 0] if regions.shape[1] == 5 else torch.zeros_like(regions[:, 0])
    y = x[named.long()]
    for axis, (bins, size) in enumerate(zip(reversed(out), reversed(x.shape[2:]), strict=True)):
        low, high = corners[:, axis, None], corners[:, axis + 2, None]
        steps = (torch.arange(bins * samples, device=x.device, dtype=x.dtype) + 0.5) / (bins * samples)
        places = (low + (high - low) * steps - 0.5).clamp(0, size - 1)
        y = interpolated(y, places, 3 - axis)
    pool = functional.max_pool2d if mode == "max" else functional.avg_pool2d
    pooled: Tensor = pool(y, samples)
    return pooled


def interpolated(x: Tensor, places: Tensor, axis: int) -> Tensor:
    """Each sample's elements at places of its own along one axis, between two neighbours each."""
    below = places.floor()
    shape = [*x.shape[:axis], places.shape[1], *x.shape[axis + 1 :]]

    def broad(along: Tensor) -> Tensor:
        return along.reshape(along.shape[0], *[1] * (axis - 1), -1, *[1] * (x.ndim - axis - 1))

    def at(along: Tensor) -> Tensor:
        return x.gather(axis, broad(along.long()).expand(shape))

    low, high = at(below), at((below + 1).clamp(max=x.shape[axis] - 1))
    return low + broad(places - below) * (high - low)


def _roi_align(op: RoIAlign, *x: Shape) -> nn.Module:
    return Apply(roi_align, out=per_axis(op.out, 2), samples=op.samples or LATTICE, mode=op.mode)


MODULES: dict[str, Any] = {
    "affine_grid": lambda op, x: Apply(affine_grid, size=op.size),
    "grid_sample": lambda op, *x: Apply(
        grid_sample, mode=op.mode, padding_mode=op.padding_mode, align_corners=op.align_corners
    ),
    "roi_align": _roi_align,
}
