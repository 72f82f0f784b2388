"""The library's front door: what the commands do, as functions that return data."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from .collector import paused
from .conventions import Convention, find_convention
from .engine import Report, count
from .errors import ExpectationError, IncompleteError
from .graph import Graph
from .metrics import misses
from .sources import Inputs, load


def analyze(
    source: str | Path | Graph,
    *,
    inputs: Inputs | Iterable[str] | None = None,
    batch: int | None = 1,
    settings: Mapping[str, Any] | None = None,
    convention: str | Convention = "lecture",
    mode: str = "eval",
    counting: Iterable[str] = (),
    ignoring: Iterable[str] = (),
) -> Report:
    """Count a network: output shapes, parameters, and primitive work, layer by layer.

    Args:
        source: What `load` takes, or a graph.
        inputs: See `load`; a graph has its own.
        batch: See `load`.
        settings: See `load`.
        convention: How the report prices work, by name or as an object.
        mode: `eval`, the forward pass at test time, or `train`, one training step.
        counting: Ops whose every primitive is priced besides (`--count`).
        ignoring: Ops, roles or kinds of work that are priced nothing (`--ignore`).

    Returns:
        A report: exact integers, one layer per node.

    Raises:
        FlopcountError: The source cannot be found or read, or makes no sense.

    Example:
        >>> analyze("alexnet").totals["params"].value
        62378344
    """
    chosen = find_convention(convention) if isinstance(convention, str) else convention
    chosen = chosen.adjusted(counting, ignoring)
    with paused():
        graph = source if isinstance(source, Graph) else load(source, inputs=inputs, batch=batch, settings=settings)
        return count(graph, chosen, mode)


def require(report: Report) -> None:
    """Refuse a report that misses a promised total or leaves a layer uncounted (`--strict`).

    Raises:
        ExpectationError: A total differs from what its source promises.
        IncompleteError: Nobody knows what some layer costs.
    """
    if missed := misses(report):
        raise ExpectationError(
            f"{report.graph.name} misses the totals that it promises",
            facts={miss.key: f"{miss.found:,}, not {miss.expected:,}" for miss in missed},
        )
    if uncounted := report.uncounted:
        raise IncompleteError(
            f"{report.graph.name} has {len(uncounted)} layer{'s'[: len(uncounted) > 1]} that nobody can count",
            facts={layer.node.name: layer.node.where for layer in uncounted[:10]},
        )
