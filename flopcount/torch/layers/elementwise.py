"""Mathematical functions of one input."""

from __future__ import annotations

from typing import Any

import torch

from ._apply import Apply, applies

NAMES = (
    "abs acos acosh asin asinh atan atanh ceil cos cosh erf exp exp2 expm1 floor log log10 log1p log2 neg reciprocal "
    "round rsqrt sign sin sinh sqrt square tan trunc"
)
"""Those that torch has under the same name."""

MODULES: dict[str, Any] = {
    **{name: applies(getattr(torch, name)) for name in NAMES.split()},
    "clamp": lambda op, x: Apply(torch.clamp, min=op.min, max=op.max),
    "pow": lambda op, x: Apply(torch.pow, exponent=op.exponent),
    "scale": lambda op, x: Apply(torch.mul, other=op.by),
    "shift": lambda op, x: Apply(torch.add, other=op.by),
}
