"""What rules of the arithmetic of shapes have in common; what leads nowhere, they refuse."""

from __future__ import annotations

import struct
from collections.abc import Callable, Mapping, Sequence
from math import prod
from typing import Any

from ..arrays import Array
from ..tensors import MAX_ELEMENTS

Attributes = Mapping[str, Any]
Inputs = Sequence[Array | None]
Fold = Callable[[Inputs, Attributes, int], list[Array]]

LARGEST = 1 << 63


class RefusedError(Exception):
    """The arithmetic leads nowhere: too large, out of range, or not of shapes."""


def bounded(shape: Sequence[int]) -> tuple[int, ...]:
    """A shape that is small enough.

    Raises:
        RefusedError: It is not.
    """
    if any(size < 0 for size in shape) or prod(shape) > MAX_ELEMENTS:
        raise RefusedError
    return tuple(shape)


def need(inputs: Inputs, place: int) -> Array:
    """An input that must be there.

    Raises:
        RefusedError: It is not.
    """
    found = inputs[place] if place < len(inputs) else None
    if found is None:
        raise RefusedError
    return found


def listed(inputs: Inputs, attributes: Attributes, place: int, name: str) -> list[int] | None:
    """A list that older opsets have as an attribute and newer ones as an input."""
    if place < len(inputs) and inputs[place] is not None:
        return need(inputs, place).flat
    held = attributes.get(name)
    return None if held is None else [int(item) for item in held]


def axis_of(axis: Any, rank: int) -> int:
    """An axis counted from the first.

    Raises:
        RefusedError: There is none.
    """
    if not -rank <= axis < max(rank, 1):
        raise RefusedError
    return int(axis) % max(rank, 1)


def single(rounded: float) -> float:
    """A number as 32 bits hold it."""
    value: float = struct.unpack("<f", struct.pack("<f", rounded))[0]
    return value
