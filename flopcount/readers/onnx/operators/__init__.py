"""The operators that are understood, by their name: what each becomes. One file a family."""

from __future__ import annotations

from . import (
    attention,
    contrib,
    control,
    convolution,
    elementwise,
    indexing,
    linear,
    loss,
    movement,
    norm,
    pooling,
    quantized,
    recurrent,
    reduction,
    resampling,
    sequences,
    shaped,
    spectral,
    state,
)
from ._rules import Rule

__all__ = ["FREE", "RULES", "find_rule"]

CONTRIB_DOMAINS = ("com.microsoft", "com.microsoft.nchwc")

RULES: dict[str, Rule] = {
    name: rule
    for family in (
        elementwise, movement, indexing, sequences, reduction, convolution, pooling, resampling, linear, norm, loss,
        recurrent, attention, state, quantized, control, spectral, shaped,
    )
    for name, rule in family.RULES.items()
}  # fmt: skip
"""The operators of the standard domain."""


FREE = frozenset({*movement.RULES, *indexing.RULES, *sequences.RULES}) - {"OneHot", "SequenceMap"} | {
    "Cast", "CastLike", "NonZero", "TopK", "NonMaxSuppression", "Unique", "Shape", "Size", "Constant",
    "StringNormalizer",
}  # fmt: skip
"""Operators that cost nothing whatever their sizes are: they move data, or are declared free."""


def find_rule(domain: str, op_type: str) -> Rule | None:
    """The rule for an operator, where there is one."""
    if domain in ("", "ai.onnx"):
        return RULES.get(op_type)
    if domain == "ai.onnx.preview":
        return attention.PREVIEW.get(op_type)
    return contrib.RULES.get(op_type) if domain in CONTRIB_DOMAINS else None
