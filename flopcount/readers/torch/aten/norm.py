"""Normalisation."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ..site import Site, Unmapped, is_held
from ..trace import Value
from .table import aten


def _affine(site: Site, y: Value, weight: Value | None, bias: Value | None, axis: int) -> Value:
    """Scaled and shifted by tensors that a layer makes; `axis`: which axis of y they run along, if they are vectors."""
    for tag, value in (("mul", weight), ("add", bias)):
        if value is not None:
            shape = (-1, *(1 for _ in y.shape[2:])) if axis == 1 else value.shape
            y = site.layer(tag, y, site.layer("reshape", value, shape=shape, keep_batch=False))
    return y


def _own(weight: Value | None, bias: Value | None) -> bool:
    """Whether an op can have both as its own: there are both or neither, and no layer makes them."""
    return (weight is None) == (bias is None) and is_held(weight) and is_held(bias)


@aten("batch_norm cudnn_batch_norm miopen_batch_norm")
def batch_norm(
    site: Site, x: Value, weight: Value | None, bias: Value | None, mean: Value | None, var: Value | None,
    training: bool = False, *_: Any,
) -> Value:  # fmt: skip
    """aten.batch_norm(x, weight, bias, running_mean, running_var, training, ...)."""
    track = not training and mean is not None
    if track and not (is_held(mean) and is_held(var)):
        raise Unmapped
    held = {"running_mean": mean, "running_var": var} if track else {}
    if _own(weight, bias):
        held |= {"weight": weight, "bias": bias}
        return site.layer("bn", x, held=held, affine=weight is not None, track=track)
    return _affine(site, site.layer("bn", x, held=held, affine=False, track=track), weight, bias, 1)


@aten("native_batch_norm _native_batch_norm_legit _native_batch_norm_legit_functional")
def native_batch_norm(site: Site, *args: Any) -> list[Value | None]:
    """aten.native_batch_norm: with the statistics that its gradient will need."""
    return [batch_norm(site, *args), None, None]


@aten("_native_batch_norm_legit_no_training")
def batch_norm_at_test_time(
    site: Site, x: Value, weight: Value | None, bias: Value | None, mean: Value, var: Value, *_: Any
) -> list[Value | None]:
    """aten._native_batch_norm_legit_no_training: as exported programs have it."""
    return [batch_norm(site, x, weight, bias, mean, var), None, None]


@aten("instance_norm")
def instance_norm(
    site: Site, x: Value, weight: Value | None, bias: Value | None, mean: Value | None, var: Value | None,
    use_input_stats: bool = True, *_: Any,
) -> Value:  # fmt: skip
    """aten.instance_norm: by each sample's own statistics, or by running ones, as a batch norm."""
    if not use_input_stats:
        return batch_norm(site, x, weight, bias, mean, var)
    if _own(weight, bias):
        return site.layer("instance_norm", x, held={"weight": weight, "bias": bias}, affine=weight is not None)
    return _affine(site, site.layer("instance_norm", x, affine=False), weight, bias, 1)


@aten("group_norm")
def group_norm(
    site: Site, x: Value, groups: int, weight: Value | None = None, bias: Value | None = None, *_: Any
) -> Value:
    """aten.group_norm(x, num_groups, weight, bias)."""
    if _own(weight, bias):
        return site.layer("gn", x, held={"weight": weight, "bias": bias}, groups=groups, affine=weight is not None)
    return _affine(site, site.layer("gn", x, groups=groups, affine=False), weight, bias, 1)


@aten("native_group_norm")
def native_group_norm(
    site: Site, x: Value, weight: Value | None, bias: Value | None, n: int, c: int, hw: int, groups: int, eps: float
) -> list[Value | None]:
    """aten.native_group_norm: with the statistics that its gradient will need."""
    return [group_norm(site, x, groups, weight, bias), None, None]


@aten("layer_norm")
def layer_norm(
    site: Site, x: Value, shape: Sequence[int], weight: Value | None = None, bias: Value | None = None, *_: Any
) -> Value:
    """aten.layer_norm(x, normalized_shape, weight, bias)."""
    axes = len(shape)
    if axes == len(x.shape):
        y = layer_norm(site, site.layer("unsqueeze", x, axes=(0,)), shape, weight, bias)
        return site.layer("squeeze", y, axes=(0,))
    if is_held(weight) and is_held(bias) and (weight is not None or bias is None):
        held = {"weight": weight, "bias": bias}
        return site.layer("ln", x, held=held, axes=axes, affine=weight is not None, bias=bias is not None)
    return _affine(site, site.layer("ln", x, axes=axes, affine=False, bias=False), weight, bias, -1)


@aten("native_layer_norm")
def native_layer_norm(site: Site, *args: Any) -> list[Value | None]:
    """aten.native_layer_norm: with the statistics that its gradient will need."""
    return [layer_norm(site, *args), None, None]


@aten("rms_norm _fused_rms_norm")
def rms_norm(site: Site, x: Value, shape: Sequence[int], weight: Value | None = None, *_: Any) -> Any:
    """aten.rms_norm(x, normalized_shape, weight)."""
    if is_held(weight):
        y = site.layer("rms_norm", x, held={"weight": weight}, axes=len(shape), affine=weight is not None)
    else:
        y = _affine(site, site.layer("rms_norm", x, axes=len(shape), affine=False), weight, None, -1)
    return [y, None] if site.call.operator.startswith("_fused") else y


@aten("_weight_norm_interface _weight_norm")
def weight_norm(site: Site, v: Value, g: Value, dim: int = 0) -> list[Value | None]:
    """aten._weight_norm(v, g, dim) = v·(g / |v|), the length taken over all axes but one; the interface gives both."""
    axes = tuple(axis for axis in range(len(v.shape)) if axis != dim % len(v.shape) or dim == -1)
    length = site.layer("norm", v, axes=axes, keepdim=dim != -1, p="l2")
    return [site.layer("mul", v, site.layer("div", g, length)), length]
