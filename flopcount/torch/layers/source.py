"""Tensors that no layer computes."""

from __future__ import annotations

from typing import Any, NoReturn

import torch
from torch import Tensor, nn

from ...errors import IncompleteError
from ...op import Shape
from ...ops.source import Constant, Opaque, Parameter
from ._types import torch_dtype

STD = 0.02
"""Tables of positions and class tokens start small."""


class Learned(nn.Module):
    """A learned tensor, the same for every sample."""

    def __init__(self, op: Parameter) -> None:
        super().__init__()
        value = noise(op)
        self.weight = nn.Parameter(value, requires_grad=value.is_floating_point() or value.is_complex())
        self.keep_batch = op.keep_batch

    def forward(self, *x: Tensor) -> Tensor:
        return self.weight.expand(x[0].shape[0], *self.weight.shape) if self.keep_batch else self.weight


class Kept(nn.Module):
    """A tensor that is kept and not learned, the same for every sample: noise, since a graph knows no numbers."""

    value: Tensor

    def __init__(self, op: Constant) -> None:
        super().__init__()
        self.register_buffer("value", noise(op))
        self.keep_batch = op.keep_batch

    def forward(self, *x: Tensor) -> Tensor:
        return self.value.expand(x[0].shape[0], *self.value.shape) if self.keep_batch else self.value


class Made(nn.Module):
    """A tensor that every pass makes anew: small numbers, since a graph knows none."""

    like: Tensor
    """Of no size: it takes the type and the device that the module is given."""

    def __init__(self, op: Constant) -> None:
        super().__init__()
        self.register_buffer("like", torch.empty(0, dtype=noise(op).dtype), persistent=False)
        self.shape, self.keep_batch = op.shape, op.keep_batch

    def forward(self, *x: Tensor) -> Tensor:
        number = STD if self.like.is_floating_point() or self.like.is_complex() else 0
        made = torch.full(self.shape, number, dtype=self.like.dtype, device=self.like.device)
        return made.expand(x[0].shape[0], *made.shape) if self.keep_batch else made


def noise(op: Parameter | Constant) -> Tensor:
    """Small numbers; of integers 0, which is a place in any table."""
    dtype = torch_dtype(op.of) if op.of else torch.get_default_dtype()
    if dtype.is_floating_point or dtype.is_complex:
        return torch.empty(op.shape).normal_(std=STD).to(dtype)
    return torch.zeros(op.shape, dtype=dtype)


def opaque(op: Opaque, *x: Shape) -> NoReturn:
    """Nobody knows what it computes."""
    raise IncompleteError(
        "cannot be built: nobody knows what an opaque layer computes",
        hint="replace it by the layers that it stands for",
    )


MODULES: dict[str, Any] = {
    "constant": lambda op, *x: Kept(op) if op.kept else Made(op),
    "opaque": opaque,
    "parameter": lambda op, *x: Learned(op),
}
