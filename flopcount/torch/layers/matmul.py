"""The product of two activations."""

from __future__ import annotations

from torch import Tensor, nn

from ...op import Shape
from ...ops.matmul import Matmul
from ._apply import Apply


def product(a: Tensor, b: Tensor, transpose: bool) -> Tensor:
    """`a @ b`, vectors as matrices of one row or column: torch has kernels for vectors that counters overlook."""
    right = b.transpose(-2, -1) if transpose else b[:, None] if b.ndim == 1 else b
    y = (a[None] if a.ndim == 1 else a) @ right
    y = y.squeeze(-2) if a.ndim == 1 else y
    return y.squeeze(-1) if b.ndim == 1 else y


def matmul(op: Matmul, a: Shape, b: Shape) -> nn.Module:
    """Torch's product of matrices."""
    return Apply(product, transpose=op.transpose)


MODULES = {"matmul": matmul}
