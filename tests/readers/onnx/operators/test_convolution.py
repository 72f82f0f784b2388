"""Convolution, pooling and what slides besides: the house's own ops, wherever they say what the file says."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from flopcount.engine import count
from flopcount.graph import Graph
from flopcount.readers.onnx import read
from flopcount.readers.onnx.operators.convolution import DeformedSamples
from flopcount.readers.spec import read as read_spec
from flopcount.readers.spec.write import spec_text
from tests.counting import Number, indices, performed, tallied
from tests.readers.onnx.models import graph_of, held, layers, model, node, value, written

X = value("x", [1, 4, 9, 9])
W = held("w", (4, 6, 3, 3))


def one(op_type: str, inputs: list[str], *initializers: Any, x: Any = X, **attributes: Any) -> Any:
    return model([node(op_type, inputs, name="l", **attributes)], [x], *initializers)


SPEAKABLE = {
    "maxpool": (one("MaxPool", ["x"], kernel_shape=[3, 3], strides=[2, 2], pads=[1, 1, 1, 1]), (1, 4, 5, 5)),
    "maxpool-dilated": (one("MaxPool", ["x"], kernel_shape=[3, 3], dilations=[2, 2]), (1, 4, 5, 5)),
    "maxpool-ceil": (one("MaxPool", ["x"], kernel_shape=[2, 2], strides=[2, 2], ceil_mode=1), (1, 4, 5, 5)),
    "maxpool-same": (one("MaxPool", ["x"], kernel_shape=[2, 2], strides=[2, 2], auto_pad="SAME_UPPER"), (1, 4, 5, 5)),
    "avgpool": (one("AveragePool", ["x"], kernel_shape=[3, 3], count_include_pad=1, pads=[1] * 4), (1, 4, 9, 9)),
    "conv-uneven": (one("Conv", ["x", "c"], held("c", (6, 4, 3, 3)), pads=[0, 1, 1, 0]), (1, 6, 8, 8)),
    "transposed": (
        one("ConvTranspose", ["x", "w"], W, strides=[2, 2], pads=[1] * 4, output_padding=[1, 1]),
        (1, 6, 18, 18),
    ),
    "transposed-same": (one("ConvTranspose", ["x", "w"], W, strides=[2, 2], auto_pad="SAME_LOWER"), (1, 6, 18, 18)),
    "ln": (one("LayerNormalization", ["x", "g", "b"], held("g", (9,)), held("b", (9,))), (1, 4, 9, 9)),
    "rms_norm": (one("RMSNormalization", ["x", "g"], held("g", (9,))), (1, 4, 9, 9)),
}


@pytest.mark.parametrize(("made", "shape"), SPEAKABLE.values(), ids=SPEAKABLE)
def test_a_layer_that_the_spec_language_has_is_written_in_it(made: Any, shape: Any, tmp_path: Path) -> None:
    graph = graph_of(made, tmp_path)
    assert graph.outputs[0].shape == shape
    again = spoken(graph)
    assert layers(again) == layers(graph)
    assert totals(again) == totals(graph)


def spoken(graph: Graph) -> Graph:
    return read_spec(spec_text(graph), "net.yaml", batch=graph.batch)


def totals(graph: Graph) -> list[Any]:
    return [count(graph).totals[name].value for name in ("params", "macs", "flops")]


WIDER = {
    "maxpool": (one("MaxPool", ["x"], kernel_shape=[2, 2], strides=[1, 1], pads=[2] * 4), (1, 4, 12, 12)),
    "avgpool": (one("AveragePool", ["x"], kernel_shape=[2, 2], dilations=[3, 3]), (1, 4, 6, 6)),
    "conv_transpose": (one("ConvTranspose", ["x", "w"], W, output_padding=[1, 1]), (1, 6, 12, 12)),
    "ln": (one("LayerNormalization", ["x", "g", "g"], held("g", (1, 4, 9, 9)), axis=0), (1, 4, 9, 9)),
}


@pytest.mark.parametrize("tag", WIDER)
def test_what_the_format_allows_beyond_it_is_counted_all_the_same(tag: str, tmp_path: Path) -> None:
    made, shape = WIDER[tag]
    assert layers(read(written(made, tmp_path))) == [("l", tag, shape)]


@pytest.mark.parametrize("masked", [False, True])
def test_the_samples_of_a_deformable_convolution(masked: bool) -> None:
    channels, groups, taps, out = 4, 2, 9, (3, 5)
    with tallied() as done:
        for _ in indices((2, *out)):
            for _ in range(groups * taps * 2):
                place = Number() + Number()
                place - place.maximum()
            for _ in range(channels * taps):
                combined = [Number() + Number() * (Number() - Number()) for _ in range(3)]
                _ = combined[0] * Number() if masked else combined
    shapes = [(2, channels, 5, 7), (2, 2 * groups * taps, *out), *([(2, groups * taps, *out)] if masked else [])]
    op = DeformedSamples(taps=taps)
    assert performed(op.work(*shapes, op.infer(*shapes))) == done


def test_the_products_of_a_deformable_convolution_are_a_convolutions(tmp_path: Path) -> None:
    offset = value("o", [1, 18, 7, 7])
    made = model([node("DeformConv", ["x", "w", "o"], name="l")], [X, offset], held("w", (6, 4, 3, 3)))
    report = count(graph_of(made, tmp_path))
    assert layers(report.graph) == [("l.sampling", "deformed_samples", (1, 4, 9, 9)), ("l", "conv", (1, 6, 7, 7))]
    assert report.totals["macs"].value == 6 * 4 * 9 * 7 * 7
    assert report.uncounted == ()
