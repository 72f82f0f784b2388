"""Elements in order, found and placed by index."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from . import Case, by_numpy, said

Array = NDArray[Any]
X = torch.tensor(np.random.default_rng(0).permutation(60).reshape(3, 4, 5) / 8).float()
PLACES = torch.tensor([[2, 0, 3], [1, 1, 3]])
BELOW = torch.tensor([[[2, 0, 3, 1, 1]], [[1, 1, 3, 0, 2]]])
ALONG = torch.tensor([[[0], [2], [4], [1]], [[3], [3], [0], [2]]])
TWICE = torch.tensor([[[1], [0], [0], [4]]] * 3)
PAIRS = torch.tensor([[2, 3], [0, 1], [1, 0], [2, 3]])
BOXES, SCORES = torch.rand(5, 4), torch.tensor([0.1, 0.9, 0.4, 0.3, 0.7])
JOINED: dict[str, Callable[[Any, Any], Any]] = {
    "none": lambda old, new: new, "add": lambda old, new: old + new, "mul": lambda old, new: old * new, "max": max,
    "min": min,
}  # fmt: skip


def gathered(x: Array, places: Array, batch_axes: int) -> Array:
    """Slice by slice."""
    leading = places.shape[:-1]
    y = np.empty((*leading, *x.shape[batch_axes + places.shape[-1] :]))
    for at in np.ndindex(leading):
        y[at] = x[(*at[:batch_axes], *places[at])]
    return y


def scattered(x: Array, places: Array, updates: Array, axis: int, reduce: str) -> Array:
    """Element by element."""
    y = x.copy()
    for at in np.ndindex(places.shape):
        to = (*at[:axis], places[at], *at[axis + 1 :])
        y[to] = JOINED[reduce](y[to], updates[at])
    return y


def written(x: Array, places: Array, updates: Array, reduce: str) -> Array:
    """Element by element of the slices."""
    y = x.copy()
    for at in np.ndindex(updates.shape):
        to = (*places[at[: places.ndim - 1]], *at[places.ndim - 1 :])
        y[to] = JOINED[reduce](y[to], updates[at])
    return y


def marked(depth: int, axis: int) -> Callable[..., Any]:
    return said(lambda x: np.moveaxis(np.eye(depth, dtype=x.dtype)[x], -1, axis))


def least(k: int, axis: int) -> Callable[..., Any]:
    return said(lambda x: (-np.sort(-x, axis).take(range(k), axis), np.argsort(-x, axis).take(range(k), axis)))


CASES: list[Case] = [
    *((tag, {"axis": axis}, (X,), by_numpy(tag, axis)) for tag in ("cumprod", "cumsum") for axis in (0, 1, -1)),
    *(
        ("sort", {"axis": axis}, (X,), said(lambda x, axis=axis: (np.sort(x, axis), np.argsort(x, axis))))
        for axis in (1, -1)
    ),
    ("topk", {"k": 2, "axis": 1}, (X,), least(2, 1)),
    ("topk", {"k": 5}, (X,), least(5, -1)),
    ("argmin", {}, (X,), by_numpy("argmin", 1)),
    ("argmin", {"axis": -1, "keepdim": True}, (X,), by_numpy("argmin", -1, keepdims=True)),
    ("nms", {"kept": 3}, (BOXES, SCORES), said(lambda boxes, scores: np.array([1, 4, 2]))),
    ("nms", {"kept": 6}, (BOXES, SCORES), said(lambda boxes, scores: np.array([1, 4, 2, 3, 0, 0]))),
    ("nms", {"kept": 2, "triples": True}, (BOXES, SCORES), said(lambda *x: np.array([[0, 0, 1], [0, 0, 4]]))),
    ("gather", {"axis": 1}, (X, PLACES), said(lambda x, places: x[:, places])),
    ("gather", {"axis": -1}, (X, torch.tensor(4)), said(lambda x, place: x[..., 4])),
    ("gather_elements", {"axis": 1}, (X, BELOW), said(lambda x, at: np.take_along_axis(x[:2], at, 1))),
    ("gather_elements", {"axis": -1}, (X, ALONG), said(lambda x, at: np.take_along_axis(x[:2], at, 2))),
    ("gather_nd", {}, (X, PAIRS), said(partial(gathered, batch_axes=0))),
    ("gather_nd", {}, (X, PAIRS[:, None]), said(partial(gathered, batch_axes=0))),
    ("gather_nd", {}, (X, PAIRS[0]), said(lambda x, places: x[2, 3])),
    ("gather_nd", {"batch_axes": 1}, (X, PAIRS[:3]), said(partial(gathered, batch_axes=1))),
    ("gather_nd", {"batch_axes": 2}, (X, TWICE), said(partial(gathered, batch_axes=2))),
    ("scatter", {"axis": 1}, (X, BELOW[:, :, [0, 2]], -X[:2, :1, :2]), said(partial(scattered, axis=1, reduce="none"))),
    *(
        ("scatter", {"axis": -1, "reduce": reduce}, (X, torch.cat([TWICE, 4 - TWICE, TWICE], 2), X[:, :, 1:4] - 3),
         said(partial(scattered, axis=2, reduce=reduce)))
        for reduce in ("add", "mul", "max", "min")
    ),
    ("scatter_nd", {}, (X, PAIRS[:3], -X[0, :3]), said(partial(written, reduce="none"))),
    *(
        ("scatter_nd", {"reduce": reduce}, (X, PAIRS, X[1] - 3),
         said(partial(written, reduce=reduce)))
        for reduce in ("add", "mul", "max", "min")
    ),
    ("scatter_nd", {"reduce": "add"}, (X, PAIRS[:, None, :1], X[[0, 1, 2, 0], None]),
     said(partial(written, reduce="add"))),
    ("one_hot", {"depth": 5}, (PLACES,), marked(5, -1)),
    ("one_hot", {"depth": 4, "axis": 1}, (PLACES,), marked(4, 1)),
    ("one_hot", {"depth": 3, "axis": 0}, (PLACES,), lambda w, x: torch.stack([(x == i).long() for i in range(3)])),
    ("tril", {}, (X,), by_numpy("tril")),
    ("triu", {}, (X,), by_numpy("triu")),
    ("strided_slice", {"starts": (1,), "ends": (3,)}, (X,), said(lambda x: x[1:3])),
    ("strided_slice", {"starts": (-1, 0), "ends": (-9, 99), "axes": (1, -1), "steps": (-2, 3)}, (X,),
     said(lambda x: x[:, ::-2, ::3])),
    ("strided_slice", {"starts": (3,), "ends": (1,), "axes": (2,)}, (X,), said(lambda x: x[:, :, 3:1])),
]  # fmt: skip
