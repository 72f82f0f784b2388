"""Budgets: what a model may cost, and whether it does.

configuration, spec, command line ──limits──▶ models ──analyze──▶ reports ──(baseline)──▶ verdicts ──▶ exit status
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ..engine import Report
    from ..graph import Graph
    from ..verdict import Check


def check(
    *sources: str | Path,
    limits: Mapping[str, str | int] | None = None,
    config: str | Path | None = None,
    convention: str | None = None,
    max_increase: str | None = None,
    baseline: str | Path | None = None,
    base_ref: str | None = None,
    allow_partial: bool = False,
    inputs: Iterable[str] = (),
    batch: int | None = 1,
    settings: Mapping[str, Any] | None = None,
    mode: str = "eval",
) -> Check:
    """Hold models to their budgets.

    Args:
        *sources: Specs, patterns of files or shipped names; without any, the models of the configuration.
        limits: A quantity for each metric, on every model, besides those of the configuration and the specs.
        config: The configuration's file; without it, `flopcount.yaml` or `pyproject.toml` of the working folder.
        convention: How FLOPs are counted where no limit says so.
        max_increase: How much every limited metric may grow since the baseline: `2%`, `not worse`.
        baseline: A file that `flopcount snapshot` wrote.
        base_ref: A branch: the baseline is where the current one left it.
        allow_partial: Whether a count passes in which layers are unknown.
        inputs: How the sources are measured: see `analyze`.
        batch: See `analyze`.
        settings: See `analyze`.
        mode: See `analyze`.

    Returns:
        A verdict for each limit, and the exit status of the command.

    Raises:
        FlopcountError: The request, the configuration or the baseline makes no sense, or nothing limits anything.

    Example:
        >>> found = check("mobilenet_v1", limits={"params": "4.2M", "macs": "570 MMACs"})
        >>> [(verdict.metric, verdict.outcome) for _, verdict in found.verdicts], found.exit_status
        ([('params', 'over'), ('macs', 'within')], 1)
    """
    from .checking import check as checked
    from .checking import request_for

    return checked(
        request_for(
            sources, limits=limits, settings=settings, inputs=inputs, batch=batch, mode=mode,
            config=None if config is None else str(config), convention=convention, max_increase=max_increase,
            baseline=None if baseline is None else str(baseline), base_ref=base_ref, allow_partial=allow_partial,
        )
    )  # fmt: skip


def assert_within_budget(
    model: str | Path | Graph | Report | Any,
    *,
    limits: Mapping[str, str | int] | None = None,
    convention: str | None = None,
    allow_partial: bool = False,
    **more: str | int,
) -> None:
    """Fail, as an assertion does, where a model costs more than it may.

    Args:
        model: A source, whose own `budget:` counts too, or a graph, a report or whatever else `analyze` takes.
        limits: A quantity for each metric.
        convention: How FLOPs are counted where no limit says so.
        allow_partial: Whether a count passes in which layers are unknown.
        **more: The same for metrics whose names allow it: `params="4.3M"`.

    Raises:
        BudgetError: It is over a limit, with the layers that hold most.
        IncompleteError: Nobody knows whether it is.
        FlopcountError: It cannot be read, or nothing limits it.

    Example:
        >>> assert_within_budget("mobilenet_v1", params="4.3M", macs="570 MMACs")
    """
    from ..errors import BudgetError, IncompleteError

    __tracebackhide__ = True  # pytest then shows the line of the test, and not these
    named = {**(limits or {}), **more}
    if isinstance(model, str | Path):
        verdicts = _checked(str(model), named, convention, allow_partial)
    else:
        verdicts = _judged(model, named, convention, allow_partial)
    failing = [verdict for verdict in verdicts if verdict.fails]
    if failing:
        kind = BudgetError if any(verdict.outcome == "over" for verdict in failing) else IncompleteError
        others = enumerate((verdict.message for verdict in failing[1:]), start=2)
        raise kind(failing[0].message, facts={str(number): message for number, message in others})


def _checked(source: str, limits: Mapping[str, str | int], convention: str | None, partial: bool) -> Any:
    from ..errors import FlopcountError
    from .checking import check as checked
    from .checking import request_for
    from .config import Config

    request = request_for([source], limits=limits, convention=convention, allow_partial=partial)
    found = checked(request, config=Config())
    for each in found.models:
        if each.problem:
            raise FlopcountError(each.problem.what, where=each.problem.where or None)
    return [verdict for _, verdict in found.verdicts]


def _judged(model: Any, limits: Mapping[str, str | int], convention: str | None, partial: bool) -> Any:
    from ..api import analyze
    from ..engine import Report
    from ..errors import UsageError
    from .checking import request_for
    from .judge import judge
    from .measurement import Measurement
    from .models import Model

    report = model if isinstance(model, Report) else analyze(model)
    asked = request_for(limits=limits, convention=convention, allow_partial=partial).by_hand()
    if not asked.limits:
        raise UsageError(f"nothing limits {report.graph.name}", hint="give it a limit: params='5M', macs='600M'")
    return judge(Model(report.graph.name, "", Measurement(), asked.limits), report, None).verdicts
