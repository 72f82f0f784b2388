"""What repeats in a network as blocks of a spec: modules of one structure, and what sets them apart as arguments.

A module is a run of layers under one numbered name (`layer1.0.`) that reads few things and gives one. Modules whose
layers differ only in numbers share a block; those that follow one another and are all the same are one repeated call.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from ...fields import fields_of
from ...graph import Graph, Node, Tensor
from ...op import Op
from .flow import text_scalar
from .grammar import RESERVED
from .wiring import Wiring

MOST_INPUTS = 6
MOST_ARGUMENTS = 6
"""Modules that more numbers set apart are not alike to a reader."""

Values = tuple[Any, ...]


class Module(Struct):
    """A run of layers that can stand in a block.

    Attributes:
        name: What its layers' names begin with: `layer1.0`.
        nodes: Its layers.
        reads: The tensors that it reads.
        local: The same as a network of its own, under local names.
        structure: What its layers are and say, all but numbers.
    """

    name: str
    nodes: tuple[Node, ...]
    reads: tuple[Tensor, ...]
    local: Graph
    structure: Any


class Block(Struct):
    """What several modules have in common.

    Attributes:
        name: Its name.
        local: The layers, under local names.
        arguments: The names of its arguments, by layer and field.
        defaults: What they are where a call does not say so.
    """

    name: str
    local: Graph
    arguments: Mapping[tuple[int, str], str]
    defaults: Mapping[str, Any]


class Call(Op, frozen=True, kw_only=True):
    """A use of a block, in a graph that is only written.

    Attributes:
        block: The block's name.
        given: Its arguments.
        copies: How often it stands, one after the other.
    """

    block: str
    given: tuple[tuple[str, Any], ...] = ()
    copies: int = 1

    tag = "block"


def in_blocks(graph: Graph, outermost: bool) -> tuple[Graph, list[Block]]:
    """The graph with calls of blocks in the place of modules that are alike.

    Args:
        graph: A graph in the language's terms.
        outermost: Whether modules are taken as large as they come, or as small.
    """
    readers = _readers(graph)
    found: list[Module] = []
    _modules(graph.nodes, 0, readers, outermost, found)
    alike: dict[Any, list[Module]] = {}
    for module in found:
        alike.setdefault(module.structure, []).append(module)
    calls: dict[str, tuple[Module, Call]] = {}
    blocks: list[Block] = []
    for modules in alike.values():
        for block, uses in _blocks(modules, {each.name for each in blocks}):
            blocks.append(block)
            calls.update((module.name, (module, call)) for module, call in uses)
    return replace(graph, nodes=tuple(_called(graph.nodes, calls))), blocks


def _readers(graph: Graph) -> dict[str, set[str]]:
    """The names of the layers that read each tensor; the network itself has none."""
    readers: dict[str, set[str]] = {}
    for node in graph.nodes:
        for tensor in (*node.inputs, *node.weights):
            readers.setdefault(tensor.name, set()).add(node.name)
    for tensor in graph.outputs:
        readers.setdefault(tensor.name, set()).add("")
    return readers


def _modules(
    nodes: Sequence[Node], depth: int, readers: Mapping[str, set[str]], outermost: bool, found: list[Module]
) -> bool:
    """Find modules among layers that have so many parts of their names in common; whether there are any."""
    start, any_found = 0, False
    while start < len(nodes):
        prefix = _prefix(nodes[start].name, depth + 1)
        end = start + 1
        while prefix and end < len(nodes) and _prefix(nodes[end].name, depth + 1) == prefix:
            end += 1
        run = nodes[start:end]
        start = end
        if not prefix:
            continue
        if not outermost and _modules(run, depth + 1, readers, outermost, found):
            any_found = True
            continue
        module = _module(prefix, tuple(run), readers) if prefix[-1].isdigit() else None
        if module is not None:
            found.append(module)
            any_found = True
        elif outermost:
            any_found |= _modules(run, depth + 1, readers, outermost, found)
    return any_found


def _prefix(name: str, parts: int) -> str:
    pieces = name.split(".")
    return ".".join(pieces[:parts]) if len(pieces) > parts else ""


def _module(name: str, nodes: tuple[Node, ...], readers: Mapping[str, set[str]]) -> Module | None:
    """The module, where it reads few things, gives out its last layer's results alone, and has its own weights."""
    inside = {node.name for node in nodes}
    made = {tensor.name for node in nodes for tensor in node.outputs}
    outer = {tensor.name: tensor for node in nodes for tensor in node.inputs if tensor.name not in made}
    last = {tensor.name for tensor in nodes[-1].outputs}
    escapes = any(readers.get(each, set()) - inside for each in made - last)
    tied = any(not weight.name.startswith(f"{node.name}.") for node in nodes for weight in node.weights)
    reads = tuple(outer.values())
    if len(nodes) < 2 or not 1 <= len(reads) <= MOST_INPUTS or escapes or tied or nodes[0].inputs == ():
        return None
    if any(f"{name}.{given}" in inside for given in _given(len(reads))):
        return None
    local = _localized(name, nodes, reads)
    said = [{key: tuple(pieces) for key, pieces in modifiers.items()} for modifiers in Wiring(local).said()]
    structure = tuple(
        (type(node.op), node.trainable, node.trips, _texts(node.op), tuple(sorted(each.items())))
        for node, each in zip(local.nodes, said, strict=True)
    )
    return Module(name, nodes, reads, local, structure)


def _given(inputs: int) -> list[str]:
    """What a module's inputs are called inside.

    Example:
        >>> _given(1), _given(2)
        (['input'], ['input1', 'input2'])
    """
    return ["input"] if inputs == 1 else [f"input{i + 1}" for i in range(inputs)]


def _localized(name: str, nodes: Sequence[Node], reads: Sequence[Tensor]) -> Graph:
    """A module's layers as a network of their own."""
    given = tuple(
        replace(tensor, name=inside, kind="input") for tensor, inside in zip(reads, _given(len(reads)), strict=True)
    )
    tensors = {tensor.name: inside for tensor, inside in zip(reads, given, strict=True)}

    def local(tensor: Tensor) -> Tensor:
        if tensor.name not in tensors:
            tensors[tensor.name] = replace(tensor, name=tensor.name.removeprefix(f"{name}."))
        return tensors[tensor.name]

    inner = tuple(
        replace(
            node,
            name=node.name.removeprefix(f"{name}."),
            inputs=tuple(map(local, node.inputs)),
            outputs=tuple(map(local, node.outputs)),
            weights=tuple(map(local, node.weights)),
        )
        for node in nodes
    )
    return Graph(name, given, inner[-1].outputs, inner)


def _texts(op: Op) -> tuple[Any, ...]:
    """The values of fields that no argument can be: texts, and what is left out."""
    values = [(name, getattr(op, name)) for name in fields_of(type(op))]
    return tuple(
        pair for pair in values if pair[1] is None or isinstance(pair[1], str | bool | float) or _has_text(pair[1])
    )


def _has_text(value: Any) -> bool:
    return isinstance(value, tuple) and any(isinstance(item, str) for item in value)


def _blocks(modules: Sequence[Module], taken: set[str]) -> Iterator[tuple[Block, list[tuple[Module, Call]]]]:
    """The blocks for modules of one structure; where too many numbers set these apart, for each kind of their own."""
    columns: dict[tuple[int, str], Values] = {}
    for place, node in enumerate(modules[0].local.nodes):
        for name in fields_of(type(node.op)):
            values = tuple(getattr(module.local.nodes[place].op, name) for module in modules)
            if len(set(values)) > 1:
                columns[place, name] = values
    if len(set(columns.values())) > MOST_ARGUMENTS:
        alike: dict[Any, list[Module]] = {}
        for module in modules:
            alike.setdefault(tuple(node.op for node in module.local.nodes), []).append(module)
        for group in alike.values():
            for block, uses in _blocks(group, taken):
                taken.add(block.name)
                yield block, uses
        return
    if len(modules) < 2:
        return
    names: dict[Values, str] = {}
    defaults: dict[str, Any] = {}
    for (place, field), values in columns.items():
        if values not in names:
            names[values] = _unique(field, {*names.values(), *RESERVED, "input"})
            usual = fields_of(type(modules[0].local.nodes[place].op))[field].default
            if usual in values:
                defaults[names[values]] = usual
    block = Block(
        _unique(_stem(modules[0].name), taken | _words()),
        modules[0].local,
        {key: names[values] for key, values in columns.items()},
        {name: defaults.get(name) for name in sorted(names.values(), key=lambda name: name in defaults)},
    )
    yield (
        block,
        [
            (module, Call(block=block.name, given=tuple((name, values[i]) for values, name in names.items())))
            for i, module in enumerate(modules)
        ],
    )


def _stem(name: str) -> str:
    """What a block of such modules is called.

    Example:
        >>> _stem("layer1.0"), _stem("encoder.layers.encoder_layer_0"), _stem("stages.0.blocks.1"), _stem("0")
        ('layer', 'encoder_layer', 'blocks', 'block')
    """
    for part in reversed(name.split(".")):
        if word := re.sub(r"[^A-Za-z_]", "", part.replace("-", "_")).strip("_"):
            return word
    return "block"


def _words() -> set[str]:
    from ...ops import OPS
    from .modifiers import MODIFIERS

    return {*OPS, *MODIFIERS, *RESERVED, "layers", "branches", "join", "let", "input"}


def _unique(name: str, taken: set[str]) -> str:
    number, stem = 1, name
    while name in taken:
        number += 1
        name = f"{stem}{number}"
    return name


def _called(nodes: Sequence[Node], calls: Mapping[str, tuple[Module, Call]]) -> Iterator[Node]:
    """The layers, with one of its kind in every module's place."""
    first = {module.nodes[0].name: (module, call) for module, call in calls.values()}
    inside = {node.name for module, _ in calls.values() for node in module.nodes}
    for node in nodes:
        if node.name in first:
            module, call = first[node.name]
            weights = tuple(weight for each in module.nodes for weight in each.weights)
            yield Node(module.name, call, module.reads, module.nodes[-1].outputs, weights, node.where)
        elif node.name not in inside:
            yield node


def repeated(
    nodes: Sequence[Node], said: Sequence[dict[str, list[str]]]
) -> Iterator[tuple[Node, dict[str, list[str]]]]:
    """Calls that follow one another as one, where they are the same but for the number in their names.

    Args:
        nodes: Layers and calls.
        said: What they say besides; see `Wiring.said`.
    """
    place = 0
    while place < len(nodes):
        node, own = nodes[place], said[place]
        end = place + 1
        if isinstance(node.op, Call) and not own.keys() - {"name", "from"}:
            while end < len(nodes) and _follows(nodes[end], said[end], node, end - place):
                end += 1
        copies = end - place
        if copies > 1:
            stem, first = _numbered(node.name)
            whole = first == 0 and stem.endswith(".")
            name = text_scalar(stem[:-1]) if whole else f"'{stem}{{i{f' + {first}' if first else ''}}}'"
            times = str(copies) if whole else f"{copies} as i"
            yield node, {**own, "name": [name], "repeat": [times]}
        else:
            yield node, own
        place = end


def _follows(node: Node, said: dict[str, list[str]], first: Node, steps: int) -> bool:
    stem, number = _numbered(first.name)
    return node.op == first.op and said.keys() <= {"name"} and _numbered(node.name) == (stem, number + steps)


def _numbered(name: str) -> tuple[str, int]:
    """A name without its last number, and the number; -1 where it has none, or one that no count gives.

    Example:
        >>> _numbered("layer1.12"), _numbered("encoder_layer_0"), _numbered("block.01"), _numbered("head")
        (('layer1.', 12), ('encoder_layer_', 0), ('block.01', -1), ('head', -1))
    """
    found = re.fullmatch(r"(.*?)(0|[1-9]\d{0,8})", name, re.A)
    if found is None or found[1][-1:].isdigit():
        return name, -1
    return found[1], int(found[2])
