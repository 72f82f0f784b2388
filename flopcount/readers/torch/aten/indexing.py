"""Look-ups and places written: they move elements; what is added up at a place is counted."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ..site import Site, Unmapped
from ..trace import Value
from .movement import expanded, reshaped
from .table import aten, is_value


@aten("index _unsafe_index")
def index(site: Site, x: Value, places: Sequence[Value | None]) -> Value:
    """aten.index(x, places): one axis by a tensor of places, or several axes by tuples of places."""
    named = [axis for axis, place in enumerate(places) if place is not None]
    tensors = [place for place in places if place is not None]
    if any(place.dtype in ("bool", "uint8") for place in tensors):
        raise Unmapped("how many elements a mask takes depends on its numbers, and so does the size of what follows")
    if len(named) == 1:
        return site.layer("gather", x, tensors[0], axis=named[0])
    if named != list(range(named[0], named[-1] + 1)):
        raise Unmapped
    # The axes become one, and the tuples of places one place in it: arithmetic on integers that nobody counts.
    first, last = named[0], named[-1]
    flat = site.layer("flatten", x, start=first, end=last)
    shape = site.shape[first : len(site.shape) - (len(x.shape) - last - 1)]
    return site.layer("gather", flat, expanded(site, tensors[0], shape), axis=first)


@aten("index_select")
def index_select(site: Site, x: Value, dim: int, places: Value) -> Value:
    """aten.index_select(x, dim, places)."""
    return site.layer("gather", x, places, axis=dim)


@aten("gather take_along_dim")
def gather(site: Site, x: Value, dim: Any, places: Any, **_: Any) -> Value:
    """aten.gather(x, dim, places)."""
    if is_value(dim):
        raise Unmapped
    return site.layer("gather_elements", x, places, axis=dim)


@aten("scatter scatter_add scatter_reduce")
def scatter(site: Site, x: Value, dim: int, places: Value, source: Any, reduce: str | None = None, **_: Any) -> Value:
    """aten.scatter(x, dim, places, source, reduce)."""
    if not is_value(source):
        source = Value(places.shape, x.dtype, "constant")
    kinds = {
        None: "add" if site.call.operator == "scatter_add" else "none", "sum": "add", "add": "add", "prod": "mul",
        "multiply": "mul", "amax": "max", "amin": "min",
    }  # fmt: skip
    if reduce not in kinds or source.shape != places.shape:
        raise Unmapped
    return site.layer("scatter", x, places, source, axis=dim, reduce=kinds[reduce])


@aten("copy")
def copy(site: Site, x: Value, source: Value, *_: Any) -> Value:
    """aten.copy_(x, source): x becomes the source, stretched to x's shape."""
    return expanded(site, source, site.shape)


@aten("slice_scatter select_scatter diagonal_scatter as_strided_scatter written")
def write(site: Site, x: Value, source: Value, *_: Any, **__: Any) -> Value:
    """aten.slice_scatter(x, source, ...) and its kin, and a view written in place: elements put into a tensor."""
    return written(site, x, source, "none")


@aten("index_put _unsafe_index_put _index_put_impl")
def index_put(
    site: Site, x: Value, places: Sequence[Value | None], source: Value, accumulate: bool = False, *_: Any
) -> Value:
    """aten.index_put(x, places, source, accumulate)."""
    masks = [place for place in places if place is not None and place.dtype in ("bool", "uint8")]
    if len(masks) == len(places) == 1 and source.elements == 1 and not accumulate:
        (mask,) = masks
        wide = (*mask.shape, *[1] * (len(x.shape) - len(mask.shape)))
        return site.layer("masked_fill", x, reshaped(site, mask, wide))
    if masks:
        raise Unmapped("how many elements a mask takes depends on its numbers")
    if accumulate and len(places) != len(x.shape):
        raise Unmapped  # the source stretches over the axes that no place names
    return written(site, x, source, "add" if accumulate else "none")


@aten("index_copy index_add")
def index_copy(site: Site, x: Value, dim: int, places: Value, source: Value, *, alpha: float = 1) -> Value:
    """aten.index_copy(x, dim, places, source), and aten.index_add."""
    if alpha != 1:
        raise Unmapped
    return written(site, x, source, "add" if site.call.operator == "index_add" else "none")


@aten("index_fill")
def index_fill(site: Site, x: Value, *_: Any) -> Value:
    """aten.index_fill(x, dim, places, value): a constant put into a tensor."""
    return x


def written(site: Site, x: Value, source: Value, reduce: str) -> Value:
    """A tensor with the elements of another put into it, wherever."""
    flat = reshaped(site, source, (source.elements,))
    places = Value(flat.shape, "int64", "constant")
    return reshaped(
        site, site.layer("scatter", reshaped(site, x, (x.elements,)), places, flat, axis=0, reduce=reduce), x.shape
    )


@aten("one_hot")
def one_hot(site: Site, x: Value, classes: int = -1) -> Value:
    """aten.one_hot(x, num_classes)."""
    return site.layer("one_hot", x, depth=site.shape[-1])


@aten("diagonal diagonal_copy diag")
def diagonal(site: Site, x: Value, *_: Any, **__: Any) -> Value:
    """aten.diagonal(x, offset, dim1, dim2): a look-up."""
    flat = reshaped(site, x, (x.elements,))
    return site.layer("gather", flat, Value(site.shape, "int64", "constant"), axis=0)


@aten("unfold unfold_copy im2col")
def windows(site: Site, x: Value, *_: Any, **__: Any) -> Value:
    """aten.unfold(x, dim, size, step), aten.im2col(x, ...): windows that overlap, copied side by side."""
    flat = reshaped(site, x, (x.elements,))
    return site.layer("gather", flat, Value(site.shape, "int64", "constant"), axis=0)


@aten("col2im")
def windows_added(site: Site, x: Value, *_: Any) -> Value:
    """aten.col2im(x, output_size, ...): windows that overlap, added into an image of zeros."""
    return written(site, Value(site.shape, x.dtype, "constant"), x, "add")
