"""Fusions of the runtime (domain com.microsoft): one node, the layers that it stands for."""

from __future__ import annotations

from ....ops import find_op
from ....ops.activation import GELU
from ....ops.elementwise import Scale
from ....ops.embedding import Embedding
from ....ops.gemm import Gemm
from ....ops.joining import Add
from ....ops.matmul import Matmul
from ....ops.norm import LayerNorm, RMSNorm
from ..call import Call, Results
from ..values import UnreadError, Value
from . import attention, norm, quantized
from ._rules import Rule
from .convolution import convolve

ACTIVATIONS = {
    "Relu": "relu", "Sigmoid": "sigmoid", "Tanh": "tanh", "LeakyRelu": "leaky_relu", "Clip": "relu6",
    "HardSigmoid": "hardsigmoid", "HardSwish": "hardswish",
}  # fmt: skip


def _activated(call: Call, made: Results) -> Results:
    name = call.text("activation")
    return call.layer(find_op(ACTIVATIONS[name])(), made[0], part=name.lower()) if name in ACTIVATIONS else made


def _fused_conv(call: Call) -> Results:
    made = convolve(call, call.input(0), call.input(1), call.optional(2))
    other = call.optional(3)
    return _activated(call, made if other is None else call.layer(Add(), made[0], other, part="add"))


def _fused_matmul(call: Call) -> Results:
    a, b = call.input(0), call.input(1)
    transpose_a, transpose_b = bool(call.integer("transA")), bool(call.integer("transB"))
    alpha = call.number("alpha", 1.0)
    if not transpose_a:
        (made,) = call.layer(Matmul(transpose=transpose_b), a, b)
        return (made,) if alpha == 1 else call.layer(Scale(by=alpha), made, part="scale")
    return call.layer(Gemm(transpose_a=True, transpose_b=transpose_b, alpha=alpha), a, b)


def _gelu(call: Call) -> Results:
    """Gelu, BiasGelu, FastGelu (by tanh), QuickGelu (x·σ(1.702·x))."""
    kind = call.node.op_type
    x, bias = call.input(0), call.optional(1)
    if bias is not None:
        (x,) = call.layer(Add(), x, bias, part="bias")
    if kind == "QuickGelu":
        (scaled,) = call.layer(Scale(by=call.number("alpha", 1.702)), x, part="scale")
        (gate,) = call.layer(find_op("sigmoid")(), scaled, part="sigmoid")
        return call.layer(find_op("mul")(), x, gate)
    return call.layer(GELU(approximate="tanh" if kind == "FastGelu" else "none"), x)


def _skip_norm(call: Call) -> Results:
    x, skip = call.input(0), call.input(1)
    simple = call.node.op_type == "SkipSimplifiedLayerNormalization"
    scale, shift, bias = call.input(2), None if simple else call.optional(3), call.optional(3 if simple else 4)
    (total,) = call.layer(Add(), x, skip, part="add")
    if bias is not None:
        (total,) = call.layer(Add(), total, bias, part="bias")
    if simple:
        (made,) = call.layer(RMSNorm(), total, weight=scale)
    else:
        (made,) = call.layer(LayerNorm(bias=shift is not None), total, weight=scale, bias=shift)
    statistics = call.beside(made, (*x.shape[:-1], 1), "float32")
    return (made, statistics, statistics, total)


def _embed_norm(call: Call) -> Results:
    """Token, position and segment embeddings, added and normalised."""
    tokens, segments = call.input(0), call.optional(1)
    total: Value | None = None
    for part, places, table in (
        ("word", tokens, call.input(2)),
        ("position", tokens, call.input(3)),
        ("segment", segments, call.optional(4)),
    ):
        if places is None or table is None:
            continue
        if len(table.shape) != 2:
            raise UnreadError("a table of other axes")
        vocab, dim = table.shape
        (found,) = call.layer(Embedding(vocab=vocab, dim=dim), places, part=part, weight=table)
        total = found if total is None else call.layer(Add(), total, found, part=f"add_{part}")[0]
    if total is None:
        raise UnreadError("nothing to embed")
    (made,) = call.layer(LayerNorm(), total, weight=call.optional(5), bias=call.optional(6))
    return (made, call.beside(made, (tokens.shape[0],), "int32"))


RULES: dict[str, Rule] = {
    "FusedConv": _fused_conv, "FusedMatMul": _fused_matmul, "Gelu": _gelu, "BiasGelu": _gelu, "FastGelu": _gelu,
    "QuickGelu": _gelu, "SkipLayerNormalization": _skip_norm, "SkipSimplifiedLayerNormalization": _skip_norm,
    "EmbedLayerNormalization": _embed_norm, "SimplifiedLayerNormalization": norm.RULES["SimplifiedLayerNormalization"],
    **attention.CONTRIB, **quantized.CONTRIB,
}  # fmt: skip
