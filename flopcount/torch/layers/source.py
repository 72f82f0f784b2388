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
        if op.kept:
            self.register_buffer("value", noise(op))
        else:
            self.value = noise(op)
        self.keep_batch = op.keep_batch

    def _apply(self, fn: Any, recurse: bool = True) -> Kept:
        """What is no buffer follows all the same where buffers go."""
        if "value" not in self._buffers:
            self.value = fn(self.value)
        super()._apply(fn, recurse)  # type: ignore[no-untyped-call]
        return self

    def forward(self, *x: Tensor) -> Tensor:
        return self.value.expand(x[0].shape[0], *self.value.shape) if self.keep_batch else self.value


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
    "constant": lambda op, *x: Kept(op),
    "opaque": opaque,
    "parameter": lambda op, *x: Learned(op),
}
