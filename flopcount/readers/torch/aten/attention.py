"""Attention, and the fused fast paths of torch's transformer layers."""

from __future__ import annotations

from typing import Any

from ..site import Site, Unmapped, is_held
from ..trace import Value
from .activation import gelu
from .linear import linear
from .movement import reshaped
from .norm import layer_norm
from .pointwise import add
from .table import aten


@aten("scaled_dot_product_attention")
def sdpa(
    site: Site, q: Value, k: Value, v: Value, attn_mask: Value | None = None, dropout_p: float = 0,
    is_causal: bool = False, *, scale: float | None = None, enable_gqa: bool = False,
) -> Value:  # fmt: skip
    """aten.scaled_dot_product_attention(q, k, v, mask, ...)."""
    if is_causal and q.shape[-2] != k.shape[-2]:
        raise Unmapped("it is causal between queries and keys of different numbers")  # our last query sees all keys
    return site.layer("sdpa", q, k, v, *([attn_mask] if attn_mask is not None else []), causal=is_causal)


@aten("_scaled_dot_product_flash_attention_for_cpu _scaled_dot_product_flash_attention")
def flash(
    site: Site, q: Value, k: Value, v: Value, dropout_p: float = 0, is_causal: bool = False, *_: Any,
    attn_mask: Value | None = None, **__: Any,
) -> list[Value]:  # fmt: skip
    """aten._scaled_dot_product_flash_attention: with what its gradient will need."""
    return [sdpa(site, q, k, v, attn_mask, is_causal=is_causal)]


@aten("_scaled_dot_product_efficient_attention _scaled_dot_product_cudnn_attention")
def efficient(
    site: Site, q: Value, k: Value, v: Value, bias: Value | None, log: bool, dropout_p: float = 0,
    is_causal: bool = False, *_: Any, **__: Any,
) -> list[Value]:  # fmt: skip
    """aten._scaled_dot_product_efficient_attention: with what its gradient will need."""
    return [sdpa(site, q, k, v, bias, is_causal=is_causal)]


@aten("_scaled_dot_product_attention_math")
def math(
    site: Site, q: Value, k: Value, v: Value, attn_mask: Value | None = None, dropout_p: float = 0,
    is_causal: bool = False, *_: Any, **__: Any,
) -> list[Value]:  # fmt: skip
    """aten._scaled_dot_product_attention_math: with its weights."""
    return [sdpa(site, q, k, v, attn_mask, is_causal=is_causal)]


@aten("_native_multi_head_attention")
def fused(
    site: Site, query: Value, key: Value, value: Value, embed: int, heads: int, qkv_weight: Value,
    qkv_bias: Value | None, proj_weight: Value, proj_bias: Value | None, mask: Value | None = None,
    need_weights: bool = True, *_: Any,
) -> list[Value | None]:  # fmt: skip
    """aten._native_multi_head_attention: the fast path of nn.MultiheadAttention over one sequence."""
    if query is not key or key is not value or not is_held(qkv_weight):
        raise Unmapped
    n, t, d = query.shape
    qkv = linear(site, query, qkv_weight, qkv_bias)
    split = site.layers("split", qkv, parts=3, axis=-1)
    q, k, v = (
        site.layer("transpose", site.layer("reshape", part, shape=(n, t, heads, -1), keep_batch=False), axes=(1, 2))
        for part in split
    )
    y = site.layer("sdpa", q, k, v, *([mask] if mask is not None else []))
    y = reshaped(site, site.layer("transpose", y, axes=(1, 2)), (n, t, d))
    return [linear(site, y, proj_weight, proj_bias), None]


@aten("_transformer_encoder_layer_fwd")
def encoder_layer(
    site: Site, x: Value, embed: int, heads: int, qkv_weight: Value, qkv_bias: Value, proj_weight: Value,
    proj_bias: Value, use_gelu: bool, norm_first: bool, eps: float, norm1: Value, shift1: Value, norm2: Value,
    shift2: Value, weight1: Value, bias1: Value, weight2: Value, bias2: Value, mask: Value | None = None, *_: Any,
) -> Value:  # fmt: skip
    """aten._transformer_encoder_layer_fwd: the fast path of nn.TransformerEncoderLayer."""

    def attend(x: Value) -> Value:
        y, _ = fused(site, x, x, x, embed, heads, qkv_weight, qkv_bias, proj_weight, proj_bias, mask)
        assert y is not None
        return y

    def feed(x: Value) -> Value:
        hidden = linear(site, x, weight1, bias1)
        return linear(site, gelu(site, hidden) if use_gelu else site.layer("relu", hidden), weight2, bias2)

    if norm_first:
        x = add(site, x, attend(layer_norm(site, x, [embed], norm1, shift1)))
        return add(site, x, feed(layer_norm(site, x, [embed], norm2, shift2)))
    x = layer_norm(site, add(site, x, attend(x)), [embed], norm1, shift1)
    return layer_norm(site, add(site, x, feed(x)), [embed], norm2, shift2)
