"""Pooling. A size that torch chooses by the number of axes is one op of ours."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ..site import Site, Unmapped
from ..trace import Value
from .reduction import place_of
from .table import aten, per_axis, with_batch_axis


def _pool(site: Site, x: Value, build: Callable[[Value], Value]) -> Value:
    """Pool an input that may come without a batch: `max_pool2d` works on the last two axes."""
    rank = int(site.call.operator.partition("pool")[2][0])
    return with_batch_axis(site, x, rank + 2, build)


@aten("max_pool1d max_pool2d max_pool3d")
def max_pool(
    site: Site, x: Value, kernel: Any, stride: Any = (), padding: Any = 0, dilation: Any = 1, ceil_mode: bool = False
) -> Value:
    """aten.max_pool2d(x, kernel, stride, padding, dilation, ceil_mode); without a stride it is the kernel."""
    return _pool(site, x, lambda x: site.layer(
        "maxpool", x, kernel=per_axis(kernel), stride=per_axis(stride) if stride else None, padding=per_axis(padding),
        dilation=per_axis(dilation), ceil_mode=ceil_mode,
    ))  # fmt: skip


@aten("max_pool1d_with_indices max_pool2d_with_indices max_pool3d_with_indices")
def max_pool_with_places(site: Site, x: Value, *args: Any, **kwargs: Any) -> list[Value | None]:
    """aten.max_pool2d_with_indices: the places of the maxima are the same comparisons' result."""
    y = max_pool(site, x, *args, **kwargs)
    return [y, place_of(site, y)]


@aten("avg_pool1d avg_pool2d avg_pool3d")
def avg_pool(
    site: Site, x: Value, kernel: Any, stride: Any = (), padding: Any = 0, ceil_mode: bool = False,
    count_include_pad: bool = True, divisor_override: int | None = None,
) -> Value:  # fmt: skip
    """aten.avg_pool2d(x, kernel, stride, padding, ceil_mode, count_include_pad, divisor_override)."""
    return _pool(site, x, lambda x: site.layer(
        "avgpool", x, kernel=per_axis(kernel), stride=per_axis(stride) if stride else None, padding=per_axis(padding),
        ceil_mode=ceil_mode, count_include_pad=count_include_pad,
    ))  # fmt: skip


def _adaptive(site: Site, x: Value, out: Any, kind: str) -> Value:
    sizes = out if isinstance(out, list | tuple) else [out]
    if None in sizes:
        raise Unmapped
    if all(size == 1 for size in sizes):
        return _pool(site, x, lambda x: site.layer(f"global_{kind}", x))
    return _pool(site, x, lambda x: site.layer(f"adaptive_{kind}", x, out=per_axis(out)))


@aten("adaptive_avg_pool1d adaptive_avg_pool2d adaptive_avg_pool3d _adaptive_avg_pool2d _adaptive_avg_pool3d")
def adaptive_avg_pool(site: Site, x: Value, out: Any) -> Value:
    """aten.adaptive_avg_pool2d(x, output_size); to one element it is global."""
    return _adaptive(site, x, out, "avgpool")


@aten("adaptive_max_pool1d adaptive_max_pool2d adaptive_max_pool3d")
def adaptive_max_pool(site: Site, x: Value, out: Any) -> list[Value | None]:
    """aten.adaptive_max_pool2d(x, output_size), with the places of the maxima."""
    y = _adaptive(site, x, out, "maxpool")
    return [y, place_of(site, y)]
