"""fvcore.nn.FlopCountAnalysis: the operators of a trace, one per product."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations
from typing import Any

from ..op import Work, dot
from ..ops.einsum import parse
from ..ops.window import per_axis
from ..sizes import maximum, prod
from . import (
    ADAPTIVE_AVERAGES,
    NO_AFFINE_GRID,
    RECURRENT,
    Rule,
    Use,
    no_bilinear,
    nothing,
    per_input,
    per_output,
    unit,
    unless_nothing,
)


def conv(use: Use) -> Sequence[Work]:
    """Nothing where the padding is the word `same`, for which torch has an operator of its own (strides are 1 then)."""
    same = use.op.padding == "same" and set(per_axis(use.op.stride, len(use.x) - 2)) == {1}
    return () if same else use.work


def attention(use: Use) -> Sequence[Work]:
    """Fvcore does not know scaled_dot_product_attention: of attention, its projections are left."""
    return [entry for entry in use.work if entry.part not in ("scores", "values")]


def bn(use: Use) -> Sequence[Work]:
    """2 per element at test time, and by the statistics of the batch 5; 1 less without weights."""
    own = not use.op.track or any(entry.role == "statistics" for entry in use.work)
    return unit(((5 if own else 2) - (not use.op.affine)) * prod(use.x))


def average(use: Use) -> Sequence[Work]:
    """1 per element of the input, of adaptive and global average pooling over two axes alone."""
    return unit(prod(use.x)) if len(use.x) == 4 else ()


def upsample(use: Use) -> Sequence[Work]:
    """Over two axes: 1 per output for `nearest`, 4 for `bilinear`, nothing for `bicubic`."""
    per_output = {"nearest": 1, "bilinear": 4}.get(use.op.mode, 0)
    return unit(per_output * prod(use.y)) if len(use.x) == 4 and per_output else ()


def matmul(use: Use) -> Sequence[Work]:
    """The first input's elements times the second's columns: too few where the second has more batches."""
    a, b = use.inputs
    columns = 1 if len(b) == 1 else b[-2] if use.op.transpose else b[-1]
    return (dot(prod(a) * columns, prod(use.y)),)


def einsum(use: Use) -> Sequence[Work]:
    """Half of what numpy prints, with four digits, for the cheapest order; two common products are counted as such."""
    equation = use.op.equation
    sizes = sizes_of(use)
    if equation.replace(" ", "").translate(_renamed(equation)) in ("abc,abd->acd", "abc,adc->adb"):
        return unit(prod(sizes.values()))
    return unit(printed_by_numpy(use) // 2)


def sizes_of(use: Use) -> dict[str, Any]:
    """The size of every letter of an einsum."""
    sizes: dict[str, Any] = {}
    terms, _ = parse(use.op.equation, [len(shape) for shape in use.inputs])
    for labels, shape in zip(terms, use.inputs, strict=True):
        for label, size in zip(labels, shape, strict=True):
            sizes[label] = maximum(sizes.get(label, 1), size)
    return sizes


def printed_by_numpy(use: Use) -> int:
    """What numpy prints of an einsum's cost in the cheapest order, read back from four digits."""
    terms, output = parse(use.op.equation, [len(shape) for shape in use.inputs])
    exact = {label: getattr(size, "value", size) for label, size in sizes_of(use).items()}
    return int(float(f"{_cheapest([frozenset(labels) for labels in terms], frozenset(output), exact) + 1:.3e}"))


def _renamed(equation: str) -> dict[int, int]:
    letters = dict.fromkeys(sign for sign in equation if sign.isalpha())
    return {ord(letter): ord("a") + place for place, letter in enumerate(letters)}


def _cheapest(terms: list[frozenset[str]], output: frozenset[str], sizes: dict[str, int]) -> int:
    """The cost of a contraction as `numpy.einsum_path(optimize="optimal")` has it, numpy 2.

    All pairs are tried in all orders, as long as no intermediate result is larger than the largest input or the output;
    what is left when all are larger is contracted at once.
    """
    if len(terms) < 3 or frozenset().union(*terms) == output:
        return _step(terms, [], output, sizes)[0]
    limit = max(prod(sizes[label] for label in labels) for labels in (*terms, output))
    found = [(0, terms)]
    for _ in range(len(terms) - 1):
        tried = []
        for cost, left in found:
            for pair in combinations(range(len(left)), 2):
                rest = [labels for place, labels in enumerate(left) if place not in pair]
                step, result = _step([left[place] for place in pair], rest, output, sizes)
                if prod(sizes[label] for label in result) <= limit:
                    tried.append((cost + step, [*rest, result]))
        if not tried:
            cost, left = min(found, key=lambda each: each[0])
            return cost + _step(left, [], output, sizes)[0]
        found = tried
    return min(cost for cost, _ in found)


def _step(
    inputs: list[frozenset[str]], rest: list[frozenset[str]], output: frozenset[str], sizes: dict[str, int]
) -> tuple[int, frozenset[str]]:
    """What contracting some inputs costs, and the labels of the result."""
    labels = frozenset().union(*inputs)
    result = labels & output.union(*rest)
    factor = max(1, len(inputs) - 1) + (len(labels) > len(result))
    return factor * prod(sizes[label] for label in labels), result


RULES = (
    Rule("nothing of a convolution padded by the word 'same'", ("conv",), conv, wrong=True),
    Rule("2 per element of a batch norm, 5 in training", ("bn",), bn),
    Rule("5 per element of a normalisation, 4 without weights", ("gn", "instance_norm", "ln"), per_input(5, plain=4)),
    Rule("1 per input of adaptive average pooling", ADAPTIVE_AVERAGES, average),
    Rule("1 per output of upsampling, 4 if bilinear", ("upsample",), upsample),
    Rule("4 per output of grid samples, whatever their mode", ("grid_sample",), per_output(4)),
    Rule("a matrix product by its first input, whatever the batches of its second", ("matmul",), matmul, wrong=True),
    no_bilinear(),
    NO_AFFINE_GRID,
    Rule("half of what numpy prints of an einsum, with four digits", ("einsum",), unless_nothing(einsum), wrong=True),
    Rule("no scaled dot product attention", ("attention",), attention, wrong=True),
    Rule("no scaled dot product attention", ("sdpa",), nothing, wrong=True),
    Rule("no recurrent layer", RECURRENT, nothing, wrong=True),
)
