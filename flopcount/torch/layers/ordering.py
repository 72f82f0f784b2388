"""Elements in order, running sums, and the best of many boxes."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from ._apply import Apply


def best(boxes: Tensor, scores: Tensor, kept: int, triples: bool) -> Tensor:
    """The places of the best boxes, overlapping or not: how much they may overlap, a graph does not know."""
    places = scores.reshape(-1).argsort(descending=True)[:kept]
    places = torch.cat([places, places.new_zeros(kept - places.shape[0])])
    return torch.stack([torch.zeros_like(places)] * 2 + [places], 1) if triples else places


MODULES: dict[str, Any] = {
    "cumprod": lambda op, x: Apply(torch.cumprod, dim=op.axis),
    "cumsum": lambda op, x: Apply(torch.cumsum, dim=op.axis),
    "nms": lambda op, *x: Apply(best, kept=op.kept, triples=op.triples),
    "sort": lambda op, x: Apply(torch.sort, dim=op.axis),
    "topk": lambda op, x: Apply(torch.topk, k=op.k, dim=op.axis),
}
