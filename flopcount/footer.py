"""What stands below a report: where its numbers come from, and what its reader must not miss."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from . import __version__
from .engine import Report
from .errors import show_shape
from .fields import show_value
from .folding import unfoldable
from .metrics import Figures, misses
from .units import grouped

STEPS = {"eval": "eval", "train": "a training step, without loss and optimiser"}


def provenance(report: Report) -> tuple[str, ...]:
    """Where a report's numbers come from, item by item.

    Example:
        >>> from flopcount.graph import Graph, Tensor
        >>> provenance(Report(Graph("net", (Tensor("x", (1, 3)),), (), ()), ()))[:3]
        ('input 1×3 float32', 'batch 1', 'eval')
    """
    origin = _Origin(report)
    return origin.caption(origin.network, origin.settings)


def network_provenance(report: Report) -> tuple[str, ...]:
    """The same without the convention, where several are told."""
    origin = _Origin(report)
    return tuple(item for item in origin.caption(origin.network, origin.settings) if item != origin.priced)


def shared_provenance(reports: Sequence[Report], titles: Sequence[str]) -> tuple[str, ...]:
    """The same for several reports: what they share said once, then what each has of its own.

    Args:
        reports: Counted in one way.
        titles: What to call them.
    """
    origins = [_Origin(report) for report in reports]

    def parted(each: Sequence[Sequence[str]]) -> tuple[list[str], list[list[str]]]:
        shared = [item for item in each[0] if all(item in items for items in each)]
        return shared, [[item for item in items if item not in shared] for items in each]

    network, own_network = parted([origin.network for origin in origins])
    settings, own_settings = parted([origin.settings for origin in origins])
    own = [
        f"{title}: {', '.join(items)}"
        for title, *some in zip(titles, own_network, own_settings, strict=True)
        if (items := [item for items in some for item in items if item])
    ]
    return origins[0].caption(network, settings, own)


class _Origin:
    """The items of one report's provenance."""

    def __init__(self, report: Report) -> None:
        graph, convention = report.graph, report.convention
        tensors = [(tensor.name, f"{show_shape(tensor.shape)} {tensor.dtype}") for tensor in graph.inputs]
        inputs = f"input {tensors[0][1]}" if len(tensors) == 1 else ", ".join(map(" ".join, tensors))
        self.network = [
            inputs,
            "" if graph.batch is None else f"batch {graph.batch // report.views}",
            f"{grouped(report.views)} views of every sample" if report.views > 1 else "",
        ]
        self.settings = [f"{name} = {show_value(value)}" for name, value in graph.provenance.settings.items()]
        self.step = STEPS[report.mode]
        self.priced = f"{convention.unit}s by the convention '{convention.name}'"
        for verb, names in (("counting", convention.counted), ("ignoring", convention.ignored)):
            self.priced += f" {verb} {', '.join(names)}" if names else ""

    def caption(self, network: Sequence[str], settings: Sequence[str], own: Sequence[str] = ()) -> tuple[str, ...]:
        """These items among those that are always the same."""
        items = (*network, self.step, ", ".join(settings), *own, self.priced, f"flopcount {__version__}")
        return tuple(item for item in items if item)


def own_notes(report: Report, figures: Figures) -> Iterator[str]:
    """The remarks that a report itself gives rise to: unknown layers, batch norms that stay, missed expectations."""
    if unknown := [layer.node.label for layer in report.uncounted]:
        named = ", ".join(unknown[:3]) + (", …" if len(unknown) > 3 else "")
        yield f"{grouped(len(unknown))} layer{'s'[: len(unknown) > 1]} unknown: totals are lower bounds ({named})"
    yield from report.graph.provenance.notes
    yield from _free_though_unfoldable(report)
    yield from _errors(report)
    yield from _single_values(report)
    if report.mode == "train" and not report.convention.backward:
        yield f"the tool of the convention '{report.convention.name}' does not see the backward pass: gradients count 0"
    for miss in misses(report, figures):
        yield f"{miss.key}: {grouped(miss.found)}, but the source promises {grouped(miss.expected)}"


def _free_though_unfoldable(report: Report) -> Iterator[str]:
    """A convention prices batch norms at 0 because they fold into the layer before them; some cannot."""
    convention = report.convention
    norms = [layer for layer in report.layers if layer.node.op.tag == "bn"]
    if not norms or report.mode != "eval" or "bn" in convention.ignored:
        return
    if any(convention.price(work, norms[0].node.op) for work in norms[0].priced_by(convention) or ()):
        return
    if stay := len(unfoldable(report.graph)):
        yield (
            f"{grouped(stay)} of {grouped(len(norms))} batch norms cannot fold into the layer before at test time, "
            "and count as 0 all the same; `--count bn` prices them"
        )


def _errors(report: Report) -> Iterator[str]:
    """Where the convention reproduces an error of its tool, and where nobody knows what the tool counts."""
    convention = report.convention
    wrong: Counter[str] = Counter()
    unknown = 0
    for layer in report.layers if convention.rules else ():
        if layer.work is not None:
            wrong.update(rule.name for rule in convention.errors(layer.use))
            unknown += layer.priced_by(convention) is None
    for name, number in wrong.items():
        layers = f"{grouped(number)} layer{'s'[: number > 1]}"
        yield f"the convention '{convention.name}' reproduces an error of its tool in {layers}: {name}"
    if unknown:
        layers = f"{grouped(unknown)} layer{'s'[: unknown > 1]}"
        yield f"what the convention '{convention.name}' counts in {layers} is not known: totals are lower bounds"


def _single_values(report: Report) -> Iterator[str]:
    """Training normalises by the batch's statistics, and one value has no variance."""
    if report.mode != "train":
        return
    for layer in report.layers:
        node = layer.node
        if node.op.tag == "bn" and node.trainable and node.outputs[0].elements == node.outputs[0].shape[1]:
            yield f"{node.label} has one value a channel, which has no variance: train with a larger batch"
            return
