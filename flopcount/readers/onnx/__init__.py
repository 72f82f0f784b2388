"""ONNX model files: their structure is read and never their weights, whatever their size.

Initializers are skipped where they lie, files of external data are not opened. The wire format is small, and reading it
here is what makes it fast: neither onnx nor protobuf nor numpy is imported.

    file (bytes) ─▶ messages (records) ─▶ walk (node by node: folding, or a rule of operators/) ─▶ Graph
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ...errors import FlopcountError, SourceError
from ...graph import Graph, GraphBuilder, Provenance
from ...op import Shape
from ...units import grouped
from .dimensions import Dimensions
from .file import is_model, mapped
from .messages import Parser
from .records import ModelRecord
from .values import Value, unknown

__all__ = ["is_model", "read"]


def read(
    path: str,
    *,
    inputs: Mapping[str, tuple[Shape, str | None]] | None = None,
    batch: int | None = 1,
    settings: Mapping[str, Any] | None = None,
) -> Graph:
    """Read a model file.

    Args:
        path: The file.
        inputs: Shapes of inputs by their names, with the batch or without; an empty name means the only input.
        batch: The size of the batch axis, where the file leaves it open.
        settings: Sizes that the file names and leaves open, by name.

    Raises:
        SourceError: The file cannot be read, or is no such model.
        OpError: A node makes no sense.
        UsageError: A size stays open, or something is set that the file does not have.
    """
    with mapped(path) as data:
        parser = Parser(data)
        try:
            model = parser.model()
            return _graph(model, parser, path, inputs or {}, Dimensions(batch, settings or {}))
        except FlopcountError as error:
            raise error.located(path) from None


def _graph(
    model: ModelRecord,
    parser: Parser,
    path: str,
    given: Mapping[str, tuple[Shape, str | None]],
    sizes: Dimensions,
) -> Graph:
    from .walk import Walk

    graph = model.graph
    held = {record.name for record in graph.initializers}
    records = [record for record in graph.inputs if record.name not in held and record.dtype]
    if len({record.name for record in records}) < len(records):
        raise SourceError("two inputs have the same name")
    shapes = sizes.bind(records, given)
    builder = GraphBuilder(graph.name or Path(path).stem, sizes.batch)
    dtypes = {name: dtype for name, (_, dtype) in given.items() if dtype}
    # What is no tensor (a sequence, an optional value) has no size that one could give.
    values = {record.name: unknown(record.name) for record in graph.inputs if not record.dtype}
    for record in records:
        dtype = dtypes.get(record.name) or (dtypes.get("") if len(records) == 1 else None) or record.dtype
        dtype = "uint8" if dtype == "string" else dtype
        tensor = builder.input(record.name, shapes[record.name], dtype, path)
        values[record.name] = Value(record.name, dtype, tensor)
    walk = Walk(model, parser, builder, sizes, path)
    outputs = walk.run(values)
    sizes.refuse_unused(walk.settable)
    return builder.build(outputs, Provenance(path, settings=dict(sorted(sizes.told.items())), notes=_notes(walk)))


def _notes(walk: Any) -> tuple[str, ...]:
    """What the reader of the report must know about the file."""
    notes = []
    if walk.integers:
        notes.append(f"{grouped(walk.integers)} of the MACs multiply integers")
    if walk.mismatched:
        count = len(walk.mismatched)
        notes.append(
            f"{grouped(count)} shape{'s'[: count > 1]} differ{'s' * (count == 1)} from what the file declares: "
            + "; ".join(walk.mismatched[:2])
        )
    notes.append("initializers are counted as the file has them: what was folded or merged is not guessed back")
    return tuple(notes)
