"""What a rewrite does to a network's cost: before and after, layer by layer, with the side that FLOPs do not show."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from fractions import Fraction
from typing import Any

from msgspec import Struct

from ..conventions import CONVENTIONS, Convention
from ..engine import Report, count
from ..footer import own_notes, shared_provenance
from ..graph import Graph, Node
from ..metrics import METRICS, Figures, find_metric
from ..rewriting import Rewriting, Step, find_rewrite
from ..summary import priced_columns, report_table
from ..table import Cell, Column, Document, Share, Table
from ..units import at_least, grouped
from .comparison import RATED, Comparison, compare_reports, comparison_data, side_by_side
from .difference import Differences, Group, Source
from .pair import Pair

COSTS = ("layer", "count.before", "count.after", "count.ratio")
MEMORY = (
    "layer", "traffic.before", "traffic.after", "traffic.ratio", "intensity.before", "intensity.after",
)  # fmt: skip
MEMORY_TITLE = "memory: bytes moved, and what is computed with each"
STEP = (
    "layer", "trainable_params", "frozen_params", "forward", "grad_input", "grad_weight", "count",
)  # fmt: skip
STEP_TOTALS = ("params", "trainable_params", "forward", "grad_input", "grad_weight", "count")


class Effect(Struct, frozen=True):
    """A network counted before and after it was rewritten.

    Attributes:
        rewriting: What was done.
        comparison: Both reports, and their layers matched as the rewrite knows them.
    """

    rewriting: Rewriting
    comparison: Comparison


def effect_of(rewriting: Rewriting, convention: Convention = CONVENTIONS["lecture"], mode: str | None = None) -> Effect:
    """Count a network before and after it was rewritten.

    Args:
        rewriting: What was done.
        convention: How both are priced.
        mode: `eval` or `train`; None: the one in which the rewrites show.

    Example:
        >>> from flopcount.rewriting import rewrite
        >>> from flopcount.sources import load
        >>> effect = effect_of(rewrite(load("lecture_standard"), "separable"))
        >>> [report.totals["macs"].value for report in effect.comparison.reports]
        [231211008, 27496448]
    """
    mode = mode or mode_of(rewriting)
    reports = [count(graph, convention, mode) for graph in (rewriting.before, rewriting.after)]
    return Effect(rewriting, compare_reports(reports, rewriting.replaced))


def mode_of(rewriting: Rewriting) -> str:
    """The mode in which the rewrites show: frozen layers do in training."""
    modes = {getattr(find_rewrite(step.name), "MODE", "eval") for step in rewriting.steps}
    return "train" if "train" in modes else "eval"


def effect_document(
    effect: Effect,
    *,
    columns: Sequence[str] | None = None,
    depth: int | None = None,
    by: str = "layer",
    sort: str = "count",
    top: int | None = None,
) -> Document:
    """Both networks side by side, then what each rewritten layer cost and costs, and what stays and why.

    Each layer's measured ratio stands beside what the rewrite promises, and at test time a second table shows the bytes
    that move and how much is computed with each. Where a rewrite shows in training, the parts of a step are shown
    instead.

    Args:
        effect: What to show.
        columns: See `Differences.table`; they replace both tables by one.
        depth: See `Differences.table`.
        by: See `Differences.table`.
        sort: See `Differences.table`.
        top: See `Differences.table`.

    Raises:
        UsageError: See `Differences.table`.
    """
    comparison, requests = effect.comparison, " ".join(step.request for step in effect.rewriting.steps)
    reports = comparison.reports
    figures = [Figures(report) for report in reports]
    differences = Differences(figures[0], figures[1], comparison.pairs or (), _label)
    step = mode_of(effect.rewriting) == reports[0].mode == "train"
    options: dict[str, Any] = {"depth": depth, "by": by, "sort": sort, "top": top}
    notes = tuple(_notes(effect, figures, differences))
    caption = shared_provenance(reports, comparison.titles)
    tables = [_networks(comparison, figures)]
    if columns:
        tables.append(differences.table(requests, columns=columns, **options))
    elif effect.rewriting.replaced and step:
        order = None if sort == "count" and top is None else sort  # as the network runs, unless asked otherwise
        tables.append(report_table(reports[1], columns=STEP, **{**options, "sort": order}))
    elif effect.rewriting.replaced:
        extra = _promises(effect, differences)
        tables.append(differences.table(requests, columns=COSTS, extra=extra, **options))
        if reports[0].mode == "eval":
            tables.append(differences.table(MEMORY_TITLE, columns=MEMORY, **options))
    if stays := _stays(effect.rewriting, top):
        tables.append(stays)
    last = tables[-1]
    said = tuple(dict.fromkeys((*last.notes, *notes)))
    tables[-1] = Table(last.title, last.columns, last.rows, last.totals, said, caption)

    def data() -> dict[str, Any]:
        steps = [_step_data(step) for step in effect.rewriting.steps]
        return {**comparison_data(comparison, figures, differences, notes), "rewrites": steps}

    return Document(tuple(tables), data)


def _step_data(step: Step) -> dict[str, Any]:
    """A rewrite as JSON-ready data; what it promises of a layer is an exact fraction, as text."""
    module: Any = find_rewrite(step.name)
    data: dict[str, Any] = {"request": step.request, "kept": dict(step.result.kept)}
    if hasattr(module, "promised_ratio"):
        nodes = [node for node in step.before.nodes if node.name in step.result.replaced]
        data["promised"] = {node.name: str(module.promised_ratio(node)) for node in nodes}
    return data


def _networks(comparison: Comparison, figures: Sequence[Figures]) -> Table:
    """Both side by side."""
    report = comparison.reports[0]
    training = report.mode == "train"
    keys = STEP_TOTALS if training else ("params", *priced_columns(report), "traffic")
    metrics = [find_metric(key, report.convention) for key in keys]
    return side_by_side(comparison, figures, metrics, rated=("count",) if training else RATED, deep=not training)


def _label(pair: Pair) -> str:
    """A layer that became several keeps its name."""
    if len(pair.before) == 1 and len(pair.after) > 1:
        return pair.before[0].node.name
    return pair.label


def _promises(effect: Effect, differences: Differences) -> list[Source]:
    """What a rewrite promises, beside what was measured; where these differ, the MACs' ratio too, which keeps it."""
    steps = effect.rewriting.steps
    module: Any = find_rewrite(steps[0].name) if len(steps) == 1 else None
    if not hasattr(module, "promised_ratio"):
        return []
    promised = Source(Column("promised", module.PROMISE, "ratio"), _of_one_layer(module.promised_ratio))
    measured = differences.measured(METRICS["count"])
    rows, _ = differences.groups("layer", None)
    if all(_equal(promised.cell(row), measured.after(row), measured.before(row)) for row in rows):
        return [promised]
    return [*differences.sources("macs.ratio", METRICS["count"], "layer"), promised]


def _of_one_layer(promised: Callable[[Node], Fraction | None]) -> Callable[[Group], Cell]:
    def cell(group: Group) -> Cell:
        if len(group.pairs) != 1 or len(group.before) != 1 or group.status == "same":
            return ""
        ratio = promised(group.pairs[0].before[0].node)
        return "" if ratio is None else Share(ratio.numerator, ratio.denominator)

    return cell


def _equal(promised: Cell, part: Cell, whole: Cell) -> bool:
    """Whether a ratio is exactly the promised one; what promises nothing is no exception."""
    if not isinstance(promised, Share):
        return True
    return isinstance(part, int) and isinstance(whole, int) and part * promised.whole == promised.part * whole


def _stays(rewriting: Rewriting, top: int | None) -> Table | None:
    """The layers that a rewrite is meant for and that stay, each with the reason."""
    rows = [(name, reason) for step in rewriting.steps for name, reason in step.result.kept.items()]
    if not rows:
        return None
    more = ((f"… {grouped(len(rows) - top)} more", ""),) if top and len(rows) > top else ()
    columns = (Column("layer", "layer", "text"), Column("reason", "why", "text"))
    return Table(f"{grouped(len(rows))} stay as they are", columns, tuple(rows[:top]), more)


def remarks(rewriting: Rewriting) -> Iterator[str]:
    """Which of the rewrites change nothing, and why.

    Example:
        >>> from flopcount.rewriting import rewrite
        >>> from flopcount.sources import load
        >>> list(remarks(rewrite(load("vgg16"), "fold-bn")))
        ['fold-bn changes nothing: no layer is a batch normalisation']
    """
    for step in rewriting.steps:
        if not step.result.replaced:
            meant = find_rewrite(step.name).MEANT
            why = "every layer that it is meant for stays" if step.result.kept else f"no layer is {meant}"
            yield f"{step.request} changes nothing: {why}"


def _notes(effect: Effect, figures: Sequence[Figures], differences: Differences) -> Iterator[str]:
    yield from remarks(effect.rewriting)
    before, after = effect.comparison.reports
    if not effect.rewriting.replaced:
        return
    yield from _layers(before.graph, after.graph)
    yield from _parameters(before.graph, after.graph)
    yield from _biases(before, after)
    yield from _primitives(before, after)
    yield from _memory_bound(differences)
    for report, figure in zip(effect.comparison.reports, figures, strict=True):
        yield from (note for note in own_notes(report, figure) if report is after)


def _memory_bound(differences: Differences) -> Iterator[str]:
    """How many rewritten layers compute less and move more: there, fewer operations need not be faster."""
    rows, _ = differences.groups("layer", None)
    count, traffic = (differences.measured(METRICS[key]) for key in ("count", "traffic"))
    cheaper = [group for group in rows if (count.difference(group) or 0) < 0]
    heavier = sum((traffic.difference(group) or 0) > 0 for group in cheaper)
    if heavier:
        unit = f"{differences.convention.unit}s"
        yield f"{grouped(heavier)} of the {grouped(len(cheaper))} layers that need fewer {unit} move more bytes"


def _layers(before: Graph, after: Graph) -> Iterator[str]:
    """How many of each op there were and are."""
    olds, news = (Counter(node.op.tag for node in graph.nodes) for graph in (before, after))
    changed = [f"{tag} {grouped(olds[tag])} → {grouped(news[tag])}" for tag in olds | news if olds[tag] != news[tag]]
    if changed:
        yield f"layers: {', '.join(changed)}"


def _parameters(before: Graph, after: Graph) -> Iterator[str]:
    """How many learned numbers are gone with their layers, and how many are new."""
    olds, news = (_learned(graph) for graph in (before, after))
    gone = sum(elements for name, elements in olds.items() if name not in news)
    new = sum(elements for name, elements in news.items() if name not in olds)
    if gone or new:
        yield f"parameters: {grouped(gone)} gone, {grouped(new)} new"


def _learned(graph: Graph) -> dict[str, int]:
    weights = (weight for node in graph.nodes for weight in node.weights)
    return {weight.name: weight.elements for weight in weights if weight.kind == "parameter"}


def _biases(before: Report, after: Report) -> Iterator[str]:
    """The additions that new biases are, where the convention prices them."""
    old, new = (
        sum(
            report.convention.price(work, layer.node.op)
            for layer in report.layers
            for work in layer.work or ()
            if work.role == "bias"
        )
        for report in (before, after)
    )
    if new > old:
        yield f"{grouped(new - old)} of the {after.convention.unit}s are the additions of new biases"


def _primitives(before: Report, after: Report) -> Iterator[str]:
    """The whole ledger, of which most conventions price a part."""
    arithmetic = CONVENTIONS["arithmetic"]
    if before.convention.name == arithmetic.name:
        return
    old, new = (
        sum(arithmetic.price(work, layer.node.op) for layer in report.layers for work in layer.work or ())
        for report in (before, after)
    )
    shown = [
        at_least(grouped(total)) if report.uncounted else grouped(total)
        for report, total in ((before, old), (after, new))
    ]
    yield f"every primitive (the convention 'arithmetic'): {' → '.join(shown)}"
