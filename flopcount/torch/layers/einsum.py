"""Einstein summation."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from ...op import Shape
from ...ops.einsum import Einsum
from ._apply import Apply


def contract(*x: Tensor, equation: str) -> Tensor:
    """Torch's einsum, from left to right whatever else is installed."""
    with torch.backends.opt_einsum.flags(enabled=False):
        return torch.einsum(equation, *x)


def einsum(op: Einsum, *x: Shape) -> nn.Module:
    """Torch's own."""
    return Apply(contract, equation=op.equation)


MODULES = {"einsum": einsum}
