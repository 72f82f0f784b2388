"""Tensors made from nothing, or from another's shape alone: constants, that every pass makes anew and nobody counts."""

from __future__ import annotations

from typing import Any

from ..site import Site
from ..trace import Value
from .table import aten, no_layers

MAKERS = (
    "arange linspace logspace zeros ones full empty empty_strided eye rand randn randint randperm scalar_tensor "
    "tril_indices triu_indices zeros_like ones_like full_like empty_like rand_like randn_like randint_like new_zeros "
    "new_ones new_full new_empty new_empty_strided bernoulli normal hann_window hamming_window blackman_window"
)


@aten(no_layers(MAKERS))
def make(site: Site, *_: Any, **__: Any) -> list[Value | None]:
    """aten.zeros(size) and its kin."""
    return [None if out is None else Value(out.shape, out.dtype, "constant") for out in site.call.outputs]


@aten(no_layers("fill zero uniform exponential random geometric log_normal"))
def overwrite(site: Site, x: Value, *_: Any, **__: Any) -> list[Value | None]:
    """aten.fill_(x, value): what it was is gone."""
    return make(site)
