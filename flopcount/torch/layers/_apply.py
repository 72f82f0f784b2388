"""A function as a module, for ops without weights that torch has no layer for."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from torch import nn

from ...op import Op, Shape


class Apply(nn.Module):
    """Calls a function of its inputs.

    Args:
        function: A function that pickles: one of torch's, or one of a module.
        **fields: Passed on by name.
    """

    def __init__(self, function: Callable[..., Any], **fields: Any) -> None:
        super().__init__()
        self.function = function
        self.fields = fields

    def forward(self, *inputs: Any) -> Any:
        return self.function(*inputs, **self.fields)

    def extra_repr(self) -> str:
        return ", ".join([self.function.__name__, *(f"{name}={value!r}" for name, value in self.fields.items())])


def applies(function: Callable[..., Any], **fields: Any) -> Callable[[Op, Shape], nn.Module]:
    """What makes the module of an op whose fields do not matter."""
    return lambda op, *x: Apply(function, **fields)
