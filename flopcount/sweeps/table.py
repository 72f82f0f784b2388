"""A sweep as a neutral document: one row a setting, and below it why some settings have none."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from msgspec.structs import replace

from ..engine import Report, Total
from ..errors import FlopcountError, show_shape
from ..footer import provenance
from ..graph import Graph, Tensor
from ..metrics import METRICS
from ..payload import TOTALS, convention_data, graph_data, versioned
from ..sources import parse_input
from ..summary import priced_columns
from ..table import AtLeast, Cell, Column, Document, Row, Share, Table
from ..units import grouped
from .axis import Axis
from .sweep import Point, Sweep

SCHEMA = "flopcount.over/1"
MOST_NOTES = 12
"""How many settings that fail are noted below a table; data formats have them all."""


def sweep_document(sweeps: Iterable[Sweep]) -> Document:
    """What a renderer needs to show sweeps, a table each."""
    sweeps = tuple(sweeps)
    return Document(tuple(map(sweep_table, sweeps)), lambda: versioned(SCHEMA, sweeps=[*map(sweep_data, sweeps)]))


def sweep_table(swept: Sweep) -> Table:
    """A row for each setting. One at which there is no network is left empty, and a note says why.

    Example:
        >>> from flopcount.sweeps.sweep import sweep
        >>> table = sweep_table(sweep("alexnet", {"input": "3x195x195,3x227x227"}, convention="macs"))
        >>> table.rows[0]
        (((3, 195, 195),), '', '', '', '')
        >>> table.notes[0]
        '3×195×195: fc6 (linear): takes 9216 features, not 6400 (global pooling before an FC layer takes any size)'
    """
    report = _common(swept)
    keys = ("params", *priced_columns(report), "activations")
    first = next(point.totals["count"] for point in swept.points if point.graph)
    some = " that has any" if swept.points[0].error else ""
    taken = {*keys, "ratio"}
    columns = (
        *(_axis_column(axis, taken) for axis in swept.axes),
        *(Column(key, METRICS[key].title_in(swept.convention), METRICS[key].kind) for key in keys),
        Column("ratio", "ratio", "ratio"),
    )
    return Table(
        report.graph.name,
        columns,
        tuple(_row(swept, point, keys, first) for point in swept.points),
        notes=tuple(_notes(swept)),
        caption=(*provenance(report), f"ratio: {swept.convention.unit}s to those of the first row{some}"),
    )


def sweep_data(swept: Sweep) -> dict[str, Any]:
    """One sweep as JSON-ready data."""
    graph = _first(swept)
    return {
        "model": graph.name,
        "source": graph.provenance.source,
        "varied": [{"name": axis.name, "kind": axis.kind} for axis in swept.axes],
        "mode": swept.mode,
        "views": swept.views,
        "convention": convention_data(swept.convention),
        "rows": [_row_data(swept, point) for point in swept.points],
    }


def _row_data(swept: Sweep, point: Point) -> dict[str, Any]:
    at = {axis.name: text for axis, text in zip(swept.axes, point.at, strict=True)}
    if point.graph is None:
        return {"at": at, "settings": None, "inputs": None, "batch": None, "coverage": None, "totals": None,
                "error": _error_data(point.error)}  # fmt: skip
    known = {key: point.totals[key].value if key in point.totals else None for key in TOTALS}
    partial = any(total.unknown for total in point.totals.values())
    return {
        "at": at,
        **graph_data(point.graph),
        "coverage": "partial" if partial else "complete",
        "totals": known,
        "error": None,
    }


def _error_data(error: FlopcountError | None) -> dict[str, Any] | None:
    if error is None:
        return None
    return {"where": error.where, "layer": error.layer, "what": error.what, "facts": error.facts, "hint": error.hint}


def _axis_column(axis: Axis, taken: set[str]) -> Column:
    key = f"set {axis.name}" if axis.name in taken else axis.name
    shapes = axis.kind == "input" and not any(":" in text for text in axis.texts)
    return Column(key, axis.name, "shape" if shapes else "text")


def _row(swept: Sweep, point: Point, keys: Iterable[str], first: Total) -> Row:
    at = tuple(_setting(axis, text) for axis, text in zip(swept.axes, point.at, strict=True))
    if point.graph is None:
        return (*at, *("" for _ in keys), "")
    count = point.totals["count"]
    ratio = None if count.unknown or first.unknown else Share(count.value, first.value)
    return (*at, *(_cell(point.totals[key], point.totals["layers"].value) for key in keys), ratio)


def _setting(axis: Axis, text: str) -> Cell:
    if axis.kind != "input":
        return text
    if any(":" in each for each in axis.texts):
        return _shown(axis, text)
    return (parse_input(text)[1][0],)


def _shown(axis: Axis, text: str) -> str:
    """How people write a setting: `3×160×160`."""
    if axis.kind != "input":
        return text
    shape, dtype = parse_input(text)[1]
    return f"{show_shape(shape)} {dtype}" if dtype else show_shape(shape)


def _cell(total: Total, layers: int) -> int | AtLeast | None:
    """A total: a lower bound where a layer is unknown, unknown where all are."""
    if not total.unknown:
        return total.value
    return AtLeast(total.value) if total.unknown < layers else None


def _label(swept: Sweep, point: Point) -> str:
    """A setting in a note; the shape of the only axis speaks for itself."""
    texts = [_shown(axis, text) for axis, text in zip(swept.axes, point.at, strict=True)]
    if len(swept.axes) == 1 and swept.axes[0].kind == "input":
        return texts[0]
    return ", ".join(f"{axis.name} = {text}" for axis, text in zip(swept.axes, texts, strict=True))


def _notes(swept: Sweep) -> Iterator[str]:
    """Why settings fail, what would help, and what their reports remark, each once."""
    counted = [point for point in swept.points if point.graph]
    failed = [(point, point.error) for point in swept.points if point.error]
    last = {error.hint: place for place, (_, error) in enumerate(failed[:MOST_NOTES])}
    for place, (point, error) in enumerate(failed[:MOST_NOTES]):
        why = ": ".join(filter(None, (_label(swept, point), error.layer or error.where, error.what)))
        yield f"{why} ({error.hint})" if error.hint and last[error.hint] == place else why
    if len(failed) > MOST_NOTES:
        yield f"{grouped(len(failed) - MOST_NOTES)} further settings fail; `--format json` says why"
    said: dict[str, list[str]] = {}
    for point in counted:
        for note in point.notes:
            said.setdefault(note, []).append(_label(swept, point))
    for note, labels in list(said.items())[:MOST_NOTES]:
        yield note if len(labels) == len(counted) else f"{labels[0]}{', …' if len(labels) > 1 else ''}: {note}"


def _first(swept: Sweep) -> Graph:
    return next(point.graph for point in swept.points if point.graph)


def _common(swept: Sweep) -> Report:
    """What all of a sweep's networks share, as a report without layers: it has the provenance of them all."""
    graphs = [point.graph for point in swept.points if point.graph]
    first = graphs[0]
    batched = any(axis.kind == "batch" for axis in swept.axes)
    inputs = [tuple(_sample(tensor, batched) for tensor in graph.inputs) for graph in graphs]
    settings = first.provenance.settings
    varied = {name for graph in graphs for name in settings if graph.provenance.settings[name] != settings[name]}
    varied |= {axis.name for axis in swept.axes if axis.kind == "parameter"}
    shared = replace(
        first,
        inputs=tuple(tensor for tensor in inputs[0] if all(tensor in others for others in inputs)),
        batch=None if batched else first.batch,
        provenance=replace(
            first.provenance, settings={name: value for name, value in settings.items() if name not in varied}
        ),
    )
    return Report(shared, (), swept.convention, swept.mode, swept.views)


def _sample(tensor: Tensor, batched: bool) -> Tensor:
    """One sample of an input, where the batch differs from row to row."""
    return replace(tensor, shape=tensor.shape[1:]) if batched else tensor
