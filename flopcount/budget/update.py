"""The ratchet: limits rewritten where they stand, to what the models cost today."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from fractions import Fraction
from pathlib import Path

from msgspec import Struct

from ..errors import ConfigError
from ..files import write_whole
from ..readers.spec.document import read_text
from ..units import restated
from ..verdict import Verdict
from .checking import Request, Work, prepare
from .judge import verdict_of
from .limits import SHARE, Limit
from .marks import Mark


class Rewrite(Struct, frozen=True):
    """One limit rewritten.

    Attributes:
        mark: Where it stands.
        metric: What it limits.
        after: What stands there now.
    """

    mark: Mark
    metric: str
    after: str


def update(request: Request, *, allow_increase: bool = False) -> list[Rewrite]:
    """Lower limits to what the models cost today, where they stand; raise them too only where that is allowed.

    A limit given by hand has no file, and a limit of a model that could not be counted in full stays as it is.

    Returns:
        What was rewritten.

    Raises:
        FlopcountError: The request makes no sense, or a file cannot be rewritten; then nothing is.
    """
    work = prepare(request)
    changes = rewrites(work, allow_increase=allow_increase)
    apply(changes)
    return changes


def rewrites(work: Work, *, allow_increase: bool = False) -> list[Rewrite]:
    """The limits to rewrite. One that several models share follows the costliest."""
    needed: dict[tuple[str, int], tuple[Limit, list[Verdict | None]]] = {}
    for model in work.models:
        report = work.reports.get(model.name)
        for limit in model.limits:
            if limit.mark and limit.rule == "max":
                place = (limit.mark.path, limit.mark.start)
                verdict = None if report is None else verdict_of(limit, report)
                needed.setdefault(place, (limit, []))[1].append(verdict)
    return [
        Rewrite(limit.mark, limit.metric, after)
        for limit, verdicts in needed.values()
        if limit.mark and (after := _rewritten(limit, verdicts, allow_increase)) and after != limit.stated
    ]


def _rewritten(limit: Limit, verdicts: list[Verdict | None], allow_increase: bool) -> str | None:
    if any(verdict is None or verdict.outcome == "incomplete" for verdict in verdicts):
        return None
    known = [verdict for verdict in verdicts if verdict is not None]
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


def apply(changes: Iterable[Rewrite]) -> None:
    """Rewrite the numbers where they stand; each file is written whole or not at all, its comments as they were.

    Raises:
        ConfigError: A file has changed meanwhile.
        SourceError: A file cannot be written.
    """
    texts = {}
    for path, some in _by_file(changes):
        text = read_text(path)
        for change in sorted(some, key=lambda change: -change.mark.start):
            text = _replaced(text, change)
        texts[path] = ("\ufeff" if Path(path).read_bytes()[:3] == b"\xef\xbb\xbf" else "") + text
    for path, text in texts.items():
        write_whole(path, text)


def _by_file(changes: Iterable[Rewrite]) -> Iterator[tuple[str, list[Rewrite]]]:
    files: dict[str, list[Rewrite]] = {}
    for change in changes:
        files.setdefault(change.mark.path, []).append(change)
    yield from files.items()


def _replaced(text: str, change: Rewrite) -> str:
    mark = change.mark
    stands = text[mark.start : mark.end]
    quote = stands[:1] if stands[:1] in ("'", '"') else ""
    after = change.after
    if stands != f"{quote}{mark.text}{quote}":
        raise ConfigError(
            f"the limit on {change.metric} cannot be rewritten: '{mark.text}' does not stand there plainly",
            where=mark.where, hint="write it as one plain value",
        )  # fmt: skip
    if not quote and _needs_quotes(mark.path, after):
        quote = '"'
    return f"{text[: mark.start]}{quote}{after}{quote}{text[mark.end :]}"


def _needs_quotes(path: str, after: str) -> bool:
    """Whether a value that stood there unquoted needs quotes now: in TOML, what is no number."""
    return path.endswith(".toml") and not after.replace("_", "").isdigit()
