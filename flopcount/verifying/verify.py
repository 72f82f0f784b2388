"""Verify a count: ours beside the numbers of witnesses that we did not write, layer by layer, to the unit.

A witness runs a real torch module and counts in its own way. Its convention predicts what it must say: no difference is
explained away afterwards, and one that is left over is a failure.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from msgspec import Struct
from msgspec.structs import replace

from ..conventions import CONVENTIONS
from ..engine import Layer, Report, count
from ..errors import ExpectationError, IncompleteError, UsageError, did_you_mean, show_shape
from ..graph import Graph
from ..sources import Inputs, is_torch, load, read_torch
from ..units import grouped
from .questions import Check, Value, layers_of, modules_of, parts_of, promises, structure, unpredicted, whole, work

if TYPE_CHECKING:
    from torch import nn

WITNESSES: dict[str, str | None] = {"torch": None, "FlopCounterMode": "torch", "fvcore": "fvcore"}
"""Who is asked, and the convention that predicts what they count; torch itself has shapes, parameters and buffers."""

AGAINST = (
    "ptflops", "ptflops-cpu", "ptflops-modules", "ptflops-aten", "thop", "torchinfo", "calflops", "deepspeed",
    "torch-cpu",
)  # fmt: skip
"""Counters that are asked on demand, in a process of their own: conventions that are named after them predict them."""

AS_COUNTERS = {convention: witness for witness, convention in WITNESSES.items() if convention}
"""Witnesses by the convention that predicts them: whoever asks other counters may ask these too, under that name."""

UNLIKE = ("attention", "parameter", "constant")
"""Ops that are built as modules of our own, of which a counter makes something else than of torch's."""


def predicted_by(witness: str) -> str | None:
    """The convention that predicts a witness."""
    return witness if witness in AGAINST else WITNESSES.get(witness)


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
    source: str | Path | nn.Module | Graph,
    *,
    model: nn.Module | None = None,
    args: tuple[Any, ...] = (),
    named_args: Mapping[str, Any] | None = None,
    witnesses: Iterable[str] = WITNESSES,
    against: Iterable[str] = (),
    inputs: Inputs | Iterable[str] | None = None,
    batch: int | None = 1,
    settings: Mapping[str, Any] | None = None,
    kwargs: Mapping[str, Any] | None = None,
) -> Verification:
    """Ask witnesses about a network: built in torch from its graph, or the torch model that the graph was read from.

    A torch source is asked itself, about each of its modules with all that runs in it; a saved program, whose Python is
    not there, is built like a spec.

    Args:
        source: What `load` takes, or a graph.
        model: The model that the graph describes, its layers named after their modules. Then every module is asked
            about, with all that it holds. It is copied, not changed. None: the graph is built.
        args: What the model is called with.
        named_args: The same by name.
        witnesses: Keys of `WITNESSES`.
        against: Names of `AGAINST`, or `fvcore` and `torch` of the witnesses: other counters. Where the source is a
            torch model they are asked about that model itself, not about one that is built.
        inputs: See `load`; a graph has its own.
        batch: See `load`.
        settings: See `load`.
        kwargs: See `load`.

    Raises:
        UsageError: There is no such witness; torch refuses to build or run a layer.
        IncompleteError: A layer is opaque, or an operator unknown.
        MissingExtraError: torch or fvcore is not installed.

    Example:
        >>> verify("lecture_ten_filters", witnesses=["torch", "FlopCounterMode"]).failures
        ()
    """
    names, others = tuple(witnesses), tuple(against)
    for kind, known, asked in (("witness", WITNESSES, names), ("counter", (*AS_COUNTERS, *AGAINST), others)):
        for name in asked:
            if name not in known:
                raise UsageError(f"unknown {kind} '{name}'", hint=did_you_mean(name, known))
    names = tuple(dict.fromkeys((*names, *(AS_COUNTERS[name] for name in others if name in AS_COUNTERS))))
    others = tuple(name for name in dict.fromkeys(others) if name in AGAINST)
    from ..torch import require_torch

    require_torch("verification")
    from ..torch.witnesses import built, given, hear, read_from

    reading = None
    if isinstance(source, Graph):
        graph = source
    elif is_torch(source):
        reading = read_torch(source, kwargs, inputs, batch, settings)
        graph = reading.graph
    else:
        graph = load(source, inputs=inputs, batch=batch, settings=settings, kwargs=kwargs)
    report = count(graph)
    checks: list[Check] = []
    silent: dict[str, str] = {}
    held = {weight.name for node in graph.nodes for weight in node.weights}
    parts = []
    if reading is not None and (model is not None or reading.make is None):
        reading = None  # another model is asked, or one that is built
    if reading is not None:
        _require_known(report)
        parts = parts_of(report, reading.parts)
    for name in names:
        if reading is not None:
            testimony = hear(name, read_from(reading))
        else:
            testimony = hear(name, [built(graph) if model is None else given(model, args, named_args or {})])
        if isinstance(testimony, str):
            silent[name] = testimony
            continue
        if reading is None:
            parts = [*(layers_of(report) if model is None else modules_of(report, testimony)), whole(report)]
        convention = WITNESSES[name]
        if convention is None:
            checks += structure(parts, name, testimony, held if reading is None else testimony.idle.keys())
        else:
            checks += work(report, parts, name, CONVENTIONS[convention], testimony)
            if reason := unpredicted(report, CONVENTIONS[convention]):
                silent[name] = reason
    for name in others:
        answer = _asked_apart(name, source if model is None else model, report, kwargs)
        if isinstance(answer, str):
            silent[name] = answer
        else:
            checks += answer
            if reason := unpredicted(report, CONVENTIONS[name]):
                silent[name] = reason
    return Verification(graph, (*checks, *promises(report)), silent)


def _require_known(report: Report) -> None:
    """Refuse a network of which a part is unknown: no convention predicts what a witness says of it."""
    if report.uncounted:
        raise IncompleteError(
            f"{report.graph.name}: no convention predicts what a witness says of operators that nobody knows",
            facts={"unknown": ", ".join(layer.node.label for layer in report.uncounted[:10])},
        )


def _asked_apart(name: str, source: Any, report: Report, kwargs: Mapping[str, Any] | None) -> list[Check] | str:
    """What a counter in a process of its own says, or why it cannot."""
    from ..torch.witnesses import Testimony
    from ..torch.witnesses.apart import MISSING, ask

    convention = CONVENTIONS[name]
    unit = f"{convention.unit}s"
    is_built = isinstance(source, Graph) or not is_torch(source)
    if is_built and (unlike := [node.label for node in report.graph.nodes if node.op.tag in UNLIKE]):
        return f"what is built for {unlike[0]} is no module that it knows: ask about a torch model"
    answer = ask(name, report.graph, None if is_built else source, dict(kwargs or {}))
    if answer.refusal.endswith(MISSING):
        raise UsageError(f"the counter {name} cannot be asked: {answer.refusal}", hint="install it beside torch")
    if answer.refusal:
        return answer.refusal
    testimony = Testimony({layer: {unit: said} for layer, said in answer.layers.items()}, {unit: answer.whole})
    if is_built:  # from modules alone, whatever the source of the graph says
        report = replace(report, layers=tuple(map(_as_module, report.layers)))
        parts = [part for part in layers_of(report) if part.name in answer.layers]
    else:
        parts = modules_of(report, testimony)
    parts.append(whole(report))
    return list(work(report, parts, name, convention, testimony))


def _as_module(layer: Layer) -> Layer:
    return replace(layer, node=replace(layer.node, origin="module"))


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


def _asked(check: Check) -> str:
    return f"{check.layer or 'total'}, {check.what} by {check.witness}"
