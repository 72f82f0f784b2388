"""Mathematical functions of one input."""

from __future__ import annotations

from typing import Any

import torch

from ._apply import Apply, applies

MODULES: dict[str, Any] = {
    **{
        name: applies(getattr(torch, name))
        for name in ("abs", "cos", "exp", "log", "neg", "reciprocal", "rsqrt", "sin", "sqrt", "square")
    },
    "clamp": lambda op, x: Apply(torch.clamp, min=op.min, max=op.max),
    "pow": lambda op, x: Apply(torch.pow, exponent=op.exponent),
    "scale": lambda op, x: Apply(torch.mul, other=op.by),
    "shift": lambda op, x: Apply(torch.add, other=op.by),
}
