"""The product of two activations."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from ...op import Shape
from ...ops.matmul import Matmul
from ._apply import Apply


def transposed(a: Tensor, b: Tensor) -> Tensor:
    """`a @ bᵀ`."""
    return a @ b.transpose(-2, -1)


def matmul(op: Matmul, a: Shape, b: Shape) -> nn.Module:
    """Torch's matmul."""
    return Apply(transposed if op.transpose else torch.matmul)


MODULES = {"matmul": matmul}
