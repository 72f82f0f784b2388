"""The module that witnesses look at."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager

import torch
from torch import nn

from ...graph import Graph
from ..network import Network


def observed(graph: Graph, device: str) -> Network:
    """A graph's module at test time, for one run without gradients."""
    return Network(graph, device).eval().requires_grad_(False)


@contextmanager
def quietly() -> Iterator[None]:
    """Neither gradients nor the warnings that torch and the witnesses have for their own users."""
    with torch.no_grad(), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


def parts(network: Network, graph: Graph) -> dict[str, list[nn.Module]]:
    """The modules that make up each layer: its own, and those below it that are no layer by themselves."""
    layers = {node.name for node in graph.nodes}
    found: dict[str, list[nn.Module]] = {name: [] for name in layers}
    owner = {"": ""}
    for name, module in network.named_modules():
        owner[name] = name if name in layers else owner[name.rpartition(".")[0]]
        if owner[name]:
            found[owner[name]].append(module)
    return found
