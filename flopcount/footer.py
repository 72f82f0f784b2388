"""What stands below a report: where its numbers come from, and what its reader must not miss."""

from __future__ import annotations

from collections.abc import Iterator

from . import __version__
from .engine import Report
from .errors import show_shape
from .fields import show_value
from .metrics import Figures, misses
from .units import grouped


def provenance(report: Report) -> tuple[str, ...]:
    """Where a report's numbers come from, item by item.

    Example:
        >>> from flopcount.graph import Graph, Tensor
        >>> provenance(Report(Graph("net", (Tensor("x", (1, 3)),), (), ()), ()))[:3]
        ('input 1×3 float32', 'batch 1', 'eval')
    """
    graph, convention = report.graph, report.convention
    tensors = [(tensor.name, f"{show_shape(tensor.shape)} {tensor.dtype}") for tensor in graph.inputs]
    inputs = f"input {tensors[0][1]}" if len(tensors) == 1 else ", ".join(map(" ".join, tensors))
    priced = f"{convention.unit}s by the convention '{convention.name}'"
    for verb, names in (("counting", convention.counted), ("ignoring", convention.ignored)):
        priced += f" {verb} {', '.join(names)}" if names else ""
    settings = ", ".join(f"{name} = {show_value(value)}" for name, value in graph.provenance.settings.items())
    items = (
        inputs,
        "" if graph.batch is None else f"batch {graph.batch}",
        report.mode,
        settings,
        priced,
        f"flopcount {__version__}",
    )
    return tuple(item for item in items if item)


def own_notes(report: Report, figures: Figures) -> Iterator[str]:
    """The remarks that a report itself gives rise to: unknown layers, missed expectations."""
    if unknown := [layer.node.label for layer in report.uncounted]:
        named = ", ".join(unknown[:3]) + (", …" if len(unknown) > 3 else "")
        yield f"{grouped(len(unknown))} layer{'s'[: len(unknown) > 1]} unknown: totals are lower bounds ({named})"
    for miss in misses(report, figures):
        yield f"{miss.key}: {grouped(miss.found)}, but the source promises {grouped(miss.expected)}"
