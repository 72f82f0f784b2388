"""What a model is called with: tensors of the sizes that were asked for, or what a function of the user's makes."""

from __future__ import annotations

import inspect
from collections.abc import Iterable, Sequence
from typing import Any

import torch
from msgspec import Struct, field

from ...errors import SourceError, UsageError, did_you_mean
from ...graph import with_batch
from .foreign import find_object, foreign_code
from .origin import Sized
from .skeleton import META, bare, mapped, tensors_in


class Example(Struct):
    """A call of a model.

    Attributes:
        args, kwargs: Its arguments.
        names: The names of the tensors in them, in order.
        batch: The size of the batch axis, None where there is none.
    """

    args: tuple[Any, ...] = ()
    kwargs: dict[str, Any] = field(default_factory=dict)
    names: list[str] = field(default_factory=list)
    batch: int | None = None

    def without_numbers(self) -> Example:
        """The same call with tensors that are only shapes, except for whole numbers: those that Python may ask for."""

        def change(tensor: torch.Tensor) -> torch.Tensor:
            return bare(tensor) if tensor.is_floating_point() else tensor

        return Example(mapped(self.args, change), mapped(self.kwargs, change), self.names, self.batch)

    def with_numbers(self) -> Example:
        """The same call with random numbers in the tensors that are only shapes, and zeros for whole numbers.

        The random numbers are the same every time.
        """
        generator = torch.Generator().manual_seed(0)

        def change(tensor: torch.Tensor) -> torch.Tensor:
            if tensor.device != META:
                return tensor
            if tensor.is_floating_point():
                return torch.rand(tensor.shape, generator=generator).to(tensor.dtype)
            return torch.zeros(tensor.shape, dtype=tensor.dtype)

        return Example(mapped(self.args, change), mapped(self.kwargs, change), self.names, self.batch)


def of_sizes(model: torch.nn.Module, inputs: Sequence[Sized], batch: int | None) -> Example:
    """A call with inputs of these sizes: those without a name in order, the others by their names.

    Raises:
        UsageError: The model has no such input.
    """
    takes = parameters(model)
    only_by_name = {each.name for each in _signature(model) if each.kind is inspect.Parameter.KEYWORD_ONLY}
    example = Example(batch=batch)
    dtype = next((weight.dtype for weight in model.parameters() if weight.is_floating_point()), torch.float32)
    args: list[Any] = []
    for name, (shape, wanted) in inputs:
        kind = getattr(torch, wanted, None) if wanted else dtype
        if not isinstance(kind, torch.dtype):
            raise UsageError(f"torch has no dtype '{wanted}'")
        tensor = torch.empty(with_batch(shape, batch), dtype=kind, device=META)
        if not name:
            place = len(args) + len(example.kwargs)
            name = takes[place] if place < len(takes) else ""
            if name in only_by_name:
                example.kwargs[name] = tensor
                continue
            args.append(tensor)
            example.names.append(takes[len(args) - 1] if len(args) <= len(takes) else f"input_{len(args)}")
        elif takes and name not in takes and not takes_any_name(model):
            raise UsageError(f"the model has no input '{name}'", hint=did_you_mean(name, takes))
        else:
            example.kwargs[name] = tensor
    example.args = tuple(args)
    example.names += list(example.kwargs)
    return example


def made_by(model: torch.nn.Module, reference: str) -> Example:
    """The call that a function of the user's makes: a tensor, a tuple of arguments, or a dictionary of them.

    Raises:
        SourceError: There is no such function, it fails, or makes no tensor.
    """
    maker = find_object(reference)
    with foreign_code(reference):
        made = maker() if callable(maker) and not isinstance(maker, torch.Tensor) else maker
    args, kwargs = ((), made) if isinstance(made, dict) else (made, {})
    args = tuple(args) if isinstance(args, list | tuple) else (args,)
    if len(args) == 2 and isinstance(args[0], tuple) and isinstance(args[1], dict):
        args, kwargs = args
    tensors = tensors_in((args, kwargs))
    if not tensors:
        raise SourceError(f"{reference} makes no tensor", hint="return a tensor, a tuple of them, or a dictionary")
    first = {tensor.shape[:1] for tensor in tensors}
    batch = tensors[0].shape[0] if len(first) == 1 and tensors[0].shape else None
    return Example(args, kwargs, list(_names(model, args, kwargs)), batch).without_numbers()


def parameters(model: torch.nn.Module) -> list[str]:
    """The names of the arguments that a model's `forward` takes."""
    kinds = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD, inspect.Parameter.KEYWORD_ONLY)
    return [parameter.name for parameter in _signature(model) if parameter.kind in kinds]


def takes_any_name(model: torch.nn.Module) -> bool:
    """Whether `forward` takes arguments of any name."""
    return any(parameter.kind is inspect.Parameter.VAR_KEYWORD for parameter in _signature(model))


def _signature(model: torch.nn.Module) -> Iterable[inspect.Parameter]:
    try:
        return inspect.signature(model.forward).parameters.values()
    except (TypeError, ValueError):  # compiled long ago
        return ()


def _names(model: torch.nn.Module, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Iterable[str]:
    takes = parameters(model)
    given = [(takes[place] if place < len(takes) else f"input_{place + 1}", arg) for place, arg in enumerate(args)]
    for name, arg in (*given, *kwargs.items()):
        tensors = tensors_in(arg)
        yield from [name] if len(tensors) == 1 else [f"{name}_{number}" for number in range(len(tensors))]
