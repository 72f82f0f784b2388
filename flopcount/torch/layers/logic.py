"""Comparisons, logic and choices; what is compared with one input alone, or left out of a choice, is a constant: 0."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn

from ._apply import applies


def compared(*x: Tensor, by: Callable[..., Tensor]) -> Tensor:
    """Two inputs, or one and the constant."""
    return by(*x) if len(x) == 2 else by(x[0], torch.zeros_like(x[0]))


class Where(nn.Module):
    """The second input where the first is true, elsewhere the third; constants alone have the type of weights."""

    def __init__(self) -> None:
        super().__init__()
        self.dtype = torch.get_default_dtype()

    def _apply(self, fn: Any, recurse: bool = True) -> Where:
        """Follow a conversion of the network's weights."""
        self.dtype = fn(torch.zeros((), dtype=self.dtype)).dtype
        super()._apply(fn, recurse)  # type: ignore[no-untyped-call]
        return self

    def forward(self, condition: Tensor, *x: Tensor) -> Tensor:
        constant = torch.zeros((), dtype=x[0].dtype if x else self.dtype, device=condition.device)
        a, b = (*x, *[constant] * (2 - len(x)))
        return torch.where(condition.bool(), a, b)


def masked_fill(x: Tensor, mask: Tensor) -> Tensor:
    """The constant where the mask is true."""
    return torch.where(mask.bool(), torch.zeros((), dtype=x.dtype, device=x.device), x)


TWO = {
    "bit_shift": torch.bitwise_left_shift,
    **{name: getattr(torch, name) for name in ("bitwise_and", "bitwise_or", "bitwise_xor")},
    **{name: getattr(torch, name) for name in ("eq", "ge", "gt", "le", "lt", "ne")},
    **{name: getattr(torch, name) for name in ("logical_and", "logical_or", "logical_xor")},
}
MODULES: dict[str, Any] = {
    **{name: applies(compared, by=function) for name, function in TWO.items()},
    **{name: applies(getattr(torch, name)) for name in ("bitwise_not", "isfinite", "isinf", "isnan", "logical_not")},
    "masked_fill": applies(masked_fill),
    "where": lambda op, *x: Where(),
}
