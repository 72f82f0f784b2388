"""Elements found and placed by index."""

from __future__ import annotations

from math import prod
from typing import Any

import torch
from torch import Tensor

from ...ops.axes import axis_of
from ._apply import Apply, applies

REDUCTIONS = {"add": "sum", "mul": "prod", "max": "amax", "min": "amin"}


def gather(x: Tensor, places: Tensor, axis: int) -> Tensor:
    """Slices of an axis."""
    found = x.index_select(axis, places.reshape(-1).long())
    return found.reshape((*x.shape[:axis], *places.shape, *x.shape[axis + 1 :]))


def gather_elements(x: Tensor, places: Tensor, axis: int) -> Tensor:
    """Elements of an axis."""
    return x.gather(axis, places.long())


def gather_nd(x: Tensor, places: Tensor, batch_axes: int) -> Tensor:
    """Slices by tuples of places."""
    if places.ndim == 1:
        return gather_nd(x, places[None], batch_axes)[0]
    rank = places.ndim - 1
    batches = [
        torch.arange(x.shape[axis], device=x.device).reshape(*[1] * axis, -1, *[1] * (rank - 1 - axis))
        for axis in range(batch_axes)
    ]
    return x[(*batches, *places.long().unbind(-1))]


def scatter(x: Tensor, places: Tensor, updates: Tensor, axis: int, reduce: str) -> Tensor:
    """Elements written along an axis."""
    if reduce == "none":
        return x.scatter(axis, places.long(), updates)
    return x.scatter_reduce(axis, places.long(), updates, REDUCTIONS[reduce])


def scatter_nd(x: Tensor, places: Tensor, updates: Tensor, reduce: str) -> Tensor:
    """Slices written at tuples of places: rows of a matrix, by their number."""
    leading = x.shape[: places.shape[-1]]
    row = torch.zeros(places.shape[:-1], dtype=torch.long, device=x.device)
    for size, place in zip(leading, places.long().unbind(-1), strict=True):
        row = row * size + place % size
    rows, row = x.reshape(prod(leading), -1), row.reshape(-1)
    written = updates.reshape(row.shape[0], -1)
    if reduce == "none":
        return rows.index_copy(0, row, written).reshape(x.shape)
    if reduce == "add":
        return rows.index_add(0, row, written).reshape(x.shape)
    at = row[:, None].expand_as(written)
    return rows.scatter_reduce(0, at, written, REDUCTIONS[reduce]).reshape(x.shape)


def one_hot(x: Tensor, depth: int, axis: int) -> Tensor:
    """Each integer as a row with a 1."""
    places = torch.arange(depth, device=x.device).reshape(-1, *[1] * (x.ndim - axis))
    return (x.long().unsqueeze(axis) == places).to(x.dtype)


MODULES: dict[str, Any] = {
    "gather": lambda op, x, places: Apply(gather, axis=axis_of(op.axis, len(x))),
    "gather_elements": lambda op, *x: Apply(gather_elements, axis=op.axis),
    "gather_nd": lambda op, *x: Apply(gather_nd, batch_axes=op.batch_axes),
    "one_hot": lambda op, x: Apply(one_hot, depth=op.depth, axis=axis_of(op.axis, len(x) + 1)),
    "scatter": lambda op, *x: Apply(scatter, axis=op.axis, reduce=op.reduce),
    "scatter_nd": lambda op, *x: Apply(scatter_nd, reduce=op.reduce),
    "tril": applies(torch.tril),
    "triu": applies(torch.triu),
}
