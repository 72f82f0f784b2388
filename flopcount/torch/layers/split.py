"""Parts of a tensor."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn

from ...op import Shape
from ...ops.axes import axis_of
from ...ops.split import Slice, Split, StridedSlice
from ._apply import Apply


def slice_of(x: Tensor, dim: int, start: int, end: int | None, step: int) -> Tensor:
    """Every `step`-th element from `start` up to `end` of one axis."""
    return x[(*[slice(None)] * dim, slice(start, end, step))]


def strided(x: Tensor, dims: tuple[int, ...], slices: tuple[slice, ...]) -> Tensor:
    """Several axes at once, by places: torch's own slices go only forwards."""
    for dim, part in zip(dims, slices, strict=True):
        places = torch.arange(x.shape[dim], device=x.device)
        chosen = range(x.shape[dim])[part]
        x = x.index_select(dim, places[[*chosen]] if chosen else places[:0])
    return x


def strided_slice(op: StridedSlice, x: Shape) -> nn.Module:
    """As numpy slices."""
    slices = tuple(map(slice, op.starts, op.ends, op._steps()))
    return Apply(strided, dims=op._axes(), slices=slices)


def split(op: Split, x: Shape) -> nn.Module:
    """Torch's own."""
    if op.sizes is not None:
        return Apply(torch.split, split_size_or_sections=op.sizes, dim=op.axis)
    return Apply(torch.chunk, chunks=op.parts, dim=op.axis)


def _slice(op: Slice, x: Shape) -> nn.Module:
    return Apply(slice_of, dim=axis_of(op.axis, len(x)), start=op.start, end=op.end, step=op.step)


MODULES: dict[str, Any] = {
    "select": lambda op, x: Apply(torch.select, dim=op.axis, index=op.index),
    "slice": _slice,
    "split": split,
    "strided_slice": strided_slice,
}
