"""Networks of one layer, and what a rewrite makes of them."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from typing import Any

from flopcount.conventions import find_convention
from flopcount.engine import count
from flopcount.graph import Graph, GraphBuilder
from flopcount.op import Op
from flopcount.rewriting import rewrite


def one(op: Op, shape: tuple[int, ...], name: str = "layer") -> Graph:
    """A network of one layer."""
    builder = GraphBuilder("one", shape[0])
    return builder.build(builder.add(op, [builder.input("x", shape)], name=name, where="one.yaml:3:5"))


def cost(graph: Graph, convention: str = "lecture") -> int:
    """The whole network's count."""
    return count(graph, find_convention(convention)).totals["count"].value


def ratio(graph: Graph, request: str, convention: str) -> Fraction:
    """What is left of a network's count."""
    return Fraction(cost(rewrite(graph, request).after, convention), cost(graph, convention))


def kept(graph: Graph, request: str) -> Mapping[str, str]:
    """The layers that stay, with the reasons."""
    return rewrite(graph, request).steps[-1].result.kept


def structure(graph: Graph) -> list[Any]:
    """Every layer's op and shapes, without its name."""
    return [(node.op, *[t.shape for t in (*node.inputs, *node.outputs, *node.weights)]) for node in graph.nodes]


def chain(graph: Graph) -> list[tuple[str, Op]]:
    """Every layer's name and op."""
    return [(node.name, node.op) for node in graph.nodes]
