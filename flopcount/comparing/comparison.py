"""Networks side by side, and two of them layer by layer: the comparison, its tables and its data."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from ..collector import paused
from ..conventions import Convention
from ..engine import Report
from ..errors import UsageError, show_shape
from ..footer import own_notes, shared_provenance
from ..metrics import METRICS, Figures, Metric, bound, find_metric
from ..payload import keys_of, network_data, versioned
from ..summary import priced_columns
from ..table import AtLeast, Cell, Column, Document, Row, Table
from .depth import depth as depth_of
from .difference import SIDES, Differences, ratio
from .matching import match
from .pair import ARROW, Pair, names_of

SCHEMA = "flopcount.compare/1"


RATED = ("params", "count", "flops", "activation_bytes", "weight_bytes", "traffic")
"""Metrics whose ratio to the first network's stands beside them."""


class Comparison(Struct, frozen=True):
    """Networks that were counted in one way.

    Attributes:
        reports: In the order in which they were asked for; the first is what the others are compared with.
        pairs: Where there are two, their layers matched; otherwise None.
    """

    reports: tuple[Report, ...]
    pairs: tuple[Pair, ...] | None = None

    @property
    def titles(self) -> tuple[str, ...]:
        """What to call each network: its name, or where names repeat its source, or its place besides."""
        for titles in (
            [report.graph.name for report in self.reports],
            [report.graph.provenance.source for report in self.reports],
        ):
            if len({*titles}) == len(titles) and all(titles):
                return tuple(titles)
        return tuple(f"{report.graph.name} ({place})" for place, report in enumerate(self.reports, 1))

    def _repr_html_(self) -> str:
        """How a notebook shows it."""
        from ..renderers import html

        return html.render(comparison_document(self), color=True, width=None)


def compare_reports(reports: Sequence[Report], known: Mapping[str, Sequence[str]] | None = None) -> Comparison:
    """Compare what has been counted.

    Args:
        reports: Two or more.
        known: Which layers of the second stand for which of the first, as far as that is known; see `match`.

    Raises:
        UsageError: There is nothing to compare with, or they were counted in different ways.
    """
    if len(reports) < 2:
        raise UsageError("a comparison takes two networks or more", hint="flopcount compare resnet18 resnet34")
    comparison = Comparison(tuple(reports))
    for what, ways in (
        ("conventions", [_named(report.convention) for report in reports]),
        ("modes", [report.mode for report in reports]),
    ):
        if len({*ways}) > 1:
            raise UsageError(
                f"cannot compare across {what}",
                facts=dict(zip(comparison.titles, ways, strict=True)),
                hint=f"count all of them under one of the {what}",
            )
    if len(reports) > 2:
        return comparison
    with paused():
        return replace(comparison, pairs=match(reports[0], reports[1], known))


def comparison_document(
    comparison: Comparison,
    *,
    columns: Sequence[str] | None = None,
    depth: int | None = None,
    by: str = "layer",
    sort: str = "count",
    top: int | None = None,
) -> Document:
    """What a renderer needs to show a comparison: the networks side by side, and the difference of two.

    Args:
        comparison: What to show.
        columns: See `Differences.table`; the metrics among them are those of the networks too.
        depth: See `Differences.table`.
        by: See `Differences.table`.
        sort: See `Differences.table`.
        top: See `Differences.table`.

    Raises:
        UsageError: See `Differences.table`.
    """
    reports, titles = comparison.reports, comparison.titles
    figures = [Figures(report) for report in reports]
    said = tuple(_notes(comparison, figures))
    caption = shared_provenance(reports, titles)
    metrics = _metrics(reports[0], columns)
    deep = reports[0].mode == "eval"  # a step's numbers leave no room for it
    if comparison.pairs is None:
        if depth is not None or by != "layer" or top is not None:
            raise UsageError("only two networks are compared layer by layer", hint="leave out --depth, --by and --top")
        table = side_by_side(comparison, figures, metrics, said, caption, deep=deep)
        return Document((table,), lambda: comparison_data(comparison, figures, None, said))
    differences = Differences(figures[0], figures[1], comparison.pairs)
    with paused():
        difference = differences.table(
            ARROW.join(titles),
            columns=columns, depth=depth, by=by, sort=sort, top=top, notes=said, caption=caption,
        )  # fmt: skip
        networks = side_by_side(comparison, figures, metrics, deep=deep)
    return Document((networks, difference), lambda: comparison_data(comparison, figures, differences, said))


def _named(convention: Convention) -> str:
    text = convention.name
    for verb, names in (("counting", convention.counted), ("ignoring", convention.ignored)):
        text += f" {verb} {', '.join(names)}" if names else ""
    return text


def _metrics(report: Report, columns: Sequence[str] | None) -> list[Metric]:
    more = ("activations",) if report.mode == "eval" else ()
    keys = [key if key != "flops" else "count" for key in ("params", *priced_columns(report), *more)]
    if columns is not None:
        sides = tuple(f".{side}" for side in SIDES)
        named = [name.rpartition(".")[0] if name.endswith(sides) else name for name in columns]
        keys = [*dict.fromkeys(name for name in named if name in METRICS or name.startswith("bytes:"))] or keys
    return [find_metric(key, report.convention) for key in keys]


def side_by_side(
    comparison: Comparison,
    figures: Sequence[Figures],
    metrics: Sequence[Metric],
    notes: tuple[str, ...] = (),
    caption: tuple[str, ...] = (),
    rated: Sequence[str] = RATED,
    deep: bool = True,
) -> Table:
    """A row for each network: its totals, what some (`rated`) are of the first's, and, if `deep`, its depth."""
    columns = [Column("network", "network", "text")]
    cells: list[list[Cell]] = [list(comparison.titles)]
    for metric in metrics:
        title = metric.title_in(comparison.reports[0].convention)
        totals = [bound(figure.of(metric)) for figure in figures]
        columns += [Column(metric.key, title, metric.kind)]
        cells += [list(totals)]
        if metric.key in rated:
            columns += [Column(f"{metric.key}.ratio", f"× {title}", "ratio")]
            cells += [[ratio(total, totals[0]) for total in totals]]
    if deep:
        depths = [depth_of(report) for report in comparison.reports]
        columns += [Column("depth", "depth")]
        cells += [[AtLeast(depth.value) if depth.unknown else depth.value for depth in depths]]
    rows: tuple[Row, ...] = tuple(zip(*cells, strict=True))
    return Table("side by side", tuple(columns), rows, notes=notes, caption=caption)


def _notes(comparison: Comparison, figures: Sequence[Figures]) -> Iterator[str]:
    """In what the networks were counted differently, and what each report says of itself."""
    reports, titles = comparison.reports, comparison.titles
    yield from _differing("inputs", titles, [_inputs(report) for report in reports])
    yield from _differing("batches", titles, [str(report.graph.batch or "none") for report in reports])
    yield from _differing("dtypes", titles, [report.graph.dtype for report in reports])
    for title, report, figure in zip(titles, reports, figures, strict=True):
        yield from (f"{title}: {note}" for note in own_notes(report, figure))


def _inputs(report: Report) -> str:
    """One sample's sizes and types, so that another batch or name is no other input."""
    samples = [
        f"{show_shape(tensor.shape if report.graph.batch is None else tensor.shape[1:])} {tensor.dtype}"
        for tensor in report.graph.inputs
    ]
    return ", ".join(samples)


def _differing(what: str, titles: Sequence[str], values: Sequence[str]) -> Iterator[str]:
    if len({*values}) > 1:
        having = {value: [t for t, v in zip(titles, values, strict=True) if v == value] for value in values}
        yield f"{what} differ: " + "; ".join(f"{value} ({', '.join(some)})" for value, some in having.items())


def comparison_data(
    comparison: Comparison, figures: Sequence[Figures], differences: Differences | None, notes: Sequence[str]
) -> dict[str, Any]:
    """What `compare --format json` prints: networks without their layers, and two networks' layers in pairs."""
    networks = [
        {"title": title, **_with_traffic(network_data(report, figure), figure), "depth": depth_of(report).value}
        for title, report, figure in zip(comparison.titles, comparison.reports, figures, strict=True)
    ]
    with paused():
        difference = None if differences is None else _difference_data(comparison, differences)
    return versioned(SCHEMA, networks=networks, notes=list(notes), difference=difference)


def _with_traffic(network: dict[str, Any], figures: Figures) -> dict[str, Any]:
    """A network's data; a comparison is about bytes too."""
    return {**network, "totals": {**network["totals"], "traffic": figures.total(METRICS["traffic"]).value}}


def _difference_data(comparison: Comparison, differences: Differences) -> dict[str, Any]:
    keys = (*keys_of(comparison.reports[0]), "traffic")
    measures = [differences.measured(METRICS[key]) for key in keys]
    priceless = {"flops"} if differences.convention.unit != "FLOP" else set[str]()

    def numbers(pair: Pair) -> dict[str, Any]:
        group = differences.group("", pair.status, (pair,))
        values = [(measured.before(group), measured.after(group)) for measured in measures]
        known = {
            key: [each if isinstance(each, int) and key not in priceless else None for each in sides]
            for key, sides in zip(keys, values, strict=True)
        }
        return {
            "status": pair.status,
            "changes": pair.changes,
            **{
                side: {
                    "layers": names_of(layers),
                    "ops": [layer.node.op.tag for layer in layers],
                    **{key: sides[place] for key, sides in known.items()},
                }
                for place, (side, layers) in enumerate((("before", pair.before), ("after", pair.after)))
            },
            "difference": {key: None if old is None or new is None else new - old for key, (old, new) in known.items()},
        }

    return {
        "totals": {
            key: None if key in priceless else measured.difference(differences.everything)
            for key, measured in zip(keys, measures, strict=True)
        },
        "pairs": [numbers(pair) for pair in differences.pairs],
    }
