"""The bridge between two conventions' numbers of one network: what the second counts otherwise, cause by cause.

Both price the same ledger, so that their difference falls apart into what an entry costs here and there, what the rules
of a tool put in the place of entries, and the known errors of tools. The causes sum to the difference exactly.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from msgspec import Struct
from msgspec.structs import replace

from .conventions import Convention, find_convention
from .engine import Layer, Report, Total
from .errors import BugError
from .metrics import METRICS, Figures
from .op import Work
from .part import part_of
from .sizes import prod


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


class Span(Struct, frozen=True):
    """One layer under both conventions; None where what it costs is unknown."""

    name: str
    op: str
    before: int | None
    after: int | None
    causes: tuple[Cause, ...]


class Bridge(Struct, frozen=True):
    """Two numbers of one network, and everything that lies between them.

    Attributes:
        report: What was counted.
        before, after: The two conventions.
        start, end: Their numbers.
        causes: The largest first; they sum to the difference.
        part: The layer or module that it is about; empty: the whole network.
    """

    report: Report
    before: Convention
    after: Convention
    start: Total
    end: Total
    causes: tuple[Cause, ...]
    part: str = ""

    def spans(self) -> Iterator[Span]:
        """The layers in which the two differ, in the network's order."""
        for layer in self.report.layers:
            if causes := _causes([layer], self.before, self.after):
                before, after = (METRICS["count"].measure(layer, each) for each in (self.before, self.after))
                yield Span(layer.node.name, layer.node.op.tag, before, after, causes)


def bridge(report: Report, before: str | Convention, after: str | Convention, part: str = "") -> Bridge:
    """Why one convention's number of a network is not another's.

    Args:
        report: What was counted, under whatever convention.
        before: The convention to start from, by name or as an object.
        after: The one to arrive at.
        part: A layer or module to which to keep; empty: the whole network.

    Raises:
        UsageError: There is no such convention, layer or module.
        BugError: The causes do not sum to the difference.

    Example:
        >>> from flopcount.api import analyze
        >>> spanned = bridge(analyze("resnet50"), "macs", "thop")
        >>> spanned.start.value, spanned.end.value
        (4089184256, 4133742592)
        >>> for cause in spanned.causes:
        ...     print(*cause.ops, cause.count, cause.quantity, cause.before, cause.after, cause.difference)
        bn 11113984 elements 0 4 44455936
        global_avgpool 2048 outputs 0 50 102400
    """
    before, after = (find_convention(each) if isinstance(each, str) else each for each in (before, after))
    report = part_of(report, part) if part else report
    start, end = (Figures(replace(report, convention=each)).total(METRICS["count"]) for each in (before, after))
    causes = _causes(report.layers, before, after)
    found = sum(cause.difference for cause in causes)
    if found != end.value - start.value:
        raise BugError(
            f"the causes between '{before.name}' and '{after.name}' sum to {found:,}",
            facts={"difference": f"{end.value - start.value:,}", "network": report.graph.name},
        )
    return Bridge(report, before, after, start, end, causes, part)


class _Part(Struct, frozen=True, gc=False):
    """A part of one layer's price.

    Attributes:
        quantity: What is priced.
        count: How many.
        price: What each costs.
    """

    quantity: str
    count: int
    price: int


class _Price(Struct, frozen=True):
    """One layer's price, taken apart.

    Attributes:
        parts: Entries of the ledger, by their prices.
        units: Work in the tool's own unit, and the rules that state it.
        others: The rules that change entries of the ledger.
        mistakes: What each known error adds to the truth.
    """

    parts: tuple[_Part, ...] = ()
    units: int = 0
    rules: tuple[str, ...] = ()
    others: tuple[str, ...] = ()
    mistakes: dict[str, int] = {}


def _causes(layers: Sequence[Layer], before: Convention, after: Convention) -> tuple[Cause, ...]:
    """All causes, the largest first; those that are the same but for the layer are one."""
    single: list[tuple[Layer, _Price | None, _Price | None]] = [
        (layer, _taken_apart(layer, before), _taken_apart(layer, after)) for layer in layers if layer.work is not None
    ]
    known = [(layer, old, new) for layer, old, new in single if old is not None and new is not None]
    causes = [cause for layer, old, new in known for cause in _of_entries(layer, old, new, before, after)]
    alike: dict[tuple[str, bool], list[tuple[Layer, _Price, _Price]]] = {}
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


def _taken_apart(layer: Layer, convention: Convention) -> _Price | None:
    """A layer's price: what each rule of the tool does to the ledger, one after another; None: unknown."""
    op, trips = layer.node.op, layer.node.trips
    use = layer.use

    def priced(entries: Iterable[Work]) -> int:
        return sum(convention.price(entry, op) for entry in entries)

    # What the tool believes, and what of it is told as such: an error leaves the truth there and is told beside it.
    held, told = list(use.work), list(use.work)
    rules: list[str] = []
    others: list[str] = []
    mistakes: dict[str, int] = {}
    for rule, _, believed in convention.steps(use):
        if believed is None:
            return None
        removed, added = _exchanged(held, believed.work)
        change = priced(added) - priced(removed)
        if rule.wrong:
            held = list(believed.work)
            mistakes[rule.name] = mistakes.get(rule.name, 0) + change
            continue
        if not change and not any(entry.kind == "unit" for entry in (*held, *believed.work)):
            continue
        held = list(believed.work)
        absent, _ = _exchanged(removed, told)
        for entry in removed:
            if entry in told:
                told.remove(entry)
        told += added
        if absent:  # what an error had put there goes with this rule
            mistakes[rule.name] = mistakes.get(rule.name, 0) - priced(absent)
        (rules if any(entry.kind == "unit" for entry in added) else others).append(rule.name)
    # Of a layer in a loop, a use is one trip forward.
    backward = () if trips == 1 else [entry for entry in layer.work or () if entry.phase != "forward"]
    parts = (*_parts(told, convention, layer, trips), *_parts(backward, convention, layer, 1))
    units = trips * priced(entry for entry in told if entry.kind == "unit")
    wrong = {name: trips * value for name, value in mistakes.items() if value}
    return _Price(parts, units, tuple(rules), tuple(others), wrong)


def _exchanged(before: Sequence[Work], after: Sequence[Work]) -> tuple[list[Work], list[Work]]:
    """The entries that one ledger has and the other has not, either way."""
    added = list(after)
    removed = []
    for entry in before:
        if entry in added:
            added.remove(entry)
        else:
            removed.append(entry)
    return removed, added


KINDS = {
    "add": "additions", "mul": "multiplications", "div": "divisions", "cmp": "comparisons", "special": "exp, sqrt, …",
}  # fmt: skip
ROLES = {"bias": "biases", "statistics": "statistics"}
UNDONE = {"masked": ", masked", "recomputed": ", done again"}
PHASES = {"grad_input": ", to inputs", "grad_weight": ", to weights"}


def _parts(entries: Iterable[Work], convention: Convention, layer: Layer, trips: int) -> Iterator[_Part]:
    """Entries as what is priced, and at what: a dot product is its products and its results."""
    op = layer.node.op
    for entry in entries:
        if entry.kind == "unit":
            continue
        said = UNDONE.get(entry.role, "") + PHASES.get(entry.phase, "")
        price = convention.price(replace(entry, count=1, outputs=0), op)
        if entry.kind == "dot":
            yield _Part(f"products{said}", trips * entry.count, price)
            result = convention.price(replace(entry, count=0, outputs=1), op)
            yield _Part(f"results{said}", trips * entry.outputs, result)
        else:
            yield _Part(ROLES.get(entry.role, KINDS[entry.kind]) + said, trips * entry.count, price)


def _of_entries(layer: Layer, old: _Price, new: _Price, before: Convention, after: Convention) -> Iterator[Cause]:
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


def _gathered(parts: Iterable[_Part]) -> dict[tuple[str, int], int]:
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


def _of_units(some: Sequence[tuple[Layer, _Price, _Price]], before: Convention, after: Convention) -> Iterator[Cause]:
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
    if fitted := _fitted(layers, old, new):
        yield _stated(layers, *fitted, sum(new) - sum(old), tuple(stated[0] + stated[1]))
        return
    for values, why, sign in ((old, stated[0], -1), (new, stated[1], 1)):
        quantity, count, price, _ = _fitted(layers, values, [0] * len(layers)) or ("", None, 0, 0)
        prices = (price, 0) if sign < 0 else (0, price)
        yield _stated(layers, quantity, count, *prices, sign * sum(values), tuple(why))


def _of_mistakes(
    some: Sequence[tuple[Layer, _Price, _Price]], before: Convention, after: Convention
) -> Iterator[Cause]:
    """The known errors of both tools; one that they share is none between them."""
    for name in dict.fromkeys(name for _, old, new in some for name in (*old.mistakes, *new.mistakes)):
        both = [(layer, old.mistakes.get(name, 0), new.mistakes.get(name, 0)) for layer, old, new in some]
        both = [(layer, old, new) for layer, old, new in both if old != new]
        if not both:
            continue
        layers, old, new = ([*values] for values in zip(*both, strict=True))
        quantity, count, price, other = _fitted(layers, old, new) or ("", None, 0, 0)
        culprit = after if any(new) else before
        difference = sum(new) - sum(old)
        yield _stated(layers, quantity, count, price, other, difference, (f"{culprit.name}: {name}",), culprit.name)


def _stated(
    layers: Sequence[Layer], quantity: str, count: int | None, price: int, other: int, difference: int,
    why: tuple[str, ...], error_of: str = "",
) -> Cause:  # fmt: skip
    tag = layers[0].node.op.tag
    return Cause((tag,), quantity, count, price, other, difference, len(layers), why, error_of)


def _fitted(layers: Sequence[Layer], old: Sequence[int], new: Sequence[int]) -> tuple[str, int, int, int] | None:
    """The quantity of which both numbers are the same small whole multiples in every layer: (name, sum, old, new)."""
    best = None
    for name, amounts in _quantities(layers):
        if not all(amounts):
            continue
        price, other = old[0] // amounts[0], new[0] // amounts[0]
        fits = [price * amount for amount in amounts] == old and [other * amount for amount in amounts] == new
        if fits and (best is None or abs(price) + abs(other) < abs(best[2]) + abs(best[3])):
            best = name, sum(amounts), price, other
    return best


def _quantities(layers: Sequence[Layer]) -> Iterator[tuple[str, list[int]]]:
    """What layers have a number of, the plainest first."""
    uses = [layer.use for layer in layers]
    trips = [layer.node.trips for layer in layers]

    def times(amounts: Iterable[int]) -> list[int]:
        return [amount * trip for amount, trip in zip(amounts, trips, strict=True)]

    if all(use.inputs for use in uses):
        inputs = times(prod(use.x) for use in uses)
        outputs = times(prod(use.y) for use in uses)
        yield ("elements" if inputs == outputs else "inputs"), inputs
        yield "outputs", outputs
        yield (
            "parameters per sample",
            times(use.y[0] * sum(map(prod, use.op.weights(*use.inputs).values())) for use in uses),
        )
    yield "products", times(sum(entry.count for entry in use.work if entry.kind == "dot") for use in uses)
    if all(isinstance(getattr(use.op, "kernel", None), int) for use in uses):
        yield "taps", times(prod(use.y) * use.op.kernel ** (len(use.x) - 2) for use in uses)


def _of_unknown(
    layer: Layer, old: _Price | None, new: _Price | None, before: Convention, after: Convention
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
