"""The messages of a model file as records: the fields that counting needs, and nothing of what weighs."""

from __future__ import annotations

from typing import Any

from msgspec import Struct, field

from .wire import Span

Dim = int | str | None
"""A size, a name for one, or nothing said."""


class TensorRecord(Struct, frozen=True, gc=False):
    """An initializer or a constant: its elements stay in the file, unless they are few and somebody asks.

    Attributes:
        name: The name by which nodes read it.
        shape, dtype: What it is.
        sources: Where its elements lie: the field's number and span.
        external: Whether they are in another file, which is never opened.
        buffer: Whether the exporter noted that it is none of the framework's parameters.
    """

    name: str
    shape: tuple[int, ...]
    dtype: str
    sources: tuple[tuple[int, Span], ...] = ()
    external: bool = False
    buffer: bool = False


class ValueRecord(Struct, frozen=True, gc=False):
    """A declared value: an input, an output, or a shape noted in between; shape None where none is declared.

    `kind` is what it is in the framework (`PARAMETER`, `BUFFER`, `CONSTANT_TENSOR`), where the exporter noted that.
    """

    name: str
    dtype: str
    shape: tuple[Dim, ...] | None
    kind: str = ""


class NodeRecord(Struct, frozen=True):
    """A node. `index` is its place in its graph; `scopes` are the framework's scopes, where the exporter noted them."""

    op_type: str
    domain: str
    name: str
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    attributes: dict[str, Any]
    index: int
    scopes: tuple[str, ...] = ()


class Reference(Struct, frozen=True):
    """An attribute of a function's node whose value is the function's own attribute of this name."""

    name: str


class GraphRecord(Struct, frozen=True):
    """A graph: the model's, or one in an attribute."""

    name: str = ""
    nodes: list[NodeRecord] = field(default_factory=list)
    initializers: list[TensorRecord] = field(default_factory=list)
    inputs: list[ValueRecord] = field(default_factory=list)
    outputs: list[ValueRecord] = field(default_factory=list)
    values: list[ValueRecord] = field(default_factory=list)


class FunctionRecord(Struct, frozen=True):
    """An operator that the file defines by a graph of others."""

    name: str
    domain: str
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    nodes: list[NodeRecord]
    defaults: dict[str, Any]
    opsets: dict[str, int]


class ModelRecord(Struct, frozen=True):
    """A model file."""

    producer: str
    opsets: dict[str, int]
    graph: GraphRecord
    functions: dict[tuple[str, str], FunctionRecord]
