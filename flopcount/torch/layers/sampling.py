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
    """The map applied to every place, a product of matrices."""
    axes = [(2 * torch.arange(n, device=x.device, dtype=x.dtype) + 1) / n - 1 for n in size]
    places = torch.meshgrid(*axes, indexing="ij")
    ones = torch.ones(size, device=x.device, dtype=x.dtype)
    flat = torch.stack([*reversed(places), ones], -1).reshape(1, -1, len(size) + 1)
    return (flat.expand(x.shape[0], -1, -1) @ x.transpose(1, 2)).reshape(x.shape[0], *size, len(size))


def roi_align(x: Tensor, regions: Tensor, *batch: Tensor, out: tuple[int, int], samples: int, mode: str) -> Tensor:
    """Bilinear samples on a lattice in each bin, averaged or their maximum."""
    corners = regions[:, -4:]
    named = batch[0] if batch else regions[:, 0] if regions.shape[1] == 5 else torch.zeros_like(regions[:, 0])
    grids = []
    for axis, (bins, size) in enumerate(zip(reversed(out), reversed(x.shape[2:]), strict=True)):
        low, high = corners[:, axis], corners[:, axis + 2]
        steps = (torch.arange(bins * samples, device=x.device, dtype=x.dtype) + 0.5) / (bins * samples)
        grids.append((low[:, None] + (high - low)[:, None] * steps) * 2 / size - 1)
    height, width = (per * samples for per in out)
    grid = torch.stack([grids[0][:, None, :].expand(-1, height, -1), grids[1][:, :, None].expand(-1, -1, width)], -1)
    sampled = functional.grid_sample(x[named.long()], grid, padding_mode="border", align_corners=False)
    pool = functional.max_pool2d if mode == "max" else functional.avg_pool2d
    y: Tensor = pool(sampled, samples)
    return y


def _roi_align(op: RoIAlign, *x: Shape) -> nn.Module:
    return Apply(roi_align, out=per_axis(op.out, 2), samples=op.samples or LATTICE, mode=op.mode)


MODULES: dict[str, Any] = {
    "affine_grid": lambda op, x: Apply(affine_grid, size=op.size),
    "grid_sample": lambda op, *x: Apply(
        grid_sample, mode=op.mode, padding_mode=op.padding_mode, align_corners=op.align_corners
    ),
    "roi_align": _roi_align,
}
