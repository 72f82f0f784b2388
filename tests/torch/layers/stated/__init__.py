"""What ops compute, said in other words: a row an op and a setting. `test_values.py` compares the modules with it.

Said by plain Python, number by number, or by numpy.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from torch import Tensor

Weights = dict[str, Tensor]
Case = tuple[str, dict[str, Any], tuple[Tensor, ...], Callable[..., Any]]
"""An op's tag and fields, the inputs, and what becomes of the module's weights and them."""


def by_numpy(function: str, *arguments: Any, **named: Any) -> Callable[..., Any]:
    """What numpy's function of this name makes of the inputs."""
    return said(lambda *x: getattr(np, function)(*x, *arguments, **named))


def said(function: Callable[..., Any]) -> Callable[..., Any]:
    """A function of numpy's arrays; it may compute in float64."""

    def reference(w: Weights, *x: Tensor) -> Any:
        y = function(*(tensor.numpy() for tensor in x))
        return tuple(map(_narrow, y)) if isinstance(y, tuple) else _narrow(y)

    return reference


def each(function: Callable[..., Any]) -> Callable[..., Any]:
    """A function of single numbers, for each element of inputs that stretch to one shape."""

    def reference(w: Weights, *x: Tensor) -> Tensor:
        stretched = torch.broadcast_tensors(*x)
        rows = zip(*(tensor.flatten().tolist() for tensor in stretched), strict=True)
        return torch.tensor([function(*row) for row in rows]).reshape(stretched[0].shape)

    return reference


def _narrow(y: Any) -> Tensor:
    tensor = torch.as_tensor(np.ascontiguousarray(y)).reshape(np.shape(y))
    return tensor.float() if tensor.dtype == torch.float64 else tensor
