"""Reductions, products, attention and samples."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from functools import partial
from itertools import product
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch.nn import functional

from . import Case, said

Array = NDArray[Any]
noise = torch.Generator().manual_seed(0)
X = torch.randn(2, 3, 4, generator=noise)
POSITIVE = torch.rand(2, 3, 4, generator=noise) + 0.5
LEFT, RIGHT, C = (torch.randn(shape, generator=noise) for shape in ((2, 3, 4), (2, 4, 5), (3, 1)))
IMAGE, LINE = torch.randn(2, 3, 4, 5, generator=noise), torch.randn(2, 3, 6, generator=noise)
GRID, PLACES = torch.rand(2, 3, 2, 2, generator=noise) * 2.6 - 1.3, torch.rand(2, 4, 1, generator=noise) * 2.6 - 1.3
VOLUME, PLACES_IN_IT = torch.randn(1, 2, 3, 2, 4, generator=noise), torch.rand(1, 2, 1, 3, 3, generator=noise) * 2 - 1
MAP = torch.randn(2, 2, 3, generator=noise)
REGIONS = torch.tensor([[0.0, 0, 4, 4], [1.2, 0.7, 4.4, 2.9]])
OF_BOTH = torch.tensor([[1.0, 0.5, 0.5, 3.5, 3.5], [0, 1, 1, 5, 4]])
Q, K, V = (torch.randn(shape, generator=noise) for shape in ((2, 4, 3, 8), (2, 2, 5, 8), (2, 2, 5, 6)))

MOMENTS: dict[str, Callable[..., Any]] = {
    "any": np.any,
    "all": np.all,
    "log_sum": lambda x, axis, keepdims: np.log(x.sum(axis, keepdims=keepdims)),
    "logsumexp": lambda x, axis, keepdims: np.log(np.exp(x).sum(axis, keepdims=keepdims)),
    "norm": lambda x, axis, keepdims: np.sqrt((x * x).sum(axis, keepdims=keepdims)),
    "sum_square": lambda x, axis, keepdims: (x * x).sum(axis, keepdims=keepdims),
    "std": lambda x, axis, keepdims: np.std(x, axis, ddof=1, keepdims=keepdims),
    "var": lambda x, axis, keepdims: np.var(x, axis, ddof=1, keepdims=keepdims),
}


def moments() -> Iterator[Case]:
    """Over one axis and several, kept and not; without axes, over all but the batch."""
    for (tag, function), (axes, keepdim) in product(MOMENTS.items(), [(None, True), ((-1, 0), False), ((1,), True)]):
        x = (POSITIVE > 0.9).float() if tag in ("any", "all") else POSITIVE
        axis = (1, 2) if axes is None else axes
        reference = said(lambda x, by=function, axis=axis, keepdim=keepdim: by(x, axis=axis, keepdims=keepdim))
        yield tag, {"axes": axes, "keepdim": keepdim}, (x,), reference


def rows_of_one(tag: str, function: Callable[[Array], Any], **fields: Any) -> Case:
    """Over all axes but the batch of an input that has no other: each element by itself."""
    return tag, fields, (POSITIVE[0, 0],), said(function)


def softmax(x: Array) -> Array:
    y: Array = np.exp(x) / np.exp(x).sum(-1, keepdims=True)
    return y


def attended(q: Array, k: Array, v: Array, *mask: Array, causal: bool = False) -> Array:
    """Head by head; a query sees only keys that have come, the last query standing at the last key."""
    y = np.empty((*q.shape[:-1], v.shape[-1]))
    for at in np.ndindex(q.shape[:-2]):
        of = tuple(place * keys // queries for place, keys, queries in zip(at, k.shape, q.shape, strict=False))
        scores = q[at] @ k[of].T / math.sqrt(q.shape[-1])
        if mask:
            scores = scores + np.broadcast_to(mask[0], (*q.shape[:-1], k.shape[-2]))[at]
        if causal:
            ahead = np.arange(k.shape[-2]) - np.arange(q.shape[-2])[:, None] > k.shape[-2] - q.shape[-2]
            scores = np.where(ahead, -np.inf, scores)
        y[at] = softmax(scores) @ v[of]
    return y


def rotated(x: Array, turned: int) -> Array:
    """Pairs as complex numbers, the features of one half with those of the other, turned by multiplication."""
    half = turned // 2
    angles = np.arange(x.shape[-2])[:, None] * 10_000.0 ** (-np.arange(half) / half)
    pairs = (x[..., :half] + 1j * x[..., half : 2 * half]) * np.exp(1j * angles)
    return np.concatenate([pairs.real, pairs.imag, x[..., 2 * half :]], -1)


def linear(distance: float) -> float:
    return max(0.0, 1 - abs(distance))


def cubic(distance: float) -> float:
    """Keys's kernel with a = −3/4."""
    d, a = abs(distance), -0.75
    if d < 1:
        return (a + 2) * d**3 - (a + 3) * d**2 + 1
    return a * d**3 - 5 * a * d**2 + 8 * a * d - 4 * a if d < 2 else 0.0


def nearest(distance: float) -> float:
    """Of two pixels as near, none is in these tests."""
    return float(abs(distance) < 0.5)


def sample(image: Array, place: tuple[float, ...], kernel: Callable[[float], float] = linear) -> Any:
    """All pixels of each channel, weighted by their distances along the axes; outside is nothing."""
    return sum(
        math.prod(kernel(p - i) for p, i in zip(place, at, strict=True)) * image[(slice(None), *at)]
        for at in np.ndindex(image.shape[1:])
    )


def pixel(coordinate: float, size: int, corners: bool) -> float:
    """From −1 to 1: between the middles of the outermost pixels, or their outer ends."""
    return (coordinate + 1) / 2 * (size - 1) if corners else (coordinate + 1) / 2 * size - 0.5


def held(place: float, size: int, corners: bool) -> float:
    return min(max(place, 0), size - 1)


def mirrored(place: float, size: int, corners: bool) -> float:
    """At the middles of the outermost pixels, or at their outer ends; there it is held."""
    low, high = (0.0, size - 1.0) if corners else (-0.5, size - 0.5)
    while not low <= place <= high:
        place = 2 * (low if place < low else high) - place
    return held(place, size, corners)


def sampled(
    kernel: Callable[[float], float], *, corners: bool = False, outside: Callable[..., float] | None = None
) -> Callable[..., Any]:
    def reference(x: Array, grid: Array) -> Array:
        y = np.empty((*x.shape[:2], *grid.shape[1:-1]))
        for n, *at in np.ndindex(grid.shape[:-1]):
            sizes = x.shape[2:]
            place = [pixel(c, size, corners) for c, size in zip(grid[(n, *at)][::-1], sizes, strict=True)]
            if outside:
                place = [outside(p, size, corners) for p, size in zip(place, sizes, strict=True)]
            y[(n, slice(None), *at)] = sample(x[n], tuple(place), kernel)
        return y

    return said(reference)


def pooled(out: tuple[int, int], samples: int, by: Callable[..., Any]) -> Callable[..., Any]:
    """Each bin's samples one by one; pixels have their middles at one half."""

    def reference(x: Array, regions: Array, *batch: Array) -> Array:
        y = np.empty((len(regions), x.shape[1], *out))
        for r, region in enumerate(regions):
            n = int(batch[0][r]) if batch else int(region[0]) if len(region) == 5 else 0
            left, top, right, bottom = region[-4:]
            for row, column in np.ndindex(out):
                found = []
                for i, j in np.ndindex((samples, samples)):
                    down = top + (bottom - top) / out[0] * (row + (i + 0.5) / samples) - 0.5
                    along = left + (right - left) / out[1] * (column + (j + 0.5) / samples) - 0.5
                    place = held(down, x.shape[2], False), held(along, x.shape[3], False)
                    found.append(sample(x[n], place))
                y[r, :, row, column] = by(found, 0)
        return y

    return said(reference)


CASES: list[Case] = [
    *moments(),
    ("norm", {"p": "l1"}, (X,), said(lambda x: np.abs(x).sum((1, 2)))),
    ("std", {"unbiased": False}, (X,), said(lambda x: np.std(x, (1, 2)))),
    ("var", {"unbiased": False, "axes": (0,)}, (X,), said(lambda x: np.var(x, 0))),
    rows_of_one("log_sum", np.log),
    rows_of_one("logsumexp", lambda x: x),
    rows_of_one("norm", np.abs),
    rows_of_one("sum_square", np.square),
    rows_of_one("var", lambda x: 0 * x, unbiased=False),
    rows_of_one("any", lambda x: x != 0),
    ("gemm", {}, (LEFT, RIGHT), said(lambda a, b: a @ b)),
    ("gemm", {"alpha": 0.5, "beta": 3}, (LEFT, RIGHT, C), said(lambda a, b, c: a @ b / 2 + 3 * c)),
    ("gemm", {"transpose_a": True, "transpose_b": True}, (LEFT.mT, RIGHT.mT, C), said(
        lambda a, b, c: a.swapaxes(1, 2) @ b.swapaxes(1, 2) + c
    )),
    ("rotary", {}, (V,), said(lambda x: rotated(x, 6))),
    ("rotary", {"turned": 4}, (V,), said(lambda x: rotated(x, 4))),
    ("sdpa", {}, (Q, K, V), said(attended)),
    ("sdpa", {"causal": True}, (Q, K, V), said(partial(attended, causal=True))),
    ("sdpa", {}, (Q, K, V, X[0, :, :1]), said(attended)),
    ("sdpa", {"causal": True}, (Q, K, V, Q[:, :1, :, :5]), said(partial(attended, causal=True))),
    ("sdpa", {}, (Q[0, 0], K[0, 0], V[0, 0]), said(attended)),
    ("grid_sample", {}, (IMAGE, GRID), sampled(linear)),
    ("grid_sample", {"align_corners": True}, (IMAGE, GRID), sampled(linear, corners=True)),
    ("grid_sample", {"padding_mode": "border"}, (IMAGE, GRID), sampled(linear, outside=held)),
    *(
        ("grid_sample", {"padding_mode": "reflection", "align_corners": corners}, (IMAGE, 2 * GRID),
         sampled(linear, corners=corners, outside=mirrored))
        for corners in (False, True)
    ),
    ("grid_sample", {"mode": "nearest"}, (IMAGE, GRID), sampled(nearest)),
    ("grid_sample", {"mode": "bicubic"}, (IMAGE, GRID), sampled(cubic)),
    ("grid_sample", {}, (VOLUME, PLACES_IN_IT), sampled(linear)),
    ("grid_sample", {}, (LINE, PLACES), sampled(linear)),
    ("grid_sample", {"padding_mode": "border"}, (LINE, PLACES), sampled(linear, outside=held)),
    ("grid_sample", {"mode": "nearest", "align_corners": True}, (LINE, PLACES), sampled(nearest, corners=True)),
    ("grid_sample", {"mode": "bicubic"}, (LINE, PLACES), sampled(cubic)),
    ("affine_grid", {"size": (3, 4)}, (MAP,), lambda w, x: functional.affine_grid(x, [2, 1, 3, 4], False)),
    ("affine_grid", {"size": (2, 3, 4)}, (LEFT,), lambda w, x: functional.affine_grid(x, [2, 1, 2, 3, 4], False)),
    ("affine_grid", {"size": (4,)}, (MAP[:, :1, :2],), said(
        lambda x: x[..., :1] * np.array([[-0.75], [-0.25], [0.25], [0.75]]) + x[..., 1:]
    )),
    ("roi_align", {"out": 2, "samples": 3}, (IMAGE, REGIONS), pooled((2, 2), 3, np.mean)),
    ("roi_align", {"out": (1, 3), "samples": 2, "mode": "max"}, (IMAGE, REGIONS), pooled((1, 3), 2, np.max)),
    ("roi_align", {"out": (3, 2), "samples": 1}, (IMAGE, OF_BOTH), pooled((3, 2), 1, np.mean)),
    ("roi_align", {"out": 2}, (IMAGE, REGIONS, torch.tensor([1, 0])), pooled((2, 2), 2, np.mean)),
]  # fmt: skip
