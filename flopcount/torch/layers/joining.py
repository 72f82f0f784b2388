"""Several tensors joined into one."""

from __future__ import annotations

from collections.abc import Callable
from functools import reduce
from typing import Any

import torch
from torch import Tensor

from ._apply import Apply, applies


def joined(*x: Tensor, by: Callable[[Tensor, Tensor], Tensor]) -> Tensor:
    """From left to right, two by two."""
    return reduce(by, x)


def concat(*x: Tensor, dim: int) -> Tensor:
    """Side by side along an axis."""
    return torch.cat(x, dim)


def stack(*x: Tensor, dim: int) -> Tensor:
    """Side by side along a new axis."""
    return torch.stack(x, dim)


MODULES: dict[str, Any] = {
    **{name: applies(joined, by=getattr(torch, name)) for name in ("add", "div", "maximum", "minimum", "mul", "sub")},
    "concat": lambda op, *x: Apply(concat, dim=op.axis),
    "stack": lambda op, *x: Apply(stack, dim=op.axis),
}
