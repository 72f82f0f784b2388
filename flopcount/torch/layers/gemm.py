"""The general product of two matrices."""

from __future__ import annotations

from torch import Tensor, nn

from ...op import Shape
from ...ops.gemm import Gemm
from ._apply import Apply


def product(
    a: Tensor, b: Tensor, *c: Tensor, transpose_a: bool, transpose_b: bool, alpha: float, beta: float
) -> Tensor:
    """`α·A·B + β·C`."""
    left = a.transpose(-2, -1) if transpose_a else a
    y = left @ (b.transpose(-2, -1) if transpose_b else b)
    y = y if alpha == 1 else alpha * y
    return y + (c[0] if beta == 1 else beta * c[0]) if c else y


def gemm(op: Gemm, *x: Shape) -> nn.Module:
    """Torch's product of matrices."""
    return Apply(
        product, transpose_a=op.transpose_a, transpose_b=op.transpose_b, alpha=float(op.alpha), beta=float(op.beta)
    )


MODULES = {"gemm": gemm}
