"""Documents that every renderer is shown."""

from __future__ import annotations

from flopcount.registry import entries, load
from flopcount.table import AtLeast, Column, Difference, Document, Share, Table

FOR_CHECKS = [name for name in sorted(entries("renderers")) if getattr(load("renderers", name), "SHOWS", "") == "check"]
"""Formats that show the result of a check, and nothing else."""

FORMATS = sorted(entries("renderers").keys() - {*FOR_CHECKS})

EVERY_KIND = Table(
    "every_kind",
    (
        Column("layer", "layer", "text"), Column("outputs", "output", "shape"), Column("params", "params"),
        Column("weight_bytes", "weights", "bytes"), Column("share", "share", "share"),
    ),
    (
        ("conv1", ((1, 64, 112, 112),), 9_408, 37_632, Share(90, 100)),
        ("a|b & <c> 50%_#$", ((1, 8), (1, 8)), 1_000, 4_000, Share(10, 100)),
        ("magic", ((),), None, None, None),
        ("relu", (), 0, 0, Share(0, 100)),
    ),
    totals=(("total", (), AtLeast(10_408), AtLeast(41_632), Share(100, 100)),),
    notes=("1 layer unknown: totals are lower bounds",),
    caption=("input image 1×3×224×224 float32", "batch 1"),
)  # fmt: skip
DOCUMENT = Document((EVERY_KIND,), lambda: {"exact": 2**70, "unknown": None})
TWO = Document((EVERY_KIND, Table("other", (Column("layer", "layer", "text"), Column("macs", "MACs")), (("fc", 7),))))
SIGNED = Document(
    (
        Table(
            "signed",
            (
                Column("layer", "layer → layer", "text"), Column("params.difference", "Δ params"),
                Column("traffic.difference", "Δ traffic", "bytes"), Column("params.ratio", "× params", "ratio"),
                Column("share", "of Δ", "share"),
            ),
            (
                ("a → b", Difference(-5_600_000), Difference(-2048), Share(1, 8), Share(-5_600_000, -4_400_000)),
                ("c", Difference(1_200_000), Difference(512), Share(3, 2), Share(1_200_000, -4_400_000)),
                ("d", Difference(0), Difference(0), Share(1, 1), Share(0, -4_400_000)),
                ("e", None, None, None, None),
            ),
            totals=(("total", Difference(-4_400_000), Difference(-1536), Share(1, 2), Share(-1, -1)),),
        ),
    )
)  # fmt: skip
EMPTY = Document((Table("empty", EVERY_KIND.columns, ()),))
HOSTILE = "evil\x1b[31m\nname\u202e"


def named(*names: str) -> Document:
    """A table with rows of these names."""
    return Document((Table("names", EVERY_KIND.columns[:1], tuple((name,) for name in names)),))
