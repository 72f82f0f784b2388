"""What has been read of a model: its graph, what each of its modules did, and the model itself for whoever asks it."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from msgspec import Struct

from ...graph import Graph
from ...op import Shape

if TYPE_CHECKING:
    import torch

    from .example import Example

Make = Callable[[bool], "tuple[torch.nn.Module, Example]"]


class Part(Struct, frozen=True):
    """One module of a model.

    Attributes:
        layers: The layers of the graph that ran while it ran, by name.
        tensors: The parameters and buffers that it keeps, those of modules in it too, by the names in the graph.
        outputs: The shapes that its last call gave; None where it was never called.
    """

    layers: tuple[str, ...]
    tensors: tuple[str, ...]
    outputs: tuple[Shape, ...] | None


class Reading(Struct, frozen=True):
    """A model that has been read.

    Attributes:
        graph: Its graph.
        parts: Its modules by name; the model itself by the empty one.
        make: Makes the model anew, with numbers or without, and what it was called with; None: a program without
            Python, of which there is none.
        is_real: Whether it had to run with all numbers.
    """

    graph: Graph
    parts: dict[str, Part]
    make: Make | None = None
    is_real: bool = False
