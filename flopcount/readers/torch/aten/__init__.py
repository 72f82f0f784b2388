"""How torch's operators (aten) map to our ops: one file a family, one function or line an operator.

A mapping is called as torch calls the operator: its parameters are those of torch's schema, with torch's defaults, so
that Python binds names and defaults. Overloads share a mapping. An operator in place is the operator.
"""

from __future__ import annotations

from . import (
    activation,
    attention,
    conv,
    factory,
    indexing,
    joining,
    linear,
    movement,
    norm,
    pointwise,
    pool,
    recurrent,
    reduction,
    resample,
    split,
)
from .table import Mapping, find, is_layer

__all__ = ["Mapping", "find", "is_layer"]

FAMILIES = (
    activation, attention, conv, factory, indexing, joining, linear, movement, norm, pointwise, pool, recurrent,
    reduction, resample, split,
)  # fmt: skip
"""The modules that fill the table."""
