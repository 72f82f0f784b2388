"""Small networks, as tests look at them."""

from __future__ import annotations

from textwrap import dedent, indent
from typing import Any

import pytest

from flopcount.engine import count
from flopcount.errors import FlopcountError
from flopcount.graph import Graph
from flopcount.readers.spec import read


def network(text: str, **options: Any) -> Graph:
    return read(dedent(text), "net.yaml", **options)


def layers(text: str, head: str = "input: [3, 8, 8]", **options: Any) -> Graph:
    """The network of a `layers:` list alone."""
    return network(f"{head}\nlayers:\n{indent(dedent(text), '  ')}\n", **options)


def names(graph: Graph) -> list[str]:
    return [node.name for node in graph.nodes]


def shapes(graph: Graph) -> dict[str, tuple[int, ...]]:
    """What each layer's first output is, without the batch."""
    return {node.name: node.outputs[0].shape[1:] for node in graph.nodes}


def wiring(graph: Graph) -> dict[str, list[str]]:
    """What each layer reads."""
    return {node.name: [tensor.name for tensor in node.inputs] for node in graph.nodes}


def parameters(graph: Graph) -> list[int | None]:
    """How many parameters each layer adds."""
    return [layer.params for layer in count(graph).layers]


def alike(graph: Graph) -> list[Any]:
    """All of a graph but the places where it was written."""
    return [(node.name, node.op, node.inputs, node.outputs, node.weights) for node in graph.nodes]


def refusal(text: str, **options: Any) -> str:
    """The whole message of a spec's error."""
    with pytest.raises(FlopcountError) as caught:
        read(text, "net.yaml", **options)
    assert caught.value.exit_status == 2
    return str(caught.value)
