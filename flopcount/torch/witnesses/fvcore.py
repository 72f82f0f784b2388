"""fvcore's FlopCountAnalysis: the operators of a trace. torch cannot trace a convolution without computing it."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor, nn

from ...errors import MissingExtraError
from ...graph import Graph
from ..network import Network, example_inputs
from . import Testimony
from ._run import observed, quietly


def hear(graph: Graph) -> Testimony:
    """Its counts by module."""
    try:
        from fvcore.nn import FlopCountAnalysis  # type: ignore[import-untyped]
    except ModuleNotFoundError:
        raise MissingExtraError("the witness fvcore", "torch") from None
    network, inputs = observed(graph, "meta"), example_inputs(graph)
    if any(node.op.group == "convolution" for node in graph.nodes):
        inputs = _computable(network, inputs)
    analysis: Any = FlopCountAnalysis(network, inputs).ancestor_mode("caller")
    analysis.unsupported_ops_warnings(False).uncalled_modules_warnings(False).tracer_warnings("none")
    with quietly(), _unlogged():
        counts = {name: _whole(sum(by.values())) for name, by in analysis.by_module_and_operator().items()}
    return Testimony({node.name: {"MACs": counts[node.name]} for node in graph.nodes}, {"MACs": counts[""]})


def _computable(network: Network, inputs: tuple[Tensor, ...]) -> tuple[Tensor, ...]:
    """Give weights and inputs a value, the same zero everywhere, so that they take no memory."""
    for module in network.modules():
        for name, weight in module.named_parameters(recurse=False):
            setattr(module, name, nn.Parameter(_zeros(weight), requires_grad=False))
        for name, buffer in module.named_buffers(recurse=False):
            setattr(module, name, _zeros(buffer))
    return tuple(map(_zeros, inputs))


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
