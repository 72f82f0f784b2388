"""The JSON report: what `flopcount.report/1` holds, stable from version to version.

Layers are disjoint and sum to the totals. An unknown layer has null where a number would stand, and then
`coverage.status` is "partial" and the totals are lower bounds. All numbers are exact integers.
"""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction
from typing import Any

from . import __version__
from .conventions import Convention
from .engine import Layer, Report
from .fields import show_value
from .graph import Graph, Tensor
from .metrics import METRICS, Figures, misses
from .op import Work

SCHEMA = "flopcount.report/1"
TOTALS = ("params", "trainable_params", "buffers", "macs", "count", "flops", "activations")
PHASES = ("forward", "grad_input", "grad_weight")
"""What every layer, part and total of a training step has besides."""


def versioned(schema: str, **data: Any) -> dict[str, Any]:
    """Data in the envelope that every JSON output has: which schema it follows, and who wrote it."""
    return {"schema": schema, "flopcount": __version__, **data}


def envelope(reports: Iterable[Report]) -> dict[str, Any]:
    """What `report --format json` prints."""
    return versioned(SCHEMA, reports=[report_data(report) for report in reports])


def report_data(report: Report) -> dict[str, Any]:
    """One report as JSON-ready data.

    Example:
        >>> from flopcount.engine import count
        >>> from flopcount.graph import GraphBuilder
        >>> from flopcount.ops.conv import Conv
        >>> builder = GraphBuilder("example")
        >>> out = builder.add(Conv(out=10, kernel=5), [builder.input("image", (1, 3, 32, 32))], name="conv1")
        >>> report_data(count(builder.build(out)))["totals"]["params"]
        760
    """
    figures = Figures(report)
    priced_in_flops = report.convention.unit == "FLOP"
    columns = [figures.of(METRICS[key]) for key in keys_of(report)]
    return {
        **network_data(report, figures),
        "layers": [
            _layer(layer, numbers, report.convention, priced_in_flops)
            for layer, *numbers in zip(report.layers, *columns, strict=True)
        ],
    }


def keys_of(report: Report) -> tuple[str, ...]:
    """The metrics that a report's data holds."""
    return (*TOTALS, *PHASES) if report.mode == "train" else TOTALS


def network_data(report: Report, figures: Figures) -> dict[str, Any]:
    """One report without its layers."""
    graph, convention = report.graph, report.convention
    totals: dict[str, int | None] = {key: figures.total(METRICS[key]).value for key in keys_of(report)}
    return {
        "model": graph.name,
        "source": graph.provenance.source,
        **graph_data(graph),
        **({"views": report.views} if report.views > 1 else {}),
        "mode": report.mode,
        "convention": convention_data(convention),
        "coverage": {
            "status": "partial" if report.uncounted else "complete",
            "uncounted": [
                {"name": layer.node.name, "op": layer.node.op.tag, "where": layer.node.where}
                for layer in report.uncounted
            ],
        },
        "notes": list(graph.provenance.notes),
        "expect": {
            "promised": graph.provenance.expect,
            "missed": [miss._asdict() for miss in misses(report, figures)],
        },
        "totals": totals if convention.unit == "FLOP" else {**totals, "flops": None},
    }


def graph_data(graph: Graph) -> dict[str, Any]:
    """What a network was asked to be: its parameters' values, its inputs, its batch."""
    return {
        "settings": {name: _setting(value) for name, value in graph.provenance.settings.items()},
        "inputs": [_tensor(tensor) for tensor in graph.inputs],
        "batch": graph.batch,
    }


def _setting(value: Any) -> Any:
    """A parameter's value; a fraction as the text that `--set` takes for it, since numbers here are never inexact."""
    if isinstance(value, list | tuple):
        return [_setting(item) for item in value]
    if not isinstance(value, Fraction):
        return value
    if value.denominator == 1:
        return value.numerator
    decimal = show_value(value)
    return decimal if Fraction(decimal) == value else str(value)


def _tensor(tensor: Tensor) -> dict[str, Any]:
    return {"name": tensor.name, "shape": tensor.shape, "dtype": tensor.dtype}


def convention_data(convention: Convention) -> dict[str, Any]:
    """How work is priced."""
    adjustments = {key: names for key in ("counted", "ignored") if (names := list(getattr(convention, key)))}
    return {"name": convention.name, "unit": convention.unit, "source": convention.source, **adjustments}


def _layer(layer: Layer, numbers: list[int | None], convention: Convention, in_flops: bool) -> dict[str, Any]:
    node = layer.node
    params, trainable, buffers, macs, count, flops, activations, *phases = numbers
    return {
        "name": node.name,
        "op": node.op.tag,
        "inputs": [tensor.shape for tensor in node.inputs],
        "outputs": [tensor.shape for tensor in node.outputs],
        "params": params,
        "trainable_params": trainable,
        "buffers": buffers,
        "macs": macs,
        "count": count,
        "flops": flops if in_flops else None,
        "activations": activations,
        **dict(zip(PHASES, phases, strict=False)),
        "work": None if layer.work is None else [_work(work) for work in layer.work],
        "parts": _parts(layer, convention, in_flops),
        "shared": layer.shared,
        "where": node.where,
    }


def _work(work: Work) -> dict[str, Any]:
    entry: dict[str, Any] = {"kind": work.kind, "count": work.count}
    if work.kind == "dot":
        entry["outputs"] = work.outputs
    entry["role"] = work.role
    if work.part:
        entry["part"] = work.part
    entry["phase"] = work.phase
    if work.to != "":
        entry["to"] = work.to
    return entry


def _parts(layer: Layer, convention: Convention, in_flops: bool) -> list[dict[str, Any]]:
    """The visible parts of a composite op, in the order of its ledger; together they are the layer."""
    ledger = layer.work or ()
    names = list(dict.fromkeys(work.part for work in ledger))
    if names in ([], [""]):
        return []
    parts = []
    for name in names:
        part = Layer(layer.node, tuple(work for work in ledger if work.part == name))
        macs, count = (METRICS[key].measure(part, convention) for key in ("macs", "count"))
        parts.append({"name": name, "macs": macs, "count": count, "flops": count if in_flops else None})
    return parts
