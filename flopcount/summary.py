"""From reports to the neutral table: which columns, folded how, in what order, and what its reader must know."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from math import prod
from typing import Any, Literal, get_args

from msgspec import Struct
from msgspec.structs import replace

from .conventions import Convention
from .engine import Layer, Report
from .errors import UsageError, did_you_mean
from .footer import network_provenance, own_notes, provenance
from .metrics import BYTES_AS, METRICS, RATIOS, Figures, Metric, Ratio, bound, count_under, find_metric, known
from .payload import envelope
from .table import AtLeast, Cell, Column, Document, Row, Share, Table
from .units import grouped

By = Literal["layer", "module", "op"]


class Group(Struct, frozen=True):
    """The layers that one row stands for, with their places in the report."""

    label: str
    layers: Sequence[Layer]
    places: Sequence[int]


class Text(Struct, frozen=True):
    """A column that says what a row is, instead of counting it."""

    key: str
    title: str
    kind: Literal["text", "shape"]
    cell: Callable[[Group], Any]


def _op(group: Group) -> str:
    tags = {layer.node.op.tag for layer in group.layers}
    return tags.pop() if len(tags) == 1 else ""


TEXTS: dict[str, Text] = {
    text.key: text
    for text in (
        Text("layer", "layer", "text", lambda group: group.label),
        Text("op", "op", "text", _op),
        Text("inputs", "input", "shape", lambda group: tuple(t.shape for t in group.layers[0].node.inputs)),
        Text("outputs", "output", "shape", lambda group: tuple(t.shape for t in group.layers[-1].node.outputs)),
        Text("where", "where", "text", lambda group: group.layers[0].node.where),
    )
}
COLUMNS = (*TEXTS, *METRICS, *RATIOS)
"""Every name that `--columns` and `--sort` know, besides `bytes:DTYPE`."""


def report_document(
    reports: Sequence[Report],
    *,
    notes: Callable[[Report], Iterable[str]] = lambda report: (),
    conventions: Sequence[Convention] = (),
    **options: Any,
) -> Document:
    """What a renderer needs to show reports.

    Args:
        reports: A table each, in order.
        notes: Further remarks on a report, for its footer.
        conventions: See `report_table`; data formats have a report for each.
        **options: Those of `report_table`.
    """
    tables = (report_table(report, notes=notes(report), conventions=conventions, **options) for report in reports)
    priced = [under for report in reports for under in _under(report, conventions)]
    return Document(tuple(tables), lambda: envelope(priced))


def _under(report: Report, conventions: Sequence[Convention]) -> Sequence[Report]:
    """The report under each convention, or as it is where there are none."""
    return [replace(report, convention=each) for each in conventions] or [report]


def report_table(
    report: Report,
    *,
    columns: Sequence[str] | None = None,
    depth: int | None = None,
    by: By = "layer",
    sort: str | None = None,
    top: int | None = None,
    notes: Iterable[str] = (),
    conventions: Sequence[Convention] = (),
) -> Table:
    """A report as a table. Whatever is folded, its rows are disjoint and add up to the totals.

    Args:
        report: What was counted.
        columns: Names of `COLUMNS` or `bytes:DTYPE`.
        depth: Fold layers whose names share so many parts: 1 makes `layer1` of `layer1.0.conv1`.
        by: A row for every layer, for every module that holds layers, or for every kind of op.
        sort: A column to sort by: numbers from large to small, names in their natural order.
        top: Show so many rows, the largest by count unless sorted otherwise, and the sum of the others.
        notes: Remarks for the footer besides those that the report itself gives rise to.
        conventions: Show the count under each of these, side by side, instead of that of the report's own convention.

    Raises:
        UsageError: An unknown column, an impossible fold, or fewer than one row or part.

    Example:
        >>> from flopcount.engine import count
        >>> from flopcount.graph import GraphBuilder
        >>> from flopcount.ops.conv import Conv
        >>> builder = GraphBuilder("example")
        >>> out = builder.add(Conv(out=10, kernel=5), [builder.input("image", (1, 3, 32, 32))], name="conv1")
        >>> report_table(count(builder.build(out)), columns=["layer", "outputs", "params"]).rows
        (('conv1', ((1, 10, 28, 28),), 760),)
    """
    check_fold(by, depth, top)
    return _Builder(report, by, depth, conventions).table(columns, sort, top, notes)


def check_fold(by: str, depth: int | None, top: int | None) -> None:
    """Refuse an impossible fold, or fewer than one row or part.

    Raises:
        UsageError: Which, and why.
    """
    if by not in get_args(By):
        raise UsageError(f"cannot fold by '{by}'", hint=did_you_mean(by, get_args(By)))
    for name, least in (("depth", depth), ("top", top)):
        if least is not None and least < 1:
            raise UsageError(f"{name} must be at least 1, not {least}")
    if by == "op" and depth is not None:
        raise UsageError("depth folds names, which a table by op does not have", hint="leave out one of the two")


def row_of(layer: Layer, by: str, depth: int | None) -> str:
    """The row to which a layer belongs. A layer outside of all modules is its own."""
    if by == "op":
        return layer.node.op.tag
    name = layer.node.scope or layer.node.name if by == "module" else layer.node.name
    return name if depth is None else ".".join(name.split(".")[:depth])


def priced_columns(report: Report) -> tuple[str, ...]:
    """The metrics of work that a table shows unless it is asked for others."""
    if report.mode == "train":
        return ("forward", "grad_input", "grad_weight", "count")
    return {"FLOP": ("macs", "flops"), "MAC": ("count",)}.get(report.convention.unit, ("macs", "count"))


class _Builder:
    """Folds, orders and cuts the rows of one report."""

    def __init__(self, report: Report, by: By, depth: int | None, conventions: Sequence[Convention]) -> None:
        self.report = report
        self.priced = {metric.key: metric for metric in map(count_under, conventions)}
        self.under = _under(report, conventions)
        self.by = by
        self.depth = depth
        self.figures = Figures(report)
        self.folded = by != "layer" or depth is not None
        self.everything = Group("total", report.layers, range(len(report.layers)))

    def table(self, columns: Sequence[str] | None, sort: str | None, top: int | None, notes: Iterable[str]) -> Table:
        sources = [self.source(name) for name in columns or self.default_columns()]
        groups = self.groups()
        if sort or top:
            groups = self.ordered(groups, self.source(sort or next(iter(self.priced), "count")))
        totals = [self.everything]
        if top and len(groups) > top:
            groups, rest = groups[:top], groups[top:]
            totals.insert(0, self.merged(f"… {grouped(len(rest))} more", rest))
        return Table(
            self.report.graph.name,
            tuple(self.column(source) for source in sources),
            tuple(zip(*(self.cells(source, groups, self.folded) for source in sources), strict=True)),
            self.total_rows(sources, totals),
            (*self.notes(), *notes),
            self.caption(),
        )

    def notes(self) -> Iterable[str]:
        """The remarks that the report gives rise to, under each convention."""
        return dict.fromkeys(
            note for under in self.under for note in own_notes(under, Figures(under) if self.priced else self.figures)
        )

    def caption(self) -> tuple[str, ...]:
        if not self.priced:
            return provenance(self.report)
        return (
            *network_provenance(self.report),
            *(f"{each.convention.name}: {each.convention.source}" for each in self.under),
        )

    def default_columns(self) -> tuple[str, ...]:
        if self.priced:
            first = ("op", "layers") if self.by == "op" else ("layer", "layers" if self.folded else "op")
            return (*first, *self.priced)
        priced, training = priced_columns(self.report), self.report.mode == "train"
        if self.by == "op":
            return ("op", "layers", "params", *priced, "share")
        # A training step has more numbers: its layers' names must do.
        whats: tuple[str, ...] = ("layers",) if self.folded else () if training else ("op",)
        return ("layer", *whats, *(() if training else ("outputs",)), "params", *priced, "share")

    def source(self, name: str) -> Text | Metric | Ratio:
        if name in TEXTS:
            return TEXTS[name]
        if name in self.priced:
            return self.priced[name]
        if name in RATIOS:
            return RATIOS[name]
        if name in METRICS or name.startswith(BYTES_AS):
            return find_metric(name, self.report.convention)
        raise UsageError(f"unknown column '{name}'", hint=did_you_mean(name, COLUMNS))

    def column(self, source: Text | Metric | Ratio) -> Column:
        if isinstance(source, Metric):
            return Column(source.key, source.title_in(self.report.convention), source.kind)
        if isinstance(source, Ratio):
            return Column(source.key, source.title_in(self.report.convention), source.kind)
        return Column(
            source.key, "module" if source.key == "layer" and self.by == "module" else source.title, source.kind
        )

    def groups(self) -> list[Group]:
        layers = self.report.layers
        if not self.folded:
            return [Group(layer.node.name, (layer,), (place,)) for place, layer in enumerate(layers)]
        places: dict[str, list[int]] = {}
        for place, layer in enumerate(layers):
            places.setdefault(row_of(layer, self.by, self.depth), []).append(place)
        return [Group(label, [layers[place] for place in some], some) for label, some in places.items()]

    def merged(self, label: str, groups: Sequence[Group]) -> Group:
        places = [place for group in groups for place in group.places]
        return Group(label, [self.report.layers[place] for place in places], places)

    def cells(self, source: Text | Metric | Ratio, groups: Sequence[Group], folded: bool) -> Sequence[Cell]:
        if isinstance(source, Text):
            return [source.cell(group) for group in groups]
        if isinstance(source, Ratio):
            parts = self.numbers(METRICS[source.part], groups, folded)
            if source.kind == "ratio":
                wholes = self.numbers(METRICS[source.whole], groups, folded)
            else:
                wholes = [self.figures.total(METRICS[source.whole]).value] * len(groups)
            return [
                None if part is None or whole is None else Share(known(part), known(whole))
                for part, whole in zip(parts, wholes, strict=True)
            ]
        return self.numbers(source, groups, folded)

    def numbers(self, metric: Metric, groups: Sequence[Group], folded: bool) -> Sequence[int | AtLeast | None]:
        each = self.figures.of(metric)
        if folded:
            return [bound([each[place] for place in group.places]) for group in groups]
        return [each[group.places[0]] for group in groups]

    def ordered(self, groups: list[Group], source: Text | Metric | Ratio) -> list[Group]:
        """Numbers descending, the unknown last; names ascending."""
        cells = self.cells(source, groups, self.folded)
        rank = _natural if isinstance(source, Text) and source.kind == "text" else _descending
        order = sorted(range(len(groups)), key=lambda place: rank(cells[place]))
        return [groups[place] for place in order]

    def total_rows(self, sources: Sequence[Text | Metric | Ratio], groups: Sequence[Group]) -> tuple[Row, ...]:
        named = next((source for source in sources if isinstance(source, Text) and source.kind == "text"), None)

        def cells(source: Text | Metric | Ratio) -> Sequence[Cell]:
            if source is named:
                return [group.label for group in groups]
            if isinstance(source, Text):
                return ["" if source.kind == "text" else ()] * len(groups)
            return self.cells(source, groups, True)

        return tuple(zip(*map(cells, sources), strict=True))


def _descending(cell: Any) -> tuple[bool, int]:
    """Sorts large numbers and large shapes first."""
    if cell is None:
        return (True, 0)
    if isinstance(cell, int):
        return (False, -cell)
    return (False, -cell[0]) if isinstance(cell, AtLeast | Share) else (False, -sum(map(prod, cell)))


def _natural(cell: Any) -> list[tuple[bool, int, str]]:
    """Sorts `layer10` after `layer2`."""
    import re

    return [(bool(word), int(number or 0), word) for number, word in re.findall(r"(\d+)|(\D+)", cell)]
