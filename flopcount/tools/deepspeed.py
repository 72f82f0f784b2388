"""DeepSpeed's flops profiler, and calflops, which was made of it: torch's functions, patched.

`torch.add` and `torch.mul` are patched and cost 1 per element, the operators `+`, `+=` and `*` are not and cost
nothing. A source does not say which it was: sums and products are taken as torchvision writes them, by operators.
"""

from __future__ import annotations

from collections.abc import Sequence

from ..op import Work, add, dot
from ..ops.window import extent, per_axis
from ..sizes import floor_div, prod
from . import (
    BY_FUNCTIONAL,
    BY_NO_SIGN,
    POOLS,
    SUMMED,
    Rule,
    Use,
    at_every_place,
    fvcore,
    no_bilinear,
    nothing,
    per_input,
    products_only,
    recurrent,
    unit,
    unless_nothing,
)  # fmt: skip
from .fvcore import bn

ACTIVATIONS = ("relu", "prelu", "elu", "leaky_relu", "silu", "gelu")


def conv_transpose(use: Use) -> Sequence[Work]:
    """As it is, its bias at every output."""
    (products, *_) = use.work
    return (products, *((add(prod(use.y), role="bias"),) if use.op.bias else ()))


def shrunk(use: Use) -> Sequence[Work]:
    """Calflops divides by the groups twice, and adds the bias where a convolution would have its outputs."""
    op, (n, d1, *size) = use.op, use.x
    rank = len(size)
    kernel, stride, dilation = (per_axis(value, rank) for value in (op.kernel, op.stride, op.dilation))
    filters = op.out // op.groups
    products = prod(kernel) * d1 * (filters // op.groups) * n * prod(size)
    outputs = [
        floor_div(i + 2 * p - extent(f, d), s) + 1
        for i, p, f, s, d in zip(size, per_axis(op.padding, rank), kernel, stride, dilation, strict=True)
    ]
    return (dot(products, 0), *((add(filters * n * prod(outputs), role="bias"),) if op.bias else ()))


def upsample(use: Use) -> Sequence[Work]:
    """Where it is told the size: that, without channels and batch."""
    if use.op.size is None:
        return unit(prod(use.y))
    return unit(prod(per_axis(use.op.size, len(use.x) - 2)) if isinstance(use.op.size, tuple) else use.op.size)


def kept_size(use: Use) -> Sequence[Work]:
    """Calflops multiplies by the factor and drops the result."""
    return unit(prod(use.x)) if use.op.size is None else use.work


def einsum(use: Use) -> Sequence[Work]:
    """What numpy prints for the cheapest order, with four digits."""
    return unit(fvcore.printed_by_numpy(use))


def bare(use: Use) -> Sequence[Work]:
    """Only the projections of attention: calflops does not know scaled_dot_product_attention."""
    return [entry for entry in products_only(use) if entry.part not in ("scores", "values")]


def written_out(use: Use) -> Sequence[Work]:
    """What torch's module of attention multiplies by torch.bmm, to return its weights too."""
    return () if use.origin == "attention" else use.work


COMMON = (
    Rule("no bias of a linear layer", ("linear", "gemm"), products_only),
    Rule("2 per element of a batch norm, 5 in training", ("bn",), bn),
    Rule("5 per element of a normalisation, 4 without weights", ("gn", "instance_norm", "ln"), per_input(5, plain=4)),
    Rule("1 per element of an activation", ACTIVATIONS, per_input(1)),
    Rule("1 per input of pooling", POOLS, per_input(1)),
    Rule("1 per element of a softmax", ("softmax",), per_input(1)),
    Rule("upsampling to a given size without its channels and batch", ("upsample",), upsample, wrong=True),
    no_bilinear(),
    Rule("an einsum as numpy prints it, with four digits", ("einsum",), unless_nothing(einsum), wrong=True),
    Rule("a matrix product by its first input, whatever the batches of its second", ("matmul",), fvcore.matmul, True),
    BY_FUNCTIONAL,
    SUMMED,
    recurrent.CELL,
    recurrent.UNPROJECTED,
    recurrent.hook({"rnn": -1, "gru": 1, "lstm": 2}),
)

DEEPSPEED = (
    *COMMON,
    Rule("the bias of a transposed convolution at every output", ("conv_transpose",), conv_transpose),
    Rule("of attention its products alone", ("attention", "sdpa"), products_only),
)

CALFLOPS = (
    *COMMON,
    BY_NO_SIGN,
    Rule("no product of attention that is written out: torch.bmm is not patched", ("matmul",), written_out, wrong=True),
    Rule("upsampling by a factor as if it kept the size", ("upsample",), kept_size, wrong=True),
    Rule("a transposed convolution divided by its groups twice, its bias where a convolution has outputs",
         ("conv_transpose",), shrunk, wrong=True),
    Rule("no scaled dot product attention", ("attention",), bare, wrong=True),
    Rule("no scaled dot product attention", ("sdpa",), nothing, wrong=True),
    Rule("a module that stands in several places summed at each", (), at_every_place, wrong=True),
)  # fmt: skip
