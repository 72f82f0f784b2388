"""Axes reduced to one number each."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn

from ...op import Shape
from ...ops.axes import axes_of
from ...ops.reduction import Reduction
from ._apply import Apply


def product(x: Tensor, dim: tuple[int, ...], keepdim: bool) -> Tensor:
    """Torch's product takes one axis at a time."""
    for axis in sorted(dim, reverse=True):
        x = x.prod(axis, keepdim)
    return x


def over(x: Tensor, dim: tuple[int, ...], keepdim: bool, by: Callable[..., Tensor]) -> Tensor:
    """A reduction over axes; over none it is nothing, where torch would take all."""
    return by(x, dim=dim, keepdim=keepdim) if dim else x


def truth(x: Tensor, dim: tuple[int, ...], keepdim: bool, by: Callable[..., Tensor]) -> Tensor:
    """A reduction of truth values."""
    return over(x.bool(), dim, keepdim, by)


def _reduction(function: Callable[..., Tensor], of: Callable[..., Tensor] = over) -> Any:
    def build(op: Reduction, x: Shape) -> nn.Module:
        return Apply(of, dim=axes_of(op.axes, len(x)), keepdim=op.keepdim, by=function)

    return build


MODULES: dict[str, Any] = {
    "all": _reduction(torch.all, truth),
    "any": _reduction(torch.any, truth),
    "argmax": lambda op, x: Apply(torch.argmax, dim=op.axis, keepdim=op.keepdim),
    "argmin": lambda op, x: Apply(torch.argmin, dim=op.axis, keepdim=op.keepdim),
    "max": _reduction(torch.amax),
    "mean": _reduction(torch.mean),
    "min": _reduction(torch.amin),
    "prod": _reduction(product),
    "sum": _reduction(torch.sum),
}
