"""A bridge as a neutral document: one row a cause, between the two numbers; or one row a layer."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from msgspec import to_builtins

from ..engine import Total
from ..footer import network_provenance
from ..payload import convention_data, graph_data, versioned
from ..table import AtLeast, Cell, Column, Difference, Document, Row, Table
from ..units import grouped
from .bridge import Bridge, Span
from .causes import Cause

SCHEMA = "flopcount.bridge/1"
TIMES, TO = "×", "→"


def bridge_document(spanned: Bridge, *, per_layer: bool = False) -> Document:
    """What a renderer needs to show a bridge.

    Args:
        spanned: What to show.
        per_layer: A row for each layer in which the two differ, instead of one for each cause.
    """
    table = layer_table(spanned) if per_layer else cause_table(spanned)
    records = _layer_records(spanned) if per_layer else _cause_records(spanned)
    return Document(
        (table,), lambda: versioned(SCHEMA, bridge=bridge_data(spanned, per_layer=per_layer)), records=(records,)
    )


def cause_table(spanned: Bridge) -> Table:
    """A row for each cause, from the first number to the second.

    Example:
        >>> from flopcount.api import analyze
        >>> from flopcount.bridges.bridge import bridge
        >>> from flopcount.conventions import find_convention
        >>> spanned = bridge(analyze("resnet50"), find_convention("macs"), find_convention("torchinfo"))
        >>> for row in cause_table(spanned).rows:
        ...     print(*row[:4])
        macs MACs  4089184256
        bn parameters per sample 53,120 × (0 → 1) Difference(value=53120)
        linear biases 1,000 × (0 → 1) Difference(value=1000)
    """
    errors = any(cause.error_of for cause in spanned.causes)
    columns = [
        Column("op", "op", "text"),
        Column("quantity", "what", "text"),
        Column("price", "how many × price", "formula"),
        Column("count", "count"),
    ]
    rows: list[Row] = [_end(spanned, first=True), *map(_row, spanned.causes)]
    totals = [_end(spanned, first=False)]
    if errors:
        columns.append(Column("error_of", "error of", "text"))
        marks = ["", *(cause.error_of for cause in spanned.causes)]
        rows = [(*row, mark) for row, mark in zip(rows, marks, strict=True)]
        totals = [(*row, "") for row in totals]
    return _table(spanned, columns, rows, totals)


def layer_table(spanned: Bridge) -> Table:
    """A row for each layer in which the two differ; the others are one row."""
    spans = [*spanned.spans()]
    errors = any(cause.error_of for span in spans for cause in span.causes)
    columns = [
        Column("layer", "layer", "text"),
        Column("op", "op", "text"),
        Column("before", spanned.before.name),
        Column("after", spanned.after.name),
        Column("difference", "difference"),
        *([Column("error_of", "error of", "text")] if errors else []),
    ]
    rows: list[Row] = [_layer_row(span)[: len(columns)] for span in spans]
    start, end = _bound(spanned.start), _bound(spanned.end)
    alike = len(spanned.report.layers) - len(spans)
    blank = ("",) * errors
    totals: list[Row] = []
    if alike:
        held = spanned.start.value - sum(span.before or 0 for span in spans)
        totals.append((f"{grouped(alike)} alike", "", held, held, Difference(0), *blank))
    units = f"{spanned.before.unit}s {TO} {spanned.after.unit}s"
    totals.append(("total", units, start, end, Difference(spanned.end.value - spanned.start.value), *blank))
    return _table(spanned, columns, rows, totals)


def _cause_records(spanned: Bridge) -> Table:
    """The causes with all that is known of each in its row; they sum to the second number."""
    keys = ("op", "quantity", "many", "before", "after", "count", "layers", "error_of", "why")
    first = (spanned.before.name, f"{spanned.before.unit}s", None, None, None, spanned.start.value, None, "", "")
    rows: list[Row] = [
        (
            ", ".join(cause.ops), cause.quantity, cause.count,
            *((None, None) if cause.count is None else (cause.before, cause.after)),
            cause.difference, cause.layers, cause.error_of, "; ".join(cause.why),
        )
        for cause in spanned.causes
    ]  # fmt: skip
    return _table(spanned, [Column(key, key) for key in keys], [first, *rows], [])


def _layer_records(spanned: Bridge) -> Table:
    """The layers in which the two differ, each with its reasons."""
    keys = ("layer", "op", "before", "after", "difference", "error_of", "why")
    rows = [(*_layer_row(span), "; ".join(dict.fromkeys(_reasons(span)))) for span in spanned.spans()]
    return _table(spanned, [Column(key, key) for key in keys], rows, [])


def _reasons(span: Span) -> Iterator[str]:
    for cause in span.causes:
        yield from cause.why


def bridge_data(spanned: Bridge, *, per_layer: bool = False) -> dict[str, Any]:
    """One bridge as JSON-ready data."""
    graph = spanned.report.graph
    data = {
        "model": graph.name,
        "part": spanned.part,
        "source": graph.provenance.source,
        **graph_data(graph),
        "mode": spanned.report.mode,
        "from": _end_data(spanned, first=True),
        "to": _end_data(spanned, first=False),
        "difference": spanned.end.value - spanned.start.value,
        "causes": [to_builtins(cause) for cause in spanned.causes],
    }
    return {**data, "layers": [to_builtins(span) for span in spanned.spans()]} if per_layer else data


def _table(spanned: Bridge, columns: list[Column], rows: list[Row], totals: list[Row]) -> Table:
    name = f"{spanned.report.graph.name} {spanned.part}".rstrip()
    return Table(
        f"{name}: {spanned.before.name} {TO} {spanned.after.name}",
        tuple(columns),
        tuple(rows),
        tuple(totals),
        tuple(_notes(spanned)),
        (
            *network_provenance(spanned.report),
            *(f"{each.name}: {each.unit}s, {each.source}" for each in (spanned.before, spanned.after)),
        ),
    )


def _row(cause: Cause) -> Row:
    price = ""
    if cause.count is not None:
        price = f"{grouped(cause.count)} {TIMES} ({cause.before} {TO} {cause.after})".replace("-", "−")
    return (", ".join(cause.ops), cause.quantity, price, Difference(cause.difference))


def _layer_row(span: Span) -> Row:
    difference: Cell = Difference(sum(cause.difference for cause in span.causes))
    culprits = dict.fromkeys(cause.error_of for cause in span.causes if cause.error_of)
    return (span.name, span.op, span.before, span.after, difference, ", ".join(culprits))


def _end(spanned: Bridge, *, first: bool) -> Row:
    convention, total = (spanned.before, spanned.start) if first else (spanned.after, spanned.end)
    return (convention.name, f"{convention.unit}s", "", _bound(total))


def _bound(total: Total) -> int | AtLeast:
    return AtLeast(total.value) if total.unknown else total.value


def _end_data(spanned: Bridge, *, first: bool) -> dict[str, Any]:
    convention, total = (spanned.before, spanned.start) if first else (spanned.after, spanned.end)
    return {"convention": convention_data(convention), "count": total.value, "unknown_layers": total.unknown}


def _notes(spanned: Bridge) -> Iterator[str]:
    """Why, rule by rule, and what is unknown."""
    said: dict[str, dict[str, None]] = {}
    wrong = {text: cause.error_of for cause in spanned.causes for text in cause.why if cause.error_of}
    for cause in spanned.causes:
        for text in cause.why:
            said.setdefault(text, {}).update(dict.fromkeys(cause.ops))
    for text, ops in said.items():
        name, _, rule = text.partition(": ")
        yield f"{', '.join(ops)}: " + (f"a known error of {name}: {rule}" if text in wrong else text)
    if unknown := max(spanned.start.unknown, spanned.end.unknown):
        layers = f"{grouped(unknown)} layer{'s'[: unknown > 1]}"
        yield f"what {layers} cost{'s'[unknown > 1 :]} is not known to both: the numbers are lower bounds"
