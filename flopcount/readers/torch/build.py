"""A model to trace: new, or a copy that shares nothing with the user's; weights without memory."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from typing import Any

import torch
from torch.nn.parameter import is_lazy

from ...errors import SourceError
from .example import Example
from .foreign import foreign_code
from .origin import Origin
from .skeleton import AFFORDABLE, SMALL, Skeleton, bare, ordinary


def prepared(label: str, origin: Origin, real: bool = False) -> torch.nn.Module:
    """The model as it runs at test time.

    Args:
        label: What messages call it.
        origin: Where it comes from.
        real: Whether its weights have numbers.

    Raises:
        SourceError: It is no model, or its code fails.
    """
    try:
        with foreign_code(label), ordinary(real), Skeleton(real):
            model: Any = origin.make()
    except SourceError as error:
        if isinstance(error.__cause__, TypeError) and " missing " in error.what:
            raise SourceError(
                error.what, hint="--kwargs '{\"num_classes\": 10}' gives it arguments"
            ) from error.__cause__
        if real or error.__cause__ is None:
            raise
        with foreign_code(label), ordinary(real=True), Skeleton(real=True, most=AFFORDABLE):
            model = origin.make()  # tensors without numbers may be what it could not do with
    if not isinstance(model, torch.nn.Module):
        raise SourceError(f"{label} makes no torch module, but something of type {type(model).__name__}")
    model = getattr(model, "_orig_mod", model)  # what torch.compile has wrapped
    if getattr(type(model), "forward", None) is torch.nn.Module.forward:
        raise SourceError(f"{label} makes a module without forward")
    with foreign_code(label):
        model = model if origin.is_ours else duplicate(model, real)
    at_test_time: torch.nn.Module = model
    for module in at_test_time.modules():
        module.training = False  # as eval() does, without what a model may do besides
    return at_test_time


def settled(model: torch.nn.Module, call: Example, real: bool = False) -> torch.nn.Module:
    """The model with all parameters there: lazy ones take their sizes from its first call."""
    if any(map(is_lazy, (*model.parameters(), *model.buffers()))):
        with ordinary(real), torch.no_grad(), Skeleton(real):
            model(*call.args, **call.kwargs)
    return model


def duplicate(model: torch.nn.Module, real: bool = False) -> torch.nn.Module:
    """A copy that can be run without a trace of it in the original; its weights have no memory unless it is real."""
    memo: dict[int, Any] = {}
    if not real:
        for weight in () if any(map(is_lazy, model.parameters())) else model.parameters():
            memo[id(weight)] = torch.nn.Parameter(bare(weight), requires_grad=weight.requires_grad)
        for tensor in (*model.buffers(), *_computed(model)):
            memo[id(tensor)] = tensor.detach().clone() if tensor.numel() <= SMALL else bare(tensor)
    return copy.deepcopy(model, memo)


def _computed(model: torch.nn.Module) -> Iterator[torch.Tensor]:
    """Tensors that modules hold as plain attributes and that are computed, which `deepcopy` refuses to copy."""
    for module in model.modules():
        for value in vars(module).values():
            if isinstance(value, torch.Tensor) and not value.is_leaf:
                yield value
