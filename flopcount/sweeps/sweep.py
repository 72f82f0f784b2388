"""A network over many settings: input sizes, parameters, batches, and every combination of them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from itertools import product
from pathlib import Path
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from ..collector import paused
from ..conventions import LECTURE, Convention, find_convention
from ..engine import Report, Total, batch_of, count
from ..errors import FlopcountError, IncompleteError, OpError, SourceError, SpecError, UnsizedError
from ..footer import own_notes
from ..graph import Graph
from ..metrics import Figures
from ..resizing import fixed_by_size
from ..sources import Inputs, Opened, open_source, read_inputs
from .axis import Axis, read_axes


class Point(Struct, frozen=True):
    """The network at one setting: what it costs, or why there is none.

    Attributes:
        at: A text of each axis.
        graph: The network without its layers: its inputs, its batch, all its parameters; None where there is none.
        totals: Every metric's total, by its key.
        notes: What the reader of these totals must not miss.
        error: Why the network cannot be built, or takes no such size.
    """

    at: tuple[str, ...]
    graph: Graph | None = None
    totals: dict[str, Total] = {}
    notes: tuple[str, ...] = ()
    error: FlopcountError | None = None


class Sweep(Struct, frozen=True):
    """One network over several settings.

    Attributes:
        axes: What is varied.
        points: Every combination, the last axis fastest.
        convention, mode, views: How they were counted; see `Report`.
    """

    axes: tuple[Axis, ...]
    points: tuple[Point, ...]
    convention: Convention = LECTURE
    mode: str = "eval"
    views: int = 1


def sweep(
    source: str | Path,
    over: Mapping[str, str | Iterable[Any]],
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
) -> Sweep:
    """Count one network at many settings. The source is read once, and every network let go when it is counted.

    Where an input is varied, the network keeps its weights: a size at which a layer would have others is refused in its
    point (see `flopcount.resizing`).

    Args:
        source: What `load` takes.
        over: Values by what they are for: a parameter of the spec, else `batch`, else an input (`input` is the only one
            of any name). A text is split at the commas that stand outside of brackets.
        inputs: See `load`; what stays the same.
        batch: See `load`.
        settings: See `load`.
        kwargs: See `load`.
        convention: See `analyze`.
        mode: See `analyze`.
        counting: See `analyze`.
        ignoring: See `analyze`.
        views: See `analyze`.

    Raises:
        UsageError: There is nothing of such a name, a value cannot be read, or there are too many points.
        FlopcountError: Not one of the networks can be built: the first one's error.

    Example:
        >>> mobilenets = sweep("mobilenet_v1", {"width": [0.5, 1], "input": "3x160x160,3x224x224"})
        >>> [(point.at, point.totals["macs"].value) for point in mobilenets.points[1:3]]
        [(('0.5', '3x224x224'), 149497088), (('1', '3x160x160'), 290675200)]
    """
    chosen = find_convention(convention) if isinstance(convention, str) else convention
    chosen = chosen.adjusted(counting, ignoring)
    with paused():
        opened = open_source(source, kwargs)
    fixed, settings = read_inputs(inputs) or {}, settings or {}
    axes = read_axes(opened, over, inputs=fixed, batch=batch, settings=settings)
    points: dict[tuple[int, ...], Point] = {}
    for place, graph in _networks(opened, axes, fixed, batch, settings, views):
        at = tuple(axis.texts[i] for axis, i in zip(axes, place, strict=True))
        if isinstance(graph, FlopcountError):
            points[place] = Point(at, error=graph)
        else:
            points[place] = _point(at, count(graph, chosen, mode, views))
    ordered = tuple(points[place] for place in sorted(points))
    errors = [point.error for point in ordered if point.error]
    if len(errors) == len(ordered):
        raise errors[0]
    return Sweep(axes, ordered, chosen, mode, views)


def require_all(swept: Sweep) -> None:
    """Refuse a sweep in which a network cannot be built or a layer is uncounted (`--strict`).

    Raises:
        FlopcountError: The first point's error.
        IncompleteError: Nobody knows what some layer costs.
    """
    for point in swept.points:
        if point.error:
            raise point.error
    for point in swept.points:
        if point.graph and (unknown := max(total.unknown for total in point.totals.values())):
            raise IncompleteError(
                f"{point.graph.name} has {unknown} layer{'s'[: unknown > 1]} that nobody can count",
                facts={axis.name: text for axis, text in zip(swept.axes, point.at, strict=True)},
            )


def _networks(
    opened: Opened,
    axes: Sequence[Axis],
    inputs: Mapping[str, Any],
    batch: int | None,
    settings: Mapping[str, Any],
    views: int,
) -> Iterator[tuple[tuple[int, ...], Graph | FlopcountError]]:
    """Every network or why there is none, by its place on each axis; those with the same parameters together."""

    def parameters(place: tuple[int, ...]) -> list[int]:
        return [i for axis, i in zip(axes, place, strict=True) if axis.kind == "parameter"]

    resized = any(axis.kind == "input" for axis in axes)
    own: Graph | None = None
    last: list[int] | None = None
    for place in sorted(product(*(range(len(axis.values)) for axis in axes)), key=parameters):
        chosen = {kind: dict[str, Any]() for kind in ("parameter", "batch", "input")}
        for axis, i in zip(axes, place, strict=True):
            chosen[axis.kind][axis.name] = axis.values[i]
        together = {**settings, **chosen["parameter"]}
        samples = batch_of(chosen["batch"].get("batch", batch), views)
        if resized and parameters(place) != last:
            last = parameters(place)
            with suppress(UnsizedError):
                own = _attempt(opened, inputs=inputs, batch=samples, settings=together)[0]
        graph, error = _attempt(opened, inputs={**inputs, **chosen["input"]}, batch=samples, settings=together)
        if graph and resized:
            own = own or graph  # where the network cannot have its own size, the first that it can have is as good
            error = fixed_by_size(own, graph)
        if error:
            yield place, error
        elif graph:
            yield place, graph


def _attempt(opened: Opened, **options: Any) -> tuple[Graph | None, FlopcountError | None]:
    """A network, or why there is none at these sizes. A wrong request is no matter of sizes."""
    try:
        with paused():
            return opened.build(**options), None
    except (OpError, SpecError, SourceError) as error:
        return None, error


def _point(at: tuple[str, ...], report: Report) -> Point:
    bare = replace(report.graph, nodes=(), outputs=())
    return Point(at, bare, report.totals, tuple(own_notes(report, Figures(report))))
