"""What gives a number, as a neutral document: one row a way of counting."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from typing import Any

from .conventions import CONVENTIONS
from .errors import show_shape
from .identifying import MODES, Identification, Match
from .payload import graph_data, versioned
from .table import Column, Difference, Document, Row, Table
from .units import grouped

SCHEMA = "flopcount.identify/1"
MOST = 12
"""How many ways of counting a table shows; data formats have them all."""
SOURCES = 3
"""Of how many that give it alike the sources are named."""
FACTORS = {Fraction(1): "", Fraction(2): "× 2", Fraction(1, 2): "÷ 2"}


def identification_document(found: Identification) -> Document:
    """What a renderer needs to show what gives a number."""
    return Document((identification_table(found),), lambda: versioned(SCHEMA, identification=_data(found)))


def identification_table(found: Identification) -> Table:
    """A row for each way of counting that gives the number, the likeliest first; else for the nearest.

    Example:
        >>> from flopcount.identifying import identify
        >>> table = identification_table(identify("alexnet", "210,830,400", layer="conv1"))
        >>> table.rows[0][:2]
        ('exact', 'lecture, torch, xla')
    """
    name = f"{found.graph.name} {found.part}".rstrip()
    shown = (found.matches or found.nearest)[:MOST]
    columns = (
        Column("match", "match", "text"),
        Column("conventions", "convention", "text"),
        Column("mode", "mode", "text"),
        Column("inputs", "input", "shape"),
        Column("count", "count"),
        Column("unit", "unit", "text"),
        Column("difference", "off by"),
    )
    return Table(
        f"{name}: {found.written.text}",
        columns,
        tuple(map(_row, shown)),
        notes=tuple(_notes(found, len(shown))),
        caption=tuple(_caption(found)),
    )


def _row(match: Match) -> Row:
    unit = " ".join(filter(None, (f"{match.unit}s", FACTORS[match.factor])))
    names = ", ".join(match.conventions)
    difference = Difference(round(match.difference)) if match.difference else 0
    return (match.kind or "no", names, match.mode, match.inputs, match.count, unit, difference)


def _notes(found: Identification, shown: int) -> Iterator[str]:
    if not found.matches:
        yield f"nothing that was tried gives {found.written.text}: these come nearest"
    elif more := len(found.matches) - shown:
        yield f"{grouped(more)} more ways of counting give it too: more digits would tell them apart"
    if found.matches:
        best, said = found.matches[0], found.written.unit
        if said and best.unit in ("MAC", "FLOP") and best.unit != said and best.factor == 1:
            yield f"the number is called {said}s, but counts {best.unit}s"
        if best.mode == MODES[1]:
            yield "in training mode batch normalisation uses the batch's statistics: `model.eval()` before counting"
    if found.left:
        yield f"{grouped(found.left)} input sizes were not tried: the network has too many layers for all of them"


def _caption(found: Identification) -> Iterator[str]:
    best = found.matches[0].conventions if found.matches else ()
    yield from (f"{name}: {CONVENTIONS[name].source}" for name in best[:SOURCES] if name in CONVENTIONS)
    yield f"tried: {grouped(len(found.conventions))} conventions"
    yield ", ".join(MODES)
    sizes = len(found.tried)
    own = ", ".join(map(show_shape, found.tried[0]))
    yield f"input {own}" + (f" and {grouped(sizes - 1)} other sizes" if sizes > 1 else " alone")
    yield "a factor of 2 either way"


def _data(found: Identification) -> dict[str, Any]:
    graph = found.graph
    return {
        "model": graph.name,
        "part": found.part,
        "source": graph.provenance.source,
        **graph_data(graph),
        "number": {
            "text": found.written.text,
            "least": _exact(found.written.value - found.written.half),
            "most": _exact(found.written.value + found.written.half),
            "unit": found.written.unit,
        },
        "matches": [_match_data(match) for match in found.matches],
        "nearest": [_match_data(match) for match in found.nearest],
        "tried": {
            "conventions": found.conventions,
            "modes": MODES,
            "inputs": found.tried,
            "left_out": found.left,
        },
    }


def _match_data(match: Match) -> dict[str, Any]:
    return {
        "kind": match.kind or None,
        "conventions": match.conventions,
        "unit": match.unit,
        "mode": match.mode,
        "inputs": match.inputs,
        "own_inputs": match.own,
        "factor": str(match.factor),
        "count": match.count,
    }


def _exact(number: Fraction) -> int | str:
    """An integer, or a fraction as text: numbers here are never inexact."""
    return number.numerator if number.denominator == 1 else str(number)
