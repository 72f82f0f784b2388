"""Verify a count: ours beside the numbers of witnesses that we did not write, layer by layer, to the unit.

A witness runs a real torch module and counts in its own way. Its convention predicts what it must say: no difference is
explained away afterwards, and one that is left over is a failure.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from msgspec import Struct

from .conventions import CONVENTIONS
from .engine import Layer, Report, count
from .errors import ExpectationError, IncompleteError, UsageError, did_you_mean, show_shape
from .graph import Graph
from .metrics import METRICS, Figures, find_metric
from .op import Shape
from .sources import Inputs, load
from .units import grouped

if TYPE_CHECKING:
    from .torch.witnesses import Testimony

Value = int | tuple[Shape, ...]

WITNESSES: dict[str, str | None] = {"torch": None, "FlopCounterMode": "torch", "fvcore": "fvcore"}
"""Who is asked, and the convention that predicts what they count; torch itself has shapes, parameters and buffers."""

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


class Verification(Struct, frozen=True):
    """What all witnesses say of one network.

    Attributes:
        graph: The network.
        checks: Layer by layer, then the totals, witness by witness.
        silent: Witnesses that could not run the network, each with its reason.
    """

    graph: Graph
    checks: tuple[Check, ...]
    silent: Mapping[str, str]

    @property
    def failures(self) -> tuple[Check, ...]:
        """The checks that something is left over of."""
        return tuple(check for check in self.checks if not check.equal)


def verify(
    source: str | Path | Graph,
    *,
    witnesses: Iterable[str] = WITNESSES,
    inputs: Inputs | Iterable[str] | None = None,
    batch: int | None = 1,
    settings: Mapping[str, Any] | None = None,
) -> Verification:
    """Build a network in torch and ask witnesses about it.

    Args:
        source: What `load` takes, or a graph.
        witnesses: Keys of `WITNESSES`.
        inputs: See `load`; a graph has its own.
        batch: See `load`.
        settings: See `load`.

    Raises:
        UsageError: There is no such witness; torch refuses to build or run a layer.
        IncompleteError: A layer is opaque.
        MissingExtraError: torch or fvcore is not installed.

    Example:
        >>> verify("lecture_ten_filters", witnesses=["torch", "FlopCounterMode"]).failures
        ()
    """
    names = tuple(witnesses)
    for name in names:
        if name not in WITNESSES:
            raise UsageError(f"unknown witness '{name}'", hint=did_you_mean(name, WITNESSES))
    from .torch import require_torch

    require_torch("verification")
    from .torch.witnesses import hear

    graph = source if isinstance(source, Graph) else load(source, inputs=inputs, batch=batch, settings=settings)
    report = count(graph)
    checks: list[Check] = []
    silent: dict[str, str] = {}
    for name in names:
        testimony = hear(name, graph)
        if isinstance(testimony, str):
            silent[name] = testimony
        else:
            checks += _structure(report, name, testimony) if WITNESSES[name] is None else _work(report, name, testimony)
    return Verification(graph, (*checks, *_promises(report)), silent)


def require_agreement(verification: Verification) -> None:
    """Refuse a verification that something is left over of, or that a witness could not take part in.

    Raises:
        ExpectationError: A difference is left.
        IncompleteError: A witness was silent.
    """
    name = verification.graph.name
    if failures := verification.failures:
        raise ExpectationError(
            f"{name}: {len(failures)} number{'s'[: len(failures) > 1]} that a witness does not confirm",
            facts={_asked(check): f"{show(check.ours)} and {show(check.theirs)}" for check in failures[:10]},
            hint="an expectation is amended in its source; any other difference is a bug in flopcount",
        )
    if verification.silent:
        raise IncompleteError(f"{name}: not every witness could be heard", facts=dict(verification.silent))


def show(value: Value | None) -> str:
    """A number or shapes, as people write them.

    Example:
        >>> show(25557032), show(((1, 64, 112, 112),))
        ('25,557,032', '1×64×112×112')
    """
    if value is None:
        return "nothing"
    return grouped(value) if isinstance(value, int) else ", ".join(map(show_shape, value))


def _structure(report: Report, witness: str, testimony: Testimony) -> Iterator[Check]:
    """Shapes, parameters and buffers, as torch itself has them."""
    totals = {"params": 0, "buffers": 0}
    counters = 0
    for layer in report.layers:
        node, tag = layer.node, layer.node.op.tag
        heard = testimony.layers[node.name]
        shapes = tuple(tensor.shape for tensor in node.outputs)
        counted = {"params": layer.params or 0, "buffers": layer.buffers or 0}
        batches = _batch_counters(layer)
        counters += batches
        yield Check(node.name, tag, witness, "outputs", shapes, heard["outputs"])
        yield Check(node.name, tag, witness, "params", counted["params"], heard["params"])
        buffers = counted["buffers"] + batches
        yield Check(node.name, tag, witness, "buffers", buffers, heard["buffers"], _counter(batches))
        for what, number in counted.items():
            totals[what] += number
    shapes = tuple(tensor.shape for tensor in report.graph.outputs)
    yield Check("", "", witness, "outputs", shapes, testimony.whole["outputs"])
    yield Check("", "", witness, "params", totals["params"], testimony.whole["params"])
    buffers = totals["buffers"] + counters
    yield Check("", "", witness, "buffers", buffers, testimony.whole["buffers"], _counter(counters))


def _asked(check: Check) -> str:
    return f"{check.layer or 'total'}, {check.what} by {check.witness}"


def _batch_counters(layer: Layer) -> int:
    """Integers that torch keeps besides the running mean and variance: how many batches it has seen."""
    return int(layer.node.op.tag == "bn" and getattr(layer.node.op, "track", True))


def _counter(batches: int) -> str:
    return f"{grouped(batches)} of them num_batches_tracked" if batches else ""


def _work(report: Report, witness: str, testimony: Testimony) -> Iterator[Check]:
    """Work as the witness's convention prices it."""
    convention = CONVENTIONS[str(WITNESSES[witness])]
    numbers = Figures(Report(report.graph, report.layers, convention)).of(METRICS["count"])
    unit = f"{convention.unit}s"
    for layer, ours in zip(report.layers, numbers, strict=True):
        yield Check(
            layer.node.name, layer.node.op.tag, witness, unit, ours or 0, testimony.layers[layer.node.name][unit]
        )
    yield Check("", "", witness, unit, sum(number or 0 for number in numbers), testimony.whole[unit])


def _promises(report: Report) -> Iterator[Check]:
    """What the source promises (`expect:`), beside our own total."""
    if report.graph.batch not in (1, None):
        return
    figures = Figures(report)
    for key, promised in report.graph.provenance.expect.items():
        total = figures.total(find_metric(key))
        yield Check("", "", EXPECTED, key, total.value, promised)
