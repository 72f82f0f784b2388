"""A check as tables, for the formats that people read; made from the data of `flopcount.check/1` and nothing else."""

from __future__ import annotations

from collections.abc import Iterator

from ..table import Cell, Column, Difference, Document, Row, Table
from ..units import grouped
from ..verdict import Check, ModelCheck, Verdict, encoded

MARKER = "flopcount check"
MAX_ROWS = 100
"""How many limits a table lists; beyond that, those that are kept are left out."""

MAX_NOTES, MAX_DIFFERENCES = 30, 12
"""How many remarks and models with differences stand there: a comment at GitHub has room for 65,536 characters."""

COLUMNS = (
    Column("model", "model", "text"), Column("limit", "limit", "text"), Column("actual", "now"),
    Column("limit_value", "at most"), Column("over", "over by"), Column("outcome", "verdict", "text"),
)  # fmt: skip
CHANGES = (
    Column("metric", "what", "text"), Column("layer", "layer", "text"), Column("before", "before"),
    Column("after", "now"), Column("change", "change"), Column("where", "where", "text"),
)  # fmt: skip


def check_document(check: Check) -> Document:
    """What a renderer needs to show a check."""
    return Document((_summary(check), *_differences(check)), lambda: encoded(check), MARKER)


def headline(check: Check) -> str:
    """The result in a sentence.

    Example:
        >>> headline(Check("0.1.0", ()))
        'budgets: nothing is limited'
    """
    if not (check.verdicts or any(model.problem for model in check.models)):
        return "budgets: nothing is limited"
    kept = sum(verdict.outcome == "within" for _, verdict in check.verdicts)
    problems = [model.problem.kind for model in check.models if model.problem]
    refused = problems.count("refused")
    counts = (
        (problems.count("unreadable"), "unreadable"),
        (refused, f"comparison{'s'[: refused != 1]} refused"),
        (sum(verdict.outcome == "over" for _, verdict in check.failures), "over"),
        (sum(verdict.outcome == "incomplete" for _, verdict in check.failures), "incomplete"),
        (len(check.warnings), "warned of"),
        (sum(verdict.outcome == "not compared" for _, verdict in check.verdicts), "not compared"),
    )
    others = [f"{grouped(number)} {what}" for number, what in counts if number]
    if not others and kept > 1:
        return f"budgets: all {grouped(kept)} limits kept"
    return f"budgets: {', '.join([*others, f'{grouped(kept)} limit'])}{'s'[: kept != 1]} kept"


def _summary(check: Check) -> Table:
    verdicts = check.verdicts
    totals: tuple[Row, ...] = ()
    if len(verdicts) > MAX_ROWS:
        verdicts = [pair for pair in verdicts if pair[1].outcome != "within"][:MAX_ROWS]
        more = len(check.verdicts) - len(verdicts)
        totals = ((f"… {grouped(more)} more", "", "", "", "", ""),)
    rows = tuple(_row(model, verdict) for model, verdict in verdicts)
    caption = (check.baseline and f"compared with {check.baseline}", f"flopcount {check.flopcount}")
    return Table(headline(check), COLUMNS, rows, totals, _bounded([*_notes(check)]), tuple(filter(None, caption)))


def _bounded(notes: list[str]) -> tuple[str, ...]:
    more = len(notes) - MAX_NOTES
    return (*notes[:MAX_NOTES], f"{grouped(more)} more remarks, which the JSON has") if more > 0 else tuple(notes)


def _row(model: ModelCheck, verdict: Verdict) -> Row:
    over = None
    if verdict.outcome == "over" and verdict.actual is not None and verdict.limit is not None:
        over = verdict.actual - verdict.limit
    outcome = "warned" if verdict.warns and verdict.outcome == "over" else verdict.outcome
    limit = "–" if verdict.limit is None else verdict.limit
    return (model.name, stated(verdict), verdict.actual, limit, "" if over is None else over, outcome)


def stated(verdict: Verdict) -> str:
    """A limit as people write it.

    Example:
        >>> stated(Verdict("params", "max", "error", "within", "4.3M"))
        'params ≤ 4.3M'
    """
    if verdict.rule == "max":
        return f"{verdict.metric} ≤ {verdict.stated}"
    if verdict.rule == "max_increase":
        return f"{verdict.metric} {verdict.stated if verdict.stated == 'not worse' else '+' + verdict.stated}"
    return f"{verdict.metric} {verdict.rule} {verdict.stated}"


def _notes(check: Check) -> Iterator[str]:
    for model in check.models:
        if model.problem:
            yield f"{model.name}: {model.problem.where and model.problem.where + ': '}{model.problem.what}"
    for model, verdict in (*check.failures, *check.warnings):
        yield f"{model.name}: {verdict.message}"
    for model in check.models:
        if model.note and not model.problem:  # which says it too
            yield f"{model.name}: {model.note}"
        for verdict in model.verdicts:
            if verdict.outcome == "not compared" and model.compared is not None:  # else the note says why
                yield f"{model.name}: {verdict.message}"
    for name in check.removed:
        yield f"{name}: removed since the baseline"
    yield from check.notices


def _differences(check: Check) -> Iterator[Table]:
    for model in [model for model in check.models if model.changes][:MAX_DIFFERENCES]:
        rows: list[tuple[Cell, ...]] = [
            (change.metric, "", change.before, change.after, Difference(change.after - change.before), "")
            for change in model.changes
        ]
        for metric, layers in model.layers.items():
            rows += [
                (
                    metric,
                    held.name,
                    held.before or 0,
                    held.value,
                    Difference(held.value - (held.before or 0)),
                    held.where,
                )
                for held in layers
            ]
        yield Table(f"{model.name}: changed since {check.baseline}", CHANGES, tuple(rows))
