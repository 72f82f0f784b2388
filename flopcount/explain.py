"""Explain a layer: every number of its report as a formula, its substitution and the result.

The formulas are the op's own, run on `Quantity` instead of integers, and the price is the convention's own; nothing is
stated twice, so what is explained is what was counted.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from .conventions import CONVENTIONS, Convention
from .engine import Layer, Report, Total, op_in, repeated
from .errors import UsageError, did_you_mean
from .formula.lift import Letter, Lifted, lift
from .formula.quantity import Quantity, prod
from .gradients import SUM
from .metrics import METRICS, Figures
from .op import Op, Shape, Work
from .remarks import notes, summary
from .tools import Use

__all__ = ["DominantLayer", "Dominants", "Explanation", "Letter", "Line", "dominant_layers", "explain_layer"]


GRADIENTS = {"grad_input": "gradient to inputs", "grad_weight": "gradient to weights"}


class Line(Struct, frozen=True):
    """One number: `title = formula = substitution = result`."""

    title: str
    formula: str
    substitution: str
    result: int


class Explanation(Struct, frozen=True):
    """What one layer holds and does, and why.

    Attributes:
        layer, op, where: Its name, op tag and place in the source.
        inputs, outputs: Its shapes, batch first.
        sizes: The output axes that are computed.
        params: Each weight, then their sum; empty where there are none or nobody knows.
        macs: Multiplications of its dot products; None where nobody knows.
        count: The work as the convention prices it: each part of a composite op, then the sum; empty where unknown.
        unit: The unit of `count`.
        letters: The letters of the formulas.
        citation: Where the op's formula comes from.
        convention: How work was priced, in a sentence.
        notes: What else a reader must know.
    """

    layer: str
    op: str
    where: str
    inputs: tuple[Shape, ...]
    outputs: tuple[Shape, ...]
    sizes: tuple[Line, ...]
    params: tuple[Line, ...]
    macs: Line | None
    count: tuple[Line, ...]
    unit: str
    letters: tuple[Letter, ...]
    citation: str
    convention: str
    notes: tuple[str, ...]


class DominantLayer(Struct, frozen=True):
    """A layer that holds much of a total."""

    name: str
    op: str
    count: int


class Dominants(Struct, frozen=True):
    """The layers that dominate a count, largest first; together `count` of the `total`."""

    layers: tuple[DominantLayer, ...]
    count: int
    total: Total
    unit: str


def explain_layer(report: Report, name: str) -> Explanation:
    """Explain one layer of a report, under the report's convention.

    Args:
        report: What was counted.
        name: The layer's name.

    Raises:
        UsageError: No layer has this name.

    Example:
        >>> from flopcount.engine import count
        >>> from flopcount.graph import GraphBuilder
        >>> from flopcount.ops.conv import Conv
        >>> builder = GraphBuilder("example")
        >>> image = builder.input("image", (1, 3, 227, 227))
        >>> outputs = builder.add(Conv(out=96, kernel=11, stride=4), [image], name="conv1")
        >>> explained = explain_layer(count(builder.build(outputs)), "conv1")
        >>> for line in (explained.sizes[0], explained.params[-1], explained.count[-1]):
        ...     print(f"{line.title}: {line.formula} = {line.substitution} = {line.result:,}")
        H2: (H1 − F + 2·P)/S + 1 = (227 − 11 + 2·0)/4 + 1 = 55
        all: (D1·F² + 1)·D2 = (3·11² + 1)·96 = 34,944
        all: (2·D1·F²)·D2·H2·W2 = (2·3·11²)·96·55·55 = 210,830,400
    """
    layer = _find(report, name)
    node = layer.node
    op = op_in(report.mode, node)
    lifted = lift(op, [tensor.shape for tensor in node.inputs], [tensor.shape for tensor in node.outputs])
    work = _lifted_work(lifted, layer)
    sizes, params = _sizes(lifted), _params(layer, lifted)
    macs = None if work is None else _priced("MACs", work, CONVENTIONS["macs"], op)
    priced = None if work is None else _priced_by(report.convention, lifted, layer, work)
    count = () if priced is None else _count(priced, report.convention, op)
    return Explanation(
        layer=name,
        op=node.op.tag,
        where=node.where,
        inputs=tuple(tensor.shape for tensor in node.inputs),
        outputs=tuple(tensor.shape for tensor in node.outputs),
        sizes=sizes,
        params=params,
        macs=macs,
        count=count,
        unit=report.convention.unit,
        letters=_used(lifted.letters, (*sizes, *params, *([macs] if macs else ()), *count)),
        citation=op.citation,
        convention=summary(report.convention),
        notes=tuple(notes(report, layer)),
    )


def dominant_layers(report: Report, percent: int = 80, most: int = 10) -> Dominants:
    """The few layers that together hold so much of the report's count.

    Args:
        report: What was counted.
        percent: Stop where the layers hold this share.
        most: Name at most so many.
    """
    figures = Figures(report)
    total = figures.total(METRICS["count"])
    counts = zip(report.layers, figures.of(METRICS["count"]), strict=True)
    chosen: list[DominantLayer] = []
    held = 0
    for layer, number in sorted(counts, key=lambda pair: -(pair[1] or 0)):
        if not number or len(chosen) == most or 100 * held >= percent * total.value:
            break
        chosen.append(DominantLayer(layer.node.name, layer.node.op.tag, number))
        held += number
    return Dominants(tuple(chosen), held, total, report.convention.unit)


def _find(report: Report, name: str) -> Layer:
    for layer in report.layers:
        if layer.node.name == name:
            return layer
    names = [layer.node.name for layer in report.layers]
    if inside := [other for other in names if other.startswith(f"{name}.")]:
        listed = ", ".join(inside[:8]) + (f" and {len(inside) - 8} more" if len(inside) > 8 else "")
        raise UsageError(f"'{name}' is a module, not a layer", hint=f"its layers: {listed}")
    raise UsageError(f"no layer is named '{name}'", hint=did_you_mean(name, names))


def _line(title: str, value: Any, by: Any = 1) -> Line:
    quantity = Quantity.lift(value)
    return Line(title, *quantity.grouped(by), quantity.value)


def _sizes(lifted: Lifted) -> tuple[Line, ...]:
    """The output axes whose size is not simply one of the letters."""
    lines: dict[Line, None] = {}
    for shape, made in zip(lifted.outputs, lifted.inferred, strict=True):
        for letter, size in zip(map(str, shape), made, strict=True):
            if isinstance(size, Quantity) and letter not in _words((line := _line(letter, size)).formula):
                lines[line] = None
    return tuple(lines)


def _params(layer: Layer, lifted: Lifted) -> tuple[Line, ...]:
    if layer.params is None:
        return ()
    elsewhere = list(layer.shared)
    own: dict[str, Any] = {}
    made = lifted.op.weights(*lifted.inputs)
    kept = layer.node.weights[len(made) + len(lifted.op.buffers(*lifted.inputs)) :]
    weights = [
        (entry, tensor)
        for entry, tensor in zip(
            (*made.items(), *((tensor.name, tensor.shape) for tensor in kept)),
            (*layer.node.weights[: len(made)], *kept),
            strict=True,
        )
        if tensor.kind == "parameter"
    ]
    # From the end: where a layer uses one tensor twice, its first use is the one that counts.
    for (key, shape), tensor in reversed(weights):
        if tensor.name in elsewhere:
            elsewhere.remove(tensor.name)
        else:
            own[key] = prod(shape)
    lines = [_line(key, own[key]) for (key, _), _ in weights if key in own]
    return (*lines, _line("all", sum(reversed(own.values())))) if weights else ()


def _count(work: Sequence[Work], convention: Convention, op: Op) -> tuple[Line, ...]:
    parts: dict[str, list[Work]] = {}
    for entry in work:
        parts.setdefault(GRADIENTS.get(entry.phase) or entry.part or "forward", []).append(entry)
    whole = _priced("all", work, convention, op)
    if len(parts) < 2:
        return (whole,)
    lines = (_priced(part, entries, convention, op) for part, entries in parts.items())
    return (*(line for line in lines if line.result), whole)


def _lifted_work(lifted: Lifted, layer: Layer) -> Sequence[Work] | None:
    """The layer's ledger in letters: the forward pass and, where it was counted, what is needed of the backward one."""
    forward = lifted.op.work(*lifted.inputs, *lifted.outputs)
    if forward is not None and layer.node.trips != 1:
        forward = repeated(forward, layer.node.trips)
    if layer.work is None or forward is None:
        return None
    needed = {(entry.phase, entry.to) for entry in layer.work if entry.phase != "forward"}
    if not needed:
        return forward
    backward = lifted.op.backward(*lifted.inputs, *lifted.outputs) or ()
    sums = [entry for entry in layer.work if entry.part == SUM]
    return (*forward, *(entry for entry in backward if (entry.phase, entry.to) in needed), *sums)


def _priced_by(convention: Convention, lifted: Lifted, layer: Layer, work: Sequence[Work]) -> Sequence[Work] | None:
    """The entries that the convention prices, in letters; see `Layer.priced_by`."""
    inputs, outputs, trips = tuple(lifted.inputs), tuple(lifted.outputs), layer.node.trips
    if trips == 1:
        return convention.ledger(Use(lifted.op, work, inputs, outputs, layer.node.origin, layer.node.places))
    once = lifted.op.work(*inputs, *outputs) or ()
    priced = convention.ledger(Use(lifted.op, once, inputs, outputs, layer.node.origin, layer.node.places))
    if priced is None:
        return None
    return (*repeated(priced, trips), *(entry for entry in work if entry.phase != "forward"))


def _priced(title: str, work: Iterable[Work], convention: Convention, op: Op) -> Line:
    """A price, written as the cost of one output times the outputs where that is possible."""
    entries = [replace(entry, count=Quantity.lift(entry.count)) for entry in work]
    outputs = next((entry.outputs for entry in entries if entry.kind == "dot"), 1)
    return _line(title, sum(convention.price(entry, op) for entry in entries), by=outputs)


def _words(formula: str) -> list[str]:
    return re.findall(r"[A-Za-z][A-Za-z0-9]*′*", formula)


def _used(letters: Iterable[Letter], lines: Iterable[Line]) -> tuple[Letter, ...]:
    used = {word for line in lines for word in (line.title, *_words(line.formula))}
    return tuple(letter for letter in letters if letter.letter in used)
