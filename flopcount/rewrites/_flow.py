"""How widths flow through each kind of op: which output axes are input axes, which are new, which fields state them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from fractions import Fraction
from typing import Any

from ..graph import Node
from ..ops.axes import axes_of, axis_of
from ._channels import Axes, Axis, Piece, Widths, side_by_side, times

Fields = dict[str, Axis | list[Axis]]
"""The fields of an op that state sizes: an axis each, or a list of axes."""

Flow = tuple[list[Axes], Fields]
Handler = Callable[[Node, Widths], Flow]

KEEPS = frozenset({"activation", "elementwise", "regularisation", "normalisation", "pooling", "quantisation"})
"""Groups of ops whose output axes are their input axes, where these have the same size."""

JOINS = frozenset({"logic"})
"""Groups of ops that read one tensor, or several element by element."""


def flow(node: Node, widths: Widths) -> Flow:
    """The axes of a layer's outputs, and its fields that must follow them."""
    if node.op.tag in HANDLERS:
        return HANDLERS[node.op.tag](node, widths)
    if node.op.group in KEEPS:
        return _keep(node, widths)
    if node.op.group in JOINS:
        return _join(node, widths)
    stated = node.op.tag in ("reshape", "expand")
    reason = f"{node.label} states sizes in numbers" if stated else f"no rule says how widths pass {node.label}"
    return widths.fixed_axes(node, reason), {}


def weight_axes(node: Node, widths: Widths, outputs: list[Axes]) -> Axes | None:
    """The first two axes of a layer's weight; None where its sizes are not known to follow widths."""
    op: Any = node.op
    reads, gives = widths.of(node.inputs[0]), outputs[0]
    if op.tag == "linear":
        return [gives[-1], reads[-1]]
    if op.tag == "embedding":
        return [None, gives[-1]]
    if op.tag in ("conv", "conv_transpose") and op.groups == 1:
        return [gives[1], reads[1]] if op.tag == "conv" else [reads[1], gives[1]]
    return None


def _keep(node: Node, widths: Widths) -> Flow:
    x, y = node.inputs[0].shape, node.outputs[0].shape
    axes = widths.of(node.inputs[0])
    if groups := getattr(node.op, "groups", 0):  # group normalisation, channel shuffle
        widths.divide(axes[1], groups)
    for axis, own in enumerate(axes):
        if axis >= len(y) or x[axis] != y[axis]:
            widths.fix(own, f"{node.label} works along it")
    return [[own if x[axis] == y[axis] else None for axis, own in enumerate(axes[: len(y)])]], {}


def _convolution(node: Node, widths: Widths) -> Flow:
    op: Any = node.op
    batch, channels, *space = widths.of(node.inputs[0])
    for axis in space:
        widths.fix(axis, f"{node.label} works along it")
    fields: Fields = {}
    out: Axis
    if op.groups == node.inputs[0].shape[1] > 1:  # depthwise: the channels stay those of the input
        out = times(channels, op.out // op.groups)
        fields = {"groups": channels} if channels else {}
    else:
        widths.divide(channels, op.groups)
        out = (Piece(widths.new(op.out, multiple=op.groups)),)
    return [[batch, out, *[None] * len(space)]], {**fields, "out": out} if out else {}


def _linear(node: Node, widths: Widths) -> Flow:
    op: Any = node.op
    out: Axis = (Piece(widths.new(op.out)),)
    return [[*widths.of(node.inputs[0])[:-1], out]], {"out": out}


def _embedding(node: Node, widths: Widths) -> Flow:
    op: Any = node.op
    out: Axis = (Piece(widths.new(op.dim)),)
    return [[*widths.of(node.inputs[0]), out]], {"dim": out}


def _recurrent(node: Node, widths: Widths) -> Flow:
    op: Any = node.op
    batch, steps, _ = widths.of(node.inputs[0])
    state: Axis = (Piece(widths.new(op.hidden)),)
    fields: Fields = {"hidden": state}
    if getattr(op, "proj", None):
        fields["proj"] = state = (Piece(widths.new(op.proj)),)
    out = times(state, 2 if op.bidirectional else 1)
    return [[batch, steps, out] if op.sequence else [batch, out]], fields


def _attention(node: Node, widths: Widths) -> Flow:
    op: Any = node.op
    if not op.project:
        return widths.fixed_axes(node, f"{node.label} divides it into heads"), {}
    query = widths.of(node.inputs[0])
    if op.head_dim is None:
        widths.divide(query[2], op.heads)
    if op.out is None:
        return [[query[0], query[1], query[2]]], {}
    out: Axis = (Piece(widths.new(op.out)),)
    return [[query[0], query[1], out]], {"out": out}


def _table(node: Node, widths: Widths) -> Flow:
    """A parameter or constant: its sizes follow whatever it is joined with."""
    op: Any = node.op
    axes: Axes = [(Piece(widths.new(size, scales=False)),) for size in op.shape]
    batch = widths.of(node.inputs[0])[:1] if op.keep_batch else []
    return [[*batch, *axes]], {"shape": axes}


def _join(node: Node, widths: Widths) -> Flow:
    shape = node.outputs[0].shape
    axes: Axes = []
    for back in range(len(shape), 0, -1):
        meeting = [
            widths.of(tensor)[-back]
            for tensor in node.inputs
            if len(tensor.shape) >= back and tensor.shape[-back] == shape[-back]
        ]
        joined = meeting[0]
        for other in meeting[1:]:
            joined = widths.equal(joined, other, f"{node.label} joins it with a size that is fixed")
        axes.append(joined)
    return [axes], {}


def _concat(node: Node, widths: Widths) -> Flow:
    op: Any = node.op
    inputs = [widths.of(tensor) for tensor in node.inputs]
    joined = axis_of(op.axis, len(inputs[0]))
    axes: Axes = []
    for axis in range(len(inputs[0])):
        if axis == joined:
            sizes = [tensor.shape[axis] for tensor in node.inputs]
            axes.append(side_by_side([each[axis] for each in inputs], sizes, widths))
            continue
        own = inputs[0][axis]
        for other in inputs[1:]:
            own = widths.equal(own, other[axis], f"{node.label} joins it with a size that is fixed")
        axes.append(own)
    return [axes], {}


def _split(node: Node, widths: Widths) -> Flow:
    op: Any = node.op
    axes = widths.of(node.inputs[0])
    axis = axis_of(op.axis, len(axes))
    parts = _parts(axes[axis], [tensor.shape[axis] for tensor in node.outputs], widths)
    if parts is None:
        widths.fix(axes[axis], f"{node.label} cuts it")
        parts = [None] * len(node.outputs)
    fields: Fields = {"sizes": parts} if op.sizes is not None and any(parts) else {}
    return [[*axes[:axis], part, *axes[axis + 1 :]] for part in parts], fields


def _parts(axis: Axis, sizes: list[int], widths: Widths) -> list[Axis] | None:
    """The pieces of each part: whole pieces, or equal shares of one."""
    if axis is None:
        return [None] * len(sizes)
    if len(axis) == 1 and len(set(sizes)) == 1:
        widths.divide(axis, len(sizes) * axis[0].times.denominator)
        return [times(axis, Fraction(1, len(sizes)))] * len(sizes)
    parts: list[Axis] = []
    pieces = list(axis)
    for size in sizes:
        taken: list[Piece] = []
        held = Fraction(0)
        while pieces and held < size:
            taken.append(pieces.pop(0))
            held += widths.base(taken[-1].width)[0] * taken[-1].times
        if held != size:
            return None
        parts.append(tuple(taken))
    return parts


def _drop(node: Node, widths: Widths) -> Flow:
    """Select and slice along one axis, and reductions over some: what is worked along keeps its size."""
    op: Any = node.op
    axes = widths.of(node.inputs[0])
    rank = len(axes)
    along = {axis_of(op.axis, rank)} if hasattr(op, "axis") else set(axes_of(op.axes, rank))
    if node.op.tag in ("select", "slice", "argmax", "argmin"):
        for axis in along:
            widths.fix(axes[axis], f"{node.label} works along it")
    if len(node.outputs[0].shape) == rank:
        return [[None if axis in along else own for axis, own in enumerate(axes)]], {}
    return [[own for axis, own in enumerate(axes) if axis not in along]], {}


def _flatten(node: Node, widths: Widths) -> Flow:
    op: Any = node.op
    axes, shape = widths.of(node.inputs[0]), node.inputs[0].shape
    start, end = axis_of(op.start, len(axes)), axis_of(op.end, len(axes)) + 1
    merged = [axis for axis in axes[start:end] if axis]
    out: Axis = None
    if len(merged) == 1:
        fixed = Fraction(1)
        for own, size in zip(axes[start:end], shape[start:end], strict=True):
            fixed *= 1 if own else size
        out = times(merged[0], fixed)
    else:
        for axis in merged:
            widths.fix(axis, f"{node.label} merges it with another width")
    return [[*axes[:start], out, *axes[end:]]], {}


def _order(node: Node, widths: Widths) -> Flow:
    op: Any = node.op
    axes = widths.of(node.inputs[0])
    if op.tag == "permute":
        return [[axes[axis] for axis in axes_of(op.order, len(axes))]], {}
    first, second = axes_of(op.axes, len(axes))
    swapped = list(axes)
    swapped[first], swapped[second] = axes[second], axes[first]
    return [swapped], {}


def _squeeze(node: Node, widths: Widths) -> Flow:
    op: Any = node.op
    axes = widths.of(node.inputs[0])
    if op.tag == "squeeze":
        gone = set(axes_of(op.axes, len(axes)))
        return [[own for axis, own in enumerate(axes) if axis not in gone]], {}
    rank = len(axes) + len(op.axes)
    new, rest = set(axes_of(op.axes, rank)), iter(axes)
    return [[None if axis in new else next(rest) for axis in range(rank)]], {}


def _matmul(node: Node, widths: Widths) -> Flow:
    op: Any = node.op
    a, b = (widths.of(tensor) for tensor in node.inputs)
    if min(len(a), len(b)) < 2:
        return widths.fixed_axes(node, f"{node.label} multiplies a vector"), {}
    inner, right = (b[-1], b[-2]) if op.transpose else (b[-2], b[-1])
    widths.equal(a[-1], inner, f"{node.label} multiplies it with a size that is fixed")
    for axis in (*a[:-2], *b[:-2]):
        widths.fix(axis, f"{node.label} repeats over it")
    return [[*[None] * (len(node.outputs[0].shape) - 2), a[-2], right]], {}


def _pixels(node: Node, widths: Widths) -> Flow:
    op: Any = node.op
    batch, channels, *space = widths.of(node.inputs[0])
    blocks = op.factor ** len(space)
    if op.tag == "pixel_shuffle":
        widths.divide(channels, blocks)
    factor = Fraction(1, blocks) if op.tag == "pixel_shuffle" else Fraction(blocks)
    return [[batch, times(channels, factor), *[None] * len(space)]], {}


def _halves(node: Node, widths: Widths) -> Flow:
    op: Any = node.op
    axes = list(widths.of(node.inputs[0]))
    axis = axis_of(op.axis, len(axes))
    widths.divide(axes[axis], 2)
    axes[axis] = times(axes[axis], Fraction(1, 2))
    return [axes], {}


HANDLERS: Mapping[str, Handler] = {
    **dict.fromkeys(("conv", "conv_transpose"), _convolution),
    **dict.fromkeys(("lstm", "gru", "rnn"), _recurrent),
    **dict.fromkeys(("parameter", "constant"), _table),
    **dict.fromkeys(("add", "sub", "mul", "div", "maximum", "minimum"), _join),
    **dict.fromkeys(("atan2", "floor_divide", "fmod", "power", "remainder"), _join),
    **dict.fromkeys(("select", "slice", "argmax", "argmin", "sum", "mean", "prod", "max", "min", "all", "any"), _drop),
    **dict.fromkeys(("log_sum", "logsumexp", "norm", "std", "sum_square", "var"), _drop),
    **dict.fromkeys(("permute", "transpose"), _order),
    **dict.fromkeys(("squeeze", "unsqueeze"), _squeeze),
    **dict.fromkeys(("pixel_shuffle", "pixel_unshuffle"), _pixels),
    **dict.fromkeys(("glu", "swiglu", "geglu"), _halves),
    **dict.fromkeys(("identity", "upsample", "pad", "flip", "roll", "channel_shuffle"), _keep),
    **dict.fromkeys(("cast", "cumprod", "cumsum", "tril", "triu"), _keep),
    "linear": _linear,
    "embedding": _embedding,
    "attention": _attention,
    "concat": _concat,
    "split": _split,
    "flatten": _flatten,
    "matmul": _matmul,
}
