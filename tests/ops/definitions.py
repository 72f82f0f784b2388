"""One definition, two readings: over `Number`s it is counted, over tensors its value is compared with torch's.

So a test's oracle is itself checked: what is counted is a computation that gives the right result.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import reduce
from typing import Any

import torch

from tests.counting import Number, indices

Array = dict[tuple[int, ...], Any]


def special(function: Callable[[Any], Any], x: Any) -> Any:
    """A transcendental function."""
    return x.special() if isinstance(x, Number) else function(x)


def maximum(a: Any, b: Any) -> Any:
    """The larger: one comparison."""
    if isinstance(a, Number):
        return a.maximum(b)
    return torch.maximum(a, torch.as_tensor(b, dtype=a.dtype))


def minimum(a: Any, b: Any) -> Any:
    """The smaller: one comparison."""
    if isinstance(a, Number):
        return a.minimum(b)
    return torch.minimum(a, torch.as_tensor(b, dtype=a.dtype))


def if_positive(x: Any, otherwise: Any) -> Any:
    """x where it is positive: one comparison."""
    return x.maximum(otherwise) if isinstance(x, Number) else torch.where(x > 0, x, otherwise)


def largest(values: Iterable[Any]) -> Any:
    """The largest of many: one comparison fewer than there are."""
    return reduce(maximum, values)


def gradient(function: Callable[..., torch.Tensor], *x: torch.Tensor, dy: torch.Tensor) -> tuple[torch.Tensor, ...]:
    """The gradients to x that torch computes."""
    leaves = [each.detach().requires_grad_() for each in x]
    return torch.autograd.grad(function(*leaves), leaves, dy)


def kept(function: Callable[..., Any], *x: Any) -> Any:
    """What the forward pass has computed, a mask or a part of its formula: nothing is tallied."""
    return Number() if isinstance(x[0], Number) else function(*x)


def unpacked(tensor: torch.Tensor) -> Array:
    """A tensor as an array by index."""
    return {index: tensor[index] for index in indices(tensor.shape)}


def packed(array: Array, shape: tuple[int, ...]) -> torch.Tensor:
    """An array by index as a tensor."""
    return torch.stack([array[index] for index in indices(shape)]).reshape(shape)
