"""Parts of a tensor."""

from __future__ import annotations

from collections.abc import Sequence

from ..site import Site
from ..trace import Value
from .table import aten


@aten("slice slice_copy")
def cut(site: Site, x: Value, dim: int = 0, start: int | None = None, end: int | None = None, step: int = 1) -> Value:
    """aten.slice(x, dim, start, end, step), places held at the ends as Python holds them."""
    size = x.shape[dim]
    low, high, _ = slice(start, end, step).indices(size)
    if (low, high, step) == (0, size, 1):
        return x
    if 0 in site.shape:
        return Value(site.shape, x.dtype, "constant")  # nothing is left
    return site.layer("slice", x, axis=dim, start=low, end=high, step=step)


@aten("narrow narrow_copy")
def narrow(site: Site, x: Value, dim: int, start: int, length: int) -> Value:
    """aten.narrow(x, dim, start, length)."""
    return cut(site, x, dim, start, start + length if start >= 0 else x.shape[dim] + start + length)


@aten("select select_copy")
def select(site: Site, x: Value, dim: int, index: int) -> Value:
    """aten.select(x, dim, index)."""
    return site.layer("select", x, axis=dim, index=index)


@aten("unbind unbind_copy")
def unbind(site: Site, x: Value, dim: int = 0) -> list[Value]:
    """aten.unbind(x, dim): every element of an axis, which disappears."""
    return [select(site, x, dim, index) for index in range(x.shape[dim])]


@aten("split chunk split_with_sizes tensor_split unsafe_split unsafe_chunk split_copy split_with_sizes_copy")
def split(site: Site, x: Value, _: int | Sequence[int], dim: int = 0) -> list[Value]:
    """aten.split(x, sizes, dim), aten.chunk(x, chunks, dim): the sizes are those of what comes out."""
    sizes = tuple(shape[dim] for shape in site.shapes if shape is not None)
    if len(sizes) == 1:
        return [x]
    if len(set(sizes)) == 1:
        return site.layers("split", x, parts=len(sizes), axis=dim)
    return site.layers("split", x, sizes=sizes, axis=dim)
