"""The torch module of each op: a file per family, named as in `flopcount.ops`.

Where torch has the layer, it is torch's own, made from the op's fields: so its shapes and parameters are torch's word,
not ours. Its parameters have the names that the op gives its weights.
"""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from typing import Any

from torch import nn

from ...op import Op, Shape

Builder = Callable[..., nn.Module]
"""Takes an op and the shapes of its inputs."""


def module_of(op: Op, *x: Shape) -> nn.Module:
    """The torch module of an op.

    Args:
        op: The operation, one of the spec language (see `standard`).
        *x: The shapes of its inputs, batch first.

    Raises:
        IncompleteError: Nobody knows what the op computes.

    Example:
        >>> from flopcount.ops.linear import Linear
        >>> module_of(Linear(out=10), (1, 84))
        Linear(in_features=84, out_features=10, bias=True)
    """
    return builder_of(type(op))(op, *x)


def builder_of(op: type[Op]) -> Builder:
    """What makes the torch module of an op: an entry of `MODULES` in the file of its family."""
    family: Any = import_module(f".{op.__module__.rpartition('.')[2]}", __name__)
    found: Builder = family.MODULES[op.tag]
    return found
