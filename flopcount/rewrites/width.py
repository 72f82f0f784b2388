"""Every layer wider or narrower by one factor: MobileNet's α.

Channels that are added, multiplied or otherwise joined stay equal; what the network reads and gives out keeps its size
(Howard et al. 2017, arXiv 1704.04861, section 3.3).
"""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from math import lcm
from typing import Any

from msgspec.structs import replace

from ..errors import OpError
from ..fields import Size
from ..graph import Graph, Node
from ..op import Op
from ..readers.spec.functions import round_to
from . import Rewritten
from ._channels import Axes, Axis, Widths
from ._flow import Fields, flow, weight_axes
from ._options import Factor, shared_weights
from ._options import Options as Base
from ._rebuild import Rebuild

MEANT = "a layer that makes channels"


class Options(Base, frozen=True, kw_only=True):
    """The options of `width`.

    Attributes:
        factor: What channel counts are multiplied by.
        multiple: What they are rounded to a multiple of, as MobileNet's code rounds them, where they are one now.
    """

    factor: Factor
    multiple: Size = 8


def rewrite(graph: Graph, options: Options) -> Rewritten:
    """Scale the channels of every layer.

    Example:
        >>> from flopcount.sources import load
        >>> half = rewrite(load("mobilenet_v1"), Options(factor=Fraction(1, 2)))
        >>> half.graph.nodes[0].outputs[0].shape, half.graph.nodes[-1].outputs[0].shape
        ((1, 16, 112, 112), (1, 1000))
    """
    widths = Widths()
    fields: dict[str, Fields] = {}
    sharing = shared_weights(graph)
    first: dict[str, Axes | None] = {}
    for tensor in graph.inputs:
        widths.axes[tensor.name] = [None] * len(tensor.shape)
    for node in graph.nodes:
        outputs, fields[node.name] = flow(node, widths)
        if node.name in sharing:
            _tie(node, widths, outputs, first)
        widths.axes.update((tensor.name, axes) for tensor, axes in zip(node.outputs, outputs, strict=True))
        if not options.select(node.name):
            for axis in _axes(fields[node.name]):
                widths.fix(axis, f"{node.label} is left as it is")
    widths.fix_all(graph.outputs, "the network gives it out")
    return _rebuilt(graph, options, widths, fields)


def _tie(node: Node, widths: Widths, outputs: list[Axes], first: dict[str, Axes | None]) -> None:
    """Let layers of one weight have the same widths, those of the layer that has it first."""
    reason = f"{node.label} shares its weight"
    axes = weight_axes(node, widths, outputs)
    known = first.setdefault(node.weights[0].name, axes)
    if axes is not None and known is not None:
        for own, other in zip(axes, known, strict=True):
            widths.equal(own, other, reason)
        return
    for axis in (*(known or ()), *(own for output in outputs for own in output)):
        widths.fix(axis, reason)
    widths.fix_all(node.inputs, reason)


def _rebuilt(graph: Graph, options: Options, widths: Widths, fields: Mapping[str, Fields]) -> Rewritten:
    rebuild = Rebuild(graph)
    kept = {}
    for node in graph.nodes:
        stated = fields[node.name]
        rebuild.copy(node, _resized(node.op, stated, options, widths))
        if "shape" in stated or not options.select(node.name):
            continue
        pieces = [piece.width for axis in _axes(stated) for piece in axis or ()]
        if reason := next(filter(None, (_why_kept(width, options, widths) for width in pieces)), ""):
            kept[node.name] = reason
    new = rebuild.finish()
    changed = {
        old.name: (old.name,)
        for old, node in zip(graph.nodes, new.nodes, strict=True)
        if (old.op, *map(_shape, old.inputs + old.outputs)) != (node.op, *map(_shape, node.inputs + node.outputs))
    }
    return Rewritten(new, changed, kept)


def _why_kept(width: int, options: Options, widths: Widths) -> str:
    """Why a width keeps its size, or nothing where it changes."""
    size, _ = widths.base(width)
    if reason := widths.why_fixed(width):
        return reason
    unchanged = options.factor != 1 and _scaled(width, options, widths) == size
    return f"{size} times {float(options.factor):g} is rounded to {size} again" if unchanged else ""


def _axes(fields: Fields) -> list[Axis]:
    axes: list[Axis] = []
    for value in fields.values():
        axes += value if isinstance(value, list) else [value]
    return axes


def _shape(tensor: Any) -> tuple[int, ...]:
    return tuple(tensor.shape)


def _resized(op: Op, fields: Fields, options: Options, widths: Widths) -> Op:
    new: dict[str, Any] = {}
    for name, value in fields.items():
        now = getattr(op, name)
        if isinstance(value, list):
            new[name] = tuple(
                size if axis is None else _size(axis, options, widths) for axis, size in zip(value, now, strict=True)
            )
        else:
            new[name] = _size(value, options, widths)
    return replace(op, **new) if new else op


def _size(axis: Axis, options: Options, widths: Widths) -> int:
    total = sum((_scaled(piece.width, options, widths) * piece.times for piece in axis or ()), Fraction(0))
    if total.denominator != 1:
        raise OpError(f"a width of {total} channels is no whole number")
    return total.numerator


def _scaled(width: int, options: Options, widths: Widths) -> int:
    """A width as it becomes: a multiple of what it must stay divisible by and, if it is one now, of `multiple`."""
    size, multiple = widths.base(width)
    if widths.why_fixed(width):
        return size
    if size % options.multiple == 0:
        multiple = lcm(multiple, options.multiple)
    return round_to(size * options.factor, multiple)
