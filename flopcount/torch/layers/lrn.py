"""Local response normalisation."""

from __future__ import annotations

from torch import nn

from ...op import Shape
from ...ops.lrn import LocalResponseNorm


def lrn(op: LocalResponseNorm, x: Shape) -> nn.Module:
    """Torch's own, whose α is `size` times as large."""
    return nn.LocalResponseNorm(op.size, op.alpha * op.size, op.beta, op.k)


MODULES = {"lrn": lrn}
