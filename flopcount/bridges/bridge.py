"""The bridge between two conventions' numbers of one network: what the second counts otherwise, cause by cause.

Both price the same ledger, so that their difference falls apart into what an entry costs here and there, what the rules
of a tool put in the place of entries, and the known errors of tools. The causes sum to the difference exactly.
"""

from __future__ import annotations

from collections.abc import Iterator

from msgspec import Struct
from msgspec.structs import replace

from ..conventions import Convention, find_convention
from ..engine import Report, Total
from ..errors import BugError
from ..metrics import METRICS, Figures
from ..part import part_of
from .causes import Cause, causes_of


class Span(Struct, frozen=True):
    """One layer under both conventions; None where what it costs is unknown."""

    name: str
    op: str
    before: int | None
    after: int | None
    causes: tuple[Cause, ...]


class Bridge(Struct, frozen=True):
    """Two numbers of one network, and everything that lies between them.

    Attributes:
        report: What was counted.
        before, after: The two conventions.
        start, end: Their numbers.
        causes: The largest first; they sum to the difference.
        part: The layer or module that it is about; empty: the whole network.
    """

    report: Report
    before: Convention
    after: Convention
    start: Total
    end: Total
    causes: tuple[Cause, ...]
    part: str = ""

    def spans(self) -> Iterator[Span]:
        """The layers in which the two differ, in the network's order."""
        for layer in self.report.layers:
            if causes := causes_of([layer], self.before, self.after):
                before, after = (METRICS["count"].measure(layer, each) for each in (self.before, self.after))
                yield Span(layer.node.name, layer.node.op.tag, before, after, causes)


def bridge(report: Report, before: str | Convention, after: str | Convention, part: str = "") -> Bridge:
    """Why one convention's number of a network is not another's.

    Args:
        report: What was counted, under whatever convention.
        before: The convention to start from, by name or as an object.
        after: The one to arrive at.
        part: A layer or module to which to keep; empty: the whole network.

    Raises:
        UsageError: There is no such convention, layer or module.
        BugError: The causes do not sum to the difference.

    Example:
        >>> from flopcount.api import analyze
        >>> spanned = bridge(analyze("resnet50"), "macs", "thop")
        >>> spanned.start.value, spanned.end.value
        (4089184256, 4133742592)
        >>> for cause in spanned.causes:
        ...     print(*cause.ops, cause.count, cause.quantity, cause.before, cause.after, cause.difference)
        bn 11113984 elements 0 4 44455936
        global_avgpool 2048 outputs 0 50 102400
    """
    before, after = (find_convention(each) if isinstance(each, str) else each for each in (before, after))
    report = part_of(report, part) if part else report
    start, end = (Figures(replace(report, convention=each)).total(METRICS["count"]) for each in (before, after))
    causes = causes_of(report.layers, before, after)
    found = sum(cause.difference for cause in causes)
    if found != end.value - start.value:
        raise BugError(
            f"the causes between '{before.name}' and '{after.name}' sum to {found:,}",
            facts={"difference": f"{end.value - start.value:,}", "network": report.graph.name},
        )
    return Bridge(report, before, after, start, end, causes, part)
