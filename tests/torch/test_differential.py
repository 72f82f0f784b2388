"""Random networks of every op: torch builds and runs them; shapes, types, parameters, buffers, MACs must be equal.

Continuous integration draws a few. By hand: `FLOPCOUNT_NETWORKS=10000 FLOPCOUNT_SEED=1 pytest -s
tests/torch/test_differential.py`.
"""

from __future__ import annotations

import os
import time
from collections import Counter
from typing import Any

import pytest
import torch
from hypothesis import HealthCheck, Phase, given, seed, settings
from torch import nn
from torch.utils.flop_counter import FlopCounterMode

from flopcount.conventions import CONVENTIONS
from flopcount.engine import count
from flopcount.graph import Graph
from flopcount.metrics import METRICS, Figures
from flopcount.torch import build
from flopcount.torch.layers._types import torch_dtype
from flopcount.torch.network import Network, example_inputs
from tests.torch.drawn import LAYERS, networks

NETWORKS = int(os.environ.get("FLOPCOUNT_NETWORKS", "100"))
SEED = int(os.environ.get("FLOPCOUNT_SEED", str(time.time_ns() % 10**9)))


Made = list[tuple[tuple[int, ...], torch.dtype]]


def tensors_made(graph: Graph, network: Network) -> dict[str, Made]:
    """Shapes and types of what torch's layers put out, by name, while the network runs on shapes alone."""
    made: dict[str, Made] = {}

    def note(name: str) -> Any:
        def hook(module: nn.Module, inputs: Any, outputs: Any) -> None:
            made[name] = [(tuple(y.shape), y.dtype) for y in (outputs if isinstance(outputs, tuple) else (outputs,))]

        return hook

    for name, module in network.named_modules():
        module.register_forward_hook(note(name))
    with torch.no_grad():
        network(*example_inputs(graph))
    return made


def numbers_of(layer: nn.Module, below: set[str], known: set[nn.Parameter]) -> tuple[int, int]:
    """Parameters and buffers of one layer, without the layers that stand below it by name and weights of others."""
    own = [module for name, module in layer.named_modules() if name.partition(".")[0] not in below]
    held = {p for module in own for p in module.parameters(recurse=False)} - known
    known |= held
    parameters = sum(p.numel() for p in held)
    return parameters, sum(b.numel() for module in own for b in module.buffers(recurse=False))


@pytest.mark.filterwarnings("ignore")
def test_torch_agrees_on_every_random_network() -> None:
    drawn: Counter[str] = Counter()

    @seed(SEED)
    @settings(
        max_examples=NETWORKS, deadline=None, database=None, print_blob=True,
        phases=[Phase.generate, Phase.shrink], suppress_health_check=list(HealthCheck),
    )  # fmt: skip
    @given(networks(dtypes=("float32", "float64", "bfloat16")))
    def agree(graph: Graph) -> None:
        drawn.update(node.op.tag for node in graph.nodes)
        network = build(graph, device="meta").eval().requires_grad_(False)
        report = count(graph, CONVENTIONS["torch"])
        names = {node.name for node in graph.nodes}
        with FlopCounterMode(network, display=False) as counter:
            made = tensors_made(graph, network)
        flops = Figures(report).of(METRICS["flops"])
        counted = counter.get_flop_counts()
        known: set[nn.Parameter] = set()
        for layer, ours in zip(report.layers, flops, strict=True):
            node = layer.node
            below = {name[len(node.name) + 1 :].partition(".")[0] for name in names if name.startswith(node.name + ".")}
            tracked = getattr(node.op, "track", False)
            assert made[node.name] == [(y.shape, torch_dtype(y.dtype)) for y in node.outputs], node
            assert numbers_of(network.get_submodule(node.name), below, known) == (
                layer.params, (layer.buffers or 0) + tracked
            ), node  # fmt: skip
            assert sum(counted.get(f"Network.{node.name}", {}).values()) == ours, node
        assert counter.get_total_flops() == sum(flops)  # type: ignore[arg-type]

    start = time.perf_counter()
    print(f"seed {SEED}")
    agree()
    layers = sum(drawn.values())
    print(f"{NETWORKS:,} networks, {layers:,} layers of {len(drawn)} ops in {time.perf_counter() - start:.1f} s")
    if NETWORKS >= 1000:
        assert drawn.keys() == LAYERS.keys()
