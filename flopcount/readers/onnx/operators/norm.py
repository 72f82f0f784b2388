"""Normalisation."""

from __future__ import annotations

from typing import Any

from ....ops.axes import check_axis
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
    (made,) = call.layer(
        BatchNorm(track=not call.integer("training_mode")), x, weight=call.input(1), bias=call.input(2)
    )
    return (made, *[call.beside(made, (x.shape[1],), x.dtype)] * 4)


def _instance(call: Call) -> Results:
    return call.layer(InstanceNorm(affine=True), call.input(0), weight=call.input(1), bias=call.input(2))


def _group(call: Call) -> Results:
    x, weight = call.input(0), call.input(1)
    groups = call.integer("num_groups", 1)
    per_group = call.version < 21 and weight.shape == (groups,) and groups != x.shape[1]
    op = _PerGroup(groups=groups) if per_group else GroupNorm(groups=groups)
    return call.layer(op, x, weight=weight, bias=call.input(2))


class _PerGroup(GroupNorm, frozen=True, kw_only=True):
    """Group normalisation as it was before opset 21: one scale and shift for all channels of a group."""

    def weights(self, x: Any) -> dict[str, Any]:
        return {"weight": (self.groups,), "bias": (self.groups,)}


def _axes(call: Call, rank: int) -> int:
    axis = call.integer("axis", -1)
    axes = -axis if axis < 0 else rank - axis
    if not 0 < axes <= rank:
        raise UnreadError("an axis that the input does not have")
    return axes


def _layer(call: Call) -> Results:
    x, bias = call.input(0), call.optional(2)
    axes = _axes(call, len(x.shape))
    fields: dict[str, Any] = {"axes": axes, "bias": bias is not None}
    op = call.fitting(LayerNorm(**fields), lambda: _LayerNorm(**fields), x)
    (made,) = call.layer(op, x, weight=call.input(1), bias=bias)
    statistics = call.beside(made, (*x.shape[:-axes], *(1,) * axes), "float32")
    return (made, statistics, statistics)


def _rms(call: Call) -> Results:
    x = call.input(0)
    axes = _axes(call, len(x.shape))
    return call.layer(call.fitting(RMSNorm(axes=axes), lambda: _RMSNorm(axes=axes), x), x, weight=call.input(1))


class _LayerNorm(LayerNorm, frozen=True, kw_only=True):
    """Layer normalisation over any number of the last axes, also all of them."""

    def check(self, x: Any) -> None:
        check_axis(-self.axes, len(x))


class _RMSNorm(RMSNorm, frozen=True, kw_only=True):
    """The same by the mean square."""

    def check(self, x: Any) -> None:
        check_axis(-self.axes, len(x))


def _mean_variance(call: Call) -> Results:
    """Every channel by the mean and variance that it has in this batch."""
    if tuple(call.integers("axes") or (0, 2, 3)) != (0, *range(2, len(call.input(0).shape))):
        raise UnreadError("other axes")
    return call.layer(BatchNorm(affine=False, track=False), call.input(0))


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
    "LpNormalization": _vector, "MeanVarianceNormalization": _mean_variance,
}  # fmt: skip
