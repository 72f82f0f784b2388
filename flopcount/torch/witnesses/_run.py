"""What witnesses look at: a module, what it is called with, and the parts that they are asked about."""

from __future__ import annotations

import copy
import sys
import warnings
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, redirect_stdout
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn
from torch.utils import _pytree as pytree

from ...graph import Graph
from ...readers.torch.example import Example
from ...readers.torch.reading import Reading
from ...readers.torch.skeleton import Skeleton, ordinary
from ..network import Network, example_inputs


class Subject(NamedTuple):
    """A module to ask about.

    Attributes:
        module: At test time, its weights without memory.
        args, kwargs: What it is called with.
        parts: By the name of what is asked about: its module, and those below whose own parameters and buffers belong
            to it.
        disjoint: Whether a tensor counts for one part alone, the first; otherwise for all that hold it.
        numbers: Which tensors have numbers where it runs: `none`, `small` ones, or `all` that it makes.
    """

    module: nn.Module
    args: tuple[Any, ...]
    kwargs: dict[str, Any]
    parts: Mapping[str, tuple[nn.Module, ...]]
    disjoint: bool
    numbers: str = "all"

    def running(self) -> AbstractContextManager[Any]:
        """What it has to run under."""
        if self.numbers == "none":
            return torch.device("meta")
        if self.numbers == "small":
            return Skeleton()
        return torch.backends.mkldnn.flags(enabled=False)  # its recurrent layers are one operator, which hides products

    def run(self) -> Any:
        """What it makes of its arguments."""
        return self.module(*self.args, **self.kwargs)


def built(graph: Graph) -> Subject:
    """A graph's own module; it is asked about each layer."""
    network = Network(graph, "meta").eval().requires_grad_(False)
    layers = {path: name for name, path in network.paths.items()}
    found: dict[str, list[nn.Module]] = {node.name: [] for node in graph.nodes}
    owner = {"": ""}
    for name, module in network.named_modules():  # those below a layer that are no layer by themselves are its own
        owner[name] = layers.get(name) or owner[name.rpartition(".")[0]]
        if owner[name]:
            found[owner[name]].append(module)
    return Subject(network, example_inputs(graph), {}, {name: tuple(own) for name, own in found.items()}, disjoint=True)


def given(model: nn.Module, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> Subject:
    """A copy of somebody's model, without memory; it is asked about each of its modules, all below it included."""
    memo: dict[int, Any] = {}
    for weight in model.parameters():
        memo[id(weight)] = nn.Parameter(weight.detach().to("meta"), requires_grad=False)
    for buffer in model.buffers():
        memo[id(buffer)] = buffer.detach().to("meta")
    duplicate = copy.deepcopy(model, memo).eval()
    parts = {name: tuple(module.modules()) for name, module in duplicate.named_modules() if name}
    arguments, named = on_meta((args, dict(kwargs)))
    return Subject(duplicate, arguments, named, parts, disjoint=False)


def read_from(reading: Reading) -> Iterator[Subject]:
    """A model that has been read, made anew and called as it was then; it is asked about each of its modules.

    First without any numbers, and where it computes with small tensors and asks for theirs, with those; one that had to
    be read with all numbers has them.
    """
    make = reading.make
    for numbers in ("all",) if reading.is_real else ("none", "small"):
        assert make is not None
        model, call = make(numbers == "all")
        if numbers == "none":
            change_tensors(model, lambda tensor: tensor.detach().to("meta"))
            call = Example(on_meta(call.args), on_meta(call.kwargs))
        parts = {name: tuple(module.modules()) for name, module in model.named_modules() if name}
        yield Subject(model, call.args, call.kwargs, parts, False, numbers)


def change_tensors(model: nn.Module, change: Callable[[Tensor], Tensor]) -> None:
    """Give a model other parameters and buffers in place of its own; those that are one stay one."""
    made: dict[int, Tensor] = {}
    for module in model.modules():
        for name, weight in module.named_parameters(recurse=False):
            if id(weight) not in made:
                made[id(weight)] = nn.Parameter(change(weight), requires_grad=False)
            setattr(module, name, made[id(weight)])
        for name, buffer in module.named_buffers(recurse=False):
            setattr(module, name, made.setdefault(id(buffer), change(buffer)))


def on_meta(values: Any) -> Any:
    """The same arguments, tensors without memory."""
    return pytree.tree_map_only(Tensor, lambda tensor: tensor.detach().to("meta"), values)


@contextmanager
def quietly() -> Iterator[None]:
    """Neither gradients, nor what models print, nor the warnings that torch and the witnesses have for their users."""
    with ordinary(real=True), torch.no_grad(), warnings.catch_warnings(), redirect_stdout(sys.stderr):
        warnings.simplefilter("ignore")
        yield
