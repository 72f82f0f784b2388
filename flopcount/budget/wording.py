"""What a verdict says to people: the limit, the number, by how much, and the layers to look at."""

from __future__ import annotations

from collections.abc import Sequence

from ..engine import Report
from ..units import grouped, percent, told_apart
from ..verdict import Held, Verdict
from .baseline import Snapshot
from .limits import NOT_WORSE, Limit


def total(verdict: Verdict, found: int, report: Report, *, known: bool = True) -> str:
    """A total that is over its limit, has grown too much, or is not known.

    Args:
        verdict: With the layers that hold most and those that grew.
        found: The whole of the metric.
        report: The model's numbers.
        known: Whether that is all of it.
    """
    sentences = [_incomplete(verdict, report) if verdict.outcome == "incomplete" else _over(verdict, known=known)]
    if verdict.grew:
        sentences.append(f"grew: {_listed(verdict.grew, [_growth(held, verdict.unit) for held in verdict.grew])}")
    if verdict.holds:
        sentences.append(_most(verdict, found))
    return ". ".join(sentences)


def share(verdict: Verdict, layer: str) -> str:
    """One layer, or the layers of a pattern, with more than their share."""
    actual, limit, whole = verdict.actual or 0, verdict.limit or 0, verdict.whole or 0
    first = verdict.holds[0]
    what = f"'{layer}' holds" if layer else f"one layer, {first.name} ({first.op}), holds"
    texts = _texts(verdict.unit, actual, limit)
    return (
        f"{what} {percent(actual, whole)} of all {verdict.metric.partition(':')[2]}, {texts[0]}, "
        f"over the limit of {verdict.stated}, {texts[1]}, by {_by(actual - limit, verdict.unit, texts)}. "
        f"{_most(verdict, whole)}"
    )


def ops(verdict: Verdict) -> str:
    """Ops that a model may not have."""
    what = "may not have" if verdict.rule == "deny" else "may have nothing but"
    return f"the model {what} {verdict.stated}, yet it has {_named(verdict, verdict.actual or 0)}"


def unknown_ops(verdict: Verdict, number: int) -> str:
    """Layers of which nobody knows whether they are what a model may not have."""
    return (
        f"the model may not have {verdict.stated}, and nobody knows what is in {_named(verdict, number)}; such a model "
        "passes no budget unless it says allow_partial: true"
    )


def _named(verdict: Verdict, number: int) -> str:
    names = _listed(verdict.holds, [f"{held.name} ({held.op})" for held in verdict.holds])
    others = number - len(verdict.holds)
    return f"{names}{f' and {others} more' if others else ''}"


def not_compared(limit: Limit, base: Snapshot | None) -> str:
    """Why growth cannot be judged."""
    if base is None:
        return f"{limit.metric} has no baseline to grow from"
    if limit.metric in base.totals:
        return f"{limit.metric} is not known in the baseline: its count was partial"
    return (
        f"the baseline has no {limit.metric} of this model, so that nobody knows whether it has grown; "
        "`flopcount snapshot` writes it anew"
    )


def _over(verdict: Verdict, *, known: bool) -> str:
    actual, limit, unit = verdict.actual or 0, verdict.limit or 0, verdict.unit
    if verdict.before is None:
        texts = _texts(unit, actual, limit)
        by = f"{_by(actual - limit, unit, texts)} ({_relative(actual - limit, limit)})"
        return f"{verdict.metric} {texts[0]} is over the limit of {texts[1]} by {by}"
    texts = _texts(unit, actual, verdict.before, limit)
    grown = actual - verdict.before
    by = f"{_by(grown, unit, texts)} ({_relative(grown, verdict.before)})"
    rise = verdict.stated if verdict.stated == NOT_WORSE else f"+{verdict.stated}"
    what = verdict.metric if known else f"what is known of {verdict.metric}"
    return f"{what} grew from {texts[1]} to {texts[0]}, by {by}; the limit is {texts[2]} ({rise})"


def _incomplete(verdict: Verdict, report: Report) -> str:
    names = [layer.node.label for layer in report.uncounted]
    shown = ", ".join(names[:3]) + (", …" if len(names) > 3 else "")
    actual, limit = _texts(verdict.unit, verdict.actual or 0, verdict.limit or 0)
    return (
        f"{verdict.metric} is at least {actual} of at most {limit}, but {len(names)} layer{'s'[: len(names) > 1]} "
        f"cannot be counted ({shown}), and a partial count passes no budget unless it says allow_partial: true"
    )


def _most(verdict: Verdict, whole: int) -> str:
    texts = [
        f"{held.name} ({held.op}) {_texts(verdict.unit, held.value)[0]}, {percent(held.value, whole)}"
        for held in verdict.holds
    ]
    return f"holds most: {_listed(verdict.holds, texts)}"


def _growth(held: Held, unit: str) -> str:
    if held.before is None:
        return f"{held.name} ({held.op}) is new with {_texts(unit, held.value)[0]}"
    after, before = _texts(unit, held.value, held.before)
    return f"{held.name} ({held.op}) from {before} to {after}"


def _listed(layers: Sequence[Held], texts: Sequence[str]) -> str:
    """Layers with their places; those of one place, which a block made, name it together."""
    following = [*(held.where for held in layers[1:]), ""]
    return "; ".join(
        f"{text} [{held.where}]" if held.where and held.where != after else text
        for held, text, after in zip(layers, texts, following, strict=True)
    )


def _texts(unit: str, *values: int) -> tuple[str, ...]:
    return told_apart(*values, binary=unit == "B")


def _by(difference: int, unit: str, texts: Sequence[str]) -> str:
    """The difference, in full where the numbers themselves are."""
    if any("," in text or text.removesuffix(" B").isdigit() for text in texts):
        return grouped(difference) + (" B" if unit == "B" else "")
    return _texts(unit, difference)[0]


def _relative(difference: int, whole: int) -> str:
    return f"+{percent(difference, whole)}" if whole else "from nothing"
