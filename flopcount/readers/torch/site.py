"""Where the layers of one operator are put up: what a mapping is given to build with."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence, Set
from typing import Any

from ...errors import OpError
from ...graph import GraphBuilder, Tensor
from ...op import Op, Shape, dtypes_of
from ...ops import find_op
from .trace import Call, Scope, Value

HELD = ("parameter", "buffer", "constant")
"""Kinds of value that no layer makes."""


class Unmapped(Exception):  # noqa: N818
    """A use of an operator that no op of ours is equal to."""


class Site:
    """Puts up the layers of one operator after another.

    Attributes:
        builder: Takes the layers.
        call: The operator whose layers are put up now.
        read: The ids of the values that any operator reads, or that the model returns.
        scopes: The module call that each layer was put up in.
    """

    def __init__(self, builder: GraphBuilder, read: Set[int] = frozenset()) -> None:
        self.builder = builder
        self.read = read
        self.call = Call("", (), {}, (), Scope(""))
        self.scopes: dict[str, Scope] = {}
        self._tensors: dict[int, tuple[Value, Tensor]] = {}
        self._repeats: Counter[str] = Counter()
        self._aside = False
        self._named: Call | None = None

    @property
    def shapes(self) -> list[Shape | None]:
        """What torch says of the shape of each output."""
        return [None if value is None else value.shape for value in self.call.outputs]

    @property
    def shape(self) -> Shape:
        """What torch says of the shape of the only output, or the first."""
        return self.shapes[0] or ()

    def layer(self, tag: str, *inputs: Value, held: Mapping[str, Value | None] | None = None, **fields: Any) -> Value:
        """Add a layer.

        Args:
            tag: Its op.
            *inputs: What it reads.
            held: Its weights and buffers, by the names that the op gives them.
            **fields: The op's.

        Returns:
            Its output, or the first.
        """
        return self.layers(tag, *inputs, held=held, **fields)[0]

    def moved(self, tag: str, x: Value, **fields: Any) -> Value:
        """Add a layer that only brings an input into the form that the operator's own layer takes."""
        self._aside = True
        try:
            return self.layer(tag, x, **fields)
        finally:
            self._aside = False

    def layers(
        self, tag: str, *inputs: Value, held: Mapping[str, Value | None] | None = None, **fields: Any
    ) -> list[Value]:
        """Add a layer of several outputs; see `layer`."""
        op = find_op(tag)(**fields)
        weights = {key: value for key, value in (held or {}).items() if value is not None}
        if (
            not weights
            and inputs
            and all(value.kind == "constant" for value in inputs)
            and (made := _folded(op, inputs))
        ):
            return made
        tied = {key: _tied(value) for key, value in weights.items()}
        read = [self.tensor(value) for value in inputs]
        name = self.name(self.call.operator if tag == "opaque" else tag, weights.get("weight"))
        self.scopes[name] = self.call.scope
        outputs = self.builder.add(
            op,
            read,
            name=name,
            where=self.call.where,
            origin=self._origin(bool(weights)),
            tied=tied,
            places=self.call.scope.places,
        )
        return [self._known(Value(tensor.shape, tensor.dtype), tensor) for tensor in outputs]

    def tensor(self, value: Value) -> Tensor:
        """The tensor that a value is in the graph; one that no layer makes becomes a source of its own."""
        known = self._tensors.get(id(value))
        if known is None:
            self._source(value)
            known = self._tensors[id(value)]
        return known[1]

    def is_used(self, output: int) -> bool:
        """Whether anything reads an output of the operator."""
        value = self.call.outputs[output]
        return value is not None and id(value) in self.read

    def input(self, value: Value) -> None:
        """Make a value an input of the network."""
        self._known(value, self.builder.input(value.name, value.shape, value.dtype))

    def take_down(self, before: int) -> None:
        """Remove the layers that have been put up since there were so many."""
        gone = self.builder.take_back(before)
        self._named = None
        self._tensors = {key: known for key, known in self._tensors.items() if known[1].name not in gone}

    def _known(self, value: Value, tensor: Tensor) -> Value:
        self._tensors[id(value)] = (value, tensor)
        return value

    def _source(self, value: Value) -> None:
        if value.kind not in HELD:
            raise Unmapped("it reads a tensor that nothing has made")
        learned = value.kind == "parameter"
        name = self.unique(value.name) if value.name else self.name("constant")
        kept = value.kind != "constant"
        fields: dict[str, Any] = {"shape": value.shape, "keep_batch": False}
        if value.dtype != self.builder.dtype:
            fields["of"] = value.dtype
        if not kept:
            fields["kept"] = False
        op = find_op("parameter" if learned else "constant")(**fields)
        tied = {"weight" if learned else "value": _tied(value, name)} if kept else {}
        (tensor,) = self.builder.add(op, [], name=name, where=self.call.where, tied=tied)
        self._known(value, Tensor(tensor.name, tensor.shape, value.dtype))

    def name(self, tag: str, weight: Value | None = None) -> str:
        """The layer's name: its module's, where the module is one operator; its weight's owner's; or the op's."""
        scope = self.call.scope
        if scope.is_one_layer and not self._aside and self._named is not self.call:
            self._named = self.call
            return self.unique(scope.path)
        owner, _, kind = weight.name.rpartition(".") if weight is not None else ("", "", "")
        if owner and kind == "weight":
            return self.unique(owner)
        if kind.endswith("_weight"):
            tag = kind.removesuffix("_weight")
        return self.unique(f"{scope.path}.{tag}" if scope.path else tag)

    def unique(self, name: str) -> str:
        """The name, or where it is taken, the name with a number."""
        wanted = name
        while self.builder.is_taken(wanted):
            self._repeats[name] += 1
            wanted = f"{name}_{self._repeats[name] + 1}"
        return wanted

    def _origin(self, holds_weights: bool) -> str:
        call = self.call
        if call.scope.is_one_layer or (call.scope.is_torchs and call.scope.is_one_operator):
            return "module"
        if call.in_place:
            return "in place"
        is_plain = call.scope.origin != "attention" and not holds_weights
        return call.how if call.how and is_plain else call.scope.origin


def is_held(value: Value | None) -> bool:
    """Whether a layer can have it as its own weight: no layer makes it."""
    return value is None or value.kind in HELD


def _tied(value: Value, name: str = "") -> Tensor:
    if value.kind not in HELD:
        raise Unmapped("it has a weight that a layer makes")
    return Tensor(value.name or name or f"constant {id(value)}", value.shape, value.dtype, value.kind, value.trainable)


def _folded(op: Op, inputs: Sequence[Value]) -> list[Value]:
    """The outputs of a layer that moves constants and computes nothing: constants; none where it computes."""
    if not inputs or any(value.kind != "constant" for value in inputs):
        return []
    shapes = [value.shape for value in inputs]
    try:
        op.check(*shapes)
    except OpError:
        return []
    inferred = op.infer(*shapes)
    made = inferred if isinstance(inferred, list) else [inferred]
    if op.work(*shapes, *made) != ():
        return []
    dtypes = dtypes_of(op, [value.dtype for value in inputs], len(made), "")
    return [Value(shape, dtype, "constant") for shape, dtype in zip(made, dtypes, strict=True)]
