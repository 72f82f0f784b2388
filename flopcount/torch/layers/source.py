"""Tensors that no layer computes."""

from __future__ import annotations

from typing import Any, NoReturn

import torch
from torch import Tensor, nn

from ...errors import IncompleteError
from ...op import Shape
from ...ops.source import Opaque

STD = 0.02
"""Tables of positions and class tokens start small."""


class Learned(nn.Module):
    """A learned tensor, the same for every sample."""

    def __init__(self, shape: Shape, keep_batch: bool = True) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.empty(shape).normal_(std=STD))
        self.keep_batch = keep_batch

    def forward(self, *x: Tensor) -> Tensor:
        return self.weight.expand(x[0].shape[0], *self.weight.shape) if self.keep_batch else self.weight


class Kept(nn.Module):
    """A tensor that is kept and not learned, the same for every sample: noise, since a graph knows no numbers."""

    value: Tensor

    def __init__(self, shape: Shape, keep_batch: bool = True) -> None:
        super().__init__()
        self.register_buffer("value", torch.empty(shape).normal_(std=STD))
        self.keep_batch = keep_batch

    def forward(self, *x: Tensor) -> Tensor:
        return self.value.expand(x[0].shape[0], *self.value.shape) if self.keep_batch else self.value


def opaque(op: Opaque, *x: Shape) -> NoReturn:
    """Nobody knows what it computes."""
    raise IncompleteError(
        "cannot be built: nobody knows what an opaque layer computes",
        hint="replace it by the layers that it stands for",
    )


MODULES: dict[str, Any] = {
    "constant": lambda op, *x: Kept(op.shape, op.keep_batch),
    "opaque": opaque,
    "parameter": lambda op, *x: Learned(op.shape, op.keep_batch),
}
