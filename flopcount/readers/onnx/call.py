"""One node as a rule of the operator tables sees it: its inputs and attributes, and the layers that it becomes."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from math import prod
from typing import Any, Protocol

from msgspec.structs import replace

from ...errors import OpError, show_shape
from ...fields import fields_of
from ...graph import Tensor
from ...op import Op, Shape, dtypes_of
from ...ops import OPS
from .arrays import Array
from .dtypes import is_float
from .records import GraphRecord, NodeRecord
from .unread import Unread
from .values import UnreadError, UnsizedError, Value, constant

Results = Sequence[Value]


class Host(Protocol):
    """What a rule may ask of the walk over the graph."""

    def add(
        self, call: Call, op: Op, inputs: Sequence[Value], tied: Mapping[str, Tensor], kept: Sequence[Tensor], part: str
    ) -> tuple[Tensor, ...]:
        """Add a layer to the graph."""

    def sole_reader(self, name: str) -> NodeRecord | None:
        """The one node that reads a value, where nobody else does."""

    def value(self, name: str) -> Value | None:
        """What a name stands for, where that is known already."""

    def absorb(self, node: NodeRecord) -> None:
        """A node that another one's layer has taken in: its output is that layer's."""

    def inline(self, call: Call, graph: GraphRecord, inputs: Sequence[Value], trips: int, part: str) -> list[Value]:
        """The outputs of a graph in an attribute, its layers added."""

    def setting(self, name: str) -> str | None:
        """What the user has set for this name."""

    def integer_products(self, call: Call) -> None:
        """Note that the layer that was added last multiplies integers."""


class Call:
    """A node with its inputs.

    Attributes:
        node: The record.
        version: The version of the operator set that it is from.
        inputs: Its inputs; None where an optional one is left out.
        attributes: Its attributes, by name.
    """

    def __init__(
        self, host: Host, node: NodeRecord, version: int, inputs: Sequence[Value | None], attributes: dict[str, Any]
    ) -> None:
        self.host = host
        self.node = node
        self.version = version
        self.inputs = tuple(inputs)
        self.attributes = attributes

    def input(self, place: int) -> Value:
        """An input that must be there.

        Raises:
            UnreadError: It is not.
        """
        found = self.optional(place)
        if found is None:
            raise UnreadError(f"input {place + 1} is missing")
        return found

    def optional(self, place: int) -> Value | None:
        """An input that may be left out."""
        return self.inputs[place] if place < len(self.inputs) else None

    @property
    def given(self) -> list[Value]:
        """The inputs that are there."""
        return [value for value in self.inputs if value is not None]

    @property
    def sources(self) -> tuple[Tensor, ...]:
        """The learned tensors that its inputs are made of, each once."""
        return tuple({source.name: source for value in self.given for source in value.sources}.values())

    def integer(self, name: str, default: int = 0) -> int:
        """An attribute that is an integer."""
        found = self.attributes.get(name)
        return found if isinstance(found, int) else default

    def number(self, name: str, default: float = 0.0) -> float:
        """An attribute that is a number."""
        found = self.attributes.get(name)
        return float(found) if isinstance(found, int | float) else default

    def text(self, name: str, default: str = "") -> str:
        """An attribute that is text."""
        found = self.attributes.get(name)
        return found if isinstance(found, str) else default

    def integers(self, name: str) -> tuple[int, ...] | None:
        """An attribute that is a list of integers, where it is there."""
        found = self.attributes.get(name)
        if isinstance(found, tuple) and all(isinstance(item, int) for item in found):
            return found
        return None

    def texts(self, name: str) -> tuple[str, ...]:
        """An attribute that is a list of texts."""
        found = self.attributes.get(name)
        return tuple(map(str, found)) if isinstance(found, tuple) else ()

    def graph(self, name: str) -> GraphRecord:
        """An attribute that is a graph.

        Raises:
            UnreadError: There is none.
        """
        found = self.attributes.get(name)
        if not isinstance(found, GraphRecord):
            raise UnreadError(f"it has no {name}")
        return found

    def array(self, place: int) -> Array:
        """An input's elements.

        Raises:
            UnsizedError: Nobody knows them.
        """
        value = self.input(place)
        if value.data is None:
            raise UnsizedError(f"'{value.name}' is computed from data")
        return value.data

    def listed(self, name: str, place: int) -> list[int] | None:
        """Integers that older operator sets have as an attribute, and newer ones as an input; None: left out.

        Raises:
            UnsizedError: They are an input whose elements nobody knows.
        """
        if self.optional(place) is not None:
            return self.array(place).flat
        held = self.integers(name)
        return None if held is None else list(held)

    def layer(
        self, op: Op, *inputs: Value, part: str = "", beforehand: bool = True, **tied: Value | None
    ) -> tuple[Value, ...]:
        """Add a layer; what is computed from held values alone is made beforehand, and is none.

        Args:
            op: What it is.
            *inputs: Its inputs.
            part: What names it beside other layers of the same node.
            beforehand: Whether it is none where all that it reads is held.
            **tied: Its weights, by the op's names for them (`weight_ih_l0`); None is left out.
        """
        _check_fields(op)
        if beforehand and inputs and all(value.held for value in inputs):
            return self._beforehand(op, inputs)
        shapes = [value.shape for value in inputs]
        if tied:
            op.check(*shapes)
        wanted = op.weights(*shapes) if tied else {}
        weights: dict[str, Tensor] = {}
        kept: list[Tensor] = []
        for key, value in tied.items():
            if value is not None and key in wanted:
                if value.known.elements != prod(wanted[key]):
                    raise OpError(
                        f"the file holds {show_shape(value.shape)} as its {key}, not the {show_shape(wanted[key])} that"
                        f" it would need for {show_shape(shapes[0])}"
                    )
                weights[key], extra = tie(value, wanted[key])
                kept += extra
        made = self.host.add(self, op, inputs, weights, kept, part)
        return tuple(Value(tensor.name, tensor.dtype, tensor) for tensor in made)

    def fitting(self, usual: Op, wider: Callable[[], Op], *inputs: Value) -> Op:
        """Our op of this name where it takes these inputs; the format allows more, which a wider kind of it then takes.

        Only our own ops can be said in a spec, rewritten and built.
        """
        try:
            _check_fields(usual)
            usual.check(*(value.shape for value in inputs))
        except OpError:
            return wider()
        return usual

    def _beforehand(self, op: Op, inputs: Sequence[Value]) -> tuple[Value, ...]:
        shapes = [value.shape for value in inputs]
        op.check(*shapes)
        inferred = op.infer(*shapes)
        sources = tuple({source.name: source for value in inputs for source in value.sources}.values())
        name = self.node.outputs[0] if self.node.outputs else self.node.name
        made = inferred if isinstance(inferred, list) else [inferred]
        dtypes = dtypes_of(op, [value.dtype for value in inputs], len(made), inputs[0].dtype)
        return tuple(constant(name, tuple(shape), dtype, sources) for shape, dtype in zip(made, dtypes, strict=True))

    def same(self, value: Value, **changes: Any) -> tuple[Value]:
        """The input itself as the output."""
        return (replace(value, **changes) if changes else value,)

    def moved(self, shape: Shape, *, free: bool = True, part: str = "") -> tuple[Value, ...]:
        """Add a layer that only moves its inputs, or whose cost nobody knows, its output's shape being known."""
        return self.layer(Unread(kind=self.node.op_type, shapes=(tuple(shape),), free=free), *self.given, part=part)

    def beside(self, value: Value, shape: Shape, dtype: str = "int64") -> Value:
        """A further output of a layer whose op states one alone: a pooling's places."""
        tensor = Tensor(f"{value.known.name}:places", shape, dtype)
        return Value(tensor.name, dtype, tensor, value.held)


def _check_fields(op: Op) -> None:
    """Refuse what a spec could not say either: a stride of 0, sizes beyond all reason.

    Raises:
        OpError: The field, and what it must be.
    """
    if type(op).tag in OPS and issubclass(type(op), OPS[type(op).tag]):
        for name, kind in fields_of(OPS[type(op).tag]).items():
            try:
                kind.type.read(getattr(op, name))
            except OpError as error:
                raise OpError(f"{name} {error.what}", hint=error.hint) from None


def is_learnable(value: Value) -> bool:
    """Whether a value is real numbers that the file itself holds, so that a layer's weight may be learned."""
    return value.held and value.tensor is not None and value.known.declared is not None and is_float(value.dtype)


def tie(value: Value, shape: Shape) -> tuple[Tensor, list[Tensor]]:
    """A value as a weight of this shape, and the learned tensors that it was made of but does not stand for.

    A file may keep a matrix transposed or several in one; what counts is that it holds as many numbers.
    """
    tensor = value.known
    if tensor.elements == prod(shape) and tensor.kind in ("parameter", "buffer"):
        return replace(tensor, shape=tuple(shape)), []
    if tensor.elements == prod(shape) and is_learnable(value):
        learned = replace(tensor, shape=tuple(shape), kind="parameter", trainable=True)
        return learned, []
    if tensor.elements == prod(shape) and not value.held:
        return replace(tensor, shape=tuple(shape)), []
    return Tensor(value.name, tuple(shape), value.dtype, "constant"), list(value.sources)
