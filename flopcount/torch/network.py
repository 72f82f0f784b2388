"""A graph as a torch module: its layers under their names, run in the graph's order."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import nullcontext
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn

from ..errors import FlopcountError, IncompleteError, UsageError
from ..graph import Graph, Node
from .layers import module_of
from .layers._types import torch_dtype
from .standard import standard


class Scope(nn.Module):
    """A name under which layers stand; it computes nothing itself."""


class Step(NamedTuple):
    """One layer's run.

    Attributes:
        path: Where its layer stands, in parts.
        reads, writes: Names of activations.
        frees: Those that nobody reads after it.
    """

    path: tuple[str, ...]
    reads: tuple[str, ...]
    writes: tuple[str, ...]
    frees: tuple[str, ...]


class Network(nn.Module):
    """A graph as a torch module; see `flopcount.torch.build`.

    Attributes:
        paths: Where each layer stands, by its name.
    """

    def __init__(self, graph: Graph, device: str | None = None) -> None:
        super().__init__()
        self._inputs = tuple(tensor.name for tensor in graph.inputs)
        self._outputs = tuple(tensor.name for tensor in graph.outputs)
        _check_sources(graph)
        dtype = torch_dtype(graph.dtype)
        if not dtype.is_floating_point:
            raise UsageError(f"torch trains weights in floating point, and those of {graph.name} are {graph.dtype}")
        with torch.device(device) if device else nullcontext():
            made = [_layer(node) for node in graph.nodes]
        self.paths = _paths(graph, made)
        self._steps = tuple(_steps(graph, self.paths))
        for node, layer in zip(graph.nodes, made, strict=True):
            self._place(node, layer if node.op.holds else layer.to(dtype))
        _share(graph, made)

    def forward(self, *inputs: Tensor, **named: Tensor) -> Tensor | tuple[Tensor, ...]:
        """The outputs, a tuple where there are several."""
        given = dict(zip(self._inputs, inputs, strict=False))
        if len(inputs) > len(self._inputs) or given.keys() & named.keys() or {*given, *named} != {*self._inputs}:
            raise TypeError(f"takes {', '.join(self._inputs)}, not {len(inputs)} tensors and {sorted(named)}")
        values: dict[str, Any] = given | named
        for step in self._steps:
            try:
                made = self._layer_at(step.path)(*[values[name] for name in step.reads])
            except Exception as error:
                error.add_note(f"in layer {'.'.join(step.path)}")
                raise
            values.update(zip(step.writes, made if isinstance(made, tuple) else (made,), strict=True))
            for name in step.frees:
                del values[name]
        outputs = tuple(values[name] for name in self._outputs)
        return outputs[0] if len(outputs) == 1 else outputs

    def _layer_at(self, path: tuple[str, ...]) -> nn.Module:
        module: Any = self
        for part in path:
            module = module._modules[part]
        return module  # type: ignore[no-any-return]

    def _place(self, node: Node, layer: nn.Module) -> None:
        """Put a layer where its name says, below scopes or other layers, or above those that stand there already.

        `_modules` is written directly: `add_module` refuses names such as `train`, which a layer may have.
        """
        *scopes, leaf = self.paths[node.name].split(".")
        if leaf == "training":  # torch sets it, on every module
            raise UsageError("torch cannot have a layer named 'training'", where=node.where, layer=node.label)
        parent: nn.Module = self
        for part in scopes:
            below = parent._modules.get(part)
            if below is None:
                parent._modules[part] = below = Scope()
            parent = below
        above = parent._modules.get(leaf)
        if above is not None and not isinstance(above, Scope):
            raise UsageError(f"'{node.name}' is the name of a layer and of a part of the layer above it")
        for name, below in (above._modules if above is not None else {}).items():
            layer._modules[name] = below
        parent._modules[leaf] = layer


def example_inputs(graph: Graph, device: str = "meta") -> tuple[Tensor, ...]:
    """Inputs of the shapes and types that the graph declares: noise, and zeros where they are integers."""
    made = []
    for tensor in graph.inputs:
        dtype = torch_dtype(tensor.dtype)
        if dtype.is_floating_point and device != "meta":
            made.append(torch.randn(tensor.shape, device=device).to(dtype))
        else:
            made.append(torch.zeros(tensor.shape, dtype=dtype, device=device))
    return tuple(made)


def weight_keys(node: Node) -> list[str]:
    """The names that a node's weights have in its op, in their order."""
    shapes = [tensor.shape for tensor in node.inputs]
    return [*node.op.weights(*shapes), *node.op.buffers(*shapes)]


def _layer(node: Node) -> nn.Module:
    shapes = [tensor.shape for tensor in node.inputs]
    refusal = ""
    if node.trips > 1:
        refusal = f"it runs {node.trips} times, in a loop"
    elif not all(weight.is_held for weight in node.weights):
        refusal = "a layer makes its weight, and torch's module has one of its own"
    if refusal:
        raise UsageError(f"cannot be built: {refusal}", where=node.where, layer=node.label)
    try:
        return module_of(standard(node.op, *shapes), *shapes)
    except FlopcountError as error:
        raise error.located(node.where, node.label) from None
    except (ValueError, RuntimeError, AssertionError) as error:
        raise UsageError(f"torch refuses it: {error}", where=node.where, layer=node.label) from None


def _paths(graph: Graph, layers: list[nn.Module]) -> dict[str, str]:
    """Each layer's name, with an underscore where the layer above it has a weight of that name (`qkv.bias`)."""
    above = {node.name: {*layer._parameters, *layer._buffers} for node, layer in zip(graph.nodes, layers, strict=True)}
    paths = {}
    for node in graph.nodes:
        parts = node.name.split(".")
        taken = (part in above.get(".".join(parts[:depth]), ()) for depth, part in enumerate(parts))
        paths[node.name] = ".".join(part + "_" * clashes for part, clashes in zip(parts, taken, strict=True))
    return paths


def _check_sources(graph: Graph) -> None:
    """Refuse a graph that reads what neither an input nor a layer makes, or holds weights that no op takes."""
    made = {tensor.name for tensor in graph.inputs}
    for node in graph.nodes:
        missing = [tensor.name for tensor in node.inputs if tensor.name not in made]
        missing += [weight.name for weight in node.weights[len(weight_keys(node)) :]]
        if missing:
            raise IncompleteError(
                f"cannot be built: it uses '{missing[0]}', which no layer makes", where=node.where, layer=node.label
            )
        made |= {tensor.name for tensor in node.outputs}
    for tensor in graph.outputs:
        if tensor.name not in made:
            raise IncompleteError(f"{graph.name} cannot be built: no layer makes its output '{tensor.name}'")


def _steps(graph: Graph, paths: Mapping[str, str]) -> Iterator[Step]:
    last: dict[str, int] = {}
    for place, node in enumerate(graph.nodes):
        last.update({tensor.name: place for tensor in (*node.inputs, *node.outputs)})
    kept = {tensor.name for tensor in graph.outputs}
    frees: dict[int, list[str]] = {}
    for name, place in last.items():
        if name not in kept:
            frees.setdefault(place, []).append(name)
    for place, node in enumerate(graph.nodes):
        reads, writes = ([tensor.name for tensor in tensors] for tensors in (node.inputs, node.outputs))
        yield Step(tuple(paths[node.name].split(".")), tuple(reads), tuple(writes), tuple(frees.get(place, ())))


def _share(graph: Graph, layers: list[nn.Module]) -> None:
    """Let weights of one name be one tensor, that of their first layer; freeze what training leaves alone."""
    first: dict[str, Any] = {}
    for node, layer in zip(graph.nodes, layers, strict=True):
        for key, weight in zip(weight_keys(node), node.weights, strict=True):
            scope, _, leaf = key.rpartition(".")
            owner: Any = layer.get_submodule(scope)
            own = getattr(owner, leaf)
            tensor = first.setdefault(weight.name, own)
            if tensor is not own:
                setattr(owner, leaf, tensor)
            elif weight.kind == "parameter" and (own.is_floating_point() or own.is_complex()):
                own.requires_grad_(weight.trainable)
