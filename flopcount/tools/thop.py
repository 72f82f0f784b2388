"""thop.profile: a hook on every module of a known class; what is no module is not seen."""

from __future__ import annotations

from collections.abc import Sequence

from ..op import Work, dot
from ..ops.window import per_axis
from ..sizes import prod
from . import ADAPTIVE_AVERAGES, Rule, Use, nothing, per_input, per_output, recurrent, repeated, unit

PRODUCTS = ("matmul", "einsum", "gemm", "sdpa", "attention", "dynamic_conv")
"""Products for which torch has a function, and no module with a hook."""


def conv_transpose(use: Use) -> Sequence[Work]:
    """Every output a dot product of all input channels with a whole window, as in a convolution."""
    length = use.x[1] // use.op.groups * prod(per_axis(use.op.kernel, len(use.x) - 2))
    return (dot(length * prod(use.y), prod(use.y)),)


def adaptive(use: Use) -> Sequence[Work]:
    """Per output, the elements of its window and a division."""
    return unit(prod(use.x) + prod(use.y))


def softmax(use: Use) -> Sequence[Work]:
    """3 per element, less one addition per row."""
    return unit(3 * prod(use.y) - prod(use.y) // use.y[use.op.axis])


def upsample(use: Use) -> Sequence[Work]:
    """By mode; what it has no number for is free."""
    return unit({"nearest": 1, "linear": 5, "bilinear": 11, "bicubic": 259}.get(use.op.mode, 0) * prod(use.y))


def in_modules(use: Use) -> Sequence[Work]:
    """What is called outside of modules, or in one of another class, is not seen."""
    return use.work if use.origin == "module" else ()


def at_places(use: Use) -> Sequence[Work]:
    """Each of a module's places adds a hook, which counts every call, and is added to the sum."""
    return repeated(use.work, use.places**2)


RULES = (
    Rule(
        "a transposed convolution as a convolution: too high by its strides", ("conv_transpose",), conv_transpose, True
    ),
    Rule("4 per element of a normalisation, 2 without weights", ("bn", "instance_norm", "ln"), per_input(4, plain=2)),
    Rule("1 per output of average pooling", ("avgpool",), per_output(1)),
    Rule("the window and a division per output of adaptive average pooling", ADAPTIVE_AVERAGES, adaptive),
    Rule("3 per element of a softmax, less one per row", ("softmax",), softmax),
    Rule("1 per element of a PReLU", ("prelu",), per_input(1)),
    Rule("per output of upsampling 1, 5, 11 or 259, by its mode", ("upsample",), upsample),
    recurrent.CELL,
    recurrent.NOT_SMALLER,
    recurrent.hook({"rnn": 1, "gru": 7, "lstm": 8}),
    Rule("no product that is no module: attention, matrix products", PRODUCTS, nothing, wrong=True),
    Rule("nothing outside of modules", (), in_modules, wrong=True),
    Rule("a module that stands in several places hooked and summed at each", (), at_places, wrong=True),
)
