"""Normalisation."""

from __future__ import annotations

from ....ops.lrn import LocalResponseNorm
from ....ops.moments import VectorNorm
from ....ops.norm import BatchNorm, GroupNorm, InstanceNorm, LayerNorm, RMSNorm
from ..call import Call, Results
from ..values import UnreadError
from ._rules import Rule


def _batch(call: Call) -> Results:
    x = call.input(0)
    if len(x.shape) < 2:
        raise UnreadError("it has no channels")
    return call.layer(BatchNorm(), x, weight=call.input(1), bias=call.input(2))


def _instance(call: Call) -> Results:
    return call.layer(InstanceNorm(affine=True), call.input(0), weight=call.input(1), bias=call.input(2))


def _group(call: Call) -> Results:
    op = GroupNorm(groups=call.integer("num_groups", 1))
    return call.layer(op, call.input(0), weight=call.input(1), bias=call.input(2))


def _axes(call: Call, rank: int) -> int:
    axis = call.integer("axis", -1)
    axes = -axis if axis < 0 else rank - axis
    if not 0 < axes < rank:
        raise UnreadError("it normalises over the batch too")
    return axes


def _layer(call: Call) -> Results:
    x, bias = call.input(0), call.optional(2)
    op = LayerNorm(axes=_axes(call, len(x.shape)), bias=bias is not None)
    return call.layer(op, x, weight=call.input(1), bias=bias)


def _rms(call: Call) -> Results:
    x = call.input(0)
    return call.layer(RMSNorm(axes=_axes(call, len(x.shape))), x, weight=call.input(1))


def _local(call: Call) -> Results:
    op = LocalResponseNorm(
        size=call.integer("size", 5),
        alpha=call.number("alpha", 1e-4),
        beta=call.number("beta", 0.75),
        k=call.number("bias", 1.0),
    )
    return call.layer(op, call.input(0))


def _vector(call: Call) -> Results:
    from ....ops.joining import Div

    x = call.input(0)
    op = VectorNorm(axes=(call.integer("axis", -1),), keepdim=True, p="l1" if call.integer("p", 2) == 1 else "l2")
    (length,) = call.layer(op, x, part="norm")
    return call.layer(Div(), x, length)


RULES: dict[str, Rule] = {
    "BatchNormalization": _batch, "InstanceNormalization": _instance, "GroupNormalization": _group,
    "LayerNormalization": _layer, "RMSNormalization": _rms, "SimplifiedLayerNormalization": _rms, "LRN": _local,
    "LpNormalization": _vector,
}  # fmt: skip
