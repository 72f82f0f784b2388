"""The fully connected layer."""

from __future__ import annotations

from torch import nn

from ...op import Shape
from ...ops.linear import Linear


def linear(op: Linear, x: Shape) -> nn.Module:
    """Torch's own."""
    return nn.Linear(x[-1], op.out, bias=op.bias)


MODULES = {"linear": linear}
