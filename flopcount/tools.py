"""What other tools keep account of in place of the true ledger: rules of a convention that no price can state.

Each is a small function of an op, its true ledger (the forward pass) and its shapes (inputs, then outputs), and gives
the ledger that the tool believes in. Where a tool counts in units of its own ("5 per element"), the entry is of the
kind `unit`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import combinations
from typing import Any

from .op import Op, Work, dot
from .ops.einsum import parse
from .ops.window import per_axis
from .sizes import maximum, prod

Ledger = Callable[..., Sequence[Work]]


def unit(count: Any) -> tuple[Work, ...]:
    """Work in a tool's own unit, priced 1.

    Example:
        >>> unit(5 * 64)
        (Work(kind='unit', count=320),)
    """
    return (Work("unit", count),)


def nothing(op: Op, work: Sequence[Work], *shapes: Any) -> Sequence[Work]:
    """The tool does not know the op."""
    return ()


def torch_einsum(op: Any, work: Sequence[Work], *shapes: Any) -> Sequence[Work]:
    """Torch sums first what only one input names; where nothing is left to sum it multiplies elementwise, uncounted."""
    *x, _ = shapes
    terms, output = parse(op.equation, [len(shape) for shape in x])
    left, *others = (dict(zip(labels, shape, strict=True)) for labels, shape in zip(terms, x, strict=True))
    counted = []
    for position, right in enumerate(others, 1):
        needed = set(output).union(*others[position:])
        both = {label: maximum(left.get(label, 1), right.get(label, 1)) for label in left | right}
        summed = [label for label in left if label not in needed and left[label] > 1 and right.get(label, 1) > 1]
        left = {label: size for label, size in both.items() if label in needed}
        if summed:
            counted.append(dot(prod(left.values()) * prod(both[label] for label in summed), prod(left.values())))
    return counted


def fvcore_conv(op: Any, work: Sequence[Work], x: Any, *y: Any) -> Sequence[Work]:
    """Nothing where the padding is the word `same`, for which torch has an operator of its own (strides are 1 then)."""
    return () if op.padding == "same" and set(per_axis(op.stride, len(x) - 2)) == {1} else work


def fvcore_attention(op: Op, work: Sequence[Work], *shapes: Any) -> Sequence[Work]:
    """Fvcore does not know scaled_dot_product_attention: of attention, its projections are left."""
    return [entry for entry in work if entry.part not in ("scores", "values")]


def fvcore_bn(op: Any, work: Sequence[Work], x: Any, *y: Any) -> Sequence[Work]:
    """2 per element at test time, and by the statistics of the batch 5; 1 less without weights."""
    own = not op.track or any(entry.role == "statistics" for entry in work)
    return unit(((5 if own else 2) - (not op.affine)) * prod(x))


def fvcore_norm(op: Any, work: Sequence[Work], x: Any, *y: Any) -> Sequence[Work]:
    """5 per element, 4 without weights."""
    return unit((5 if op.affine else 4) * prod(x))


def fvcore_average(op: Op, work: Sequence[Work], x: Any, *y: Any) -> Sequence[Work]:
    """1 per element of the input, of adaptive and global average pooling over two axes alone."""
    return unit(prod(x)) if len(x) == 4 else ()


def fvcore_upsample(op: Any, work: Sequence[Work], x: Any, y: Any) -> Sequence[Work]:
    """Over two axes: 1 per output for `nearest`, 4 for `bilinear`, nothing for `bicubic`."""
    per_output = {"nearest": 1, "bilinear": 4}.get(op.mode, 0)
    return unit(per_output * prod(y)) if len(x) == 4 and per_output else ()


def fvcore_grid_sample(op: Op, work: Sequence[Work], x: Any, grid: Any, y: Any) -> Sequence[Work]:
    """4 per output, as for bilinear samples, whatever the mode and the axes."""
    return unit(4 * prod(y))


def fvcore_matmul(op: Any, work: Sequence[Work], a: Any, b: Any, y: Any) -> Sequence[Work]:
    """The first input's elements times the second's columns: too few where the second has more batches."""
    columns = 1 if len(b) == 1 else b[-2] if op.transpose else b[-1]
    return (dot(prod(a) * columns, prod(y)),)


def fvcore_einsum(op: Any, work: Sequence[Work], *shapes: Any) -> Sequence[Work]:
    """Half of what numpy prints, with four digits, for the cheapest order; two common products are counted as such."""
    *x, _ = shapes
    terms, output = parse(op.equation, [len(shape) for shape in x])
    sizes: dict[str, Any] = {}
    for labels, shape in zip(terms, x, strict=True):
        for label, size in zip(labels, shape, strict=True):
            sizes[label] = maximum(sizes.get(label, 1), size)
    if op.equation.replace(" ", "").translate(_renamed(op.equation)) in ("abc,abd->acd", "abc,adc->adb"):
        return unit(prod(sizes.values()))
    exact = {label: getattr(size, "value", size) for label, size in sizes.items()}
    printed = f"{_cheapest([frozenset(labels) for labels in terms], frozenset(output), exact) + 1:.3e}"
    return unit(int(float(printed)) // 2)


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
