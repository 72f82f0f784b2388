"""fvcore's FlopCountAnalysis: the operators of a trace. torch cannot trace a convolution without computing it."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from typing import Any

import torch
from torch import Tensor, nn
from torch.utils import _pytree as pytree
from torch.utils._python_dispatch import TorchDispatchMode

from ...errors import MissingExtraError
from ...readers.torch.record import outputs_in
from ._run import Subject, change_tensors, quietly
from ._testimony import Testimony

UNSEEN = {
    "prim::PythonOp": "what a torch.autograd.Function does", "aten::mv": "torch.mv", "aten::dot": "torch.dot",
}  # fmt: skip
"""Operators that compute products of which no convention can say whether it meets them by this name."""


def hear(subject: Subject) -> Testimony:
    """Its counts by module."""
    try:
        from fvcore.nn import FlopCountAnalysis  # type: ignore[import-untyped]
    except ModuleNotFoundError:
        raise MissingExtraError("the witness fvcore", "torch") from None
    _name_constants(subject.module)
    computed = subject.numbers == "small" or _convolves(subject)
    if not isinstance(subject.module, torch.jit.ScriptModule):
        _give_tensors(subject.module, tuple(subject.kwargs))
    inputs = (*subject.args, *subject.kwargs.values())
    running = subject.running
    if computed:
        change_tensors(subject.module, _zeros)
        inputs = pytree.tree_map_only(Tensor, _zeros, inputs)
        running = nullcontext
    analysis: Any = FlopCountAnalysis(subject.module, inputs).ancestor_mode("caller")
    analysis.unsupported_ops_warnings(False).uncalled_modules_warnings(False).tracer_warnings("none")
    with quietly(), running(), _unlogged():
        counts = {name: _whole(sum(by.values())) for name, by in analysis.by_module_and_operator().items()}
    for name in analysis.unsupported_ops():
        for unseen, what in UNSEEN.items():
            if name.startswith(unseen):
                raise ValueError(f"it does not see {what}")
    paths = {id(module): path for path, module in subject.module.named_modules()}
    layers = {name: {"MACs": counts[paths[id(modules[0])]]} for name, modules in subject.parts.items()}
    return Testimony(layers, {"MACs": counts[""]})


def _convolves(subject: Subject) -> bool:
    """Whether it runs a convolution, a layer's or a function's."""
    with quietly(), subject.running(), _Seen() as seen:
        subject.run()
    return torch.ops.aten.convolution.default in seen.operators


def _name_constants(model: nn.Module) -> None:
    """Let tensors without memory be buffers: of any others a trace would take the numbers down."""
    for module in model.modules():
        for name, value in [*vars(module).items()]:
            if isinstance(value, Tensor) and value.is_meta:
                delattr(module, name)
                module.register_buffer(name, value)


class _Seen(TorchDispatchMode):
    """Notes the operators that torch runs."""

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.operators: set[Any] = set()

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        self.operators.add(func)
        return func(*args, **(kwargs or {}))


def _give_tensors(model: nn.Module, names: tuple[str, ...]) -> None:
    """Let a model take its last arguments in order and give plain tensors, which is all that a trace knows."""
    forward = model.forward

    def plain(*args: Any) -> Any:
        first = len(args) - len(names)
        return tuple(outputs_in(forward(*args[:first], **dict(zip(names, args[first:], strict=True)))))

    model.forward = plain


def _zeros(like: Tensor) -> Tensor:
    """The same zero everywhere, which takes no memory; whole numbers that are there stay, since sizes may be theirs."""
    if not like.is_meta and not like.is_floating_point():
        return like
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
