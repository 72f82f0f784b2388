"""Verdicts: a model's numbers against its limits, worded so that the reader knows which layer to look at."""

from __future__ import annotations

from collections.abc import Iterator
from fnmatch import fnmatchcase
from fractions import Fraction

from msgspec.structs import replace

from ..engine import Report
from ..errors import ConfigError, FlopcountError, did_you_mean
from ..fields import show_value
from ..ops.source import Opaque
from ..verdict import Change, Held, ModelCheck, Outcome, Verdict
from . import wording
from .baseline import Snapshot, inputs_of
from .culprit import culprit_of
from .figures import Measures
from .layers import differing, growing, holding
from .limits import SHARE, Increase, Limit, unit_of
from .models import Model

CHANGED_LAYERS = 10
"""How many layers a difference lists."""

COMPARED = ("params", "macs")
"""The metrics whose change by layer a difference lists."""


def judge(
    model: Model, report: Report, base: Snapshot | None, note: str = "", compared: str | None = None
) -> ModelCheck:
    """One model against its limits.

    Args:
        model: Its limits.
        report: Its numbers.
        base: What it cost before; None where there is nothing to compare with.
        note: Why it is not compared, or that it was renamed.
        compared: The name that it has in its baseline.
    """
    measures = Measures(report)
    verdicts = tuple(
        replace(verdict, culprit=culprit_of(verdict, model.source)) if verdict.message else verdict
        for verdict in (verdict_of(limit, report, measures, base) for limit in model.limits)
    )
    changes, layers = _differences(measures, report, base) if base else ((), {})
    return ModelCheck(
        name=model.name,
        source=model.source,
        inputs=inputs_of(report),
        mode=report.mode,
        settings={name: show_value(value) for name, value in report.graph.provenance.settings.items()},
        uncounted=tuple(layer.node.name for layer in report.uncounted),
        compared=compared if base else None,
        note=note,
        verdicts=verdicts,
        changes=changes,
        layers=layers,
    )


def verdict_of(limit: Limit, report: Report, measures: Measures | None = None, base: Snapshot | None = None) -> Verdict:
    """Whether one limit is kept."""
    measures = measures or Measures(report)
    if limit.metric == "ops":
        return _ops(limit, report)
    if limit.metric.startswith(SHARE):
        return _share(limit, report, measures)
    numbers = measures.of(limit.metric)
    total = measures.total(limit.metric)
    before = base.totals.get(limit.metric) if base else None
    if base and before is None and total.unknown and limit.partial:  # else nothing that it holds could ever be too much
        before = base.least(limit.metric)
    if isinstance(limit.bound, Increase):
        bound = None if before is None else limit.bound.allowed(before)
    else:
        bound = int(limit.bound)  # type: ignore[arg-type]
    if bound is None and base and (limit.metric not in base.totals or (total.unknown and not limit.partial)):
        return _plain(limit, "incomplete", None, total.value, message=wording.not_compared(limit, base))
    if bound is None:
        return _plain(limit, "not compared", None, total.value, message=wording.not_compared(limit, base))
    outcome: Outcome = "over" if total.value > bound else "within"
    if outcome == "within" and total.unknown and not limit.partial:
        outcome = "incomplete"
    before = before if limit.rule == "max_increase" else None
    if outcome == "within":
        return _plain(limit, outcome, bound, total.value, before)
    known = base.of(limit.metric) if base and limit.metric in base.totals else None
    verdict = _plain(
        limit, outcome, bound, total.value, before, holds=holding(report.layers, numbers),
        grew=() if known is None else growing(report.layers, numbers, known),
    )  # fmt: skip
    return replace(verdict, message=wording.total(verdict, total.value, report, known=not total.unknown))


def _plain(
    limit: Limit, outcome: Outcome, bound: int | None, actual: int, before: int | None = None,
    whole: int | None = None, message: str = "", holds: tuple[Held, ...] = (), grew: tuple[Held, ...] = (),
) -> Verdict:  # fmt: skip
    unit = "" if limit.metric == "ops" else unit_of(limit.metric.removeprefix(f"{SHARE}:"))
    return Verdict(
        limit.metric, limit.rule, limit.level, outcome, limit.stated, bound, actual, before, whole, unit,
        limit.mark.where if limit.mark else "", message, holds, grew,
    )  # fmt: skip


def _share(limit: Limit, report: Report, measures: Measures) -> Verdict:
    """The largest layer's part, or that of the layers that a pattern names."""
    metric = limit.metric.removeprefix(f"{SHARE}:")
    numbers = measures.of(metric)
    whole = measures.total(metric)
    bound = int(Fraction(limit.bound) * whole.value)  # type: ignore[arg-type]
    places = range(len(numbers)) if not limit.layer else _places(limit, report)
    parts = [numbers[place] or 0 for place in places]
    actual = sum(parts) if limit.layer else max(parts, default=0)
    outcome: Outcome = "over" if actual > bound else "within"
    if whole.unknown and not limit.partial:
        outcome = "incomplete"
    if outcome == "within":
        return _plain(limit, outcome, bound, actual, whole=whole.value)
    verdict = _plain(limit, outcome, bound, actual, whole=whole.value, holds=holding(report.layers, numbers))
    if outcome == "incomplete":
        return replace(verdict, message=wording.total(verdict, whole.value, report))
    return replace(verdict, message=wording.share(verdict, limit.layer))


def _places(limit: Limit, report: Report) -> list[int]:
    """Where the layers stand that a limit names: by their names, their modules' or a pattern."""
    names = [layer.node.name for layer in report.layers]
    places = [
        place for place, name in enumerate(names)
        if fnmatchcase(name, limit.layer) or name.startswith(f"{limit.layer}.")
    ]  # fmt: skip
    if not places:
        raise ConfigError(
            f"{report.graph.name} has no layer '{limit.layer}'",
            hint=did_you_mean(limit.layer, names), where=limit.mark.where if limit.mark else None,
        )  # fmt: skip
    return places


def _ops(limit: Limit, report: Report) -> Verdict:
    tags: tuple[str, ...] = limit.bound  # type: ignore[assignment]
    wrong = [layer for layer in report.layers if (layer.node.op.tag in tags) == (limit.rule == "deny")]
    if not wrong:
        unknown = [layer for layer in report.layers if layer.node.op.tag == Opaque.tag]
        if unknown and limit.rule == "deny" and not limit.partial:  # any of them may be what is denied
            verdict = _plain(limit, "incomplete", 0, 0, holds=holding(unknown, [1] * len(unknown)))
            return replace(verdict, message=wording.unknown_ops(verdict, len(unknown)))
        return _plain(limit, "within", 0, 0)
    verdict = _plain(limit, "over", 0, len(wrong), holds=holding(wrong, [1] * len(wrong)))
    return replace(verdict, message=wording.ops(verdict))


def _differences(
    measures: Measures, report: Report, base: Snapshot
) -> tuple[tuple[Change, ...], dict[str, tuple[Held, ...]]]:
    changes = tuple(_changes(measures, base))
    changed = {change.metric for change in changes}
    layers = {
        name: differing(report.layers, measures.of(name), base.of(name), CHANGED_LAYERS)
        for name in COMPARED
        if name in changed
    }
    return changes, {name: found for name, found in layers.items() if found}


def _changes(measures: Measures, base: Snapshot) -> Iterator[Change]:
    for name, before in base.totals.items():
        try:
            total = measures.total(name)
        except FlopcountError:
            continue  # a metric of another version
        if before is not None and not total.unknown and total.value != before:
            yield Change(name, before, total.value)
