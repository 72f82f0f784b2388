"""A graph as far as the spec language can say it: what it cannot is put otherwise, and costs the same.

A model's graph has more than a spec: operators with a layout of their own, tensors that no layer makes, names that are
none. Tensors that are read as they are become layers; a layer that no op describes becomes `opaque`, with its shapes,
its parameters and its work. What was changed is told.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence

from msgspec import Struct
from msgspec.structs import replace

from ...errors import FlopcountError, OpError, SpecError, show_shape
from ...fields import REQUIRED, fields_of
from ...graph import DISCRETE_DTYPES, Graph, GraphBuilder, Node, Tensor
from ...op import Op, Shape, Work
from ...ops import OPS
from ...ops.shape import Reshape
from ...ops.source import Constant, Opaque, Parameter, cost_text
from ...sizes import prod
from .expand import MAX_NAME
from .flow import value_pieces
from .values import LAYER_NAME

LISTED = 3
"""How many names a remark lists."""


class Sayable(Struct, frozen=True):
    """What a spec can say of a graph.

    Attributes:
        graph: The graph, in the language's terms.
        remarks: What had to be put otherwise, and why.
    """

    graph: Graph
    remarks: tuple[str, ...] = ()


def sayable(graph: Graph) -> Sayable:
    """Put a graph in the terms of the spec language. One that is in them already stays what it is.

    Layers keep their names, shapes and counts; tensors that are read as they are have a layer of their own before the
    first that reads them.

    Example:
        >>> from flopcount.ops.joining import Add
        >>> builder = GraphBuilder("net")
        >>> positions = Tensor("positions", (1, 8), kind="parameter", trainable=True)
        >>> outputs = builder.add(Add(), [builder.input("x", (1, 8)), positions], name="add", kept=[positions])
        >>> said = sayable(builder.build(outputs))
        >>> [node.label for node in said.graph.nodes], said.remarks
        (['positions (parameter)', 'add (add)'], ('read as they are, and so layers of their own: positions',))
    """
    return _Saying(graph).whole()


class _Saying:
    def __init__(self, graph: Graph) -> None:
        self.graph = graph
        self.batch = graph.batch if all(_is_sample(tensor, graph.batch) for tensor in graph.inputs) else None
        self.builder = GraphBuilder(graph.name, self.batch, graph.dtype)
        self._own = {node.name for node in graph.nodes}
        self._users = Counter(name for node in graph.nodes for name in {weight.name for weight in node.weights})
        self._made: dict[str, Tensor] = {}
        """What inputs and results have become, by the names that the source gives them."""
        self._held: dict[str, Tensor] = {}
        """The results of the layers that stand for tensors which no layer makes."""
        self._weights: dict[str, Tensor] = {}
        """What weights have become."""
        self._shaped: dict[tuple[str, Shape], Tensor] = {}
        self._sources: list[str] = []
        self._renamed: dict[str, str] = {}
        self._opaque: dict[str, list[str]] = {}
        self._unknown: list[str] = []
        self._thawed: list[str] = []
        self._retyped: list[str] = []

    def whole(self) -> Sayable:
        for tensor in self.graph.inputs:
            self._made[tensor.name] = self.builder.input(self._name(tensor.name), tensor.shape, tensor.dtype)
        for node in self.graph.nodes:
            self._put(node)
        outputs = [self._read(tensor, "") for tensor in self.graph.outputs]
        return Sayable(self.builder.build(outputs, self.graph.provenance), tuple(self._remarks()))

    def _put(self, node: Node) -> None:
        name = self._name(node.name)
        inputs = [self._read(tensor, node.where) for tensor in node.inputs]
        before = len(self.builder.nodes)
        try:
            op = _in_language(node)
            tied, trainable = self._tied(node)
            before = len(self.builder.nodes)
            outputs = self.builder.add(
                op, inputs, name=name, where=node.where, tied=tied, trainable=trainable, trips=node.trips
            )
            wrong = next(
                (pair for pair in zip(outputs, node.outputs, strict=True) if pair[0].shape != pair[1].shape), None
            )
            if wrong is not None:
                raise SpecError(f"of {node.op.tag} it would be {show_shape(wrong[0].shape)}")
        except (FlopcountError, ValueError) as error:
            self.builder.take_back(before)
            why = error.what if isinstance(error, FlopcountError) else "it has other results"
            outputs = self._unsaid(node, name, inputs, why)
        else:
            self._adopt(node, self.builder.nodes[-1])
        self._made.update((old.name, new) for old, new in zip(node.outputs, outputs, strict=False))
        if any(
            (old.dtype in DISCRETE_DTYPES) != (new.dtype in DISCRETE_DTYPES)
            for old, new in zip(node.outputs, outputs, strict=False)
        ):
            self._retyped.append(name)
        for weight in node.weights[len(_keys(node)) :]:
            if weight.name not in self._weights and node.op.work(*_shapes(node)) is not None:
                self._source(weight, node.where)

    def _adopt(self, node: Node, new: Node) -> None:
        """Remember a layer's own weights, for those that share them later."""
        for old, weight in zip(node.weights, new.weights, strict=False):
            if old.is_held:
                self._weights.setdefault(old.name, weight)
                if weight.is_held and old.dtype != weight.dtype:
                    self._retyped.append(new.name)

    def _tied(self, node: Node) -> tuple[dict[str, Tensor], bool]:
        """The weights that are not a layer's own, by their names in its op; and whether its own are trained.

        Raises:
            SpecError: One of them has another size.
        """
        tied: dict[str, Tensor] = {}
        own: list[Tensor] = []
        for (key, (shape, kind)), weight in zip(_keys(node).items(), node.weights, strict=False):
            if prod(shape) != weight.elements:
                raise SpecError(f"its {key} has {weight.elements} elements, and {node.op.tag} has {prod(shape)}")
            known = self._weights.get(weight.name) if weight.is_held else None
            if known is not None and known.shape == shape:
                tied[key] = known
            elif known is None and weight.kind == kind and weight.is_held and weight.name not in self._held:
                own.append(weight)
            else:
                tied[key] = self._reshaped(self._read(weight, node.where), shape, node.where)
        learned = [weight.trainable for weight in own if weight.kind == "parameter"]
        if not learned or not node.trainable:
            return tied, node.trainable
        frozen = not any(learned) and node.op.in_training(False) == node.op.in_training(True)
        if not all(learned) and not frozen:
            self._thawed.append(node.name)
        return tied, not frozen

    def _read(self, tensor: Tensor, where: str) -> Tensor:
        """What a tensor has become; one that no layer makes gets a layer that has it."""
        found = self._made.get(tensor.name) if not tensor.is_held else None
        if found is None:
            found = self._held.get(tensor.name) or self._source(tensor, where)
        return self._reshaped(found, tensor.shape, where)

    def _source(self, tensor: Tensor, where: str) -> Tensor:
        known = self._weights.get(tensor.name)
        shape = known.shape if known is not None else tensor.shape
        of = None if tensor.dtype == self.graph.dtype else tensor.dtype
        name = self._unique(_like(tensor.name))
        tied: dict[str, Tensor] = {}
        op: Op
        if 0 in shape or not tensor.is_held:
            op = Opaque(out=shape, keep_batch=False, of=of, costs=())
        elif tensor.kind == "parameter":
            op, tied = Parameter(shape=shape, keep_batch=False, of=of), {"weight": known} if known is not None else {}
        else:
            kept = tensor.kind == "buffer"
            op, tied = Constant(shape=shape, keep_batch=False, of=of, kept=kept), {"value": known} if known else {}
        trainable = tensor.trainable or tensor.kind != "parameter"
        (made,) = self.builder.add(op, [], name=name, where=where, tied=tied, trainable=trainable)
        for weight in self.builder.nodes[-1].weights:
            self._weights.setdefault(tensor.name, weight)
        self._held[tensor.name] = made
        self._sources.append(name)
        return made

    def _reshaped(self, tensor: Tensor, shape: Shape, where: str) -> Tensor:
        """The same numbers in another shape; or what has nothing but the name with them in common."""
        if tensor.shape == shape:
            return tensor
        if (tensor.name, shape) not in self._shaped:
            name = self._unique(_like(f"{tensor.name}_as_{'x'.join(map(str, shape))}"))
            fits = prod(tensor.shape) == prod(shape) and 0 not in shape
            op = Reshape(shape=shape, keep_batch=False) if fits else Opaque(out=shape, keep_batch=False, costs=())
            (self._shaped[tensor.name, shape],) = self.builder.add(op, [tensor], name=name, where=where)
        return self._shaped[tensor.name, shape]

    def _unsaid(self, node: Node, name: str, inputs: Sequence[Tensor], why: str) -> tuple[Tensor, ...]:
        """A layer by its outputs' shapes and, where these are known, its work and its parameters."""
        work = node.op.work(*_shapes(node))
        if work is None:
            self._unknown.append(name)
        else:
            self._opaque.setdefault(why, []).append(name)
        own = [] if work is None else [weight for weight in node.weights if self._is_own(weight, node)]
        learned = [weight for weight in own if weight.kind == "parameter"]
        shapes = [tensor.shape for tensor in node.outputs]
        per_sample = self._is_per_sample(inputs, shapes, work)
        if per_sample:
            shapes = [shape[1:] for shape in shapes]
        dtypes = {tensor.dtype for tensor in node.outputs}
        op = Opaque(
            out=() if not shapes else shapes[0] if len(shapes) == 1 else tuple(shapes),
            keep_batch=per_sample,
            of=dtypes.pop() if len(dtypes) == 1 else None,
            costs=None if work is None else tuple(self._costs(work, per_sample)),
            params=sum(weight.elements for weight in learned),
            kept=sum(weight.elements for weight in own if weight.kind == "buffer"),
        )
        default = replace(op, of=None).dtype(*(tensor.dtype for tensor in inputs)) or self.graph.dtype
        op = replace(op, of=None) if op.of == default else op
        trained = node.trainable and (not learned or any(weight.trainable for weight in learned))
        return self.builder.add(op, inputs, name=name, where=node.where, trainable=trained, trips=node.trips)

    def _is_own(self, weight: Tensor, node: Node) -> bool:
        """Whether a layer alone has a weight; one that others have too gets a layer of its own."""
        if not weight.is_held or weight.name in self._weights or weight.kind == "constant":
            return False
        if self._users[weight.name] > 1:
            self._source(weight, node.where)
            return False
        return True

    def _is_per_sample(self, inputs: Sequence[Tensor], shapes: Sequence[Shape], work: Sequence[Work] | None) -> bool:
        batch = self.batch
        if not batch or not inputs or not shapes:
            return False
        batched = all(shape[:1] == (batch,) for shape in (inputs[0].shape, *shapes))
        return batched and all(entry.count % batch == entry.outputs % batch == 0 for entry in work or ())

    def _costs(self, work: Sequence[Work], per_sample: bool) -> Iterator[str]:
        samples = self.batch or 1 if per_sample else 1
        for entry in work:
            if entry.count:
                yield cost_text(replace(entry, count=entry.count // samples, outputs=entry.outputs // samples))

    def _name(self, name: str) -> str:
        """The name, where the language takes it; or one like it."""
        if name in self._renamed:
            return self._renamed[name]
        if LAYER_NAME.fullmatch(name) and len(name) <= MAX_NAME:
            return name
        self._renamed[name] = self._unique(_like(name))
        return self._renamed[name]

    def _unique(self, name: str) -> str:
        number, stem = 1, name
        while name in self._own or self.builder.is_taken(name):
            number += 1
            name = f"{stem}_{number}"
        return name

    def _remarks(self) -> Iterator[str]:
        for reason, names in self._opaque.items():
            yield f"opaque, with its shapes, parameters and work: {_listed(names)} ({reason})"
        if self._unknown:
            yield f"opaque, and of unknown cost: {_listed(self._unknown)}"
        if self._sources:
            yield f"read as they are, and so layers of their own: {_listed(self._sources)}"
        if self._renamed:
            pairs = [f"'{old}' is {new}" for old, new in self._renamed.items()]
            yield f"names that the language does not have: {_listed(pairs)}"
        if self._thawed:
            yield f"frozen in part, and a spec trains or freezes whole layers: {_listed(self._thawed)}"
        if self._retyped:
            yield f"of another type of elements, so that bytes may differ: {_listed(dict.fromkeys(self._retyped))}"
        if self.batch != self.graph.batch:
            yield "not all inputs begin with the batch, so that there is none: read it with --batch none"


def _like(name: str) -> str:
    """A name that the language takes, like this one.

    Example:
        >>> _like("/mlp/Constant_output_0"), _like("onnx::MatMul_7"), _like("layer1.0.conv1"), _like("é")
        ('mlp_Constant_output_0', 'onnx_MatMul_7', 'layer1.0.conv1', 'layer')
    """
    if LAYER_NAME.fullmatch(name) and len(name) <= MAX_NAME:
        return name
    parts = (re.sub(r"[^A-Za-z0-9_-]+", "_", part).strip("_") for part in name[: MAX_NAME - 10].split("."))
    return ".".join(filter(None, parts)) or "layer"


def _is_sample(tensor: Tensor, batch: int | None) -> bool:
    """Whether a spec can state one sample of an input."""
    return len(tensor.shape) > 1 and tensor.shape[0] == batch


def _in_language(node: Node) -> Op:
    """A layer's op as a spec says it: a reader's own kind of it is the language's, where both are the same here.

    Raises:
        SpecError, OpError: There is none, or it has a value that a spec has not.
    """
    op = node.op
    kind = OPS.get(op.tag)
    if op.tag == Opaque.tag and type(op) is not Opaque:
        raise SpecError("no op describes it")
    if kind is None:
        raise SpecError(f"the spec language has no op '{op.tag}'")
    fields = {name: getattr(op, name, field.default) for name, field in fields_of(kind).items()}
    for name, value in fields.items():
        field = fields_of(kind)[name]
        if value is REQUIRED:
            raise SpecError(f"it is no {op.tag} of the spec language")
        if value != field.default:
            value_pieces(value)
            field.type.read(value)
    if type(op) is kind:
        return op
    said = kind(**fields)
    if not _is_like(said, node):
        raise SpecError(f"it is no {op.tag} of the spec language")
    return said


def _is_like(op: Op, node: Node) -> bool:
    """Whether an op does what a layer's own does."""
    x, shapes = [tensor.shape for tensor in node.inputs], _shapes(node)
    try:
        op.check(*x)
        inferred = op.infer(*x)
        made = [tuple(shape) for shape in (inferred if isinstance(inferred, list) else [inferred])]
        return (
            made == [tensor.shape for tensor in node.outputs]
            and (op.weights(*x), op.buffers(*x)) == (node.op.weights(*x), node.op.buffers(*x))
            and _ledger(op.work(*shapes)) == _ledger(node.op.work(*shapes))
        )
    except (OpError, ValueError, TypeError, LookupError):
        return False


def _ledger(work: Sequence[Work] | None) -> list[Work] | None:
    return None if work is None else [entry for entry in work if entry.count]


def _keys(node: Node) -> Mapping[str, tuple[Shape, str]]:
    """The weights and buffers of a layer's op, in the order of its node's: shapes and kinds."""
    shapes = [tensor.shape for tensor in node.inputs]
    learned = {key: (tuple(shape), "parameter") for key, shape in node.op.weights(*shapes).items()}
    return learned | {key: (tuple(shape), "buffer") for key, shape in node.op.buffers(*shapes).items()}


def _shapes(node: Node) -> list[Shape]:
    return [tensor.shape for tensor in (*node.inputs, *node.outputs)]


def _listed(names: Iterable[str]) -> str:
    several = list(names)
    more = len(several) - LISTED
    return ", ".join(several[:LISTED]) + (f" and {more:,} more" if more > 0 else "")
