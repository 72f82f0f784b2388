"""Independent witnesses of a traced model: torch's own parameters and its own counter of dot products."""

from __future__ import annotations

from typing import Any

import torch
from torch import nn
from torch.utils.flop_counter import FlopCounterMode

from flopcount.conventions import CONVENTIONS
from flopcount.engine import Report, count
from flopcount.graph import Graph
from flopcount.readers.torch import read


class Function(nn.Module):
    """A function as a model without parameters; `held` are tensors that it may use."""

    def __init__(self, function: Any, **held: torch.Tensor) -> None:
        super().__init__()
        self.function = function
        for name, tensor in held.items():
            setattr(self, name, nn.Parameter(tensor))

    def forward(self, *args: Any) -> Any:
        """Whatever it does."""
        return self.function(*args)


def traced(model: Any, *shapes: tuple[int, ...], dtypes: tuple[str, ...] = ()) -> Graph:
    """The graph of a model or a function for inputs of these shapes, which have no batch."""
    model = model if isinstance(model, nn.Module) else Function(model)
    types = dtypes or ("float32",) * len(shapes)
    return read(model, inputs=[("", pair) for pair in zip(shapes, types, strict=True)], batch=None)


def tags(graph: Graph) -> list[str]:
    """The ops of a graph, in order."""
    return [node.op.tag for node in graph.nodes]


def report(graph: Graph) -> Report:
    """A graph under the convention that torch's counter has."""
    return count(graph, CONVENTIONS["torch"])


def torchs_flops(model: nn.Module, *args: Any, **kwargs: Any) -> int:
    """What torch's own counter says, the model on shapes alone."""
    with torch.no_grad(), FlopCounterMode(display=False) as counter:
        model(*args, **kwargs)
    return int(counter.get_total_flops())


def on_meta(model: nn.Module) -> nn.Module:
    """The model at test time, without memory, and without gradients, which torch's counter asks for in vain."""
    return model.eval().requires_grad_(False).to("meta")


def elements(model: nn.Module) -> int:
    """How many parameters torch counts."""
    return sum(parameter.numel() for parameter in model.parameters())


def assert_exact(model: nn.Module, *shapes: tuple[int, ...], dtypes: tuple[str, ...] = ()) -> Report:
    """Parameters and dot products are torch's, and nothing is unknown."""
    counted = report(traced(model, *shapes, dtypes=dtypes))
    types = dtypes or ("float32",) * len(shapes)
    args = [
        torch.empty(shape, dtype=getattr(torch, kind), device="meta") for shape, kind in zip(shapes, types, strict=True)
    ]
    assert counted.uncounted == (), counted.graph.provenance.notes
    assert counted.totals["params"].value == elements(model)
    assert counted.totals["count"].value == torchs_flops(on_meta(model), *args)
    return counted
