"""torch.utils.flop_counter.FlopCounterMode: the operators that torch runs, here on shapes alone."""

from __future__ import annotations

from torch.utils.flop_counter import FlopCounterMode

from ...graph import Graph
from ..network import example_inputs
from . import Testimony
from ._run import observed, quietly


def hear(graph: Graph) -> Testimony:
    """Its counts by module."""
    network = observed(graph, "meta")
    with quietly(), FlopCounterMode(display=False) as counter:
        network(*example_inputs(graph))
    counts = counter.get_flop_counts()
    root = type(network).__name__
    layers = {node.name: {"FLOPs": sum(counts.get(f"{root}.{node.name}", {}).values())} for node in graph.nodes}
    return Testimony(layers, {"FLOPs": counter.get_total_flops()})
