"""A graph, body or function that is being walked: what its names stand for, and who reads them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from msgspec import Struct, field

from .records import NodeRecord, ValueRecord
from .values import Value, unknown


class Frame(Struct):
    """What is known while a graph is walked.

    Attributes:
        values: What its names stand for, so far.
        outer: The graph around it, whose names it sees; None for a function, which sees none.
        attributes, opsets: Those of the function that is written out, and the operator sets' versions.
        declared: What the file says of its values.
        readers: The nodes that read each name.
        kept: The names that it gives out.
        absent: The inputs that a function was not given.
        absorbed: Nodes whose work another one's layer has taken in, and what they give.
        prefix, trips, depth: How its layers are named, how often they run, how deep it lies.
    """

    values: dict[str, Value] = field(default_factory=dict)
    outer: Frame | None = None
    attributes: Mapping[str, Any] = field(default_factory=dict)
    opsets: Mapping[str, int] = field(default_factory=dict)
    declared: dict[str, ValueRecord] = field(default_factory=dict)
    readers: dict[str, list[NodeRecord]] = field(default_factory=dict)
    kept: frozenset[str] = frozenset()
    absent: frozenset[str] = frozenset()
    absorbed: dict[int, Value] = field(default_factory=dict)
    prefix: str = ""
    trips: int = 1
    depth: int = 0

    def find(self, name: str) -> Value | None:
        """What a name stands for, here or around here."""
        frame: Frame | None = self
        while frame is not None:
            if name in frame.values:
                return frame.values[name]
            frame = frame.outer
        return None

    def sole_reader(self, name: str) -> NodeRecord | None:
        """The one node that reads a value, where nobody else does and the graph does not give it out."""
        found = self.readers.get(name, [])
        return found[0] if len(found) == 1 and name not in self.kept else None

    def absorb(self, node: NodeRecord) -> None:
        """Skip a node whose work the layer that is being added has taken in."""
        self.absorbed[id(node)] = unknown("")
