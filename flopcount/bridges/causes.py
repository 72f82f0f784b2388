"""Why two conventions' numbers of the same layers differ: what an entry costs here and there, rules, known errors."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from msgspec import Struct
from msgspec.structs import replace

from ..conventions import Convention
from ..engine import Layer
from ..metrics import METRICS
from .breakdown import Part, Price, broken_down
from .multiples import fitted


class Cause(Struct, frozen=True):
    """One reason for which two conventions' numbers differ.

    Attributes:
        ops: The kinds of layers concerned.
        quantity: What is priced otherwise: products, biases, elements ...; empty where no number of them says it.
        count: How many there are; None where the difference is no multiple of anything.
        before, after: What one of them costs under the first convention and under the second.
        difference: How much the second's number is larger for it: `count * (after - before)`.
        layers: In how many layers.
        why: The rules that make the difference, by whom.
        error_of: The convention whose tool is plainly mistaken here; empty: nobody's error.
    """

    ops: tuple[str, ...]
    quantity: str
    count: int | None
    before: int
    after: int
    difference: int
    layers: int = 1
    why: tuple[str, ...] = ()
    error_of: str = ""


def causes_of(layers: Sequence[Layer], before: Convention, after: Convention) -> tuple[Cause, ...]:
    """All causes, the largest first; those that are the same but for the layer are one."""
    single: list[tuple[Layer, Price | None, Price | None]] = [
        (layer, broken_down(layer, before), broken_down(layer, after)) for layer in layers if layer.work is not None
    ]
    known = [(layer, old, new) for layer, old, new in single if old is not None and new is not None]
    causes = [cause for layer, old, new in known for cause in _of_entries(layer, old, new, before, after)]
    alike: dict[tuple[str, bool], list[tuple[Layer, Price, Price]]] = {}
    for layer, old, new in known:
        alike.setdefault((layer.node.op.tag, bool(layer.node.weights)), []).append((layer, old, new))
    for some in alike.values():
        causes += _of_units(some, before, after)
        causes += _of_mistakes(some, before, after)
    for layer, mine, theirs in single:
        if mine is None or theirs is None:
            causes += _of_unknown(layer, mine, theirs, before, after)
    merged = _merged(cause for cause in causes if cause.difference)
    return tuple(sorted(merged, key=lambda cause: -abs(cause.difference)))


def _of_entries(layer: Layer, old: Price, new: Price, before: Convention, after: Convention) -> Iterator[Cause]:
    """Entries that have another price, or that only one side has."""
    tag = layer.node.op.tag
    why = (*(f"{before.name}: {name}" for name in old.others), *(f"{after.name}: {name}" for name in new.others))
    mine, theirs = _gathered(old.parts), _gathered(new.parts)
    for quantity in dict.fromkeys((*(name for name, _ in mine), *(name for name, _ in theirs))):
        left = {price: count for (name, price), count in mine.items() if name == quantity}
        right = {price: count for (name, price), count in theirs.items() if name == quantity}
        for price in left.keys() & right.keys():
            common = min(left[price], right[price])
            left[price] -= common
            right[price] -= common
        counts, others = ({price: count for price, count in side.items() if count} for side in (left, right))
        if len(counts) == len(others) == 1:
            (price, count), (other, many) = *counts.items(), *others.items()
            common = min(count, many)
            yield _priced(tag, quantity, common, price, other, _why(quantity, price, other, before, after))
            counts, others = {price: count - common}, {other: many - common}
        for price, count in counts.items():
            yield _priced(tag, quantity, count, price, 0, why or _why(quantity, price, 0, before, after))
        for price, count in others.items():
            yield _priced(tag, quantity, count, 0, price, why or _why(quantity, 0, price, before, after))


def _gathered(parts: Iterable[Part]) -> dict[tuple[str, int], int]:
    gathered: dict[tuple[str, int], int] = {}
    for part in parts:
        key = part.quantity, part.price
        gathered[key] = gathered.get(key, 0) + part.count
    return gathered


def _priced(tag: str, quantity: str, count: int, price: int, other: int, why: tuple[str, ...]) -> Cause:
    return Cause((tag,), quantity, count, price, other, count * (other - price), why=why)


def _why(quantity: str, price: int, other: int, before: Convention, after: Convention) -> tuple[str, ...]:
    """What the prices themselves say."""
    if quantity.startswith("results"):
        return ("a dot product of K products has K − 1 additions",)
    if quantity.startswith("products") and price and other:
        costs = (f"{each} {side.unit}{'s'[: each > 1]}" for each, side in ((price, before), (other, after)))
        return (f"a product and its addition: {', '.join(costs)}",)
    return ()


def _of_units(some: Sequence[tuple[Layer, Price, Price]], before: Convention, after: Convention) -> Iterator[Cause]:
    """Work in a tool's own unit, as so many per element or parameter where it is that."""
    some = [each for each in some if each[1].units != each[2].units]
    if not some:
        return
    layers = [layer for layer, _, _ in some]
    old, new = [price.units for _, price, _ in some], [price.units for _, _, price in some]
    stated = [
        [f"{convention.name}: {name}" for name in dict.fromkeys(name for price in prices for name in price.rules)]
        for convention, prices in ((before, [each[1] for each in some]), (after, [each[2] for each in some]))
    ]
    if multiples := fitted(layers, old, new):
        yield _stated(layers, *multiples, sum(new) - sum(old), tuple(stated[0] + stated[1]))
        return
    for values, why, sign in ((old, stated[0], -1), (new, stated[1], 1)):
        quantity, count, price, _ = fitted(layers, values, [0] * len(layers)) or ("", None, 0, 0)
        prices = (price, 0) if sign < 0 else (0, price)
        yield _stated(layers, quantity, count, *prices, sign * sum(values), tuple(why))


def _of_mistakes(some: Sequence[tuple[Layer, Price, Price]], before: Convention, after: Convention) -> Iterator[Cause]:
    """The known errors of both tools; one that they share is none between them."""
    for name in dict.fromkeys(name for _, old, new in some for name in (*old.mistakes, *new.mistakes)):
        both = [(layer, old.mistakes.get(name, 0), new.mistakes.get(name, 0)) for layer, old, new in some]
        both = [(layer, old, new) for layer, old, new in both if old != new]
        if not both:
            continue
        layers, old, new = ([*values] for values in zip(*both, strict=True))
        quantity, count, price, other = fitted(layers, old, new) or ("", None, 0, 0)
        culprit = after if any(new) else before
        difference = sum(new) - sum(old)
        yield _stated(layers, quantity, count, price, other, difference, (f"{culprit.name}: {name}",), culprit.name)


def _stated(
    layers: Sequence[Layer], quantity: str, count: int | None, price: int, other: int, difference: int,
    why: tuple[str, ...], error_of: str = "",
) -> Cause:  # fmt: skip
    tag = layers[0].node.op.tag
    return Cause((tag,), quantity, count, price, other, difference, len(layers), why, error_of)


def _of_unknown(
    layer: Layer, old: Price | None, new: Price | None, before: Convention, after: Convention
) -> Iterator[Cause]:
    """A layer that only one of the two knows how to count."""
    if old is None and new is None:
        return
    stranger = before if old is None else after
    total = METRICS["count"].measure(layer, after if old is None else before) or 0
    why = (f"what {stranger.name} counts here is not known",)
    yield Cause((layer.node.op.tag,), "", None, 0, 0, total if old is None else -total, why=why)


def _merged(causes: Iterable[Cause]) -> Iterator[Cause]:
    """Causes that differ by their layers alone, as one; dot products are the same in every op."""
    groups: dict[tuple[object, ...], list[Cause]] = {}
    for cause in causes:
        everywhere = cause.quantity.startswith(("products", "results")) and not cause.error_of
        key = (() if everywhere else cause.ops, cause.quantity, cause.before, cause.after, cause.why, cause.error_of)
        groups.setdefault((*key, cause.count is None), []).append(cause)
    for group in groups.values():
        counts = [cause.count for cause in group if cause.count is not None]
        yield replace(
            group[0],
            ops=tuple(dict.fromkeys(op for cause in group for op in cause.ops)),
            count=sum(counts) if counts else None,
            difference=sum(cause.difference for cause in group),
            layers=sum(cause.layers for cause in group),
        )
