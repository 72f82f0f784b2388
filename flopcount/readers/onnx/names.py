"""Layer names as people know them from their framework, from what exporters write.

torch's older exporter names a node `/layer1/layer1.0/conv1/Conv`: the modules that were called, then the operator. Its
newer one notes the modules beside the node. Older files name nodes by number alone, but weights by their module
(`layer1.0.conv1.weight`). TensorFlow's names are paths too.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence

from .records import GraphRecord, NodeRecord

WRAPPERS = frozenset({"", "StatefulPartitionedCall", "PartitionedCall"})

_NUMBERED = re.compile(r"_\d+$")
_WEIGHT = re.compile(r"^(.+)\.(?:weight|bias)(?:_quantized)?$")
MAX_LENGTH = 300


def layer_names(graph: GraphRecord, weights: frozenset[str]) -> list[str]:
    """A name for each node of a graph.

    A module that became one node gives it its name; where it became several, the one that holds weights has the name,
    and the others stand below it by their operator: `attn.softmax`.

    Args:
        graph: The graph.
        weights: The names of what the file holds as initializers.
    """
    modules = _Modules(graph, weights)
    held = _held(graph, weights)
    paths = [modules.of(node, path_of(node)) for node in graph.nodes]
    parents = {prefix for path in set(paths) for prefix in _prefixes(path)}
    layers = [node.op_type not in SILENT and held.isdisjoint(node.outputs) for node in graph.nodes]
    holds = [layer and _holds(node, held) for layer, node in zip(layers, graph.nodes, strict=True)]
    here, holding = (
        Counter(path for path, each in zip(paths, which, strict=True) if each) for which in (layers, holds)
    )
    names: list[str] = []
    for path, node, holder in zip(paths, graph.nodes, holds, strict=True):
        sole = here[path] == 1 or (holding[path] == 1 and holder)
        whole = bool(path) and path not in parents and sole
        below = operator(node)
        names.append((path if whole else f"{path}.{below}" if path else below)[:MAX_LENGTH])
    return names


def _held(graph: GraphRecord, weights: frozenset[str]) -> frozenset[str]:
    """What is known beforehand: what the file holds, and what is made of that alone (a weight that is standardised)."""
    held = set(weights)
    for node in graph.nodes:
        # A body reads what is around it, whatever its node reads; an embedding stays a layer (see `is_table`).
        table = node.op_type == "Gather" and bool(node.inputs) and node.inputs[0].endswith(".weight")
        body = any(isinstance(each, GraphRecord) for each in node.attributes.values())
        if node.op_type == "Constant" or (
            any(node.inputs) and not (body or table) and held.issuperset(filter(None, node.inputs))
        ):
            held.update(filter(None, node.outputs))
    return frozenset(held)


def path_of(node: NodeRecord) -> str:
    """The module that a node comes from, dotted; empty where nothing says.

    Example:
        >>> path_of(NodeRecord("Conv", "", "/layer1/layer1.0/conv1/Conv", (), (), {}, 0))
        'layer1.0.conv1'
    """
    if node.scopes:
        # Outermost first, each with its ancestors in its name; the last is the operator itself.
        modules = [scope for scope in node.scopes[:-1] if scope]
        return modules[-1] if modules else ""
    parts = [part for part in node.name.split("/") if part not in WRAPPERS]
    if len(parts) > 1 and parts[-1].endswith("Fusion"):  # the runtime's: /fc/MatMul/MatMulAddFusion
        parts.pop()
    return joined(parts[:-1] or parts) if "/" in node.name else ""


class _Modules:
    """The modules that weights are named after (`layer1.0.conv1.weight`): of some nodes they know more than the path.

    A module whose weight is used directly within another, and one that an optimiser has merged with its neighbour,
    stand under the other's path.
    """

    def __init__(self, graph: GraphRecord, weights: frozenset[str]) -> None:
        self._weights = weights
        self._named: set[str] = set()
        self._reads = Counter(name for node in graph.nodes for name in node.inputs)
        self._adders = {name: node for node in graph.nodes if node.op_type == "Add" for name in node.inputs}

    def of(self, node: NodeRecord, path: str) -> str:
        """The module of a node whose path says this."""
        if node.op_type not in HOLDERS:
            return path
        adder = self._adders.get(node.outputs[0]) if node.op_type == "MatMul" and node.outputs else None
        for name in (*node.inputs[1:3], *(adder.inputs if adder else ())):
            found = _WEIGHT.match(name) if name in self._weights else None
            if found and found[1] not in self._named and (self._is_near(found[1], path) or self._is_own(node, name)):
                self._named.add(found[1])
                return found[1]
        return path

    def _is_own(self, node: NodeRecord, name: str) -> bool:
        """Whether it is a convolution's own weight: merged with a norm, the layer stands under that one's path."""
        return node.op_type in ("Conv", "ConvTranspose") and node.inputs[1] == name and self._reads[name] == 1

    def _is_near(self, module: str, path: str) -> bool:
        """Whether a module is the path's own (or ends as it does), below it or beside it; without a path, any is."""
        beside = module.rpartition(".")[0] in (path, path.rpartition(".")[0])
        return not path or beside or module.endswith(f".{path}")


def joined(parts: Sequence[str]) -> str:
    """Scopes as one dotted path: a part that repeats the one before it as its beginning takes its place.

    Example:
        >>> joined(["features", "features.1", "conv", "conv.0", "conv.0.0"])
        'features.1.conv.0.0'
    """
    path: list[str] = []
    for part in parts:
        if path and part.startswith(path[-1] + "."):
            path[-1] = part
        else:
            path.append(part)
    return ".".join(path)


def operator(node: NodeRecord) -> str:
    """The last part of a node's name, or its operator where that says nothing: `matmul`, `add_1`.

    Example:
        >>> operator(NodeRecord("Add", "", "/encoder/layer.0/Add_1", (), (), {}, 0))
        'add_1'
    """
    last = node.name.rpartition("/")[2]
    if node.scopes or not last:
        return node.op_type.lower() or "node"
    return last.lower() if _is_operator(last, node.op_type) else last


class Unique:
    """Hands out names that nobody else has, numbered where somebody would."""

    def __init__(self) -> None:
        self._taken: dict[str, int] = {}

    def of(self, name: str) -> str:
        """The name, or the name with the first number that is free.

        Example:
            >>> names = Unique()
            >>> names.of("relu"), names.of("relu"), names.of("relu")
            ('relu', 'relu_1', 'relu_2')
        """
        name = name or "node"
        found = name
        while found in self._taken:
            self._taken[name] += 1
            found = f"{name}_{self._taken[name]}"
        self._taken[found] = 0
        return found


def _prefixes(path: str) -> list[str]:
    parts = path.split(".")[:64]
    return [".".join(parts[:end]) for end in range(1, len(parts))]


def _is_operator(part: str, op_type: str) -> bool:
    return _NUMBERED.sub("", part).lower() == op_type.lower()


def _holds(node: NodeRecord, weights: frozenset[str]) -> bool:
    return node.op_type in HOLDERS and any(name in weights for name in node.inputs[1:])


SILENT = frozenset({"Constant", "Shape", "Identity"})
"""Operators that are no layer: a module of one other is that one."""

HOLDERS = frozenset(
    {
        "Conv", "ConvTranspose", "Gemm", "MatMul", "BatchNormalization", "LayerNormalization", "InstanceNormalization",
        "GroupNormalization", "RMSNormalization", "LSTM", "GRU", "RNN", "PRelu", "Gather", "ConvInteger",
        "MatMulInteger", "QLinearConv", "QLinearMatMul", "DeformConv",
    }
)  # fmt: skip
"""Operators whose second input is a module's weight."""
