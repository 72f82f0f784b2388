"""What witnesses look at: a module, what it is called with, and the parts that they are asked about."""

from __future__ import annotations

import copy
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn
from torch.utils import _pytree as pytree

from ...graph import Graph
from ..network import Network, example_inputs


class Subject(NamedTuple):
    """A module to ask about.

    Attributes:
        module: At test time, its weights without memory.
        args, kwargs: What it is called with.
        parts: By the name of what is asked about: the modules whose own parameters and buffers belong to it.
        disjoint: Whether a tensor counts for one part alone, the first; otherwise for all that hold it.
    """

    module: nn.Module
    args: tuple[Any, ...]
    kwargs: dict[str, Any]
    parts: Mapping[str, tuple[nn.Module, ...]]
    disjoint: bool

    def run(self) -> Any:
        """What it makes of its arguments."""
        return self.module(*self.args, **self.kwargs)


def built(graph: Graph) -> Subject:
    """A graph's own module; it is asked about each layer."""
    network = Network(graph, "meta").eval().requires_grad_(False)
    layers = {node.name for node in graph.nodes}
    found: dict[str, list[nn.Module]] = {node.name: [] for node in graph.nodes}
    owner = {"": ""}
    for name, module in network.named_modules():  # those below a layer that are no layer by themselves are its own
        owner[name] = name if name in layers else owner[name.rpartition(".")[0]]
        if owner[name]:
            found[owner[name]].append(module)
    return Subject(network, example_inputs(graph), {}, {name: tuple(own) for name, own in found.items()}, disjoint=True)


def given(model: nn.Module, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> Subject:
    """A copy of somebody's model, without memory; it is asked about each of its modules, all below it included."""
    memo: dict[int, Any] = {}
    for weight in model.parameters():
        memo[id(weight)] = nn.Parameter(weight.detach().to("meta"), requires_grad=False)
    for buffer in model.buffers():
        memo[id(buffer)] = buffer.detach().to("meta")
    duplicate = copy.deepcopy(model, memo).eval()
    parts = {name: tuple(module.modules()) for name, module in duplicate.named_modules() if name}
    arguments, named = on_meta((args, dict(kwargs)))
    return Subject(duplicate, arguments, named, parts, disjoint=False)


def on_meta(values: Any) -> Any:
    """The same arguments, tensors without memory."""
    return pytree.tree_map_only(Tensor, lambda tensor: tensor.detach().to("meta"), values)


@contextmanager
def quietly() -> Iterator[None]:
    """Neither gradients nor the warnings that torch and the witnesses have for their own users."""
    with torch.no_grad(), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield
