"""The operators that are understood, by their name: what each becomes. One file a family."""

from __future__ import annotations

from . import (
    attention,
    contrib,
    control,
    convolution,
    elementwise,
    linear,
    movement,
    norm,
    quantized,
    recurrent,
    reduction,
    shaped,
)
from ._rules import Rule
from .movement import FREE

__all__ = ["FREE", "RULES", "find_rule"]

CONTRIB_DOMAINS = ("com.microsoft", "com.microsoft.nchwc")

RULES: dict[str, Rule] = {
    name: rule
    for family in (
        elementwise, movement, reduction, convolution, linear, norm, recurrent, attention, quantized, control,
        shaped,
    )
    for name, rule in family.RULES.items()
}  # fmt: skip
"""The operators of the standard domain."""


def find_rule(domain: str, op_type: str) -> Rule | None:
    """The rule for an operator, where there is one."""
    if domain in ("", "ai.onnx"):
        return RULES.get(op_type)
    return contrib.RULES.get(op_type) if domain in CONTRIB_DOMAINS else None
