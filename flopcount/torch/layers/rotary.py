"""Rotary position embedding."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from ...op import Shape
from ...ops.rotary import Rotary
from ._apply import Apply

BASE = 10_000.0


def turn(x: Tensor, turned: int) -> Tensor:
    """The first features in two halves, each pair turned by its angle at the position that the axis before says."""
    half = turned // 2
    a, b, rest = x[..., :half], x[..., half : 2 * half], x[..., 2 * half :]
    steps = BASE ** (-torch.arange(half, device=x.device) / max(half, 1))
    positions = torch.arange(x.shape[-2] if x.ndim > 1 else 1, device=x.device)
    angles = positions[:, None] * steps if x.ndim > 1 else steps
    cos, sin = angles.cos().to(x.dtype), angles.sin().to(x.dtype)
    return torch.cat([a * cos - b * sin, a * sin + b * cos, rest], -1)


def rotary(op: Rotary, x: Shape) -> nn.Module:
    """Built from torch's functions."""
    return Apply(turn, turned=x[-1] if op.turned is None else op.turned)


MODULES = {"rotary": rotary}
