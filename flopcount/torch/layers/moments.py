"""Reductions of something computed of each element."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn

from ...op import Shape
from ...ops.axes import axes_of
from ...ops.moments import Moment
from ._apply import Apply

Axes = tuple[int, ...]


def sum_square(x: Tensor, dim: Axes, keepdim: bool) -> Tensor:
    """Σ x²."""
    return x.square().sum(dim, keepdim)


def length(x: Tensor, dim: Axes, keepdim: bool) -> Tensor:
    """√(Σ x²)."""
    y: Tensor = torch.linalg.vector_norm(x, 2, dim, keepdim)
    return y


def absolute(x: Tensor, dim: Axes, keepdim: bool) -> Tensor:
    """Σ |x|."""
    y: Tensor = torch.linalg.vector_norm(x, 1, dim, keepdim)
    return y


def log_sum(x: Tensor, dim: Axes, keepdim: bool) -> Tensor:
    """Log Σ x."""
    return x.sum(dim, keepdim).log()


def logsumexp(x: Tensor, dim: Axes, keepdim: bool) -> Tensor:
    """Log Σ exp(x)."""
    return torch.logsumexp(x, dim, keepdim)


def of_each(x: Tensor, by: Callable[..., Tensor], **fields: Any) -> Tensor:
    """Over no axes: each element is a row of its own, where torch would take all."""
    return by(x[..., None], dim=(-1,), keepdim=False, **fields)


def _moment(function: Callable[..., Tensor], op: Moment, x: Shape, **fields: Any) -> nn.Module:
    axes = axes_of(op.axes, len(x))
    if not axes:
        return Apply(of_each, by=function, **fields)
    return Apply(function, dim=axes, keepdim=op.keepdim, **fields)


MODULES: dict[str, Any] = {
    "log_sum": lambda op, x: _moment(log_sum, op, x),
    "logsumexp": lambda op, x: _moment(logsumexp, op, x),
    "norm": lambda op, x: _moment(absolute if op.p == "l1" else length, op, x),
    "std": lambda op, x: _moment(torch.std, op, x, correction=int(op.unbiased)),
    "sum_square": lambda op, x: _moment(sum_square, op, x),
    "var": lambda op, x: _moment(torch.var, op, x, correction=int(op.unbiased)),
}
