"""Changes between real numbers and integers; scale and zero, which a graph does not know, are 1 and 0."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from ._apply import Apply, applies
from ._types import torch_dtype
from .cast import converted

LOW, HIGH = -128, 127


def quantized(x: Tensor, dtype: torch.dtype) -> Tensor:
    """Rounded, held within the type's range."""
    if dtype.is_floating_point:
        return x.to(dtype)
    limits = torch.iinfo(dtype)
    return x.round().clamp(limits.min, limits.max).to(dtype)


def fake_quantized(x: Tensor) -> Tensor:
    """Rounded, held within eight bits, in the type that it has."""
    return x.round().clamp(LOW, HIGH)


MODULES: dict[str, Any] = {
    "dequantize": lambda op, x: Apply(converted, dtype=torch_dtype(op.to)),
    "fake_quantize": applies(fake_quantized),
    "quantize": lambda op, x: Apply(quantized, dtype=torch_dtype(op.to)),
}
