"""Advice as a neutral document: a row a layer, a column a design, and the sentence that it comes to."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from .advice import Advice, Candidate
from .errors import UsageError
from .explain import dominant_layers
from .footer import provenance
from .payload import convention_data, versioned
from .table import Cell, Column, Document, Row, Share, Table
from .units import grouped, percent

SCHEMA = "flopcount.advise/1"


def advice_document(advice: Advice, top: int | None = 10) -> Document:
    """Which layers to design otherwise, and how.

    Args:
        advice: What was tried.
        top: Show so many layers, and the sum of the rest.

    Raises:
        UsageError: Fewer than one layer is to be shown.
    """
    if top is not None and top < 1:
        raise UsageError(f"top must be at least 1, not {top}")
    candidates = advice.candidates
    shown, rest = candidates[:top], candidates[top:] if top else ()
    unit = f"{advice.report.convention.unit}s"
    totals = [_sum(f"… {grouped(len(rest))} more", rest, advice)] if rest else []
    table = Table(
        f"{advice.report.graph.name}: what each layer would save by another design",
        (
            Column("layer", "layer", "text"),
            *(Column(design, design.partition(":")[0], "share") for design in advice.designs),
            Column("share", f"of {unit}", "share"),
        ),
        tuple(_row(each, advice) for each in shown),
        (*totals, _sum(f"these {grouped(len(candidates))} layers", candidates, advice)) if candidates else (),
        notes=tuple(_notes(advice)),
        caption=(*_meanings(advice), *provenance(advice.report)),
    )
    return Document((table,), lambda: versioned(SCHEMA, advice=advice_data(advice)))


def advice_data(advice: Advice) -> dict[str, Any]:
    """Advice as JSON-ready data: what every layer costs, and would cost under each design that fits it."""
    report = advice.report
    return {
        "model": report.graph.name,
        "source": report.graph.provenance.source,
        "convention": convention_data(report.convention),
        "mode": report.mode,
        "total": advice.total,
        "designs": list(advice.designs),
        "layers": [
            {"name": each.name, "op": each.op, "count": each.count, "best": each.best, "designs": each.designs}
            for each in advice.candidates
        ],
    }


def _row(each: Candidate, advice: Advice) -> Row:
    saved: list[Cell] = [
        Share(each.saved(design), each.count) if design in each.designs else "" for design in advice.designs
    ]
    return (each.name, *saved, Share(each.count, advice.total))


def _sum(label: str, candidates: Sequence[Candidate], advice: Advice) -> Row:
    count = sum(each.count for each in candidates)
    saved: list[Cell] = [Share(sum(each.saved(design) for each in candidates), count) for design in advice.designs]
    return (label, *saved, Share(count, advice.total))


def _notes(advice: Advice) -> Iterator[str]:
    unit = f"{advice.report.convention.unit}s"
    if not advice.candidates:
        yield "no layer fits any of these designs"
        return
    by_name = {each.name: each for each in advice.candidates}
    chosen = [by_name[each.name] for each in dominant_layers(advice.report).layers if each.name in by_name]
    held = sum(each.count for each in chosen)
    saving, design = max((sum(each.saved(design) for each in chosen), design) for design in advice.designs)
    if not saving:
        yield "none of these designs saves anything in the layers that dominate"
        return
    layers = "this layer holds" if len(chosen) == 1 else f"these {len(chosen)} layers hold"
    yield (
        f"{layers} {percent(held, advice.total)} of the {unit}: {', '.join(each.name for each in chosen)}; "
        f"{design} on them saves {percent(saving, advice.total)} of the network's"
    )
    if unknown := advice.report.uncounted:
        yield f"{grouped(len(unknown))} layer{'s'[: len(unknown) > 1]} unknown: shares are of what is known"


def _meanings(advice: Advice) -> tuple[str, ...]:
    asked = [design for design in advice.designs if ":" in design]
    return ("percent of the layer, each by itself; what accuracy it costs is not counted", *asked)
