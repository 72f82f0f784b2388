"""A network as data: tensors, nodes, and the graph they form. Immutable; a rewrite returns a new one.

What is immutable and holds only what was there before it cannot stand in a circle: `gc=False` spares the collector.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import prod
from typing import Any

from msgspec import Struct, field

from .errors import FlopcountError, OpError, UsageError, show_shape
from .op import Op, Shape, dtypes_of

DTYPE_BYTES: dict[str, float] = {
    "float64": 8, "float32": 4, "float16": 2, "bfloat16": 2, "float8": 1, "float6": 0.75, "float4": 0.5,
    "int64": 8, "int32": 4, "int16": 2, "int8": 1, "int4": 0.5, "int2": 0.25,
    "uint64": 8, "uint32": 4, "uint16": 2, "uint8": 1, "uint4": 0.5, "uint2": 0.25, "bool": 1,
    "complex32": 4, "complex64": 8, "complex128": 16,
}  # fmt: skip
INTEGER_DTYPES = frozenset(name for name in DTYPE_BYTES if name.startswith(("int", "uint")))
DISCRETE_DTYPES = INTEGER_DTYPES | {"bool"}
"""Types that carry no gradient."""


class Tensor(Struct, frozen=True, gc=False):
    """A value that flows through the network or is kept by it. Its identity is its name: tied weights share one.

    Attributes:
        name: Unique in its graph.
        shape: Sizes, batch first where there is a batch.
        dtype: A key of `DTYPE_BYTES`.
        kind: `input`, `activation`, `parameter`, `buffer` or `constant`.
        trainable: Whether training changes it.
        declared: The shape that a file itself states, where it does.
    """

    name: str
    shape: Shape
    dtype: str = "float32"
    kind: str = "activation"
    trainable: bool = False
    declared: Shape | None = None

    @property
    def elements(self) -> int:
        """How many numbers it holds."""
        return prod(self.shape)

    @property
    def is_held(self) -> bool:
        """Whether the network keeps it: neither an input nor made by a layer."""
        return self.kind in ("parameter", "buffer", "constant")


class Node(Struct, frozen=True, gc=False):
    """One layer: an op with its tensors.

    Attributes:
        name: Hierarchical and unique: `layer1.0.conv1`.
        op: The operation.
        inputs, outputs: Activations, in the op's order; an input may be a tensor that the network keeps.
        weights: Parameters and buffers, in the op's order, and after them learned tensors that its inputs are made of.
        where: Place in the source: `resnet.yaml:42:9`.
        origin: How the source states it: `module`, `functional` or `in place`; `leaf`, in a module of several operators
            that has no modules inside; `attention`, in torch's MultiheadAttention; `cell`, in one of torch's recurrent
            cells; `operator`, by a sign (`@`, `+`); `method`, by a tensor's method or a function of torch itself.
        trainable: False where the layer is frozen: training leaves its weights and its statistics as they are.
        trips: How often it runs: more than once in the body of a loop.
        places: In how many places of the model its module stands: several, where modules share one.
    """

    name: str
    op: Op
    inputs: tuple[Tensor, ...]
    outputs: tuple[Tensor, ...]
    weights: tuple[Tensor, ...] = ()
    where: str = ""
    origin: str = "module"
    trainable: bool = True
    trips: int = 1
    places: int = 1

    @property
    def scope(self) -> str:
        """The module that holds it: `layer1.0` of `layer1.0.conv1`, empty at the top."""
        return self.name.rpartition(".")[0]

    @property
    def label(self) -> str:
        """How messages name it."""
        return f"{self.name} ({self.op.tag})"


class Provenance(Struct, frozen=True):
    """Where a graph came from and how it was asked for.

    Attributes:
        source: The path or shipped name that was given.
        citation: Who says that the network looks like this.
        about: What the network is, in a sentence.
        settings: The parameters' values.
        expect: Published totals that the source promises to meet, where it was read at its defaults.
        notes: What the reader of a report must know about the source.
    """

    source: str = ""
    citation: str = ""
    about: str = ""
    settings: dict[str, Any] = field(default_factory=dict)
    expect: dict[str, int] = field(default_factory=dict)
    notes: tuple[str, ...] = ()


class Graph(Struct, frozen=True):
    """A network: nodes in an order in which they can run, every tensor made before it is used.

    Attributes:
        name: The model's name.
        inputs, outputs: The tensors that go in and come out.
        nodes: The layers.
        batch: The size of the batch axis, or None where the inputs have none.
        provenance: Where it came from.
        dtype: The type of its parameters' elements.
    """

    name: str
    inputs: tuple[Tensor, ...]
    outputs: tuple[Tensor, ...]
    nodes: tuple[Node, ...]
    batch: int | None = 1
    provenance: Provenance = field(default_factory=Provenance)
    dtype: str = "float32"


class GraphBuilder:
    """Puts a graph together, node by node: infers shapes, creates weights, refuses what does not fit.

    Every reader and rewrite builds through it, so that shapes are inferred and errors are worded in one place.

    Example:
        >>> from flopcount.ops.conv import Conv
        >>> builder = GraphBuilder("example")
        >>> image = builder.input("image", (1, 3, 32, 32))
        >>> (out,) = builder.add(Conv(out=10, kernel=5), [image], name="conv1")
        >>> out.shape
        (1, 10, 28, 28)
        >>> graph = builder.build([out])
        >>> [weight.name for weight in graph.nodes[0].weights]
        ['conv1.weight', 'conv1.bias']
    """

    def __init__(self, name: str, batch: int | None = 1, dtype: str = "float32") -> None:
        if batch is not None and (type(batch) is not int or not 0 < batch < 2**40):
            raise UsageError(f"the batch size must be a positive integer, not {batch!r}")
        self.name = name
        self.batch = batch
        self.dtype = dtype
        self.nodes: list[Node] = []
        self._inputs: list[Tensor] = []
        self._names: dict[str, str] = {}

    def input(self, name: str, shape: Sequence[int], dtype: str | None = None, where: str = "") -> Tensor:
        """Declare an input; `shape` has the batch in it."""
        self._claim(name, where)
        tensor = Tensor(name, tuple(shape), dtype or self.dtype, "input")
        _refuse_absurd(tensor, where, name)
        self._inputs.append(tensor)
        return tensor

    def add(
        self,
        op: Op,
        inputs: Sequence[Tensor],
        *,
        name: str,
        where: str = "",
        origin: str = "module",
        tied: Mapping[str, Tensor] | None = None,
        trainable: bool = True,
        kept: Sequence[Tensor] = (),
        trips: int = 1,
        places: int = 1,
    ) -> tuple[Tensor, ...]:
        """Add a layer and return its outputs.

        Args:
            op: The operation.
            inputs: Activations, already in the graph.
            name: Unique name of the layer.
            where: Place in the source, for messages.
            origin: See `Node.origin`.
            tied: Tensors to use as weights and buffers instead of new ones, by the name they have in this op: those of
                another layer, or some that a layer computes.
            trainable: False freezes the layer's parameters.
            kept: Learned tensors that the layer uses besides its op's weights: `x + position_embedding`.
            trips: How often the layer runs.
            places: See `Node.places`.

        Raises:
            OpError: The op refuses its inputs; a tied weight has another shape; a name is taken; a size is absurd.
        """
        self._claim(name, where)
        shapes = tuple(tensor.shape for tensor in inputs)
        try:
            _check_arity(op, len(inputs))
            op.check(*shapes)
            inferred = op.infer(*shapes)
            several = isinstance(inferred, list)
            made = inferred if several else [inferred]
            dtypes = dtypes_of(op, [tensor.dtype for tensor in inputs], len(made), self.dtype)
            weights = (*self._weights(op, shapes, name, tied or {}, trainable), *kept)
        except FlopcountError as error:
            del self._names[name]
            facts = {"input": ", ".join(map(show_shape, shapes))} if shapes else {}
            raise error.located(where, f"{name} ({op.tag})", facts) from None
        outputs = tuple(
            Tensor(f"{name}:{i}" if several else name, shape, dtype)
            for i, (shape, dtype) in enumerate(zip(made, dtypes, strict=True))
        )
        for tensor in outputs + weights:
            _refuse_absurd(tensor, where, f"{name} ({op.tag})")
        self.nodes.append(Node(name, op, tuple(inputs), outputs, weights, where, origin, trainable, trips, places))
        return outputs

    def is_taken(self, name: str) -> bool:
        """Whether an input or a layer has this name."""
        return name in self._names

    def take_back(self, kept: int) -> set[str]:
        """Remove all layers but the first so many; their names are free again, and returned."""
        gone = {node.name for node in self.nodes[kept:]}
        del self.nodes[kept:]
        for name in gone:
            del self._names[name]
        return gone

    def build(self, outputs: Sequence[Tensor], provenance: Provenance | None = None) -> Graph:
        """The finished graph."""
        return Graph(
            self.name,
            tuple(self._inputs),
            tuple(outputs),
            tuple(self.nodes),
            self.batch,
            provenance or Provenance(),
            self.dtype,
        )

    def _claim(self, name: str, where: str) -> None:
        if name in self._names:
            first = self._names[name]
            raise OpError(
                f"the name '{name}' is taken" + (f" (first at {first})" if first else ""),
                hint="names are unique within their block",
                where=where,
            )
        self._names[name] = where

    def _weights(
        self, op: Op, shapes: tuple[Shape, ...], name: str, tied: Mapping[str, Tensor], trainable: bool
    ) -> tuple[Tensor, ...]:
        made, kept = op.weights(*shapes), op.buffers(*shapes)
        if unknown := tied.keys() - made.keys() - kept.keys():
            raise OpError(f"has no weight named '{min(unknown)}' to tie", hint=f"it has: {', '.join(made) or 'none'}")
        kinds = [(made, "parameter", trainable), (kept, "buffer", False)]
        dtype = op.holds or self.dtype
        return tuple(
            _tie(key, shape, tied[key]) if key in tied else Tensor(f"{name}.{key}", shape, dtype, kind, trained)
            for shapes_of, kind, trained in kinds
            for key, shape in shapes_of.items()
        )


def with_batch(shape: Sequence[int], batch: int | None) -> Shape:
    """A sample's shape with the batch before it, where there is one."""
    return tuple(shape) if batch is None else (batch, *shape)


def _tie(key: str, shape: Shape, other: Tensor) -> Tensor:
    if other.shape != shape:
        raise OpError(
            f"its {key} is {show_shape(shape)}, but '{other.name}', to which it is tied, is {show_shape(other.shape)}",
            hint="tied weights have one shape: give the layer the same sizes, or a weight of its own",
        )
    return other


def _check_arity(op: Op, given: int) -> None:
    least, most = op.arity
    if given < least or (most is not None and given > most):
        wanted = f"{least}" if most == least else f"{least} to {most}" if most else f"at least {least}"
        raise OpError(
            f"takes {wanted} input{'' if wanted == '1' else 's'}, not {given}",
            hint="`from: [a, b]` names a layer's inputs" if given < least else None,
        )


def _refuse_absurd(tensor: Tensor, where: str, layer: str) -> None:
    if tensor.elements >= 2**63:
        raise OpError(
            f"{tensor.kind} of {show_shape(tensor.shape)} has 2^63 elements or more", where=where, layer=layer
        )
