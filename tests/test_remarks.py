from __future__ import annotations

from flopcount.conventions import find_convention
from flopcount.engine import count
from flopcount.remarks import notes
from tests.samples import Sample


def said(tag: str, convention: str, **fields: object) -> list[str]:
    b = Sample("one")
    graph = b.build([b.then(b.input("x", (1, 3, 4, 4)), tag, "layer", **fields)])
    report = count(graph, find_convention(convention))
    return [*notes(report, report.layers[0])]


def test_an_error_of_the_tool_is_named_at_its_layer() -> None:
    assert said("conv_transpose", "thop", out=1, kernel=2, stride=2) == [
        "counted by a rule of the convention 'thop', whatever the layer computes",
        "an error of the tool, reproduced: a transposed convolution as a convolution: too high by its strides",
    ]
    assert said("conv_transpose", "thop", out=1, kernel=1) == [
        "counted by a rule of the convention 'thop', whatever the layer computes"
    ]


def test_what_a_convention_does_not_know() -> None:
    assert said("relu", "xla") == ["what the convention 'xla' counts here is not known"]
