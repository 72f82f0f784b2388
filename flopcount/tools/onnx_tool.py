"""onnx-tool: every node of an ONNX graph, in multiply-accumulates that weigh an exponential 32 and a division 4."""

from __future__ import annotations

from collections.abc import Sequence

from ..op import Work
from ..sizes import prod
from . import JOINING, Rule, Use, per_element_joined, surveyed, unit, window

DIVISION, EXPONENTIAL, ROOT = 4, 32, 24

ELEMENTWISE = {
    "relu": 1, "relu6": 2, "leaky_relu": 2, "prelu": 2, "elu": 35, "sigmoid": EXPONENTIAL, "silu": 33, "gelu": 34,
    "hardsigmoid": 4, "hardswish": 5, "tanh": 76, "exp": EXPONENTIAL, "sqrt": ROOT,
    "bn": 3 + ROOT + DIVISION, "softmax": EXPONENTIAL + DIVISION,
}  # fmt: skip
"""Per element of the output."""

SURVEYED = (
    *ELEMENTWISE, *JOINING, "conv", "conv_transpose", "linear", "matmul", "attention", "sdpa", "ln", "gn",
    "maxpool", "avgpool", "global_avgpool",
)  # fmt: skip


def elementwise(use: Use) -> Sequence[Work]:
    """By the op's own weight."""
    return unit(ELEMENTWISE[use.op.tag] * prod(use.y))


def quotient(use: Use) -> Sequence[Work]:
    """A division weighs 4."""
    return unit(DIVISION * prod(use.y))


def conv_transpose(use: Use) -> Sequence[Work]:
    """Every output a product with all of the kernel's taps and filters, but not with the input's channels."""
    _, d1, *_ = use.x
    weights = prod(use.op.weights(*use.inputs)["weight"]) // d1
    return unit(weights * prod(use.y) + use.op.bias * prod(use.y))


def global_average(use: Use) -> Sequence[Work]:
    """An addition per input, a division per output."""
    return unit(prod(use.x) + DIVISION * prod(use.y))


def norm(use: Use) -> Sequence[Work]:
    """7 per element and 29 per row."""
    rows = prod(use.x[: -use.op.axes]) if use.op.tag == "ln" else use.x[0] * use.op.groups
    return unit(7 * prod(use.x) + (1 + ROOT + DIVISION) * rows)


def attention(use: Use) -> Sequence[Work]:
    """Its products, dense, and a softmax of 36 per score."""
    kept = [entry for entry in use.work if entry.kind == "dot" or entry.role == "bias"]
    scores = sum(entry.outputs for entry in kept if entry.part == "scores")
    return (*kept, *unit((EXPONENTIAL + DIVISION) * scores))


RULES = (
    surveyed(SURVEYED),
    Rule("a transposed convolution by its outputs, one input channel", ("conv_transpose",), conv_transpose, wrong=True),
    Rule("a weight of its own per element", tuple(ELEMENTWISE), elementwise),
    Rule("1 per element of a sum or product", tuple(tag for tag in JOINING if tag != "div"), per_element_joined),
    Rule("4 per element of a quotient", ("div",), quotient),
    Rule("1 per tap of pooling", ("maxpool", "avgpool"), window),
    Rule("1 per input and 4 per output of global average pooling", ("global_avgpool",), global_average),
    Rule("7 per element of a normalisation and 29 per row", ("ln", "gn"), norm),
    Rule("attention's products, and 36 per score", ("attention", "sdpa"), attention),
)
