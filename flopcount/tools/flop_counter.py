"""torch.utils.flop_counter.FlopCounterMode: the operators that torch runs, two per product."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec.structs import replace

from ..op import Work, dot
from ..ops.einsum import parse
from ..sizes import maximum, prod
from . import NO_AFFINE_GRID, Rule, Use, no_bilinear, unless_nothing


def grouped_gradient(use: Use) -> Sequence[Work]:
    """The products of a grouped convolution's weight gradient as of an ungrouped one: groups times too many."""
    groups = getattr(use.op, "groups", 1)
    return [replace(entry, count=entry.count * groups) if entry.kind == "dot" else entry for entry in use.work]


def einsum(use: Use) -> Sequence[Work]:
    """Torch sums first what only one input names; where nothing is left to sum it multiplies elementwise, uncounted."""
    terms, output = parse(use.op.equation, [len(shape) for shape in use.inputs])
    left, *others = (dict(zip(labels, shape, strict=True)) for labels, shape in zip(terms, use.inputs, strict=True))
    counted = []
    for position, right in enumerate(others, 1):
        needed = set(output).union(*others[position:])
        both = {label: maximum(left.get(label, 1), right.get(label, 1)) for label in left | right}
        summed = [label for label in left if label not in needed and left[label] > 1 and right.get(label, 1) > 1]
        left = {label: size for label, size in both.items() if label in needed}
        if summed:
            counted.append(dot(prod(left.values()) * prod(both[label] for label in summed), prod(left.values())))
    return counted


def unfused(use: Use) -> Sequence[Work]:
    """Of attention its projections: its core is one operator on a CPU, which has no formula."""
    return [entry for entry in use.work if entry.part not in ("scores", "values")]


def unlike_lstm(use: Use) -> Sequence[Work]:
    """An LSTM is one operator of oneDNN, but for one whose state is projected."""
    return () if use.op.proj is None else use.work


RULES = (
    Rule(
        "the weight gradient of a grouped convolution, groups times too high",
        ("conv", "conv_transpose", "dynamic_conv"), grouped_gradient, wrong=True, phase="grad_weight",
    ),
    *map(no_bilinear, ("forward", "grad_input", "grad_weight")),
    NO_AFFINE_GRID,
    Rule("an einsum in torch's own order", ("einsum",), unless_nothing(einsum)),
)  # fmt: skip

CPU = (
    *RULES,
    *(
        Rule(name, ops, belief, wrong=True, phase=phase)
        for phase in ("forward", "grad_input", "grad_weight")
        for name, ops, belief in (
            ("no attention: on a CPU it is one operator without a formula", ("attention", "sdpa"), unfused),
            ("no LSTM: on a CPU it is one operator without a formula", ("lstm",), unlike_lstm),
        )
    ),
)
