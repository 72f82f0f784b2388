"""A verification as a neutral document: a row a layer, a witness and what it was asked."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from ..conventions import CONVENTIONS
from ..engine import Report
from ..footer import provenance
from ..payload import versioned
from ..table import Cell, Column, Document, Row, Table
from ..units import grouped
from .questions import EXPECTED, Check
from .verify import Verification, predicted_by

SCHEMA = "flopcount.verify/1"

_COLUMNS = (
    Column("layer", "layer", "text"),
    Column("witness", "witness", "text"),
    Column("what", "what", "text"),
    Column("ours", "ours"),
    Column("theirs", "theirs"),
    Column("difference", "difference", "text"),
)


def verification_document(verifications: Sequence[Verification]) -> Document:
    """What the witnesses say, network by network.

    Rows where both sides say 0 are left out of the table; the data have them.
    """
    return Document(
        tuple(map(_table, verifications)),
        lambda: versioned(SCHEMA, verifications=[verification_data(each) for each in verifications]),
    )


def verification_data(verification: Verification) -> dict[str, Any]:
    """One network's verification as JSON-ready data."""
    graph = verification.graph
    asked = list(dict.fromkeys([check.witness for check in verification.checks] + list(verification.silent)))
    return {
        "model": graph.name,
        "source": graph.provenance.source,
        "inputs": [{"name": tensor.name, "shape": tensor.shape, "dtype": tensor.dtype} for tensor in graph.inputs],
        "batch": graph.batch,
        "confirmed": not verification.failures and not verification.silent,
        "witnesses": [
            {"name": name, "convention": predicted_by(name), "silent": verification.silent.get(name)} for name in asked
        ],
        "checks": [
            {
                "layer": check.layer or None,
                "op": check.op or None,
                "witness": check.witness,
                "what": check.what,
                "ours": check.ours,
                "theirs": check.theirs,
                "difference": check.difference,
                "equal": check.equal,
                "note": check.note,
            }
            for check in verification.checks
        ],
    }


def _table(verification: Verification) -> Table:
    checks, failures = verification.checks, verification.failures
    layers: dict[str, list[Check]] = {}
    for check in checks:
        layers.setdefault(check.layer, []).append(check)
    totals = layers.pop("", [])
    shown = [check for of_layer in layers.values() for check in of_layer if check.ours or check.theirs]
    confirmed = f"{grouped(len(checks) - len(failures))} of {grouped(len(checks))} numbers confirmed"
    return Table(
        f"{verification.graph.name}: {confirmed}",
        _COLUMNS,
        tuple(map(_row, shown)),
        tuple(map(_row, totals)),
        notes=tuple(_notes(verification)),
        caption=(*_witnesses(verification), *provenance(Report(verification.graph, ()))[:2]),
    )


def _row(check: Check) -> Row:
    theirs: Cell = "–" if check.theirs is None else check.theirs
    return (check.layer or "total", check.witness, check.what, check.ours, theirs, _difference(check))


def _difference(check: Check) -> str:
    if check.equal:
        return "equal"
    if check.difference is None:
        return "differs"
    return f"{'+' if check.difference > 0 else '−'}{grouped(abs(check.difference))}"


def _notes(verification: Verification) -> Iterator[str]:
    if failures := verification.failures:
        named = ", ".join(f"{check.layer or 'total'} {check.what}" for check in failures[:3])
        more = ", …" if len(failures) > 3 else ""
        yield f"{grouped(len(failures))} number{'s'[: len(failures) > 1]} not confirmed ({named}{more})"
    for check in verification.checks:
        if check.note and not check.layer:
            yield f"{check.witness}'s {check.what}: {check.note}, as predicted"
    for name, reason in verification.silent.items():
        yield f"{name} could not run this network: {reason}"


def _witnesses(verification: Verification) -> Iterator[str]:
    """Who was asked, and what predicts them."""
    for name in dict.fromkeys(check.witness for check in verification.checks):
        convention = predicted_by(name)
        if convention:
            yield f"{name}: {CONVENTIONS[convention].source}, predicted by the convention '{convention}'"
        elif name != EXPECTED:
            yield f"{name}: its own shapes, parameters and buffers"
