"""ptflops: hooks on modules and, by default, patched functions besides, which the modules call in their turn.

A source that does not say how a layer is called is taken as torchvision writes models: every layer a module that has
one, residual additions by the operators `+` and `+=`.

Of a batch, ptflops divides by its size what modules counted, and not what functions did. Here it is all the batch's.
"""

from __future__ import annotations

from collections.abc import Sequence

from msgspec.structs import replace

from ..op import Work, add
from ..sizes import prod
from . import (
    BY_FUNCTIONAL,
    BY_NO_SIGN,
    POOLS,
    RECURRENT,
    SUMMED,
    SUMS,
    Rule,
    Use,
    at_every_place,
    fvcore,
    no_bilinear,
    per_input,
    per_output,
    recurrent,
    repeated,
    unit,
)  # fmt: skip

ACTIVATIONS = ("relu", "prelu", "elu", "leaky_relu", "relu6", "gelu")
FUNCTIONS = ("relu", "prelu", "elu", "gelu", *POOLS, "upsample")
"""What is patched as a function and hooked as a module too."""


def conv_transpose(use: Use) -> Sequence[Work]:
    """As it is, its bias at every output."""
    (products, *_) = use.work
    return (products, *((add(prod(use.y), role="bias"),) if use.op.bias else ()))


def attention(use: Use) -> Sequence[Work]:
    """All products; one per element of q for its scaling, one per score for the softmax."""
    kept = tuple(
        replace(entry, role="main") if entry.role == "masked" else entry
        for entry in use.work
        if entry.kind == "dot" or entry.role == "bias"
    )
    if use.op.tag == "sdpa" and use.origin != "attention":
        return use.work
    scores = sum(entry.outputs for entry in kept if entry.part == "scores")
    return (*kept, *unit(prod(use.x) + scores))


def weighed(use: Use) -> Sequence[Work]:
    """In the module of attention, where it is written out: the scaling and the softmax, 1 per element."""
    return unit(prod(use.x)) if use.origin == "attention" else use.work


def products_again(use: Use) -> Sequence[Work]:
    """The module of attention, where it is written out, calls torch.bmm, which is counted too."""
    return repeated(use.work, 2) if use.origin == "attention" else use.work


def softmax_again(use: Use) -> Sequence[Work]:
    """And torch.nn.functional.softmax."""
    return (*use.work, *unit(prod(use.x))) if use.origin == "attention" else use.work


def in_modules(use: Use) -> Sequence[Work]:
    """What is called outside of modules, or in one of another class, is not seen."""
    return use.work if use.origin in ("module", "attention") else ()


def hooked_places(use: Use) -> Sequence[Work]:
    """What a module's hook counts is summed at each of its places; what functions count, once."""
    return at_every_place(use) if use.origin in ("module", "attention") else use.work


def called_by_module(use: Use) -> Sequence[Work]:
    """A module calls its function, which is counted too."""
    return (*use.work, *_function(use)) if use.origin == "module" else use.work


def patched(use: Use) -> Sequence[Work]:
    """Outside of modules, the functions that are patched."""
    tag, origin = use.op.tag, use.origin
    seen = origin in ("module", "attention") or tag in (*FUNCTIONS, "silu", "softmax", "matmul")
    seen = seen or (tag in SUMS and origin == "method")
    return use.work if seen else ()


def unless_in_attention(use: Use) -> Sequence[Work]:
    """Nothing, but within torch's module of attention, which is counted as a whole."""
    return use.work if use.origin == "attention" else ()


def linear_again(use: Use) -> Sequence[Work]:
    """The products of every linear map that has a bias once more, those within attention too.

    On a model without memory torch finds the shape of `addmm` by calling `torch.mm`, which is patched.
    """
    true = use.op.work(*use.inputs, *use.outputs)
    biased = {entry.part for entry in true if entry.role == "bias"}
    return (*use.work, *(entry for entry in true if entry.kind == "dot" and entry.part in biased))


def leaky_again(use: Use) -> Sequence[Work]:
    """One product per element more, wherever it stands."""
    return (*use.work, *unit(prod(use.y)))


def unless_interpolated(use: Use) -> Sequence[Work] | None:
    """Torch finds the shape of an interpolation by interpolating, step by step; `nearest` is known."""
    return use.work if use.op.mode == "nearest" else None


def _function(use: Use) -> Sequence[Work]:
    return unit(prod(use.y if use.op.tag == "upsample" else use.x))


PRODUCTS = ("einsum", "gemm", "dynamic_conv", "sdpa")
"""Products that have neither a module with a hook nor a patched function."""

BY_KIND = (
    Rule("the bias of a transposed convolution at every output", ("conv_transpose",), conv_transpose),
    Rule("2 per element of a normalisation, 1 without weights", ("bn", "gn", "instance_norm"), per_input(2, plain=1)),
    Rule("1 per element of a layer norm", ("ln",), per_input(1)),
    Rule("1 per element of an activation", ACTIVATIONS, per_output(1)),
    Rule("1 per input of pooling", POOLS, per_input(1)),
    Rule("1 per output of upsampling", ("upsample",), per_output(1)),
    Rule("attention as a module: projections, scaling, scores, softmax, values", ("attention", "sdpa"), attention),
    Rule("attention as a module, written out: scaling and softmax", ("scale", "softmax"), weighed),
    recurrent.CELL,
    recurrent.UNPROJECTED,
    recurrent.hook(),
)

AT_EVERY_PLACE = Rule("a module that stands in several places summed at each", (), hooked_places, wrong=True)

MODULES = (
    *BY_KIND,
    Rule("no matrix product outside of modules", ("matmul", *PRODUCTS), unless_in_attention, wrong=True),
    Rule("nothing outside of modules", (), in_modules, wrong=True),
    AT_EVERY_PLACE,
)

FUNCTIONAL = (
    *BY_KIND,
    Rule("a matrix product by its first input", ("matmul",), fvcore.matmul),
    Rule("no product but by a module or torch.matmul", PRODUCTS, unless_in_attention, wrong=True),
    Rule("1 per element of SiLU and softmax", ("silu", "softmax"), per_input(1)),
    BY_NO_SIGN,
    BY_FUNCTIONAL,
    SUMMED,
    Rule("outside of modules no function but those that it patches", (), patched, wrong=True),
    AT_EVERY_PLACE,
    Rule("attention's products once more: as torch.bmm, which the module calls", ("matmul",), products_again,
         wrong=True),
    Rule("attention's softmax once more: as the function that the module calls", ("softmax",), softmax_again,
         wrong=True),
    Rule("activations, pooling, upsampling once more: as the function that the module calls", FUNCTIONS,
         called_by_module, wrong=True),
)  # fmt: skip

DEFAULT = (
    *FUNCTIONAL,
    Rule("linear layers with a bias once more: by torch.mm, called for their shape",
         ("linear", "attention", *RECURRENT), linear_again, wrong=True),
    Rule("LeakyReLU once more: by torch.mul, called for its shape", ("leaky_relu",), leaky_again, wrong=True),
    Rule("interpolation on shapes alone, not surveyed", ("upsample",), unless_interpolated, wrong=True),
)  # fmt: skip

ATEN = (
    no_bilinear(),
    Rule("the bias of a transposed convolution at every output", ("conv_transpose",), conv_transpose),
)  # fmt: skip
