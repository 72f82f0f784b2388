"""Tensors side by side."""

from __future__ import annotations

from collections.abc import Sequence

from ..site import Site
from ..trace import Value
from .table import aten


@aten("cat concat concatenate")
def cat(site: Site, tensors: Sequence[Value], dim: int = 0) -> Value:
    """aten.cat(tensors, dim); the empty ones among them add nothing."""
    full = [x for x in tensors if x.elements] or list(tensors[:1])
    return full[0] if len(full) == 1 else site.layer("concat", *full, axis=dim)


@aten("stack")
def stack(site: Site, tensors: Sequence[Value], dim: int = 0) -> Value:
    """aten.stack(tensors, dim)."""
    if len(tensors) == 1:
        return site.layer("unsqueeze", tensors[0], axes=(dim,))
    return site.layer("stack", *tensors, axis=dim)
