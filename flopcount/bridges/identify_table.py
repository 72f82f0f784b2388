"""What gives a number, as a neutral document: one row a way of counting."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fractions import Fraction
from typing import Any

from ..conventions import CONVENTIONS
from ..errors import show_shape
from ..payload import graph_data, versioned
from ..table import Column, Difference, Document, Row, Table
from ..units import grouped
from .identifying import MODES, Identification, Match

SCHEMA = "flopcount.identify/1"
MOST = 12
"""How many ways of counting a table shows; data formats have them all."""
NAMES = 4
"""How many of those that give it alike a row names; a note has the others."""
SOURCES = 3
"""Of how many that give it alike the sources are named."""
FACTORS = {Fraction(1): "", Fraction(2): "× 2", Fraction(1, 2): "÷ 2"}


def identification_document(found: Identification) -> Document:
    """What a renderer needs to show what gives a number."""
    return Document(
        (identification_table(found),),
        lambda: versioned(SCHEMA, identification=_data(found)),
        records=(_table(found, [_row(match, len(found.conventions)) for match in found.matches or found.nearest]),),
    )


def identification_table(found: Identification) -> Table:
    """A row for each way of counting that gives the number, the likeliest first; else for the nearest.

    Example:
        >>> from flopcount.bridges.identifying import identify
        >>> table = identification_table(identify("alexnet", "210,830,400", layer="conv1"))
        >>> table.rows[0][:2]
        ('exact', 'lecture, torch, torch-cpu, xla')
    """
    shown = (found.matches or found.nearest)[:MOST]
    return _table(found, [_row(match, NAMES) for match in shown], tuple(_notes(found, shown)))


def _table(found: Identification, rows: Sequence[Row], notes: tuple[str, ...] = ()) -> Table:
    name = f"{found.graph.name} {found.part}".rstrip()
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
        tuple(rows),
        notes=notes,
        caption=tuple(_caption(found)),
    )


def _row(match: Match, most: int) -> Row:
    unit = _unit(match)
    names = _names(match, most)
    difference = Difference(round(match.difference)) if match.difference else 0
    return (match.kind or "no", names, match.mode, match.inputs, match.count, unit, difference)


def _unit(match: Match) -> str:
    return " ".join(filter(None, (f"{match.unit}s", FACTORS[match.factor])))


def _names(match: Match, most: int) -> str:
    """Who counts so: the first few, and how many more; nobody is one more."""
    names = match.conventions
    if len(names) <= most:
        return ", ".join(names)
    return f"{', '.join(names[: most - 1])} and {len(names) - most + 1} more"


def _notes(found: Identification, shown: Sequence[Match]) -> Iterator[str]:
    for names in dict.fromkeys(match.conventions for match in shown if len(match.conventions) > NAMES):
        yield f"as {names[0]} here too: {', '.join(names[NAMES - 1 :])}"
    if not found.matches:
        yield f"nothing that was tried gives {found.written.text}: these come nearest"
    elif more := len(found.matches) - len(shown):
        yield f"{grouped(more)} more ways of counting give it too: more digits would tell them apart"
    if found.matches:
        best, unit = found.matches[0], found.written.unit
        if unit and best.unit in ("MAC", "FLOP") and best.unit != unit and best.factor == 1:
            yield f"the number is called {unit}s, but counts {best.unit}s"
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
