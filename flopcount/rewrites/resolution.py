"""The network on images of another size: MobileNet's ρ, and the lecture's crops and scales.

Every layer keeps its weights; a network that has one whose sizes the image fixes (a fully connected layer after
flattening) cannot take another.
"""

from __future__ import annotations

from typing import Annotated, Any

from ..errors import OpError, UsageError
from ..fields import AnyWord, FieldType, integer, show_value
from ..graph import Graph, Tensor
from ..resizing import fixed_by_size
from . import Rewritten
from ._options import Options as Base
from ._rebuild import Rebuild

MEANT = "an image"
NOUN = "a size, 160, or one per axis, 160x192"


def _sizes(value: Any) -> tuple[int, ...]:
    parts = str(value).lower().replace("×", "x").split("x") if isinstance(value, str | int) else [show_value(value)]
    if not all(part.isascii() and part.isdigit() and len(part) < 13 for part in parts) or len(parts) > 3:
        raise OpError(f"must be {NOUN}, not {show_value(value)}")
    return tuple(integer(int(part), NOUN, 1) for part in parts)


class Options(Base, frozen=True, kw_only=True):
    """The options of `resolution`.

    Attributes:
        size: Of every image that goes in: one size for all its spatial axes, or one per axis.
    """

    size: Annotated[tuple[int, ...], FieldType(NOUN, _sizes, {"type": "string"}, AnyWord())]


def rewrite(graph: Graph, options: Options) -> Rewritten:
    """Feed the network images of another size.

    Raises:
        UsageError: Some layers alone are meant.
        OpError: No input is an image of so many axes, or a layer does not take the size.

    Example:
        >>> from flopcount.sources import load
        >>> small = rewrite(load("mobilenet_v1"), Options(size=(160,)))
        >>> small.graph.inputs[0].shape, small.graph.nodes[-1].inputs[0].shape
        ((1, 3, 160, 160), (1, 1024))
    """
    if options.only or options.skip:
        raise UsageError("resolution changes what the whole network reads, and can leave no layer out")
    leading = 1 if graph.batch is None else 2
    shapes = {tensor.name: _resized(tensor, options.size, leading) for tensor in graph.inputs}
    if all(shape is None for shape in shapes.values()):
        axes = f" with {len(options.size)} spatial axes" if len(options.size) > 1 else ""
        raise OpError(f"{graph.name} reads no image{axes}", hint=f"size is {NOUN}")
    rebuild = Rebuild(graph, shapes)
    for node in graph.nodes:
        rebuild.copy(node)
    new = rebuild.finish()
    if error := fixed_by_size(graph, new):
        raise error
    changed = {
        old.name: (old.name,)
        for old, node in zip(graph.nodes, new.nodes, strict=True)
        if [t.shape for t in old.inputs + old.outputs] != [t.shape for t in node.inputs + node.outputs]
    }
    same = {t.name: "it has this size already" for t in graph.inputs if shapes[t.name] == t.shape}
    return Rewritten(new, changed, same)


def _resized(tensor: Tensor, size: tuple[int, ...], leading: int) -> tuple[int, ...] | None:
    """An image's shape at this size; None for what is no image of so many axes."""
    axes = len(tensor.shape) - leading
    if axes < 2 if len(size) == 1 else axes != len(size):
        return None
    return (*tensor.shape[:leading], *(size * axes if len(size) == 1 else size))
