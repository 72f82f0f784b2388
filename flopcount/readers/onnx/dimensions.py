"""Sizes that a file leaves open, bound by the command line: by an input's whole shape, the batch, or their names."""

from __future__ import annotations

import ast
import operator
import re
from collections.abc import Iterator, Mapping
from typing import Any

from ...errors import UsageError, did_you_mean, show_shape
from ...op import Shape
from .records import Dim, ValueRecord

BATCH = re.compile(r"^(n|b|bs|nb|.*batch.*)$", re.IGNORECASE)
"""What people call the batch axis."""

MAX_EXPRESSION = 200
_WORD = re.compile(r"[^\W\d]\w*")


class Dimensions:
    """The sizes of the network's inputs, and of every name that they have.

    Attributes:
        sizes: By the name in the file.
        batch: The size of the batch axis; None where the inputs have none.
        told: What was given by name, as the provenance states it.
        overridden: Whether a size that the file fixes was set to another.
    """

    def __init__(self, batch: int | None, settings: Mapping[str, Any]) -> None:
        self.sizes: dict[str, int] = {}
        self.batch = batch
        self.told: dict[str, int] = {}
        self.overridden = False
        self._settings = dict(settings)
        self._asked = 1 if batch is None else batch

    def bind(self, inputs: list[ValueRecord], given: Mapping[str, tuple[Shape, str | None]]) -> dict[str, Shape]:
        """The shape of every input.

        Args:
            inputs: What the file declares.
            given: Shapes by the input's name, with the batch or without; an empty name means the only input.

        Raises:
            UsageError: An unknown input or name, a shape of another rank, a size that stays open.
        """
        chosen = self._chosen(inputs, given)
        declared = {dim for value in inputs for dim in value.shape or () if isinstance(dim, str)}
        self._take_settings(declared.union(*map(names_in, declared)))
        batches = _batch_axes(inputs)
        whole = {value.name: self._whole(value, chosen.get(value.name), batches) for value in inputs}
        shapes: dict[str, Shape] = {}
        open_sizes: list[str] = []
        for value in inputs:
            shape = []
            for axis, dim in enumerate(whole[value.name]):
                size = self.size(dim)
                if size is None and (value.name, axis) in batches:
                    size = self._asked
                    self._name(dim, size)
                if size is None:
                    open_sizes.append(f"{dim or 'axis ' + str(axis)} of {value.name} ({_declared(value)})")
                shape.append(size or 0)
            shapes[value.name] = tuple(shape)
        if open_sizes:
            raise _still_open(open_sizes, inputs)
        self.batch = self._found_batch(inputs, shapes, batches)
        return shapes

    def size(self, dim: Dim) -> int | None:
        """The size that a declared one stands for, where it is known: a number, a name, or arithmetic on names."""
        if isinstance(dim, int) or dim is None:
            return dim
        if dim in self.sizes:
            return self.sizes[dim]
        return evaluate(dim, self.sizes)

    def shape(self, value: ValueRecord) -> Shape | None:
        """A declared shape in numbers, where all of it is known."""
        if value.shape is None:
            return None
        sizes = [self.size(dim) for dim in value.shape]
        return None if None in sizes else tuple(size for size in sizes if size is not None)

    def setting(self, name: str) -> str | None:
        """What the user has set for a name that is no size of an input, once."""
        found = self._settings.get(name)
        return None if found is None else str(found)

    def late_name(self, name: str) -> None:
        """A name of a size within the network, which the data decide: the user may set it."""
        if name in self._settings and name not in self.sizes:
            self.sizes[name] = self.told[name] = _integer(name, self._settings[name])

    def refuse_unused(self, known: set[str]) -> None:
        """Refuse a setting that means nothing in this file.

        Raises:
            UsageError: With the names that there are.
        """
        for name in self._settings:
            if name not in self.told and name not in known:
                raise UsageError(
                    f"there is no size '{name}' to set",
                    hint=did_you_mean(name, known | self.sizes.keys()) or "this file leaves no size open",
                )

    def _chosen(self, inputs: list[ValueRecord], given: Mapping[str, tuple[Shape, str | None]]) -> dict[str, Shape]:
        names = [value.name for value in inputs]
        chosen: dict[str, Shape] = {}
        for name, (shape, _) in given.items():
            if name == "" and len(names) != 1:
                raise UsageError(
                    f"--input {show_shape(shape)} does not say which input it means",
                    hint=f"write NAME={'x'.join(map(str, shape))}; the inputs are {', '.join(names) or 'none'}",
                )
            if name and name not in names:
                raise UsageError(f"there is no input '{name}'", hint=did_you_mean(name, names))
            chosen[name or names[0]] = shape
        return chosen

    def _take_settings(self, names: set[str]) -> None:
        for name in names & self._settings.keys():
            self.sizes[name] = self.told[name] = _integer(name, self._settings[name])

    def _whole(self, value: ValueRecord, shape: Shape | None, batches: set[tuple[str, int]]) -> tuple[Dim, ...]:
        """An input's shape with what the user gave in it."""
        if value.shape is None:
            if shape is None:
                raise UsageError(
                    f"the file does not declare the shape of its input '{value.name}'",
                    hint=f"give it whole, with the batch: --input {value.name}=1x3x224x224",
                )
            return shape
        if shape is None:
            self._check_batch(value, batches)
            return value.shape
        if len(shape) == len(value.shape) - 1:
            self._check_batch(value, batches)
            first = value.shape[0] if (value.name, 0) not in batches or isinstance(value.shape[0], int) else self._asked
            self._name(value.shape[0], first if isinstance(first, int) else self._asked)
            shape = (first if isinstance(first, int) else self._asked, *shape)
        if len(shape) != len(value.shape):
            raise UsageError(
                f"--input {value.name}: {show_shape(shape)} has {len(shape)} axes, but the file declares "
                f"{_declared(value)}",
                hint="give every axis, or every one but the first",
            )
        if (value.name, 0) in batches and shape[0] != self._asked != 1:
            raise UsageError(
                f"--input {value.name}={'x'.join(map(str, shape))} has a batch of {shape[0]}, but --batch says"
                f" {self._asked}",
                hint="leave out one of them",
            )
        for dim, size in zip(value.shape, shape, strict=True):
            self._name(dim, size)
            self.overridden |= isinstance(dim, int) and dim != size
        return shape

    def _check_batch(self, value: ValueRecord, batches: set[tuple[str, int]]) -> None:
        """Refuse a batch size where the file fixes another."""
        if self._asked == 1 or not value.shape:
            return
        fixed = value.shape[0]
        if isinstance(fixed, int) and (value.name, 0) not in batches and fixed != self._asked:
            rest = "x".join("?" if dim is None else str(dim) for dim in value.shape[1:])
            raise UsageError(
                f"the file fixes the first axis of '{value.name}' at {fixed}, not {self._asked}",
                hint=f"give its whole shape to set it all the same: --input {value.name}={self._asked}x{rest}",
            )

    def _name(self, dim: Dim, size: int) -> None:
        if not isinstance(dim, str):
            return
        known = self.sizes.setdefault(dim, size)
        if known != size:
            raise UsageError(f"the size '{dim}' is {known} and {size}", hint="inputs that share it need the same size")

    def _found_batch(
        self, inputs: list[ValueRecord], shapes: Mapping[str, Shape], batches: set[tuple[str, int]]
    ) -> int | None:
        if batches:
            name, axis = min(batches)
            return shapes[name][axis] or None
        firsts = {shapes[value.name][0] for value in inputs if shapes[value.name]}
        return (firsts.pop() or None) if len(firsts) == 1 else None


def _batch_axes(inputs: list[ValueRecord]) -> set[tuple[str, int]]:
    """The open axes that a batch size binds: those named after it; without such a name, every open first axis."""
    named = set(_axes(inputs, lambda dim, axis: isinstance(dim, str) and BATCH.match(dim) is not None))
    unnamed = set(_axes(inputs, lambda dim, axis: axis == 0 and dim is None))
    return named | unnamed or set(_axes(inputs, lambda dim, axis: axis == 0 and isinstance(dim, str)))


def _axes(inputs: list[ValueRecord], wanted: Any) -> Iterator[tuple[str, int]]:
    for value in inputs:
        for axis, dim in enumerate(value.shape or ()):
            if wanted(dim, axis):
                yield value.name, axis


def _declared(value: ValueRecord) -> str:
    return show_shape("?" if dim is None else dim for dim in value.shape or ())


def _still_open(sizes: list[str], inputs: list[ValueRecord]) -> UsageError:
    names = [dim for value in inputs for dim in value.shape or () if isinstance(dim, str) and not BATCH.match(dim)]
    first = inputs[0]
    hint = f"--set {names[0]}=128, or " if names else ""
    sample = [str(dim) if isinstance(dim, int) else "128" for dim in (first.shape or ())[1:]]
    return UsageError(
        f"the file leaves open {len(sizes)} size{'s'[: len(sizes) > 1]}: {', '.join(sizes[:8])}",
        hint=hint + f"--input {first.name}={'x'.join(sample) or '128'}",
    )


def _integer(name: str, value: Any) -> int:
    try:
        size = int(str(value))
    except ValueError:
        size = -1
    if not 0 <= size < 1 << 40:
        raise UsageError(f"--set {name}={value}: a size is a non-negative integer")
    return size


_OPERATORS = {
    ast.Add: operator.add, ast.Sub: operator.sub, ast.Mult: operator.mul, ast.FloorDiv: operator.floordiv,
    ast.Mod: operator.mod,
}  # fmt: skip


def names_in(dim: str) -> list[str]:
    """The names that a declared size is made of: itself, or those in its arithmetic.

    Example:
        >>> names_in("past + seq")
        ['past', 'seq']
    """
    return _WORD.findall(dim) or [dim]


def evaluate(expression: str, sizes: Mapping[str, int]) -> int | None:
    """The value of a declared size that is arithmetic on others; None where it is none, or a name is not known.

    Example:
        >>> evaluate("past + seq", {"past": 7, "seq": 1})
        8
    """
    if len(expression) > MAX_EXPRESSION:
        return None
    try:
        found = _value(ast.parse(expression, mode="eval").body, sizes)
    except (SyntaxError, ValueError, KeyError, ZeroDivisionError, RecursionError, MemoryError):
        return None
    return found if 0 <= found < 1 << 40 else None


def _value(node: ast.expr, sizes: Mapping[str, int]) -> int:
    if isinstance(node, ast.Constant) and type(node.value) is int:
        return node.value
    if isinstance(node, ast.Name):
        return sizes[node.id]
    if isinstance(node, ast.BinOp) and type(node.op) in _OPERATORS:
        result: int = _OPERATORS[type(node.op)](_value(node.left, sizes), _value(node.right, sizes))
        return result
    raise ValueError(expression_of(node))


def expression_of(node: ast.expr) -> str:
    """What kind of expression it is, for a message."""
    return type(node).__name__
