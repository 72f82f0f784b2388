"""Axes reduced to one number each, and running reductions."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ..site import Site, Unmapped
from ..trace import Value
from .table import aten, is_value


def axes_of(x: Value, dim: Any) -> tuple[int, ...]:
    """The axes that torch means: none named means all."""
    if dim is None or (isinstance(dim, list | tuple) and not dim):
        return tuple(range(len(x.shape)))
    return tuple(dim) if isinstance(dim, list | tuple) else (dim,)


def reduced(site: Site, tag: str, x: Value, dim: Any, keepdim: bool, **fields: Any) -> Value:
    """An input reduced over axes; a number is reduced already."""
    return site.layer(tag, x, axes=axes_of(x, dim), keepdim=keepdim, **fields) if x.shape else x


@aten("mean sum nansum prod any all")
def reduce(site: Site, x: Value, dim: Any = None, keepdim: bool = False, **_: Any) -> Value:
    """aten.mean(x, dim, keepdim) and its kin."""
    return reduced(site, site.call.operator.removeprefix("nan"), x, dim, keepdim)


@aten("amax amin")
def extreme(site: Site, x: Value, dim: Any = (), keepdim: bool = False) -> Value:
    """aten.amax(x, dim, keepdim)."""
    return reduced(site, site.call.operator[1:], x, dim, keepdim)


@aten("max min")
def extreme_and_place(site: Site, x: Value, dim: Any = None, keepdim: bool = False) -> Any:
    """aten.max(x), aten.max(x, other), or aten.max(x, dim) with the places of the maxima."""
    tag = site.call.operator
    if is_value(dim):
        return site.layer(f"{tag}imum", x, dim)
    y = reduced(site, tag, x, dim, keepdim)
    return y if dim is None else [y, place_of(site, y)]


def place_of(site: Site, y: Value) -> Value | None:
    """Where the extremes stand, the second output: the same comparisons' result; none where nobody reads it."""
    return site.layer("cast", y, to="int64") if site.is_used(1) else None


@aten("argmax argmin")
def place(site: Site, x: Value, dim: int | None = None, keepdim: bool = False) -> Value:
    """aten.argmax(x, dim, keepdim)."""
    if dim is None:
        y = site.layer(site.call.operator, site.layer("reshape", x, shape=(x.elements,), keep_batch=False), axis=0)
        return site.layer("reshape", y, shape=site.shape, keep_batch=False) if keepdim else y
    return site.layer(site.call.operator, x, axis=dim, keepdim=keepdim)


@aten("logsumexp")
def logsumexp(site: Site, x: Value, dim: Any, keepdim: bool = False) -> Value:
    """aten.logsumexp(x, dim, keepdim)."""
    return reduced(site, "logsumexp", x, dim, keepdim)


def _unbiased(args: Sequence[Any], unbiased: Any, correction: Any) -> tuple[Any, bool, bool]:
    """Axes, keepdim and divisor from either of torch's two spellings."""
    dim, *rest = args or (None,)
    if isinstance(dim, bool):
        dim, rest = None, [dim, *rest]
    if rest:
        unbiased = rest[0]
    keepdim = rest[1] if len(rest) > 1 else False
    known = {None: True, 1: True, 0: False}
    if unbiased is None:
        if correction not in known:
            raise Unmapped
        unbiased = known[correction]
    return dim, keepdim, unbiased


@aten("var std var_mean std_mean")
def moment(
    site: Site, x: Value, *args: Any, dim: Any = None, unbiased: Any = None, correction: Any = None,
    keepdim: bool = False,
) -> Any:  # fmt: skip
    """aten.var(x, dim, correction, keepdim), aten.var_mean and the deviations."""
    axes, kept, divisor = _unbiased(args, unbiased, correction)
    axes, kept = dim if axes is None else axes, keepdim or kept
    tag, _, with_mean = site.call.operator.partition("_")
    y = reduced(site, tag, x, axes, kept, unbiased=divisor)
    return [y, reduced(site, "mean", x, axes, kept)] if with_mean else y


@aten("linalg_vector_norm norm frobenius_norm")
def norm(site: Site, x: Value, p: Any = 2, dim: Any = None, keepdim: bool = False, **_: Any) -> Value:
    """aten.linalg_vector_norm(x, ord, dim, keepdim), aten.norm."""
    kinds = {1: "l1", 2: "l2", None: "l2"}
    if p == float("inf"):
        return reduced(site, "max", site.layer("abs", x), dim, keepdim)
    if p not in kinds:
        raise Unmapped
    return reduced(site, "norm", x, dim, keepdim, p=kinds[p])


@aten("cumsum cumprod")
def running(site: Site, x: Value, dim: int, **_: Any) -> Value:
    """aten.cumsum(x, dim)."""
    return site.layer(site.call.operator, x, axis=dim)


@aten("topk")
def topk(site: Site, x: Value, k: int, dim: int = -1, *_: Any, **__: Any) -> list[Value]:
    """aten.topk(x, k, dim)."""
    return site.layers("topk", x, k=k, axis=dim)


@aten("sort")
def sort(site: Site, x: Value, dim: int = -1, *_: Any, **__: Any) -> list[Value]:
    """aten.sort(x, dim)."""
    return site.layers("sort", x, axis=dim)


@aten("argsort")
def argsort(site: Site, x: Value, dim: int = -1, *_: Any, **__: Any) -> Value:
    """aten.argsort(x, dim): the places of a sort."""
    return sort(site, x, dim)[1]
