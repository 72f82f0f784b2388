"""What the reader of one layer's numbers must know besides them."""

from __future__ import annotations

from collections.abc import Iterator

from .conventions import Convention
from .engine import Layer, Report
from .folding import unfoldable


def summary(convention: Convention) -> str:
    """How work is priced, in a sentence.

    Example:
        >>> from flopcount.conventions import find_convention
        >>> summary(find_convention("macs").adjusted(count=["bn"], ignore=["attention"])).partition(";")[2]
        ' nothing else; counted besides: bn; ignored: attention'
    """
    rules = f"{convention.name}: {convention.summary}"
    for what, names in (("counted besides", convention.counted), ("ignored", convention.ignored)):
        rules += f"; {what}: {', '.join(names)}" if names else ""
    return rules


def notes(report: Report, layer: Layer) -> Iterator[str]:
    """What is unknown, shared, kept, frozen or free about a layer."""
    node, convention = layer.node, report.convention
    if layer.work is None:
        yield "nobody knows what it costs: it is left out, and totals are lower bounds"
        return
    if not layer.work:
        yield "it only moves data: nothing is computed"
    if layer.shared:
        yield f"{', '.join(layer.shared)}: shared with an earlier layer, which counts them"
    if layer.buffers:
        yield f"it keeps {layer.buffers:,} numbers that are not learned, besides its parameters"
    if frozen := (layer.params or 0) - (layer.trainable_params or 0):
        yield f"{frozen:,} of its parameters are frozen"
    priced = layer.priced_by(convention)
    if priced is None:
        yield f"what the convention '{convention.name}' counts here is not known"
        return
    if [*priced] != [*layer.work]:
        yield f"counted by a rule of the convention '{convention.name}', whatever the layer computes"
        for rule in convention.errors(layer.use):
            yield f"an error of the tool, reproduced: {rule.name}"
        return
    free = [entry for entry in layer.work if entry.count and not convention.price(entry, node.op)]
    if masked := sum(entry.count for entry in free if entry.role == "masked"):
        yield f"{masked:,} products that the mask throws away are not counted"
    if any(entry.role == "bias" for entry in free):
        yield f"adding the bias is free under the convention '{convention.name}'"
    if convention.statistics and not convention.primitive and any(entry.role == "statistics" for entry in layer.work):
        yield "it cannot fold into the layer before it while it is trained: each of its primitives counts 1"
    others = sum(entry.count for entry in free if entry.role in ("main", "statistics"))
    if others and node.op.tag == "bn" and report.mode == "eval":
        yield _batch_norm(report, layer)
    elif others:
        yield f"{others:,} primitive operations are free under the convention '{convention.name}'"


def _batch_norm(report: Report, layer: Layer) -> str:
    if reason := unfoldable(report.graph).get(layer.node.name):
        return f"free, although it cannot fold into the layer before it: {reason}"
    return "free: at test time batch normalisation folds into the layer before it"
