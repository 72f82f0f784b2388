"""What a sweep varies: a parameter, the batch or an input, and the values that it takes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from math import prod
from typing import Any, Literal

from msgspec import Struct

from ..errors import UsageError, did_you_mean
from ..fields import show_value
from ..sources import Inputs, Opened, parse_input

MAX_POINTS = 1000
"""How many networks one sweep may count."""


class Axis(Struct, frozen=True):
    """One thing that is varied.

    Attributes:
        name: Of the parameter or input; `batch`.
        kind: Which of the three it is.
        values: What it is set to.
        texts: The same as the command line takes them: `0.5`, `8`, `3x160x160`.
    """

    name: str
    kind: Literal["parameter", "batch", "input"]
    values: tuple[Any, ...]
    texts: tuple[str, ...]


def read_axes(
    opened: Opened,
    over: Mapping[str, str | Iterable[Any]],
    *,
    inputs: Inputs,
    batch: int | None,
    settings: Mapping[str, Any],
) -> tuple[Axis, ...]:
    """The axes of a sweep.

    Args:
        opened: The source, which knows its parameters and inputs.
        over: Values by what they are for: a parameter, else `batch`, else an input.
        inputs: What stays as it is given, and is not to be varied.
        batch: The same.
        settings: The same.

    Raises:
        UsageError: There is nothing of such a name, a value cannot be read, something is both given and varied, or
            there are more than `MAX_POINTS` combinations.
    """
    if not over:
        raise UsageError("nothing is varied", hint="name what is, and its values: width=0.5,1.0")
    axes = tuple(_axis(opened, name, values) for name, values in over.items())
    names = [axis.name for axis in axes]
    if twice := next((name for name in names if names.count(name) > 1), None):
        raise UsageError(f"{twice} is varied twice", hint="separate its values by commas")
    fixed = {"parameter": settings.keys(), "input": {name or only_input(opened, name) for name in inputs}}
    for axis in axes:
        if batch != 1 if axis.kind == "batch" else axis.name in fixed[axis.kind]:
            raise UsageError(f"{axis.name} is both given and varied", hint="leave out one of the two")
    points = prod(len(axis.values) for axis in axes)
    if points > MAX_POINTS:
        sizes = " times ".join(f"{len(axis.values):,} of {axis.name}" for axis in axes)
        raise UsageError(f"{points:,} settings are more than {MAX_POINTS:,}", hint=f"they are {sizes}")
    return axes


def pieces(text: str) -> list[str]:
    """Split at the commas that stand outside of brackets.

    Example:
        >>> pieces("[2,2,2,2],[3,4,6,3]"), pieces("min(1,2), 3")
        (['[2,2,2,2]', '[3,4,6,3]'], ['min(1,2)', '3'])
    """
    found, depth = [""], 0
    for char in text:
        depth += (char in "([{") - (char in ")]}")
        if char == "," and depth <= 0:
            found.append("")
        else:
            found[-1] += char
    return [piece.strip() for piece in found]


def _axis(opened: Opened, name: str, values: str | Iterable[Any]) -> Axis:
    given = tuple(pieces(values) if isinstance(values, str) else values)
    if not given or any(value == "" for value in given):
        raise UsageError(f"cannot vary {name} over nothing", hint="separate values by commas: width=0.5,1.0")
    if name in opened.parameters:
        return Axis(name, "parameter", given, tuple(map(_text, given)))
    if name == "batch":
        sizes = tuple(_batch(value) for value in given)
        return Axis(name, "batch", sizes, tuple(map(str, sizes)))
    if (name := only_input(opened, name)) in opened.inputs:
        shapes = tuple(map(_size, given))
        return Axis(name, "input", shapes, tuple(map(_size_text, shapes)))
    known = [*opened.parameters, "batch", *opened.inputs]
    raise UsageError(f"there is no parameter and no input '{name}' to vary", hint=did_you_mean(name, known))


def only_input(opened: Opened, name: str) -> str:
    """The input of this name; `input` or no name at all is the only one, whatever its name."""
    return opened.inputs[0] if name in ("", "input") and len(opened.inputs) == 1 else name


def _batch(value: Any) -> int:
    if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) < 16:
        value = int(value)
    if type(value) is not int or value < 1:
        raise UsageError(f"the batch size must be a positive integer, not {value!r}")
    return value


def _size(value: Any) -> Any:
    """One sample's shape and the dtype, if any, from a text or from what `load` takes."""
    if isinstance(value, str):
        name, size = parse_input(value)
        if name:
            raise UsageError(f"cannot read the input '{value}'", hint="write the name once: input=3x160x160,3x224x224")
        return size
    sizes = tuple(value)
    return sizes if len(sizes) == 2 and not isinstance(sizes[0], int) else (sizes, None)


def _size_text(size: Any) -> str:
    shape, dtype = size
    return "x".join(map(str, shape)) + (f":{dtype}" if dtype else "")


def _text(value: Any) -> str:
    return value if isinstance(value, str) else str(value) if isinstance(value, float) else show_value(value)
