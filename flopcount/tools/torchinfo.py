"""torchinfo.summary: the parameters of every module without modules inside, times something of its output's shape."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ..op import Work
from ..sizes import prod
from . import NORMS, RECURRENT, Rule, Use, nothing, recurrent, unit
from .thop import PRODUCTS


def conv_transpose(use: Use) -> Sequence[Work]:
    """The parameters at every position of the output."""
    return unit(_params(use) * use.y[0] * prod(use.y[2:]))


def batch(use: Use) -> Sequence[Work]:
    """The parameters for every sample."""
    return unit(_params(use) * use.y[0])


def steps(use: Use) -> Sequence[Work]:
    """The parameters for every sample and step."""
    return unit(_params(use) * prod(use.x[:2]))


def in_modules(use: Use) -> Sequence[Work]:
    """What is called outside of modules is not seen, nor what a module with others inside does itself."""
    return use.work if use.origin in ("module", "leaf") else ()


def _params(use: Use) -> Any:
    return sum(prod(shape) for shape in use.op.weights(*use.inputs).values())


RULES = (
    recurrent.CELL,
    Rule(
        "a transposed convolution at every output: too high by its strides", ("conv_transpose",), conv_transpose, True
    ),
    Rule("the parameters of a linear layer per sample, whatever the tokens", ("linear",), batch, wrong=True),
    Rule("the parameters of a normalisation per sample", (*NORMS, "rms_norm"), batch),
    Rule("the parameters of a PReLU per sample", ("prelu",), batch),
    Rule("an embedding's whole table per sample", ("embedding",), batch, wrong=True),
    Rule("the parameters of a recurrent layer per sample and step", RECURRENT, steps),
    Rule("no product that is no module: attention, matrix products", PRODUCTS, nothing, wrong=True),
    Rule("nothing outside of modules", (), in_modules, wrong=True),
)
