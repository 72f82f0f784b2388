"""What a witness is asked about a count, and ours beside what it says.

It is asked about each layer of a network that was built from its graph, or about each module of a model, with all that
is in it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Set
from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace

from ..conventions import Convention
from ..engine import Layer, Report
from ..graph import Node
from ..metrics import METRICS, Figures, find_metric
from ..op import Shape
from ..units import grouped

if TYPE_CHECKING:
    from ..readers.torch.reading import Part as Module
    from ..torch.witnesses import Testimony

Value = int | tuple[Shape, ...]

BATCHES = "num_batches_tracked"
"""An integer that torch keeps besides a norm's running mean and variance: how many batches it has seen."""

EXPECTED = "expect"
"""The witness of a total that the source itself promises."""


class Check(Struct, frozen=True):
    """One number, or one layer's output shapes, twice.

    Attributes:
        layer: The layer's name; empty for the whole network.
        op: Its op.
        witness: Who says `theirs`.
        what: `outputs`, `params`, `buffers`, or the unit of the witness's convention.
        ours: What we say, or predict that the witness says.
        theirs: What the witness says; None where it says nothing.
        note: What a prediction holds that our own count does not.
    """

    layer: str
    op: str
    witness: str
    what: str
    ours: Value
    theirs: Value | None
    note: str = ""

    @property
    def equal(self) -> bool:
        """Whether nothing is left over."""
        return self.ours == self.theirs

    @property
    def difference(self) -> int | None:
        """Theirs less ours; None for shapes, and where the witness is silent."""
        if isinstance(self.ours, int) and isinstance(self.theirs, int):
            return self.theirs - self.ours
        return None


class Part(Struct, frozen=True):
    """What a witness is asked about: a layer, or a module with all layers in it (their places in the report)."""

    name: str
    op: str
    outputs: tuple[Shape, ...] | None
    params: int
    buffers: int
    batches: int
    layers: tuple[int, ...]


def layers_of(report: Report) -> list[Part]:
    """Every layer by itself: weights count at the first that uses them."""
    return [
        Part(
            layer.node.name,
            layer.node.op.tag,
            tuple(tensor.shape for tensor in layer.node.outputs),
            layer.params or 0,
            (layer.buffers or 0) + _constants(layer),
            _batch_counters(layer),
            (place,),
        )
        for place, layer in enumerate(report.layers)
    ]


def modules_of(report: Report, testimony: Testimony) -> list[Part]:
    """Every module that the witness met or that holds a layer, with all that is in it.

    Where modules stand in several places, a witness gives what is in them to one place or another: then of the modules
    that are single layers those that stand in one alone.
    """
    inside: dict[str, list[int]] = {}
    for place, layer in enumerate(report.layers):
        steps = _module_name(layer.node, testimony).split(".")
        for depth in range(1, len(steps) + 1):
            inside.setdefault(".".join(steps[:depth]), []).append(place)
    if shared := {layer.node.name for layer in report.layers if layer.node.places > 1}:
        alone = {layer.node.name for layer in report.layers if layer.node.origin == "module"} - shared
        inside = {name: places for name, places in inside.items() if name in alone}
    return [_module(report, name, tuple(inside[name])) for name in testimony.layers if name in inside]


def _module_name(node: Node, testimony: Testimony) -> str:
    """The layer's own name, or that of the first call of its module: `act` of `act_2`, where `act` is called twice."""
    first, _, call = node.name.rpartition("_")
    again = node.origin == "module" and call.isdigit() and first in testimony.layers
    return first if again and node.name not in testimony.layers else node.name


def _module(report: Report, name: str, places: tuple[int, ...]) -> Part:
    layers = [report.layers[place] for place in places]
    weights = {weight.name: weight for layer in layers for weight in layer.node.weights}.values()
    own = [layer.node for layer in layers if layer.node.name == name]
    return Part(
        name,
        own[0].op.tag if len(layers) == 1 and own else "",
        tuple(tensor.shape for tensor in own[0].outputs) if len(layers) == 1 and own else None,
        sum(weight.elements for weight in weights if weight.kind == "parameter"),
        sum(weight.elements for weight in weights if weight.kind == "buffer"),
        sum(map(_batch_counters, layers)),
        places,
    )


def parts_of(report: Report, modules: Mapping[str, Module]) -> list[Part]:
    """Every module of a model that has been read, and last the model itself."""
    place = {layer.node.name: number for number, layer in enumerate(report.layers)}
    held = {weight.name: weight for layer in report.layers for weight in layer.node.weights}
    parts = []
    for name, module in modules.items():
        own = [held[tensor] for tensor in module.tensors if tensor in held]
        parts.append(
            Part(
                name,
                report.layers[place[name]].node.op.tag if module.layers == (name,) else "",
                module.outputs,
                sum(weight.elements for weight in own if weight.kind == "parameter"),
                sum(weight.elements for weight in own if weight.kind == "buffer"),
                sum(tensor.endswith(BATCHES) and tensor not in held for tensor in module.tensors),
                tuple(place[layer] for layer in module.layers),
            )
        )
    return sorted(parts, key=lambda part: part.name == "")


def whole(report: Report) -> Part:
    """A network that is described by its layers alone."""
    return Part(
        "",
        "",
        tuple(tensor.shape for tensor in report.graph.outputs),
        sum(layer.params or 0 for layer in report.layers),
        sum((layer.buffers or 0) + _constants(layer) for layer in report.layers),
        sum(map(_batch_counters, report.layers)),
        tuple(range(len(report.layers))),
    )


def structure(parts: Iterable[Part], witness: str, testimony: Testimony, known: Set[str]) -> Iterator[Check]:
    """Shapes, parameters and buffers, as torch itself has them.

    Args:
        parts: What it was asked about; the whole network has no name.
        witness: Its name.
        testimony: What it says.
        known: The parameters that the graph has, or should have; others may be in modules that are never called.
    """
    unused = sum(count for name, count in testimony.idle.items() if name not in known)
    for part in parts:
        heard = testimony.layers[part.name] if part.name else testimony.whole
        params, note = part.params, ""
        if not part.name and unused:
            params, note = params + unused, f"{grouped(unused)} of them in modules that are never called"
        if part.outputs is not None:
            yield Check(part.name, part.op, witness, "outputs", part.outputs, heard["outputs"])
        yield Check(part.name, part.op, witness, "params", params, heard["params"], note)
        buffers = part.buffers + part.batches
        yield Check(part.name, part.op, witness, "buffers", buffers, heard["buffers"], _counter(part.batches))


def _constants(layer: Layer) -> int:
    """Numbers that nobody keeps in the source, but a module that is built for them does."""
    return sum(weight.elements for weight in layer.node.weights if weight.kind == "constant")


def _batch_counters(layer: Layer) -> int:
    """How many counters of batches torch keeps for a layer."""
    return int(layer.node.op.tag == "bn" and getattr(layer.node.op, "track", True))


def _counter(batches: int) -> str:
    return f"{grouped(batches)} of them {BATCHES}" if batches else ""


def work(
    report: Report, parts: Iterable[Part], witness: str, convention: Convention, testimony: Testimony
) -> Iterator[Check]:
    """Work as the witness's convention prices it; of a part of which it does not know all, nothing is predicted."""
    numbers = Figures(replace(report, convention=convention)).of(METRICS["count"])
    unit = f"{convention.unit}s"
    for part in parts:
        known = [number for place in part.layers if (number := numbers[place]) is not None]
        if len(known) < len(part.layers):
            continue
        ours = sum(known)
        heard = testimony.layers[part.name] if part.name else testimony.whole
        yield Check(part.name, part.op, witness, unit, ours, heard[unit])


def unpredicted(report: Report, convention: Convention) -> str:
    """Of which layers a convention does not know what its witness counts, as a reason; empty: it knows all."""
    numbers = Figures(replace(report, convention=convention)).of(METRICS["count"])
    layers = [layer.node.label for layer, number in zip(report.layers, numbers, strict=True) if number is None]
    more = f" and {len(layers) - 3} more" if len(layers) > 3 else ""
    return f"what it counts is not known of {', '.join(layers[:3])}{more}: no total is predicted" if layers else ""


def promises(report: Report) -> Iterator[Check]:
    """What the source promises (`expect:`), beside our own total."""
    if report.graph.batch not in (1, None):
        return
    figures = Figures(report)
    for key, promised in report.graph.provenance.expect.items():
        total = figures.total(find_metric(key))
        yield Check("", "", EXPECTED, key, total.value, promised)
