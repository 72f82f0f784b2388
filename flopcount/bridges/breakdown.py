"""One layer's price under one convention, broken down: entries of the ledger, a tool's own units, its known errors."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from msgspec import Struct
from msgspec.structs import replace

from ..conventions import Convention
from ..engine import Layer
from ..op import Work


class Part(Struct, frozen=True, gc=False):
    """A part of one layer's price.

    Attributes:
        quantity: What is priced.
        count: How many.
        price: What each costs.
    """

    quantity: str
    count: int
    price: int


class Price(Struct, frozen=True):
    """One layer's price, taken apart.

    Attributes:
        parts: Entries of the ledger, by their prices.
        units: Work in the tool's own unit, and the rules that state it.
        others: The rules that change entries of the ledger.
        mistakes: What each known error adds to the truth.
    """

    parts: tuple[Part, ...] = ()
    units: int = 0
    rules: tuple[str, ...] = ()
    others: tuple[str, ...] = ()
    mistakes: dict[str, int] = {}


def broken_down(layer: Layer, convention: Convention) -> Price | None:
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
    return Price(parts, units, tuple(rules), tuple(others), wrong)


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
PHASES = {"grad_input": ", to inputs", "grad_weight": ", to weights"}


def _parts(entries: Iterable[Work], convention: Convention, layer: Layer, trips: int) -> Iterator[Part]:
    """Entries as what is priced, and at what: a dot product is its products and its results."""
    op = layer.node.op
    for entry in entries:
        if entry.kind == "unit":
            continue
        said = (", masked" if entry.role == "masked" else "") + PHASES.get(entry.phase, "")
        price = convention.price(replace(entry, count=1, outputs=0), op)
        if entry.kind == "dot":
            yield Part(f"products{said}", trips * entry.count, price)
            result = convention.price(replace(entry, count=0, outputs=1), op)
            yield Part(f"results{said}", trips * entry.outputs, result)
        else:
            yield Part(ROLES.get(entry.role, KINDS[entry.kind]) + said, trips * entry.count, price)
