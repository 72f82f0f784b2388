"""ONNX model files: their structure is read and never their weights, whatever their size.

Initializers are skipped where they lie, files of external data are not opened. The wire format is small, and reading it
here is what makes it fast: neither onnx nor protobuf nor numpy is imported.

    file (bytes) ─▶ messages (records) ─▶ walk (node by node: folding, or a rule of operators/) ─▶ Graph
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ...errors import FlopcountError, SourceError
from ...graph import Graph, GraphBuilder, Provenance
from ...op import Shape
from ...units import grouped
from .dimensions import Dimensions, names_in
from .dtypes import is_float
from .file import is_model, mapped
from .messages import Parser
from .records import GraphRecord, ModelRecord, ValueRecord
from .values import Value, unknown

__all__ = ["Model", "is_model", "open_model", "read"]


class Model:
    """A model file whose structure has been read, and of which networks can be built at many sizes.

    Attributes:
        path: The file.
        inputs: The names of its inputs.
        parameters: The names of the sizes that it leaves open.
    """

    def __init__(self, path: str, record: ModelRecord) -> None:
        self.path = path
        self._record = record
        self.inputs = tuple(value.name for value in _inputs(record))
        dims = (dim for value in _inputs(record) for dim in value.shape or ())
        self.parameters = tuple(dict.fromkeys(name for dim in dims if isinstance(dim, str) for name in names_in(dim)))

    def build(
        self,
        *,
        inputs: Mapping[str, tuple[Shape, str | None]] | None = None,
        batch: int | None = 1,
        settings: Mapping[str, Any] | None = None,
    ) -> Graph:
        """The network.

        Args:
            inputs: Shapes of inputs by their names, with the batch or without; an empty name means the only input.
            batch: The size of the batch axis, where the file leaves it open.
            settings: Sizes that the file names and leaves open, by name.

        Raises:
            SourceError: The file makes no sense.
            OpError: A node makes none.
            UsageError: A size stays open, or something is set that the file does not have.
        """
        with mapped(self.path) as data:
            try:
                sizes = Dimensions(batch, settings or {})
                return _graph(self._record, Parser(data), self.path, inputs or {}, sizes)
            except FlopcountError as error:
                raise error.located(self.path) from None


def open_model(path: str) -> Model:
    """Read a model file's structure.

    Raises:
        SourceError: The file cannot be read, or is no such model.
    """
    with mapped(path) as data:
        try:
            return Model(path, Parser(data).model())
        except FlopcountError as error:
            raise error.located(path) from None


def read(
    path: str,
    *,
    inputs: Mapping[str, tuple[Shape, str | None]] | None = None,
    batch: int | None = 1,
    settings: Mapping[str, Any] | None = None,
) -> Graph:
    """Read a model file and build its network, as `Model.build` does."""
    return open_model(path).build(inputs=inputs, batch=batch, settings=settings)


def _inputs(record: ModelRecord) -> list[ValueRecord]:
    """The tensors that the network takes; older files list initializers among them."""
    held = {tensor.name for tensor in record.graph.initializers}
    return [value for value in record.graph.inputs if value.name not in held and value.dtype]


def _graph(
    model: ModelRecord,
    parser: Parser,
    path: str,
    given: Mapping[str, tuple[Shape, str | None]],
    sizes: Dimensions,
) -> Graph:
    from .walk import Walk

    graph = model.graph
    records = _inputs(model)
    if len({record.name for record in records}) < len(records):
        raise SourceError("two inputs have the same name")
    shapes = sizes.bind(records, given)
    builder = GraphBuilder(Path(path).stem, sizes.batch, _dtype(graph))
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


def _dtype(graph: GraphRecord) -> str:
    """The type that most of the real tensors have which the file holds."""
    held = Counter(tensor.dtype for tensor in graph.initializers if is_float(tensor.dtype) and len(tensor.shape) > 1)
    return held.most_common(1)[0][0] if held else "float32"


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
