"""Attention: projections around torch's scaled dot-product attention."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

from ...op import Shape
from ...ops.attention import Attention


class MultiHeadAttention(nn.Module):
    """Queries, keys and values of several heads, attended to and merged; projected before and after, if so wished.

    Its projections are `q`, `k`, `v` and `out`.
    """

    def __init__(self, op: Attention, *x: Shape) -> None:
        super().__init__()
        self.op = op
        self.shared = op.heads if op.kv_heads is None else op.kv_heads
        if op.project:
            features = [shape[-1] for shape in (x[0], x[min(1, len(x) - 1)], x[-1])]
            size = features[0] // op.heads if op.head_dim is None else op.head_dim
            bias = op.bias if op.out_bias is None else op.out_bias
            self.q = nn.Linear(features[0], op.heads * size, bias=op.bias)
            self.k = nn.Linear(features[1], self.shared * size, bias=op.bias)
            self.v = nn.Linear(features[2], self.shared * size, bias=op.bias)
            self.out = nn.Linear(op.heads * size, features[0] if op.out is None else op.out, bias=bias)

    def forward(self, *x: Tensor) -> Tensor:
        q, k, v = x[0], x[min(1, len(x) - 1)], x[-1]
        if self.op.project:
            q, k, v = self.q(q), self.k(k), self.v(v)
        q, k, v = _split(q, self.op.heads), _split(k, self.shared), _split(v, self.shared)
        if self.shared != self.op.heads:
            k, v = (tensor.repeat_interleave(self.op.heads // self.shared, dim=1) for tensor in (k, v))
        y = functional.scaled_dot_product_attention(q, k, v, **self._mask(q.shape[2], k.shape[2], q.device))
        y = y.transpose(1, 2).flatten(2)
        return self.out(y) if self.op.project else y

    def _mask(self, queries: int, keys: int, device: torch.device) -> dict[str, Any]:
        """Which keys a query sees; the last query stands at the last key, where torch's own rule has the first two."""
        op = self.op
        if op.window is None and (not op.causal or queries == keys):
            return {"is_causal": op.causal}
        ahead = torch.arange(keys, device=device) - torch.arange(keys - queries, keys, device=device)[:, None]
        if not op.causal:
            return {"attn_mask": ahead.abs() <= (op.window or 0) // 2}
        return {"attn_mask": (ahead <= 0) & (ahead > -(keys if op.window is None else op.window))}

    def extra_repr(self) -> str:
        return str(self.op)


def _split(x: Tensor, heads: int) -> Tensor:
    n, tokens, features = x.shape
    return x.reshape(n, tokens, heads, features // heads).transpose(1, 2)


def attention(op: Attention, *x: Shape) -> nn.Module:
    """Built from torch's parts: its own MultiheadAttention has neither grouped queries nor windows."""
    return MultiHeadAttention(op, *x)


MODULES = {"attention": attention}
