"""Recurrent layers, as hooks of several tools count them: the dot products, and so much per unit of every step."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from msgspec.structs import replace

from ..op import Work, dot
from . import RECURRENT, Belief, Rule, Use, unit


def per_unit(counts: Mapping[str, int]) -> Belief:
    """The dot products that read the input and the state; besides, so many per unit and step, and one per bias.

    Args:
        counts: By the op's tag, what a unit of one step costs beside its dot products and biases.
    """

    def belief(use: Use) -> Sequence[Work]:
        op, (n, t, _) = use.op, use.x
        units = n * t * op.layers * op.hidden * (2 if op.bidirectional else 1)
        each = counts[op.tag] + (2 * op.gates if op.bias else 0)
        return (*(entry for entry in use.work if entry.kind == "dot"), *unit(each * units))

    return belief


def unless_cell(use: Use) -> Sequence[Work] | None:
    """What is counted in a recurrent cell, a module of several operators, has not been surveyed."""
    return None if use.origin == "cell" else use.work


CELL = Rule("a rule of its own for recurrent cells, not surveyed", ("linear",), unless_cell)


def unprojected(use: Use) -> Sequence[Work]:
    """The products that make an LSTM's state smaller are not seen."""
    return use.work if use.op.proj is None else [entry for entry in use.work if entry.part != "projection"]


def not_smaller(use: Use) -> Sequence[Work]:
    """An LSTM whose state is made smaller, as one whose state is not."""
    return use.work if use.op.proj is None else [*_dots(use), *(entry for entry in use.work if entry.kind != "dot")]


def _dots(use: Use) -> Sequence[Work]:
    plain = replace(use.op, proj=None)
    n, t, _ = use.x
    y = (n, t, plain.hidden * (2 if plain.bidirectional else 1))
    return [dot(entry.count, 0) for entry in plain.work(use.x, y) if entry.kind == "dot"]


HOOK = {"rnn": 1, "gru": 7, "lstm": 10}
"""The counts that one tool has taken from another, per unit and step: sums of gates, products and sums of the cell."""

UNPROJECTED = Rule("not the products that project an LSTM's state", ("lstm",), unprojected, wrong=True)
NOT_SMALLER = Rule("an LSTM whose state is projected, as if it were not", ("lstm",), not_smaller, wrong=True)


def hook(counts: Mapping[str, int] = HOOK) -> Rule:
    """A rule for all recurrent layers.

    Example:
        >>> from flopcount.ops.recurrent import GRU
        >>> use = Use(GRU(hidden=10), GRU(hidden=10).work((1, 7, 12), ()), ((1, 7, 12),))
        >>> [(entry.kind, entry.count) for entry in hook().apply(use).work]
        [('dot', 2520), ('dot', 2100), ('unit', 910)]
    """
    said = ", ".join(f"{count} ({tag})" for tag, count in counts.items())
    return Rule(f"of recurrent layers products, biases, and per unit and step {said}", RECURRENT, per_unit(counts))
