"""What conventions ask for the common layers, side by side: read off samples, so that no rule is stated twice."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from fractions import Fraction
from itertools import combinations
from typing import Any

from msgspec import Struct

from .conventions import CONVENTIONS, Convention
from .op import Op
from .ops import find_op
from .sizes import prod
from .table import Column, Row, Table
from .tools import Use

LETTERS = {
    "P": "products", "n": "elements of the output", "i": "of the input", "k": "taps of all windows",
    "r": "rows", "s": "attention scores", "d": "channels", "e": "channels of every sample",
    "w": "products, had every output a whole window",
}  # fmt: skip
"""What a price is so many of."""
HEADS = "convT transposed convolution, fc b. bias of an FC layer, gap global average pooling, SDPA attention's core"
NONE, UNKNOWN, OTHER = "–", "?", "…"
LARGEST = 64
"""The largest factor that is looked for."""


class Sample(Struct, frozen=True):
    """A common layer, at any of several sizes.

    Attributes:
        title: What a table calls it.
        tag, fields: Its op; a function makes a field of the second size.
        shapes: Its input shapes, from three sizes.
        bases: What its price may be so many of.
        besides: Fields with which it costs less: the price is that of the difference.
    """

    title: str
    tag: str
    fields: Mapping[str, Any]
    shapes: Callable[[int, int, int], Sequence[tuple[int, ...]]]
    bases: str
    besides: Mapping[str, Any] | None = None


def _image(a: int, b: int, c: int) -> Sequence[tuple[int, ...]]:
    return [(a, 2 * b, 12 * c, 12 * c)]


def _tokens(a: int, b: int, c: int) -> Sequence[tuple[int, ...]]:
    return [(a, 7 * c, 4 * b)]


def _two(a: int, b: int, c: int) -> Sequence[tuple[int, ...]]:
    return [*_image(a, b, c), *_image(a, b, c)]


def _attention(a: int, b: int, c: int) -> Sequence[tuple[int, ...]]:
    return [(a, 7 * c, 4 * b)] * 3


def _features(a: int, b: int, c: int) -> Sequence[tuple[int, ...]]:
    return [(a, 8 * b * c)]


Fields = Mapping[str, Any]
CONV: Fields = {"out": lambda size: 3 * size, "kernel": 3, "bias": False}
LINEAR: Fields = {"out": lambda size: 3 * size, "bias": False}
POOL: Fields = {"kernel": lambda size: 2 + size % 2, "stride": 2}
SAMPLES = (
    Sample("conv", "conv", CONV, _image, "Pn"),
    Sample("bias", "conv", {**CONV, "bias": True}, _image, "n", CONV),
    Sample("convT", "conv_transpose", {**CONV, "stride": 2}, _image, "Pwn"),
    Sample("fc b.", "linear", {**LINEAR, "bias": True}, _features, "nP", LINEAR),
    Sample("BN", "bn", {}, _image, "nde"),
    Sample("LN", "ln", {}, _tokens, "nrde"),
    Sample("ReLU", "relu", {}, _image, "n"),
    Sample("max", "maxpool", POOL, _image, "ikn"),
    Sample("avg", "avgpool", POOL, _image, "ikn"),
    Sample("gap", "global_avgpool", {}, _image, "in"),
    Sample("add", "add", {}, _two, "n"),
    Sample("softmax", "softmax", {}, _tokens, "nr"),
    Sample("SDPA", "attention", {"heads": 2, "project": False}, _attention, "Psni"),
)
SIZES = ((1, 3, 2), (2, 5, 3), (3, 4, 7), (5, 2, 4), (2, 7, 5))
"""Enough of them that no other price fits by chance."""


def pricelist(conventions: Iterable[Convention] = tuple(CONVENTIONS.values())) -> Table:
    """A row for each convention, a column for each common layer.

    Example:
        >>> table = pricelist()
        >>> dict(zip([column.title for column in table.columns], table.rows[0], strict=True))["conv"]
        '2P−n'
    """
    columns = [Column("name", "", "text")]
    columns += [Column(f"{sample.tag}.{sample.title}".lower(), sample.title, "text") for sample in SAMPLES]
    rows: list[Row] = [(each.name, *(price_of(each, sample) for sample in SAMPLES)) for each in conventions]
    letters = ", ".join(f"{letter} {meaning}" for letter, meaning in LETTERS.items())
    caption = (letters, HEADS, f"{UNKNOWN} not known, {OTHER} none of these", "each layer a module, at test time")
    return Table("what each counts", tuple(columns), tuple(rows), caption=caption)


def price_of(convention: Convention, sample: Sample) -> str:
    """What a convention asks for a layer, as so many of what there is.

    Example:
        >>> price_of(CONVENTIONS["thop"], SAMPLES[4]), price_of(CONVENTIONS["lecture"], SAMPLES[0])
        ('4n', '2P−n')
    """
    uses = [_use(sample, sample.fields, sizes) for sizes in SIZES]
    prices = [convention.total(use) for use in uses]
    if sample.besides is not None:
        less = [convention.total(_use(sample, sample.besides, sizes)) for sizes in SIZES]
        prices = [None if a is None or b is None else a - b for a, b in zip(prices, less, strict=True)]
    if None in prices:
        return UNKNOWN
    if not any(prices):
        return NONE
    amounts = {letter: [_amount(letter, use) for use in uses] for letter in sample.bases}
    some = (letters for number in (1, 2, 3) for letters in combinations(sample.bases, number))
    solved = ((letters, _solved([amounts[letter] for letter in letters], prices)) for letters in some)
    found = [(letters, factors) for letters, factors in solved if factors]
    if not found:
        return OTHER
    letters, factors = min(found, key=lambda each: (len(each[0]), sum(map(abs, each[1]))))
    return _worded(zip(factors, letters, strict=True))


def _use(sample: Sample, fields: Mapping[str, Any], sizes: tuple[int, int, int]) -> Use:
    made = {name: field(sizes[1]) if callable(field) else field for name, field in fields.items()}
    op: Op = find_op(sample.tag)(**made)
    inputs = tuple(sample.shapes(*sizes))
    output = op.infer(*inputs)
    return Use(op, op.work(*inputs, output) or (), inputs, (output,))


def _amount(letter: str, use: Use) -> int:
    products = sum(entry.count for entry in use.work if entry.kind == "dot")
    found: dict[str, Callable[[], int]] = {
        "P": lambda: products,
        "n": lambda: prod(use.y),
        "i": lambda: prod(use.x),
        "k": lambda: prod(use.y) * use.op.kernel**2,
        "r": lambda: prod(use.x[:-1]),
        "s": lambda: sum(entry.outputs for entry in use.work if entry.part == "scores"),
        "d": lambda: use.x[1 if use.op.tag == "bn" else -1],
        "e": lambda: use.x[0] * use.x[1 if use.op.tag == "bn" else -1],
        "w": lambda: use.x[1] * use.op.kernel**2 * prod(use.y),
    }
    return found[letter]()


def _solved(amounts: Sequence[Sequence[int]], prices: Sequence[Any]) -> tuple[int, ...] | None:
    """Small whole factors by which the amounts sum to every price: by elimination, exactly."""
    rows = [[Fraction(number) for number in (*each, price)] for *each, price in zip(*amounts, prices, strict=True)]
    for column in range(len(amounts)):
        pivot = next((row for row in rows[column:] if row[column]), None)
        if pivot is None:
            return None
        rows.remove(pivot)
        rows = [[a - b * row[column] / pivot[column] for a, b in zip(row, pivot, strict=True)] for row in rows]
        rows.insert(column, [number / pivot[column] for number in pivot])
    factors = [row[-1] for row in rows[: len(amounts)]]
    if any(row[-1] for row in rows[len(amounts) :]):
        return None
    small = all(factor.denominator == 1 and 0 < abs(factor) <= LARGEST for factor in factors)
    return tuple(factor.numerator for factor in factors) if small else None


def _worded(terms: Iterable[tuple[int, str]]) -> str:
    text = ""
    for factor, letter in terms:
        size = f"{abs(factor) if abs(factor) > 1 else ''}{letter}"
        sign = "−" if factor < 0 else "+"
        text += (sign if text else "−" if factor < 0 else "") + size
    return text
