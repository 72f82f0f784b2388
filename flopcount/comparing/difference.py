"""Two networks layer by layer: what each pair of layers adds to the difference, and the table of it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from msgspec import Struct

from ..errors import UsageError, did_you_mean
from ..metrics import BYTES_AS, METRICS, RATIOS, Figures, Metric, bound, find_metric
from ..summary import check_fold, row_of
from ..table import AtLeast, Cell, Column, Difference, Row, Share, Table
from ..units import grouped
from .pair import Pair, Status, arrow

TEXTS = ("layer", "op", "status", "changes")
SIDES = ("before", "after", "difference", "ratio")
"""What a metric's columns may be: `macs.before`; `macs` alone is the first three."""
DEFAULT = ("layer", "status", "params.difference", "count.before", "count.after", "count.difference", "share")


class Group(Struct, frozen=True):
    """The pairs that one row stands for, with the places of their layers in the two reports."""

    label: str
    status: Status | None
    pairs: Sequence[Pair]
    before: Sequence[int]
    after: Sequence[int]


class Source(Struct, frozen=True):
    """A column, and how its cells come about."""

    column: Column
    cell: Callable[[Group], Cell]


class Measured(Struct, frozen=True):
    """One metric of the layers of both networks."""

    old: Sequence[int | None]
    new: Sequence[int | None]

    def before(self, group: Group) -> int | AtLeast | None:
        """What a row's layers come to in the first network; no layer is 0."""
        return _sum(self.old, group.before)

    def after(self, group: Group) -> int | AtLeast | None:
        """The same in the second."""
        return _sum(self.new, group.after)

    def difference(self, group: Group) -> int | None:
        """How much more it is in the second; None where either is not fully known."""
        if len(group.before) == len(group.after) == 1:  # nearly always
            one, other = self.old[group.before[0]], self.new[group.after[0]]
            return None if one is None or other is None else other - one
        old, new = _sum(self.old, group.before), _sum(self.new, group.after)
        return new - old if isinstance(old, int) and isinstance(new, int) else None


class Differences:
    """The differences between two reports whose layers have been matched.

    Args:
        before: The first report's figures.
        after: The second's.
        pairs: What `matching.match` says of their layers.
        label: What to call the row of a pair.
    """

    def __init__(
        self,
        before: Figures,
        after: Figures,
        pairs: Sequence[Pair],
        label: Callable[[Pair], str] = lambda pair: pair.label,
    ) -> None:
        self.label = label
        self.convention = before.report.convention
        self.pairs = pairs
        self.figures = before, after
        self._places = [
            {layer.node.name: place for place, layer in enumerate(figures.report.layers)} for figures in self.figures
        ]
        self.everything = Group("total", None, pairs, *(range(len(figures.report.layers)) for figures in self.figures))

    def table(
        self,
        title: str,
        *,
        columns: Sequence[str] | None = None,
        depth: int | None = None,
        by: str = "layer",
        sort: str = "count",
        top: int | None = None,
        extra: Iterable[Source] = (),
        notes: Sequence[str] = (),
        caption: Sequence[str] = (),
    ) -> Table:
        """What differs, the largest contribution first. Rows are disjoint and add up to the total.

        Args:
            title: The table's.
            columns: `layer`, `op`, `status`, `changes`, `share`; a metric, which is three columns; or one of them:
                `params.before`, `.after`, `.difference`, and besides `.ratio`, after over before.
            depth: Fold the rows to so many parts of the layers' names.
            by: Fold them by `module` or `op`.
            sort: The metric whose difference orders the rows, and is shared out.
            top: Show so many rows, and the sum of the others.
            extra: Columns of the caller's own, after these.
            notes: What the reader must not miss.
            caption: Where the numbers come from.

        Raises:
            UsageError: An unknown column, an impossible fold, or fewer than one row or part.
        """
        check_fold(by, depth, top)
        ranked = find_metric(sort, self.convention)
        sources = [source for name in columns or DEFAULT for source in self.sources(name, ranked, by)]
        sources += extra
        rows, same = self.groups(by, depth)
        ranks = [self.measured(ranked), self.measured(METRICS["params"])]
        rows.sort(key=lambda group: [_rank(measured.difference(group)) for measured in ranks])
        if not rows:
            notes = ("no layer differs", *notes)
        totals = [self.everything]
        if top and len(rows) > top:
            rows, rest = rows[:top], rows[top:]
            totals.insert(0, self.merged(f"… {grouped(len(rest))} more", None, rest))
        if same:
            rows.append(self.group(_same(same), "same", same))
        return Table(
            title,
            tuple(source.column for source in sources),
            tuple([tuple([source.cell(group) for source in sources]) for group in rows]),
            tuple(_total_row(sources, group) for group in totals),
            tuple(notes),
            tuple(caption),
        )

    def group(self, label: str, status: Status | None, pairs: Sequence[Pair]) -> Group:
        """The row of some pairs."""
        before, after = self._places
        return Group(
            label,
            status,
            pairs,
            [before[layer.node.name] for pair in pairs for layer in pair.before],
            [after[layer.node.name] for pair in pairs for layer in pair.after],
        )

    def merged(self, label: str, status: Status | None, groups: Sequence[Group]) -> Group:
        """The row of several rows."""
        return self.group(label, status, [pair for group in groups for pair in group.pairs])

    def groups(self, by: str, depth: int | None) -> tuple[list[Group], list[Pair]]:
        """The rows that differ, and the pairs in those that do not.

        What nobody knows may differ, however alike it looks.
        """
        if by == "layer" and depth is None:
            same = [pair for pair in self.pairs if _alike(pair)]
            differ = [pair for pair in self.pairs if not _alike(pair)] if len(same) < len(self.pairs) else []
            return [self.group(self.label(pair), pair.status, (pair,)) for pair in differ], same
        folded = [(group, all(map(_alike, group.pairs))) for group in self.folded(by, depth)]
        same = [pair for group, alike in folded if alike for pair in group.pairs]
        return [group for group, alike in folded if not alike], same

    def folded(self, by: str, depth: int | None) -> list[Group]:
        """A row for each module or kind of op; one for what went from one to another."""
        rows: dict[tuple[tuple[str, ...], ...], list[Pair]] = {}
        for pair in self.pairs:
            old, new = (
                tuple(dict.fromkeys(row_of(layer, by, depth) for layer in layers))
                for layers in (pair.before, pair.after)
            )
            rows.setdefault((old or new, new or old), []).append(pair)
        return [self.group(arrow(*key), _common_status(pairs), pairs) for key, pairs in rows.items()]

    def measured(self, metric: Metric) -> Measured:
        """A metric of both networks."""
        before, after = self.figures
        return Measured(before.of(metric), after.of(metric))

    def sources(self, name: str, ranked: Metric, by: str) -> list[Source]:
        """The columns that a name stands for."""
        if name in TEXTS:
            return [_text(name, by)]
        if name == "share":
            measured = self.measured(ranked)
            whole = measured.difference(self.everything)
            column = Column("share", "of Δ", "share")
            return [Source(column, lambda group: _share(measured.difference(group), whole))]
        key, dot, side = name.rpartition(".")
        if not dot:
            key, side = name, ""
        if side in ("", *SIDES) and key in RATIOS and RATIOS[key].kind == "ratio":
            return [self._quotient(key, side) for side in ([side] if side else SIDES[:2])]
        if side in ("", *SIDES) and (key in METRICS or key.startswith(BYTES_AS)):
            metric = find_metric(key, self.convention)
            return [self._number(metric, side) for side in ([side] if side else SIDES[:3])]
        wanted = [*TEXTS, "share", *METRICS, *(f"{key}.{side}" for key in METRICS for side in SIDES)]
        raise UsageError(f"unknown column '{name}'", hint=did_you_mean(name, wanted))

    def _number(self, metric: Metric, side: str) -> Source:
        key, title, measured = f"{metric.key}.{side}", metric.title_in(self.convention), self.measured(metric)
        if side == "before":
            return Source(Column(key, title, metric.kind), measured.before)
        if side == "after":
            return Source(Column(key, f"→ {title}", metric.kind), measured.after)
        if side == "difference":
            return Source(Column(key, f"Δ {title}", metric.kind), lambda group: _signed(measured.difference(group)))
        return Source(
            Column(key, f"× {title}", "ratio"), lambda group: ratio(measured.after(group), measured.before(group))
        )

    def _quotient(self, key: str, side: str) -> Source:
        """One metric over another, in the first network or the second."""
        if side not in SIDES[:2]:
            raise UsageError(f"unknown column '{key}.{side}'", hint=did_you_mean(side, SIDES[:2]))
        part, whole = (self.measured(METRICS[of]) for of in (RATIOS[key].part, RATIOS[key].whole))
        title, after = RATIOS[key].title_in(self.convention), side == "after"

        def cell(group: Group) -> Cell:
            return (
                ratio(part.after(group), whole.after(group))
                if after
                else ratio(part.before(group), whole.before(group))
            )

        return Source(Column(f"{key}.{side}", f"→ {title}" if after else title, "ratio"), cell)


def ratio(part: int | AtLeast | None, whole: int | AtLeast | None) -> Share | None:
    """The one over the other, where both are fully known."""
    return Share(part, whole) if isinstance(part, int) and isinstance(whole, int) else None


def _sum(each: Sequence[int | None], places: Sequence[int]) -> int | AtLeast | None:
    if len(places) == 1:
        return each[places[0]]
    return bound([each[place] for place in places]) if places else 0


def _rank(difference: int | None) -> int:
    """Sorts large differences first, the unknown last."""
    return 1 if difference is None else -abs(difference)


def _share(part: int | None, whole: int | None) -> Share | None:
    if part is None or whole is None:
        return None
    return Share(part, whole) if whole else Share(0, 0)


def _signed(difference: int | None) -> Cell:
    return None if difference is None else Difference(difference)


def _alike(pair: Pair) -> bool:
    return pair.status == "same" and pair.before[0].work is not None


def _same(pairs: Sequence[Pair]) -> str:
    renamed = sum(pair.renamed for pair in pairs)
    return f"{grouped(len(pairs))} same" + (f", {grouped(renamed)} renamed" if renamed else "")


def _common_status(pairs: Sequence[Pair]) -> Status:
    statuses = {pair.status for pair in pairs}
    return statuses.pop() if len(statuses) == 1 else "changed"


def _text(key: str, by: str) -> Source:
    if key == "layer" or key == by:
        return Source(Column("op" if by == "op" else "layer", by, "text"), lambda group: group.label)
    cells: dict[str, Callable[[Group], Cell]] = {
        "op": _op,
        "status": lambda group: group.status or "",
        "changes": lambda group: ", ".join(group.pairs[0].changes) if len(group.pairs) == 1 else "",
    }
    return Source(Column(key, key, "text"), cells[key])


def _op(group: Group) -> str:
    old = list(dict.fromkeys(layer.node.op.tag for pair in group.pairs for layer in pair.before))
    new = list(dict.fromkeys(layer.node.op.tag for pair in group.pairs for layer in pair.after))
    return arrow(old, new) if len(group.pairs) == 1 or len({*old, *new}) == 1 else ""


def _total_row(sources: Sequence[Source], group: Group) -> Row:
    """Its name in the first column that names rows, and its numbers."""
    named = next((source for source in sources if source.column.kind == "text"), None)

    def cell(source: Source) -> Cell:
        if source.column.kind == "text":
            return group.label if source is named else ""
        return source.cell(group)

    return tuple(map(cell, sources))
