"""The same elements under another shape."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn

from ...ops.axes import axes_of
from ._apply import Apply


def reshape(x: Tensor, shape: tuple[int, ...], keep_batch: bool) -> Tensor:
    """One sample's elements, or all."""
    return x.reshape(*x.shape[: int(keep_batch)], *shape)


def unsqueeze(x: Tensor, dims: tuple[int, ...]) -> Tensor:
    """New axes at these places of the output."""
    for dim in sorted(axes_of(dims, x.ndim + len(dims))):
        x = x.unsqueeze(dim)
    return x


MODULES: dict[str, Any] = {
    "flatten": lambda op, x: nn.Flatten(op.start, op.end),
    "permute": lambda op, x: Apply(torch.permute, dims=op.order),
    "reshape": lambda op, x: Apply(reshape, shape=op.shape, keep_batch=op.keep_batch),
    "squeeze": lambda op, x: Apply(torch.squeeze, dim=op.axes),
    "transpose": lambda op, x: Apply(torch.transpose, dim0=op.axes[0], dim1=op.axes[1]),
    "unsqueeze": lambda op, x: Apply(unsqueeze, dims=op.axes),
}
