"""Trace by torch.export, where a model can be traced no other way: it asks for numbers of which only values depend.

What torch.export makes is read as a saved program is; nothing is saved.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stderr
from io import StringIO
from typing import Any

import torch
from torch._subclasses.fake_tensor import FakeTensorMode

from .example import Example
from .program import read_module
from .skeleton import mapped, ordinary
from .trace import Trace


def export(model: torch.nn.Module, call: Example) -> Trace:
    """The trace of a model as torch.export sees it.

    Args:
        model: Its weights are replaced by ones without memory.
        call: What it is called with.

    Raises:
        Exception: Torch's, where it cannot export it either.
    """
    from torch._export.serde import serialize

    fake = FakeTensorMode(allow_non_fake_inputs=True)
    made: dict[int, Any] = {}

    def without_memory(tensor: torch.Tensor) -> Any:
        if id(tensor) not in made:
            with fake:
                empty = torch.empty_strided(tensor.shape, tensor.stride(), dtype=tensor.dtype, device="cpu")
            made[id(tensor)] = torch.nn.Parameter(empty, False) if isinstance(tensor, torch.nn.Parameter) else empty
        return made[id(tensor)]

    names: dict[int, str] = {}
    trainable = {name: weight.requires_grad for name, weight in model.named_parameters()}
    for module in model.modules():
        for name, tensor in (*module.named_parameters(recurse=False), *module.named_buffers(recurse=False)):
            setattr(module, name, without_memory(tensor))
    tied = {
        name: names.setdefault(id(tensor), name)
        for listed in (model.named_parameters, model.named_buffers)
        for name, tensor in listed(remove_duplicate=False)
    }
    torch.compiler.reset()  # it remembers code that the recorder has run as code to be left alone
    with ordinary(real=False), torch.no_grad(), _silence():
        program = torch.export.export(
            model, mapped(call.args, without_memory), mapped(call.kwargs, without_memory), strict=False
        )
    writer: Any = serialize.GraphModuleSerializer(program.graph_signature, program.module_call_graph)
    plain = serialize._dataclass_to_dict(writer.serialize(program.graph_module))
    trace = read_module(json.loads(json.dumps(plain, cls=serialize.EnumEncoder)), tied)
    for value in trace.held:
        value.trainable = trainable.get(value.name, False)
    return trace


@contextmanager
def _silence() -> Iterator[None]:
    """Torch shows a graph where it gives up."""
    before = logging.root.manager.disable
    logging.disable(logging.CRITICAL)
    try:
        with redirect_stderr(StringIO()):
            yield
    finally:
        logging.disable(before)
