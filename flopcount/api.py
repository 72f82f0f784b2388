"""The library's front door: what the commands do, as functions that return data."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .collector import paused
from .conventions import Convention, find_convention
from .engine import Report, batch_of, count
from .errors import ExpectationError, IncompleteError, UsageError, did_you_mean
from .graph import Graph
from .metrics import misses
from .sources import Inputs, is_torch, load

if TYPE_CHECKING:
    from torch.nn import Module

    from .comparing.comparison import Comparison
    from .comparing.effect import Effect


def analyze(
    source: str | Path | Graph | Module,
    *,
    inputs: Inputs | Iterable[str] | None = None,
    batch: int | None = 1,
    settings: Mapping[str, Any] | None = None,
    kwargs: Mapping[str, Any] | None = None,
    convention: str | Convention = "lecture",
    mode: str = "eval",
    counting: Iterable[str] = (),
    ignoring: Iterable[str] = (),
    views: int = 1,
) -> Report:
    """Count a network: output shapes, parameters, and primitive work, layer by layer.

    Args:
        source: What `load` takes, or a graph.
        inputs: See `load`; a graph has its own.
        batch: See `load`.
        settings: See `load`.
        kwargs: See `load`.
        convention: How the report prices work, by name or as an object.
        mode: `eval`, the forward pass at test time, or `train`, one training step.
        counting: Ops whose every primitive is priced besides (`--count`).
        ignoring: Ops, roles or kinds of work that are priced nothing (`--ignore`).
        views: How many views (crops) of every sample the network sees at test time: 10 for ten-crop testing. The batch
            holds them all; that of a graph holds them already.

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
        if isinstance(source, Graph):
            return count(source, chosen, mode, views)
        graph = load(source, inputs=inputs, batch=batch_of(batch, views), settings=settings, kwargs=kwargs)
        return count(graph, chosen, mode, views)


def compare(
    *sources: str | Path | Graph | Report,
    inputs: Inputs | Iterable[str] | None = None,
    batch: int | None = 1,
    settings: Mapping[str, Any] | None = None,
    kwargs: Mapping[str, Any] | None = None,
    convention: str | Convention = "lecture",
    mode: str = "eval",
    counting: Iterable[str] = (),
    ignoring: Iterable[str] = (),
) -> Comparison:
    """Count networks in one way, and match the layers where there are two.

    Args:
        *sources: Two or more: what `analyze` takes, or reports, which stay as they are.
        inputs: See `analyze`; it applies to every source that is still to be read, as all that follows does.
        batch: See `analyze`.
        settings: See `analyze`. A parameter is set in the networks that have it; at least one must.
        kwargs: See `load`. They are for the torch models among the sources; at least one must be.
        convention: See `analyze`.
        mode: See `analyze`.
        counting: See `analyze`.
        ignoring: See `analyze`.

    Raises:
        UsageError: Fewer than two sources, reports of different conventions or modes, a parameter that none has,
            arguments where none is a torch model.
        FlopcountError: A source cannot be found or read, or makes no sense.

    Example:
        >>> comparison = compare("resnet18", "resnet34")
        >>> [pair.label for pair in comparison.pairs if pair.status == "added"][:2]
        ['layer1.2.conv1', 'layer1.2.bn1']
    """
    counting, ignoring = tuple(counting), tuple(ignoring)
    if sum(str(source) == "-" for source in sources) > 1:
        raise UsageError("standard input is one network, not several")
    unread = [source for source in sources if not isinstance(source, Graph | Report)]
    if kwargs and not any(map(is_torch, unread)):
        raise UsageError("none of the networks is a torch model, which takes arguments", hint="--set is for specs")

    def read(source: str | Path | Graph | Report) -> Graph | Report:
        if isinstance(source, Graph | Report):
            return source
        return load(source, inputs=inputs, batch=batch, settings=settings, kwargs=kwargs, only_known=True)

    with paused():
        found = [read(source) for source in sources]
    _refuse_unknown(settings or {}, [each for each in found if isinstance(each, Graph)])
    from .comparing.comparison import compare_reports

    return compare_reports(
        [
            each
            if isinstance(each, Report)
            else analyze(each, convention=convention, mode=mode, counting=counting, ignoring=ignoring)
            for each in found
        ]
    )


def compare_rewritten(
    source: str | Path | Graph,
    requests: str | Iterable[str],
    *,
    inputs: Inputs | Iterable[str] | None = None,
    batch: int | None = 1,
    settings: Mapping[str, Any] | None = None,
    kwargs: Mapping[str, Any] | None = None,
    convention: str | Convention = "lecture",
    mode: str | None = None,
    counting: Iterable[str] = (),
    ignoring: Iterable[str] = (),
) -> Effect:
    """Rewrite a network, and count it before and after.

    Args:
        source: What `load` takes, or a graph.
        requests: The rewrites, in order: `"separable:between=bn,relu"`.
        inputs: See `load`; a graph has its own.
        batch: See `load`.
        settings: See `load`.
        kwargs: See `load`.
        convention: See `analyze`.
        mode: See `analyze`; None: the one in which the rewrites show.
        counting: See `analyze`.
        ignoring: See `analyze`.

    Raises:
        UsageError: There is no such rewrite, option or layer.
        FlopcountError: The source cannot be read, or a rewrite cannot be applied; with the layer and why.

    Example:
        >>> effect = compare_rewritten("alexnet", "transfer:classes=20")
        >>> effect.comparison.reports[1].totals["trainable_params"].value
        81940
    """
    chosen = find_convention(convention) if isinstance(convention, str) else convention
    with paused():
        if isinstance(source, Graph):
            graph = source
        else:
            graph = load(source, inputs=inputs, batch=batch, settings=settings, kwargs=kwargs)
        from .comparing.effect import effect_of
        from .rewriting import rewrite

        return effect_of(rewrite(graph, requests), chosen.adjusted(counting, ignoring), mode)


def _refuse_unknown(settings: Mapping[str, Any], graphs: Iterable[Graph]) -> None:
    specs = [graph for graph in graphs if not is_torch(graph.provenance.source)]  # those of torch have --kwargs
    known = {name for graph in specs for name in graph.provenance.settings}
    for name in settings:
        if name not in known:
            raise UsageError(f"none of the networks has a parameter '{name}'", hint=did_you_mean(name, known))


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
