"""Any source's graph as the text of a spec: who made it of what, what had to be put otherwise, and the layers."""

from __future__ import annotations

from collections.abc import Iterator

from msgspec import Struct

from ... import __version__
from ...errors import show_shape
from ...fields import show_value
from ...graph import Graph
from .flow import comment
from .sayable import sayable
from .write import spec_text


class Converted(Struct, frozen=True):
    """A spec that costs what its source does.

    Attributes:
        text: The spec; it begins with comments on where it is from.
        remarks: What had to be put otherwise, and what the source's reader has noted.
    """

    text: str
    remarks: tuple[str, ...] = ()


def converted(graph: Graph) -> Converted:
    """Write a graph of any source as a spec.

    Read at the same inputs and batch it has the same parameters, MACs, FLOPs and activations, layer by layer under the
    same names.

    Args:
        graph: The network.

    Raises:
        SpecError: It cannot be written even so: it has no input, or is too large for a spec.

    Example:
        >>> from . import read
        >>> print(converted(read("{input: [8], layers: [relu]}", "net.yaml")).text, end="")
        # net.yaml, converted by flopcount 0.1.0
        # input 1×8 float32, batch 1
        name: net
        input: [8]
        layers:
          - relu
    """
    said = sayable(graph)
    remarks = (*said.remarks, *graph.provenance.notes)
    head = "\n".join(line for text in _head(graph, remarks) for line in comment(text))
    return Converted(f"{head}\n{spec_text(said.graph, in_modules=True)}", remarks)


def _head(graph: Graph, remarks: tuple[str, ...]) -> Iterator[str]:
    settings = ", ".join(f"{name} = {show_value(value)}" for name, value in graph.provenance.settings.items())
    yield f"{graph.provenance.source or graph.name}, converted by flopcount {__version__}"
    inputs = graph.inputs
    named = [
        f"{'' if len(inputs) == 1 else f'{tensor.name} '}{show_shape(tensor.shape)} {tensor.dtype}" for tensor in inputs
    ]
    at = [f"input {', '.join(named)}", f"batch {graph.batch or 'none'}", *([settings] if settings else [])]
    yield ", ".join(at)
    for remark in remarks:
        yield f"note: {remark}"
