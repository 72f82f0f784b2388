"""Metrics: one entry is a column, a sort key, the name of a budget and a key of the JSON report.

To add one, add an entry to `METRICS`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal, NamedTuple

from msgspec import Struct

from .conventions import LECTURE, Convention
from .engine import Layer, Report, Total
from .errors import UsageError, did_you_mean
from .graph import DTYPE_BYTES
from .table import AtLeast

Measure = Callable[[Layer, Convention], int | None]


class Metric(Struct, frozen=True):
    """A number that every layer has, and that sums over layers.

    Attributes:
        key: Its name everywhere.
        title: How a table heads it; empty where the convention's unit does.
        summary: What it counts, in a sentence.
        measure: The number of one layer; None where unknown.
        kind: `count`, or `bytes`.
        priced: Whether it depends on the convention.
        unit: What a budget may name; empty for plain counts.
        batched: Whether it grows with the batch.
    """

    key: str
    title: str
    summary: str
    measure: Measure
    kind: Literal["count", "bytes"] = "count"
    priced: bool = False
    unit: str = ""
    batched: bool = True

    def title_in(self, convention: Convention) -> str:
        """How a table heads it under a convention."""
        return self.title or f"{convention.unit}s"


class Ratio(Struct, frozen=True):
    """One metric over another: a row's over the total of all (a share), or over the row's own."""

    key: str
    title: str
    summary: str
    part: str
    whole: str
    kind: Literal["share", "ratio"] = "share"

    def title_in(self, convention: Convention) -> str:
        """How a table heads it under a convention."""
        return self.title or f"{convention.unit}s/B"


def _macs(layer: Layer, convention: Convention) -> int | None:
    if layer.work is None:
        return None
    return sum(work.count for work in layer.work if work.kind == "dot" and work.role != "masked")


def _count(layer: Layer, convention: Convention) -> int | None:
    op, price, priced = layer.node.op, convention.price, layer.priced_by(convention)
    return None if priced is None else sum(price(work, op) for work in priced)


def _count_of(phase: str) -> Measure:
    def measure(layer: Layer, convention: Convention) -> int | None:
        op, price, priced = layer.node.op, convention.price, layer.priced_by(convention)
        return None if priced is None else sum(price(work, op) for work in priced if work.phase == phase)

    return measure


def _flops(layer: Layer, convention: Convention) -> int | None:
    return _count(layer, convention) if convention.unit == "FLOP" else None


def _activations(layer: Layer, convention: Convention) -> int | None:
    if layer.work is None:
        return None
    dots = [work for work in layer.work if work.kind == "dot" and work.role == "main" and work.phase == "forward"]
    if not dots:
        return 0
    if not any(work.part for work in dots):
        return sum(tensor.elements for tensor in layer.node.outputs)
    return sum(work.outputs for work in dots)


def _depthwise_macs(layer: Layer, convention: Convention) -> int | None:
    groups = getattr(layer.node.op, "groups", 1)
    if layer.work is None or groups == 1 or layer.node.op.group != "convolution":
        return None if layer.work is None else 0
    return _macs(layer, convention) if groups == layer.node.inputs[0].shape[1] else 0


def _weight_bytes(layer: Layer, convention: Convention) -> int | None:
    if layer.params is None:
        return None
    return sum(
        _bytes(weight.elements, weight.dtype)
        for weight in layer.node.weights
        if weight.kind == "parameter" and weight.name not in layer.shared
    )


def _activation_bytes(layer: Layer, convention: Convention) -> int | None:
    return sum(_bytes(tensor.elements, tensor.dtype) for tensor in layer.node.outputs)


def _traffic(layer: Layer, convention: Convention) -> int | None:
    if layer.work is None:
        return None
    if layer.node.op.view:
        return 0
    node = layer.node
    return sum(_bytes(tensor.elements, tensor.dtype) for tensor in (*node.inputs, *node.outputs, *node.weights))


def _bytes(elements: int, dtype: str) -> int:
    """Whole bytes: four-bit numbers lie two to a byte."""
    return (elements * int(8 * DTYPE_BYTES[dtype]) + 7) // 8


METRICS: dict[str, Metric] = {
    metric.key: metric
    for metric in (
        Metric(
            "params", "params", "learned numbers; tied weights count once",
            lambda layer, _: layer.params, batched=False,
        ),
        Metric(
            "trainable_params", "trainable", "learned numbers that training changes",
            lambda layer, _: layer.trainable_params, batched=False,
        ),
        Metric(
            "frozen_params", "frozen", "learned numbers that training leaves as they are",
            lambda layer, _: None if layer.params is None else layer.params - (layer.trainable_params or 0),
            batched=False,
        ),
        Metric(
            "buffers", "buffers", "numbers kept but not learned: running means and variances",
            lambda layer, _: layer.buffers, batched=False,
        ),
        Metric("macs", "MACs", "multiplications of dot products, whatever the convention", _macs, unit="MAC"),
        Metric("count", "", "work as the convention prices it, in its unit", _count, priced=True),
        Metric("flops", "FLOPs", "the same, where its unit is the FLOP", _flops, priced=True),
        Metric(
            "forward", "forward", "the part of the count that is the forward pass: at test time all of it",
            _count_of("forward"), priced=True,
        ),
        Metric(
            "grad_input", "to inputs", "the part that is the gradients to the layers' inputs, in training",
            _count_of("grad_input"), priced=True,
        ),
        Metric(
            "grad_weight", "to weights", "the part that is the gradients to the layers' weights, in training",
            _count_of("grad_weight"), priced=True,
        ),
        Metric("activations", "activations", "output elements of convolution, linear, matmul ...", _activations),
        Metric(
            "weight_bytes", "weights", "parameters as stored in their dtype",
            _weight_bytes, kind="bytes", unit="B", batched=False,
        ),
        Metric(
            "activation_bytes", "output bytes", "every layer's outputs in their dtype",
            _activation_bytes, kind="bytes", unit="B",
        ),
        Metric(
            "traffic", "traffic", "bytes of every layer's inputs, outputs and weights, once each; views move nothing",
            _traffic, kind="bytes", unit="B",
        ),
        Metric(
            "depthwise_macs", "depthwise MACs", "MACs of convolutions with one group per input channel",
            _depthwise_macs, unit="MAC",
        ),
        Metric("layers", "layers", "how many layers", lambda layer, _: 1, batched=False),
    )
}  # fmt: skip

RATIOS: dict[str, Ratio] = {
    ratio.key: ratio
    for ratio in (
        Ratio("share", "share", "share of the total count", "count", "count"),
        Ratio("params_share", "of params", "share of all parameters", "params", "params"),
        Ratio("depthwise_share", "depthwise", "share of all MACs, if depthwise", "depthwise_macs", "macs"),
        Ratio("intensity", "", "arithmetic intensity: count per byte of traffic", "count", "traffic", "ratio"),
    )
}  # fmt: skip

BYTES_AS = "bytes:"
"""`bytes:int8` is a metric too: the parameters' bytes, were they stored in that dtype."""


def find_metric(key: str, convention: Convention = LECTURE) -> Metric:
    """The metric of this name.

    Raises:
        UsageError: Unknown name or dtype, or FLOPs of a convention that counts something else.

    Example:
        >>> find_metric("bytes:int8").summary
        'parameters, were they stored in int8'
    """
    if key == "flops" and convention.unit != "FLOP":
        raise UsageError(
            f"the convention '{convention.name}' counts {convention.unit}s, not FLOPs",
            hint="'count' is its number, whatever the unit; or choose another convention",
        )
    if key.startswith(BYTES_AS):
        return _bytes_as(key.removeprefix(BYTES_AS))
    try:
        return METRICS[key]
    except KeyError:
        raise UsageError(f"unknown metric '{key}'", hint=did_you_mean(key, METRICS)) from None


def _bytes_as(dtype: str) -> Metric:
    if dtype not in DTYPE_BYTES:
        raise UsageError(f"unknown dtype '{dtype}'", hint=did_you_mean(dtype, DTYPE_BYTES))

    def measure(layer: Layer, convention: Convention) -> int | None:
        return None if layer.params is None else _bytes(layer.params, dtype)

    return Metric(
        BYTES_AS + dtype,
        f"in {dtype}",
        f"parameters, were they stored in {dtype}",
        measure,
        "bytes",
        unit="B",
        batched=False,
    )


def count_under(convention: Convention) -> Metric:
    """The work as one convention prices it, whatever that of the report: a column beside those of others.

    Example:
        >>> from flopcount.conventions import find_convention
        >>> metric = count_under(find_convention("fvcore"))
        >>> metric.key, metric.title
        ('count:fvcore', 'fvcore (MAC)')
    """
    return Metric(
        f"count:{convention.name}",
        f"{convention.name} ({convention.unit})",
        f"work as '{convention.name}' prices it",
        lambda layer, _: _count(layer, convention),
    )


class Figures:
    """The metrics of a report's layers: each is measured once, when it is first asked for."""

    def __init__(self, report: Report) -> None:
        self.report = report
        self._measured: dict[Measure, list[int | None]] = {}

    def of(self, metric: Metric) -> list[int | None]:
        """One number per layer, in the report's order."""
        measure, convention = metric.measure, self.report.convention
        if measure not in self._measured:
            self._measured[measure] = [measure(layer, convention) for layer in self.report.layers]
        return self._measured[measure]

    def total(self, metric: Metric) -> Total:
        """Their sum, a lower bound where a layer is unknown."""
        return sum_known(self.of(metric))


def sum_known(values: list[int | None]) -> Total:
    """The sum of what is known, and how many are not.

    Example:
        >>> sum_known([3, None, 4])
        Total(value=7, unknown=1)
    """
    known = [value for value in values if value is not None]
    return Total(sum(known), len(values) - len(known))


def bound(values: list[int | None]) -> int | AtLeast | None:
    """The same as a cell: a lower bound where one is unknown, unknown where all are.

    Example:
        >>> bound([3, 4]), bound([3, None]), bound([None]), bound([])
        (7, AtLeast(value=3), None, 0)
    """
    total = sum_known(values)
    if not total.unknown:
        return total.value
    return AtLeast(total.value) if total.unknown < len(values) else None


def known(number: int | AtLeast) -> int:
    """The number, or how much of it is known."""
    return number.value if isinstance(number, AtLeast) else number


class Miss(NamedTuple):
    """A total that differs from what its source promises."""

    key: str
    expected: int
    found: int


def misses(report: Report, figures: Figures | None = None) -> list[Miss]:
    """The totals that differ from what the source promises (`expect:`).

    Published totals are for one sample at test time and, where they are priced, for the lecture's convention; others
    are not compared. A lower bound misses only what it exceeds.
    """
    figures = figures or Figures(report)
    missed = []
    for key, expected in report.graph.provenance.expect.items():
        metric = find_metric(key)
        if metric.priced and report.convention != LECTURE:
            continue
        if metric.batched and (report.graph.batch not in (1, None) or report.mode != "eval"):
            continue
        total = figures.total(metric)
        if total.value > expected or (total.value < expected and not total.unknown):
            missed.append(Miss(key, expected, total.value))
    return missed
