"""Elements in another type."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from ...op import Shape
from ...ops.cast import Cast
from ._apply import Apply
from ._types import torch_dtype


def converted(x: Tensor, dtype: torch.dtype) -> Tensor:
    """The elements in this type."""
    return x.to(dtype)


def cast(op: Cast, x: Shape) -> nn.Module:
    """Torch's conversion."""
    return Apply(converted, dtype=torch_dtype(op.to))


MODULES = {"cast": cast}
