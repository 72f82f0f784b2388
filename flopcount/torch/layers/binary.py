"""Functions of two inputs; of one, with a constant beside it that a graph does not know: here 2."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from ._apply import applies

CONSTANT = 2.0


def paired(*x: Tensor, by: Callable[..., Tensor]) -> Tensor:
    """A function of two inputs, or of one and the constant."""
    return by(*x) if len(x) == 2 else by(x[0], torch.full_like(x[0], CONSTANT))


MODULES: dict[str, Any] = {
    "atan2": applies(paired, by=torch.atan2),
    "floor_divide": applies(paired, by=torch.floor_divide),
    "fmod": applies(paired, by=torch.fmod),
    "power": applies(paired, by=torch.pow),
    "remainder": applies(paired, by=torch.remainder),
}
