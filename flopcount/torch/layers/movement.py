"""Elements repeated, shifted or padded."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

from ...op import Shape
from ...ops.movement import Expand, Pad, Roll, Tile
from ...ops.window import per_axis
from ._apply import Apply
from ._window import reversed_pads


def mirrored(x: Tensor, pads: list[int], mode: str) -> Tensor:
    """Padding from the tensor itself, axis by axis: torch's own knows only some numbers of axes."""
    for back in range(len(pads) // 2):
        dim = x.ndim - 1 - back
        size = x.shape[dim]
        places = torch.arange(-pads[2 * back], size + pads[2 * back + 1], device=x.device)
        if mode == "replicate":
            places = places.clamp(0, size - 1)
        elif mode == "circular":
            places = places % size
        else:
            places = (size - 1) - (places.abs() - (size - 1)).abs()
        x = x.index_select(dim, places)
    return x


def expand(x: Tensor, shape: tuple[int, ...]) -> Tensor:
    """Axes of size 1 stretched."""
    return x.expand(*shape)


def pad(op: Pad, x: Shape) -> nn.Module:
    """Torch's own for constants."""
    ends = per_axis(op.padding, len(x) - 2)
    pads = reversed_pads([end if isinstance(end, tuple) else (end, end) for end in ends])
    if op.mode == "constant":
        return Apply(functional.pad, pad=pads, value=op.value)
    return Apply(mirrored, pads=pads, mode=op.mode)


def _expand(op: Expand, x: Shape) -> nn.Module:
    return Apply(expand, shape=(-1, *op.shape) if op.keep_batch else op.shape)


def tile(op: Tile, x: Shape) -> nn.Module:
    """The axis and all that is on it, again and again."""
    repeats = [1] * len(x)
    repeats[op.axis] = op.repeats
    return Apply(torch.tile, dims=tuple(repeats))


def roll(op: Roll, x: Shape) -> nn.Module:
    """One shift serves all axes."""
    shifts = op.shifts if len(op.shifts) == len(op.axes) else op.shifts * len(op.axes)
    return Apply(torch.roll, shifts=shifts, dims=op.axes)


MODULES: dict[str, Any] = {
    "expand": _expand,
    "flip": lambda op, x: Apply(torch.flip, dims=op.axes),
    "pad": pad,
    "roll": roll,
    "tile": tile,
}
