"""The product of two activations."""

from __future__ import annotations

from torch import Tensor, nn

from ...op import Shape
from ...ops.matmul import Matmul
from ._apply import Apply


def product(a: Tensor, b: Tensor, transpose: bool) -> Tensor:
    """`a @ b`; a vector is multiplied as a matrix of one row or column, since counters overlook products by vectors."""
    right = b.transpose(-2, -1) if transpose else b[:, None] if b.ndim == 1 else b
    left = a[None] if a.ndim == 1 else a
    y = left @ right
    y = y.squeeze(-2) if a.ndim == 1 else y
    return y.squeeze(-1) if b.ndim == 1 else y


def matmul(op: Matmul, a: Shape, b: Shape) -> nn.Module:
    """Torch's matmul."""
    return Apply(product, transpose=op.transpose)


MODULES = {"matmul": matmul}
