"""Nodes in an order in which they can run. The format demands one; files that break the rule are sorted."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Sequence

from ...errors import SourceError
from .records import GraphRecord, NodeRecord


def sorted_nodes(nodes: Sequence[NodeRecord]) -> list[NodeRecord]:
    """The nodes, each after those whose outputs it reads; in the file's order where that is one already.

    Raises:
        SourceError: Two nodes make one value, or nodes wait for each other.
    """
    makers: dict[str, int] = {}
    for place, node in enumerate(nodes):
        for name in node.outputs:
            if name and makers.setdefault(name, place) != place:
                first = nodes[makers[name]]
                raise SourceError(f"two nodes make '{name}': node {first.index} and node {node.index}")
    needs = [{makers[name] for name in reads(node) if name in makers} for node in nodes]
    if all(max(needed, default=-1) < place for place, needed in enumerate(needs)):
        return list(nodes)
    waiting: list[list[int]] = [[] for _ in nodes]
    left = [len(needed) for needed in needs]
    for place, needed in enumerate(needs):
        for other in needed:
            waiting[other].append(place)
    ready = deque(place for place, count in enumerate(left) if not count)
    done: list[NodeRecord] = []
    while ready:
        place = ready.popleft()
        done.append(nodes[place])
        for other in waiting[place]:
            left[other] -= 1
            if not left[other]:
                ready.append(other)
    if len(done) < len(nodes):
        stuck = [nodes[place] for place, count in enumerate(left) if count]
        named = ", ".join(f"node {node.index} ({node.op_type})" for node in stuck[:5])
        raise SourceError(f"{len(stuck)} nodes wait for one another: {named}", hint="a graph must have no cycle")
    return done


def reads(node: NodeRecord) -> Iterator[str]:
    """Every name that a node reads, also those that graphs in its attributes read from around it."""
    yield from (name for name in node.inputs if name)
    for held in node.attributes.values():
        for graph in held if isinstance(held, tuple) else (held,):
            if isinstance(graph, GraphRecord):
                yield from _free(graph)


def _free(graph: GraphRecord) -> set[str]:
    """The names that a graph reads and does not make."""
    made = {record.name for record in graph.inputs} | {record.name for record in graph.initializers}
    made.update(name for node in graph.nodes for name in node.outputs)
    found = {name for node in graph.nodes for name in reads(node)}
    return (found | {record.name for record in graph.outputs}) - made
