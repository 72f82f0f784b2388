"""Verdicts: a model's numbers against its limits, worded so that the reader knows which layer to look at."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fnmatch import fnmatchcase
from fractions import Fraction

from ..engine import Report
from ..errors import ConfigError, FlopcountError, did_you_mean
from ..fields import show_value
from ..units import grouped, percent, told_apart
from ..verdict import Change, Held, ModelCheck, Outcome, Verdict
from .baseline import Snapshot, inputs_of
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
    verdicts = tuple(verdict_of(limit, report, measures, base) for limit in model.limits)
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
    if isinstance(limit.bound, Increase):
        bound = None if before is None else limit.bound.allowed(before)
    else:
        bound = int(limit.bound)  # type: ignore[arg-type]
    if bound is None:
        return _plain(limit, "not compared", None, total.value, message=_not_compared(limit, base))
    outcome: Outcome = "over" if total.value > bound else "within"
    if outcome == "within" and total.unknown and not limit.partial:
        outcome = "incomplete"
    verdict = _plain(limit, outcome, bound, total.value, before=before if limit.rule == "max_increase" else None)
    if outcome == "within":
        return verdict
    holds = holding(report.layers, numbers)
    grew = growing(report.layers, numbers, base.of(limit.metric)) if base and limit.metric in base.totals else ()
    return _explained(verdict, total.value, holds, grew, report)


def _plain(
    limit: Limit, outcome: Outcome, bound: int | None, actual: int, before: int | None = None,
    whole: int | None = None, message: str = "", holds: tuple[Held, ...] = (),
) -> Verdict:  # fmt: skip
    unit = "" if limit.metric == "ops" else unit_of(limit.metric.removeprefix(f"{SHARE}:"))
    return Verdict(
        limit.metric, limit.rule, limit.level, outcome, limit.stated, bound, actual, before, whole, unit,
        limit.mark.where if limit.mark else "", message, holds,
    )  # fmt: skip


def _explained(verdict: Verdict, whole: int, holds: Sequence[Held], grew: Sequence[Held], report: Report) -> Verdict:
    from msgspec.structs import replace

    sentences = [_sentence(verdict, report)]
    if grew:
        sentences.append(f"grew: {'; '.join(_growth(held, verdict.unit) for held in grew)}")
    if holds:
        sentences.append(f"holds most: {'; '.join(_holding(held, whole, verdict.unit) for held in holds)}")
    return replace(verdict, message=". ".join(sentences), holds=tuple(holds), grew=tuple(grew))


def _sentence(verdict: Verdict, report: Report) -> str:
    actual, limit = verdict.actual or 0, verdict.limit or 0
    if verdict.outcome == "incomplete":
        names = [layer.node.label for layer in report.uncounted]
        shown = ", ".join(names[:3]) + (", …" if len(names) > 3 else "")
        texts = _texts(verdict.unit, actual, limit)
        return (
            f"{verdict.metric} is at least {texts[0]} of at most {texts[1]}, but {len(names)} "
            f"layer{'s'[: len(names) > 1]} cannot be counted ({shown}), and a partial count passes no budget "
            "unless it says allow_partial: true"
        )
    if verdict.before is not None:
        texts = _texts(verdict.unit, actual, verdict.before, limit)
        by = _by(actual - verdict.before, verdict.unit, texts)
        return (
            f"{verdict.metric} grew from {texts[1]} to {texts[0]}, by {by} "
            f"({_relative(actual - verdict.before, verdict.before)}); the limit is {texts[2]} ({_rise(verdict.stated)})"
        )
    texts = _texts(verdict.unit, actual, limit)
    by = _by(actual - limit, verdict.unit, texts)
    return f"{verdict.metric} {texts[0]} is over the limit of {texts[1]} by {by} ({_relative(actual - limit, limit)})"


def _texts(unit: str, *values: int) -> tuple[str, ...]:
    return told_apart(*values, binary=unit == "B")


def _by(difference: int, unit: str, texts: Sequence[str]) -> str:
    """The difference, in full where the numbers themselves are."""
    exact = any("," in text or text.removesuffix(" B").isdigit() for text in texts)
    if exact:
        return grouped(difference) + (" B" if unit == "B" else "")
    return _texts(unit, difference)[0]


def _relative(difference: int, whole: int) -> str:
    return f"+{percent(difference, whole)}" if whole else "from nothing"


def _rise(stated: str) -> str:
    return stated if stated == "not worse" else f"+{stated}"


def _growth(held: Held, unit: str) -> str:
    if held.before is None:
        return f"{held.name} ({held.op}) is new with {_texts(unit, held.value)[0]}{_place(held)}"
    after, before = _texts(unit, held.value, held.before)
    return f"{held.name} ({held.op}) from {before} to {after}{_place(held)}"


def _holding(held: Held, whole: int, unit: str) -> str:
    return f"{held.name} ({held.op}) {_texts(unit, held.value)[0]}, {percent(held.value, whole)}{_place(held)}"


def _place(held: Held) -> str:
    return f" [{held.where}]" if held.where else ""


def _not_compared(limit: Limit, base: Snapshot | None) -> str:
    if base is None:
        return f"{limit.metric} has no baseline to grow from"
    if limit.metric in base.totals:
        return f"{limit.metric} is not known in the baseline: its count was partial"
    return f"the baseline has no {limit.metric} of this model"


def _share(limit: Limit, report: Report, measures: Measures) -> Verdict:
    """The largest layer's part, or that of the layers that a pattern names."""
    metric = limit.metric.removeprefix(f"{SHARE}:")
    numbers = measures.of(metric)
    whole = measures.total(metric)
    bound = int(Fraction(limit.bound) * whole.value)  # type: ignore[arg-type]
    if limit.layer:
        places = [
            place for place, layer in enumerate(report.layers)
            if fnmatchcase(layer.node.name, limit.layer) or layer.node.name.startswith(f"{limit.layer}.")
        ]  # fmt: skip
        if not places:
            names = [layer.node.name for layer in report.layers]
            raise ConfigError(
                f"{report.graph.name} has no layer '{limit.layer}'",
                hint=did_you_mean(limit.layer, names), where=limit.mark.where if limit.mark else None,
            )  # fmt: skip
        actual = sum(numbers[place] or 0 for place in places)
    else:
        actual = max((number for number in numbers if number), default=0)
    outcome: Outcome = "over" if actual > bound else "within"
    if whole.unknown and not limit.partial:
        outcome = "incomplete"
    verdict = _plain(limit, outcome, bound, actual, whole=whole.value)
    if outcome == "within":
        return verdict
    holds = holding(report.layers, numbers)
    if outcome == "incomplete":
        return _explained(verdict, whole.value, holds, (), report)
    from msgspec.structs import replace

    what = f"'{limit.layer}' holds" if limit.layer else f"one layer, {holds[0].name} ({holds[0].op}), holds"
    texts = _texts(verdict.unit, actual, bound)
    message = (
        f"{what} {percent(actual, whole.value)} of all {metric}, {texts[0]}, over the limit of {limit.stated}, "
        f"{texts[1]}, by {_by(actual - bound, verdict.unit, texts)}. "
        f"holds most: {'; '.join(_holding(held, whole.value, verdict.unit) for held in holds)}"
    )
    return replace(verdict, message=message, holds=holds)


def _ops(limit: Limit, report: Report) -> Verdict:
    tags: tuple[str, ...] = limit.bound  # type: ignore[assignment]
    wrong = [layer for layer in report.layers if (layer.node.op.tag in tags) == (limit.rule == "deny")]
    holds = holding(wrong, [1] * len(wrong))
    if not wrong:
        return _plain(limit, "within", 0, 0)
    names = "; ".join(f"{held.name} ({held.op}){_place(held)}" for held in holds)
    more = f" and {len(wrong) - len(holds)} more" if len(wrong) > len(holds) else ""
    what = "may not have" if limit.rule == "deny" else "may have nothing but"
    message = f"the model {what} {limit.stated}, yet it has {names}{more}"
    return _plain(limit, "over", 0, len(wrong), message=message, holds=holds)


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
