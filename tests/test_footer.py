from __future__ import annotations

from flopcount import __version__
from flopcount.conventions import find_convention
from flopcount.engine import count
from flopcount.footer import own_notes, provenance, shared_provenance
from flopcount.metrics import Figures
from tests.samples import Sample, small


def test_provenance_names_everything_that_the_numbers_depend_on() -> None:
    convention = find_convention("arithmetic").adjusted(count=["relu"], ignore=["bias", "bn"])
    report = count(small(batch=2, settings={"width": 2, "depths": [3, 4]}), convention)
    assert provenance(report) == (
        "input 2×3×8×8 float32",
        "batch 2",
        "eval",
        "width = 2, depths = [3, 4]",
        "ops by the convention 'arithmetic' counting relu ignoring bias, bn",
        f"flopcount {__version__}",
    )


def test_views_are_said_beside_the_samples_of_the_batch() -> None:
    assert provenance(count(small(batch=20), views=10))[:4] == (
        "input 20×3×8×8 float32", "batch 2", "10 views of every sample", "eval",
    )  # fmt: skip


def test_several_inputs_are_named() -> None:
    b = Sample("pair")
    tokens, mask = b.input("tokens", (1, 4), "int64"), b.input("mask", (1, 4))
    assert provenance(count(b.build([b.then(tokens, "add", "add", mask)])))[0] == "tokens 1×4 int64, mask 1×4 float32"


def test_what_several_reports_share_is_said_once() -> None:
    reports = [count(small(batch=batch, settings={"width": 2, "depth": batch})) for batch in (1, 2)]
    assert shared_provenance(reports, ["a", "b"]) == (
        "eval",
        "width = 2",
        "a: input 1×3×8×8 float32, batch 1, depth = 1",
        "b: input 2×3×8×8 float32, batch 2, depth = 2",
        "FLOPs by the convention 'lecture'",
        f"flopcount {__version__}",
    )
    assert shared_provenance(reports[:1], ["a"]) == provenance(reports[0])


def test_nothing_to_note() -> None:
    report = count(small())
    assert list(own_notes(report, Figures(report))) == []


def test_the_unknown_the_remarked_and_the_missed_are_noted() -> None:
    report = count(small(unknown=True, expect={"params": 3}, notes=("read on a Monday",)))
    assert list(own_notes(report, Figures(report))) == [
        "1 layer unknown: totals are lower bounds (body.magic (opaque))",
        "read on a Monday",
        "params: 10,690, but the source promises 3",
    ]


def test_errors_of_a_tool_and_what_is_unknown_of_it() -> None:
    b = Sample("up")
    x = b.then(b.input("x", (1, 3, 4, 4)), "conv_transpose", "a", out=3, kernel=2, stride=2)
    graph = b.build([b.then(b.then(x, "conv_transpose", "b", out=3, kernel=2, stride=2), "relu", "c")])

    def said(name: str) -> list[str]:
        report = count(graph, find_convention(name))
        return [*own_notes(report, Figures(report))]

    assert said("thop") == [
        "the convention 'thop' reproduces an error of its tool in 2 layers: a transposed convolution as a convolution: "
        "too high by its strides"
    ]
    assert said("xla") == ["what the convention 'xla' counts in 1 layer is not known: totals are lower bounds"]
    assert said("fvcore") == []
