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

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.empty(shape).normal_(std=STD))

    def forward(self, x: Tensor) -> Tensor:
        return self.weight.expand(x.shape[0], *self.weight.shape)


class Kept(nn.Module):
    """A tensor that is kept and not learned, the same for every sample: noise, since a graph knows no numbers."""

    value: Tensor

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        self.register_buffer("value", torch.empty(shape).normal_(std=STD))

    def forward(self, x: Tensor) -> Tensor:
        return self.value.expand(x.shape[0], *self.value.shape)


def opaque(op: Opaque, *x: Shape) -> NoReturn:
    """Nobody knows what it computes."""
    raise IncompleteError(
        "cannot be built: nobody knows what an opaque layer computes",
        hint="replace it by the layers that it stands for",
    )


MODULES: dict[str, Any] = {
    "constant": lambda op, x: Kept(op.shape),
    "opaque": opaque,
    "parameter": lambda op, x: Learned(op.shape),
}
