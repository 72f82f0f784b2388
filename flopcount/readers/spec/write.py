"""A graph as a spec: flat, a line a layer, or in blocks; with every name as it was. The inverse of `read`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby
from typing import Any

from ...collector import paused
from ...errors import FlopcountError, SpecError, show_shape
from ...fields import REQUIRED, fields_of
from ...graph import Graph, Node, Tensor
from ...ops import OPS
from . import read
from .blocks import Block, Call, in_blocks, repeated
from .document import MAX_BYTES
from .flow import WIDTH, braced, joined, keyed, listed, prose, text_scalar, value_pieces
from .plain import plain
from .wiring import Wiring

_FEW = 2
"""Paragraphs of so few layers stand together without an empty line."""


def spec_text(graph: Graph, *, in_modules: bool = False) -> str:
    """Write a graph as a spec that reads back to an equal graph (see `plain`), and so to the same counts.

    What the graph promises to cost (`Provenance.expect`) is left out, and so is the batch, which the reader is told.

    Args:
        graph: The network.
        in_modules: Whether modules that are alike share a block, where that is shorter.

    Returns:
        A YAML text.

    Raises:
        SpecError: The language cannot say it; with the layer. Nothing is written wrong: the text has been read back.

    Example:
        >>> print(spec_text(read("{input: [8], layers: [{linear: {out: 4, name: fc}}, relu]}", "net.yaml")), end="")
        name: net
        input: [8]
        layers:
          - linear: {name: fc, out: 4}
          - relu
    """
    with paused():
        graph = plain(graph)
        if in_modules and (text := _shortest(graph)):
            return text
        text = _text(graph)
        _read_back(graph, text)
    return text


def _shortest(graph: Graph) -> str | None:
    """The graph in blocks, where it has any and they are worth it."""
    flat = len(graph.nodes) + len(graph.inputs) + 2
    ways = [in_blocks(graph, outermost) for outermost in (True, False)]
    texts = [_text(written, blocks) for written, blocks in ways if blocks]
    for text in sorted(texts, key=lambda text: text.count("\n")):
        if text.count("\n") < flat:
            try:
                _read_back(graph, text)
            except SpecError:  # a name means another thing inside a block
                continue
            return text
    return None


def _text(graph: Graph, blocks: Sequence[Block] = ()) -> str:
    head = [*_head(graph)]
    wiring = Wiring(graph)
    return "\n".join([*head, *_blocks(blocks), *_layers(graph, wiring, blocks), *_tail(graph, wiring), ""])


def _head(graph: Graph) -> Iterator[str]:
    yield prose("name", graph.name)
    if graph.provenance.about:
        yield prose("about", graph.provenance.about)
    if graph.provenance.citation:
        yield prose("source", graph.provenance.citation)
    if graph.dtype != "float32":
        yield f"dtype: {text_scalar(graph.dtype)}"
    if not graph.inputs:
        raise SpecError(f"'{graph.name}' has no input, and a spec has at least one")
    if [tensor.name for tensor in graph.inputs] == ["input"]:
        yield joined(keyed("input", _input(graph, graph.inputs[0])), "  ")
        return
    yield "inputs:"
    for tensor in graph.inputs:
        yield joined(keyed(f"  {text_scalar(tensor.name)}", _input(graph, tensor)), "    ")


def _input(graph: Graph, tensor: Tensor) -> list[str]:
    batched = graph.batch is not None
    if batched and tensor.shape[:1] != (graph.batch,):
        raise SpecError(
            f"the input '{tensor.name}' is {show_shape(tensor.shape)}, which does not begin with the batch"
            f" of {graph.batch}",
            hint="a spec states one sample of every input",
        )
    shape = tensor.shape[1:] if batched else tensor.shape
    sample = value_pieces(shape)
    if tensor.dtype != graph.dtype:
        return braced([*keyed("shape", sample), f"dtype: {text_scalar(tensor.dtype)}"])
    return sample if shape else braced(keyed("shape", sample))


def _layers(graph: Graph, wiring: Wiring, blocks: Sequence[Block]) -> Iterator[str]:
    if not graph.nodes:
        yield "layers: []"
        return
    yield "layers:"
    defaults = {block.name: block.defaults for block in blocks}
    entries = repeated(graph.nodes, list(wiring.said()))
    lines_before = 0
    for _, paragraph in groupby(entries, lambda entry: _paragraph(entry[0].name)):
        layers = tuple(paragraph)
        if lines_before and max(lines_before, len(layers)) > _FEW:
            yield ""
        lines_before = len(layers)
        for node, said in layers:
            try:
                op = node.op
                if isinstance(op, Call):
                    pieces = _call(op, {"name": [text_scalar(node.name)], **said}, defaults[op.block])
                else:
                    pieces = _entry(node, said)
                yield joined(pieces, " " * 6)
            except SpecError as error:
                raise error.located(node.where, node.label) from None


def _blocks(blocks: Sequence[Block]) -> Iterator[str]:
    if blocks:
        yield "blocks:"
    for block in blocks:
        yield f"  {text_scalar(block.name)}:"
        deeper = "  "
        inputs = [tensor.name for tensor in block.local.inputs]
        if len(inputs) > 1:
            yield joined(keyed("    inputs", listed(inputs)), " " * 6)
        if block.defaults:
            arguments = [
                piece
                for name, usual in block.defaults.items()
                for piece in keyed(name, ["required"] if usual is None else value_pieces(usual))
            ]
            yield joined(keyed("    args", braced(arguments)), " " * 6)
        if len(inputs) > 1 or block.defaults:
            yield "    layers:"
            deeper = " " * 4
        for place, (node, said) in enumerate(zip(block.local.nodes, Wiring(block.local).said(), strict=True)):
            given = {field: name for (layer, field), name in block.arguments.items() if layer == place}
            text = joined(_entry(node, said, given), " " * 6, WIDTH - len(deeper))
            yield "\n".join(f"{deeper}{line}" for line in text.splitlines())


def _call(call: Call, said: dict[str, list[str]], defaults: Mapping[str, Any]) -> list[str]:
    """A use of a block, in pieces."""
    given = {name: value_pieces(value) for name, value in call.given if value != defaults.get(name)}
    parts = {"name": said["name"], **given, **said}
    return keyed(f"  - {call.block}", braced([piece for key, value in parts.items() for piece in keyed(key, value)]))


def _paragraph(name: str) -> str:
    """What stands together, between empty lines: the first numbered module of a name, or its first module.

    Example:
        >>> _paragraph("layer1.0.conv1"), _paragraph("encoder.block3.mlp.fc"), _paragraph("head.fc"), _paragraph("fc")
        ('layer1.0', 'encoder.block3', 'head', '')
    """
    modules = name.split(".")[:-1]
    for i, module in enumerate(modules, start=1):
        if any(map(str.isdigit, module)):
            while i < len(modules) and modules[i].isdigit():
                i += 1
            return ".".join(modules[:i])
    return modules[0] if modules else ""


def _entry(node: Node, said: dict[str, list[str]], given: Mapping[str, str] | None = None) -> list[str]:
    """One layer, in pieces: what it is, and what else the wiring says of it; some fields are arguments of a block."""
    op = node.op
    if op.tag not in OPS or OPS[op.tag] is not type(op):
        raise SpecError(f"the spec language has no op '{op.tag}'")
    known = fields_of(type(op))
    arguments = given or {}
    fields = {
        name: [arguments[name]] if name in arguments else value_pieces(value)
        for name in known
        if (value := getattr(op, name)) != known[name].default or name in arguments
    }
    loop = {} if node.trips == 1 else {"trips": [str(node.trips)]}
    rest = {**said, **({} if node.trainable else {"trainable": ["false"]}), **loop}
    head = f"  - {op.tag}"
    if not rest and not fields:
        return [head]
    first = next(iter(known), "")
    if not rest and [*fields] == [first] and known[first].default is REQUIRED:
        return keyed(head, fields[first])
    name = {"name": rest.pop("name")} if "name" in rest else {}
    parts = {**name, **fields, **rest}
    return keyed(head, braced([piece for key, value in parts.items() for piece in keyed(key, value)]))


def _tail(graph: Graph, wiring: Wiring) -> Iterator[str]:
    last = graph.nodes[-1].outputs if graph.nodes else graph.inputs if len(graph.inputs) == 1 else ()
    if graph.outputs != last:
        yield joined(keyed("outputs", listed(wiring.references(graph.outputs))), "  ")


def _read_back(graph: Graph, text: str) -> None:
    """The promise of this file, kept by looking: whatever the rules above overlook is an error, never a wrong spec."""
    if len(text.encode(errors="replace")) > MAX_BYTES:
        raise SpecError(f"'{graph.name}' is too large to be written as a spec: over {MAX_BYTES >> 20} MB")
    try:
        again = read(text, "the written spec", batch=graph.batch)
    except FlopcountError as error:
        raise SpecError(
            f"'{graph.name}' cannot be written as a spec: {error.what}", layer=error.layer, hint=error.hint
        ) from None
    for node, other in zip(graph.nodes, again.nodes, strict=True):
        for aspect in ("name", "op", "inputs", "outputs", "weights", "trainable", "trips"):
            ours, theirs = getattr(node, aspect), getattr(other, aspect)
            if ours != theirs:
                raise SpecError(
                    f"cannot be written as a spec: its {aspect} would read back otherwise",
                    where=node.where,
                    layer=node.label,
                    facts={aspect: _told(ours), "read back": _told(theirs)},
                )
    if _whole(graph) != _whole(again):
        raise SpecError(f"'{graph.name}' cannot be written as a spec: its inputs, outputs or texts read back otherwise")


def _told(aspect: Any) -> str:
    """Tensors by name, type and shape; anything else as it is."""
    if not isinstance(aspect, tuple):
        return str(aspect)
    return ", ".join(f"{tensor.name} {tensor.kind} {show_shape(tensor.shape)} {tensor.dtype}" for tensor in aspect)


def _whole(graph: Graph) -> list[Any]:
    """What a spec says beside its layers."""
    texts = graph.name, graph.provenance.about, graph.provenance.citation
    return [graph.inputs, graph.outputs, graph.batch, graph.dtype, texts]
