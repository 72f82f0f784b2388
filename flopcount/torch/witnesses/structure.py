"""torch itself, by forward hooks: the shape of every output, and how many parameters and buffers there are."""

from __future__ import annotations

from typing import Any

from torch import Tensor, nn

from ...graph import Graph
from ..network import example_inputs
from . import Testimony
from ._run import observed, parts, quietly


def hear(graph: Graph) -> Testimony:
    """Run the network on shapes alone; weights that several layers use count where torch meets them first."""
    network = observed(graph, "meta")
    made: dict[str, Any] = {}
    handles = [
        network.get_submodule(node.name).register_forward_hook(_noting(made, node.name))
        for node in graph.nodes
    ]  # fmt: skip
    with quietly():
        outputs = network(*example_inputs(graph))
    for handle in handles:
        handle.remove()
    layers = {}
    modules = parts(network, graph)
    seen: set[int] = set()
    for node in graph.nodes:
        params = _new(seen, (p for module in modules[node.name] for p in module.parameters(recurse=False)))
        buffers = _new(seen, (b for module in modules[node.name] for b in module.buffers(recurse=False)))
        layers[node.name] = {"outputs": made[node.name], "params": params, "buffers": buffers}
    whole = {
        "outputs": _shapes(outputs),
        "params": sum(p.numel() for p in network.parameters()),
        "buffers": sum(b.numel() for b in network.buffers()),
    }
    return Testimony(layers, whole)


def _noting(made: dict[str, Any], name: str) -> Any:
    def hook(module: nn.Module, inputs: Any, outputs: Any) -> None:
        made[name] = _shapes(outputs)

    return hook


def _shapes(outputs: Tensor | tuple[Tensor, ...]) -> tuple[tuple[int, ...], ...]:
    return tuple(tuple(y.shape) for y in (outputs if isinstance(outputs, tuple) else (outputs,)))


def _new(seen: set[int], tensors: Any) -> int:
    """Elements of the tensors that have not been seen yet."""
    elements = 0
    for tensor in tensors:
        if id(tensor) not in seen:
            seen.add(id(tensor))
            elements += tensor.numel()
    return elements
