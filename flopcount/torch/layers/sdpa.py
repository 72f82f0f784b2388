"""Scaled dot-product attention of heads on an axis of their own."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor
from torch.nn import functional

from ._apply import Apply


def attend(q: Tensor, k: Tensor, v: Tensor, *mask: Tensor, causal: bool) -> Tensor:
    """Torch's own; the last query stands at the last key, where torch's rule has the first two."""
    for axis in range(q.ndim - 2):
        times = q.shape[axis] // k.shape[axis]
        k, v = (tensor if times == 1 else tensor.repeat_interleave(times, axis) for tensor in (k, v))
    added = mask[0] if mask else None
    if causal:
        queries, keys = q.shape[-2], k.shape[-2]
        seen = torch.ones(queries, keys, dtype=torch.bool, device=q.device).tril(keys - queries)
        hidden = torch.zeros(queries, keys, dtype=q.dtype, device=q.device).masked_fill(~seen, -torch.inf)
        added = hidden if added is None else added + hidden
    leading = (None,) * (4 - q.ndim)
    y = functional.scaled_dot_product_attention(q[leading], k[leading], v[leading], attn_mask=added)
    return y.reshape(*q.shape[:-1], v.shape[-1])


MODULES: dict[str, Any] = {"sdpa": lambda op, *x: Apply(attend, causal=op.causal)}
