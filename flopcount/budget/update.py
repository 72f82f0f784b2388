"""The ratchet: limits rewritten where they stand, to what the models cost today."""

from __future__ import annotations

import os
from collections.abc import Iterable
from fractions import Fraction

from msgspec import Struct
from msgspec.structs import replace

from ..engine import Report
from ..errors import UsageError
from ..units import restated
from ..verdict import Verdict
from .checking import Request, Work, concluded, prepare
from .edits import Rewrite, apply
from .figures import Measures
from .judge import verdict_of
from .limits import SHARE, Limit
from .marks import Mark
from .measurement import Measurement


def update(request: Request, *, allow_increase: bool = False) -> list[Rewrite]:
    """Lower limits to what the models cost today, where they stand; raise them too only where that is allowed.

    A limit given by hand has no file, and a limit of a model that could not be counted in full stays as it is, unless
    a partial count will do.

    Returns:
        What was rewritten.

    Raises:
        FlopcountError: The request makes no sense, or a file cannot be rewritten; then nothing is.
    """
    if request.measurement != Measurement():
        raise UsageError(
            "--update rewrites what a model may cost as its file measures it, "
            "not with --input, --batch, --set or --mode",
            hint="a configuration says them for each of its models: {path: net.yaml, input: 3x160x160}",
        )
    if "-" in request.sources:
        raise UsageError("--update cannot rewrite a spec on standard input", hint="name its file")
    work = prepare(request)
    concluded(request, work)  # a baseline that cannot be read, say, is found before anything is written
    changes = rewrites(work, _all_sharing(request, work), allow_increase=allow_increase)
    apply(changes)
    return changes


def _all_sharing(request: Request, work: Work) -> Work:
    """All the models of the configuration, where some were named by hand that share their limits with others."""
    in_config = any(
        limit.mark.path == work.config.path for model in work.models for limit in model.limits if limit.mark
    )
    return prepare(replace(request, sources=()), work.config) if request.sources and in_config else work


class _Use(Struct, frozen=True):
    """One model that a limit limits, and its numbers if they are known."""

    limit: Limit
    report: Report | None


def rewrites(work: Work, everyone: Work | None = None, *, allow_increase: bool = False) -> list[Rewrite]:
    """The limits to rewrite. One that several models share follows the costliest.

    Args:
        work: The models whose limits are rewritten.
        everyone: With those that share them.
        allow_increase: Whether limits may rise.
    """
    uses: dict[tuple[str, int], list[_Use]] = {}
    for each in (work, everyone or work)[: 1 if everyone is work else 2]:
        for model in each.models:
            for limit in model.limits:
                if limit.mark and limit.rule == "max" and (each is work or _place(limit.mark) in uses):
                    uses.setdefault(_place(limit.mark), []).append(_Use(limit, each.reports.get(model.name)))
    return [
        Rewrite(limit.mark, limit.metric, after)
        for some in uses.values()
        if (limit := some[0].limit).mark
        and (after := _rewritten(limit, some, allow_increase))
        and after != limit.mark.text
    ]


def _place(mark: Mark) -> tuple[str, int]:
    """The same for one value in a file, whichever link leads there."""
    return os.path.realpath(mark.path), mark.start


def _rewritten(limit: Limit, uses: Iterable[_Use], allow_increase: bool) -> str | None:
    known = []
    for use in uses:
        if use.report is None or (verdict := _in_full(use.limit, use.report)) is None:
            return None
        known.append(verdict)
    if limit.metric.startswith(SHARE):
        # Upwards to a hundredth of a percent, so that today's share stays within.
        share = max(Fraction(verdict.actual or 0, verdict.whole or 1) for verdict in known)
        hundredths = -(-share.numerator * 10_000 // share.denominator)
        raised = Fraction(hundredths, 10_000) > Fraction(limit.bound)  # type: ignore[arg-type]
        after = f"{hundredths // 100}.{hundredths % 100:02}".rstrip("0").rstrip(".") + "%"
    else:
        most = max(verdict.actual or 0 for verdict in known)
        raised = most > int(limit.bound)  # type: ignore[arg-type]
        after = restated(most, limit.stated) if most != limit.bound else limit.stated
    return None if raised and not allow_increase else after


def _in_full(limit: Limit, report: Report) -> Verdict | None:
    """What a model has of a metric; None where nobody knows all of it and that will not do."""
    measures = Measures(report)
    unknown = measures.total(limit.metric.removeprefix(f"{SHARE}:")).unknown
    return None if unknown and not limit.partial else verdict_of(limit, report, measures)
