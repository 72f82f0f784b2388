"""Comparing two networks of 10,000 written-out layers: at most 0.3 of reporting both, and about linear in layers.

Prints ratios of one run: python benchmarks/compare.py [layers]
"""

from __future__ import annotations

import sys
from functools import partial
from typing import Any

from scale import seconds, spec

from flopcount.api import analyze
from flopcount.collector import paused
from flopcount.comparing.comparison import compare_reports, comparison_document
from flopcount.engine import Report
from flopcount.readers.spec import read
from flopcount.renderers import json, table
from flopcount.summary import report_document


def edits(text: str) -> dict[str, str]:
    """Other versions of a network: one layer more in its middle, every other convolution wider, another input."""
    lines = text.split("\n")
    middle = len(lines) // 2
    return {
        "one layer more": "\n".join([*lines[:middle], "- conv: {out: 16, kernel: 5, padding: 2}", *lines[middle:]]),
        "wider": text.replace("out: 16, kernel: 3", "out: 24, kernel: 3"),
        "another input": text.replace("32, 32", "64, 64"),
    }


def report(text: str) -> Report:
    with paused():
        return analyze(read(text, "big.yaml"))


def shown(text: str) -> str:
    return table.render(report_document([report(text)]), width=100)


def main() -> None:
    """Print the ratios."""
    layers = int(sys.argv[1]) if len(sys.argv) > 1 else 10_000
    small, large = spec(layers // 10), spec(layers)
    for (title, other_small), other in zip(edits(small).items(), edits(large).values(), strict=True):

        def compared(reports: list[Report], render: Any = None) -> None:
            document = comparison_document(compare_reports(reports))
            if render:
                render(document, width=100)

        reports, few = [report(large), report(other)], [report(small), report(other_small)]
        both = seconds(lambda: [report(large), report(other)], 3)  # noqa: B023
        both_shown = seconds(lambda: [shown(large), shown(other)], 3)  # noqa: B023
        alone = seconds(partial(compared, reports), 5)
        drawn = seconds(partial(compared, reports, table.render), 3)
        written = seconds(partial(compared, reports, json.render), 3)
        growth = alone / layers / (seconds(partial(compared, few), 9) / (layers // 10))
        print(
            f"{title:15} as a table {drawn / both_shown:.2f} × reporting both as tables (goal 0.3), "
            f"before it is drawn {alone / both:.2f} × analysing both, JSON {written * 1000:.0f} ms; "
            f"a layer of {layers:,} {growth:.2f} × one of {layers // 10:,}"
        )


if __name__ == "__main__":
    main()
