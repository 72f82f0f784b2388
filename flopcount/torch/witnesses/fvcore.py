"""fvcore's FlopCountAnalysis: the operators of a trace. torch cannot trace a convolution without computing it."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor, nn
from torch.utils import _pytree as pytree
from torch.utils._python_dispatch import TorchDispatchMode

from ...errors import MissingExtraError
from ._run import Subject, quietly
from ._testimony import Testimony


def hear(subject: Subject) -> Testimony:
    """Its counts by module."""
    try:
        from fvcore.nn import FlopCountAnalysis  # type: ignore[import-untyped]
    except ModuleNotFoundError:
        raise MissingExtraError("the witness fvcore", "torch") from None
    if subject.kwargs:
        raise ValueError("it takes no arguments by name")
    inputs = subject.args
    if _convolves(subject):
        _make_computable(subject.module)
        inputs = pytree.tree_map_only(Tensor, _zeros, inputs)
    analysis: Any = FlopCountAnalysis(subject.module, inputs).ancestor_mode("caller")
    analysis.unsupported_ops_warnings(False).uncalled_modules_warnings(False).tracer_warnings("none")
    with quietly(), _unlogged():
        counts = {name: _whole(sum(by.values())) for name, by in analysis.by_module_and_operator().items()}
    return Testimony({name: {"MACs": counts[name]} for name in subject.parts}, {"MACs": counts[""]})


def _convolves(subject: Subject) -> bool:
    """Whether it runs a convolution, a layer's or a function's."""
    with quietly(), _Seen() as seen:
        subject.run()
    return torch.ops.aten.convolution.default in seen.operators


class _Seen(TorchDispatchMode):
    """Notes the operators that torch runs."""

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.operators: set[Any] = set()

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        self.operators.add(func)
        return func(*args, **(kwargs or {}))


def _make_computable(model: nn.Module) -> None:
    """Give weights a value, the same zero everywhere, so that they take no memory."""
    made: dict[int, Tensor] = {}
    for module in model.modules():
        for name, weight in module.named_parameters(recurse=False):
            if id(weight) not in made:
                made[id(weight)] = nn.Parameter(_zeros(weight), requires_grad=False)
            setattr(module, name, made[id(weight)])
        for name, buffer in module.named_buffers(recurse=False):
            setattr(module, name, _zeros(buffer))


def _zeros(like: Tensor) -> Tensor:
    return torch.zeros((), dtype=like.dtype).expand(like.shape)


@contextmanager
def _unlogged() -> Iterator[None]:
    level = logging.root.manager.disable
    logging.disable(logging.WARNING)
    try:
        yield
    finally:
        logging.disable(level)


def _whole(number: Any) -> int:
    """Fvcore counts some operators in floats, which are whole."""
    if number != int(number):
        raise ValueError(f"{number} is no whole number")
    return int(number)
