from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given

from flopcount.conventions import CONVENTIONS, LECTURE, Convention
from flopcount.engine import Report, count
from flopcount.errors import UsageError
from flopcount.explain import Explanation, dominant_layers, explain_layer
from flopcount.graph import GraphBuilder
from flopcount.metrics import METRICS
from flopcount.op import Op
from flopcount.ops import OPS, find_op
from flopcount.ops.conv import Conv
from tests.ops.test_conv import convolutions
from tests.reading import read

Shape = tuple[int, ...]

IMAGE, TOKENS = (2, 8, 12, 12), (2, 12, 8)
SAMPLES: dict[str, list[tuple[dict[str, Any], tuple[Shape, ...]]]] = {
    "attention": [
        ({"heads": 4}, (TOKENS,)),
        ({"heads": 4, "kv_heads": 2, "causal": True}, (TOKENS,)),
        ({"heads": 2, "causal": True, "window": 5}, (TOKENS,)),
        ({"heads": 2, "window": 5}, (TOKENS,)),
        ({"heads": 2, "window": 50}, (TOKENS,)),
        ({"heads": 2, "head_dim": 3, "out": 5, "bias": False}, (TOKENS, (2, 7, 6))),
        ({"heads": 2, "project": False, "causal": True}, (TOKENS, (2, 20, 8), (2, 20, 6))),
    ],
    "avgpool": [({"kernel": 3, "stride": 2}, (IMAGE,)), ({"kernel": 2}, (TOKENS,))],
    "maxpool": [
        ({"kernel": 3, "stride": 2, "padding": 1, "ceil_mode": True}, (IMAGE,)),
        ({"kernel": (2, 3)}, (IMAGE,)),
    ],
    "adaptive_avgpool": [({"out": 6}, (IMAGE,)), ({"out": (5, 7)}, (IMAGE,))],
    "adaptive_maxpool": [({"out": 1}, (IMAGE,))],
    "conv": [
        ({"out": 4, "kernel": 3, "padding": "same", "stride": 2, "groups": 2}, (IMAGE,)),
        ({"out": 4, "kernel": (3, 1), "padding": ((0, 1), (2, 2)), "bias": False}, (IMAGE,)),
        ({"out": 4, "kernel": 3, "dilation": 2}, ((1, 8, 5, 12, 12),)),
    ],
    "conv_transpose": [
        ({"out": 4, "kernel": 4, "stride": 2, "padding": 1}, (IMAGE,)),
        ({"out": 4, "kernel": 2, "stride": 3, "groups": 2, "bias": False}, (IMAGE,)),
    ],
    "add": [({}, (IMAGE, IMAGE)), ({}, (IMAGE, (2, 8, 1, 1), (1, 8, 12, 1)))],
    "stack": [({}, (TOKENS, TOKENS))],
    "clamp": [({"min": 0}, (IMAGE,)), ({"min": 0, "max": 6}, (IMAGE,))],
    "concat": [({}, (IMAGE, (2, 5, 12, 12), IMAGE)), ({"axis": -1}, (TOKENS, TOKENS))],
    "constant": [({"shape": (3, 4)}, (TOKENS,))],
    "parameter": [({"shape": (3, 4)}, (TOKENS,))],
    "opaque": [({"out": (3, 4)}, (TOKENS,))],
    "einsum": [
        ({"equation": "bij,bjk->bik"}, ((2, 3, 4), (2, 4, 5))),
        ({"equation": "...ij,...jk,k->...i"}, ((2, 3, 4), (2, 4, 5), (5,))),
    ],
    "embedding": [({"vocab": 100, "dim": 8}, ((2, 7),))],
    "expand": [({"shape": (8, -1, 5)}, ((2, 8, 12, 1),))],
    "flatten": [({}, (IMAGE,))],
    "flip": [({"axes": (1,)}, (IMAGE,))],
    "gru": [({"hidden": 6, "layers": 2, "bidirectional": True}, (TOKENS,))],
    "lstm": [({"hidden": 6, "layers": 3, "proj": 4}, (TOKENS,)), ({"hidden": 6, "sequence": False}, (TOKENS,))],
    "rnn": [({"hidden": 8}, (TOKENS,))],
    "channel_shuffle": [({"groups": 4}, (IMAGE,))],
    "gn": [({"groups": 4}, (IMAGE,)), ({"groups": 1}, (IMAGE,))],
    "linear": [({"out": 5}, (TOKENS,)), ({"out": 5, "bias": False}, ((3, 4),)), ({"out": 5}, ((1, 2, 3, 4, 5, 6),))],
    "matmul": [({}, (TOKENS, (2, 8, 5))), ({"transpose": True}, ((2, 4, 12, 8), (2, 4, 12, 8))), ({}, ((7,), (7,)))],
    "pad": [({"padding": 3}, (IMAGE,)), ({"padding": ((0, 1), (2, 3))}, (IMAGE,))],
    "permute": [({"order": (0, 2, 1)}, (TOKENS,))],
    "pixel_shuffle": [({"factor": 2}, (IMAGE,))],
    "pixel_unshuffle": [({"factor": 2}, (IMAGE,))],
    "affine_grid": [({"size": (5, 7)}, ((2, 2, 3),))],
    "cast": [({"to": "int8"}, (IMAGE,))],
    "gather": [({"axis": 1}, (TOKENS, (5, 2)))],
    "gather_nd": [({"batch_axes": 1}, ((2, 7, 5), (2, 3, 2)))],
    "gemm": [({"alpha": 0.5, "beta": 2, "transpose_b": True}, ((3, 4), (5, 4), (5,)))],
    "grid_sample": [({"mode": mode}, (IMAGE, (2, 3, 5, 2))) for mode in ("nearest", "bilinear", "bicubic")],
    "nms": [({"kept": 3}, ((7, 4), (7,)))],
    "one_hot": [({"depth": 3}, (TOKENS,))],
    "roi_align": [({"out": 7, "samples": 2}, (IMAGE, (5, 4))), ({"out": 7}, (IMAGE, (5, 4)))],
    "scatter": [({"axis": 1, "reduce": "add"}, (TOKENS, TOKENS, TOKENS))],
    "scatter_nd": [({"reduce": "max"}, ((7, 5), (3, 1), (3, 5)))],
    "sdpa": [
        ({"causal": True}, ((2, 6, 5, 4), (2, 3, 8, 4), (2, 3, 8, 7))),
        ({}, ((2, 6, 5, 4), (2, 3, 8, 4), (2, 3, 8, 7), (5, 8))),
    ],
    "dynamic_conv": [({"padding": 1, "groups": 2}, (IMAGE, (4, 4, 3, 3)))],
    "strided_slice": [({"starts": (1,), "ends": (5,), "axes": (1,), "steps": (2,)}, (IMAGE,))],
    "threshold": [({"threshold": 1}, (IMAGE,))],
    "topk": [({"k": 2}, (IMAGE,))],
    "pow": [({"exponent": 3}, (IMAGE,))],
    "scale": [({"by": 3}, (IMAGE,))],
    "shift": [({"by": 3}, (IMAGE,))],
    "reshape": [({"shape": (4, -1)}, (IMAGE,)), ({"shape": (-1, 6), "keep_batch": False}, (IMAGE,))],
    "roll": [({"shifts": (1, 1)}, (IMAGE,))],
    "select": [({"axis": 1}, (TOKENS,))],
    "slice": [({"axis": 1, "start": 1, "step": 2}, (TOKENS,))],
    "split": [({"parts": 2}, (IMAGE,)), ({"sizes": (3, 5)}, (IMAGE,))],
    "squeeze": [({"axes": (2, 3)}, ((2, 8, 1, 1),))],
    "tile": [({"repeats": 3}, (IMAGE,))],
    "unsqueeze": [({"axes": (1,)}, (TOKENS,))],
    "upsample": [({"scale": 2}, (IMAGE,)), ({"size": (18, 9), "mode": "bilinear"}, (IMAGE,))],
}
"""Where an op needs more than its defaults on an image, or deserves it."""


def cases() -> list[Any]:
    found = []
    for tag, kind in OPS.items():
        plain: list[tuple[dict[str, Any], tuple[Shape, ...]]] = [({}, (IMAGE,) * kind.arity[0])]
        for i, (fields, shapes) in enumerate(SAMPLES.get(tag, plain)):
            found.append(pytest.param(kind(**fields), shapes, id=f"{tag}{i}"))
    return found


def counted(op: Op, shapes: tuple[Shape, ...], convention: Convention = LECTURE, mode: str = "eval") -> Report:
    """A network of one layer; in training all its inputs come from something trainable."""
    builder = GraphBuilder("probe")
    dtype = "int64" if op.tag == "embedding" else "float32"
    inputs = [builder.input(f"x{i}", shape, dtype) for i, shape in enumerate(shapes)]
    if mode == "train" and dtype == "float32":
        inputs = [builder.add(find_op("prelu")(), [x], name=f"trained{i}")[0] for i, x in enumerate(inputs)]
    return count(builder.build(builder.add(op, inputs, name="layer")), convention, mode)


def check_explained(report: Report, name: str) -> Explanation:
    """Every line says in letters and in numbers what its result is, and the results are the report's."""
    (layer,) = [layer for layer in report.layers if layer.node.name == name]
    explained = explain_layer(report, name)
    letters = {each.letter: each.value for each in explained.letters}
    for line in (*explained.sizes, *explained.params, *((explained.macs,) if explained.macs else ()), *explained.count):
        assert type(line.result) is int
        assert read(line.formula, letters) == read(line.substitution) == line.result
    for line in explained.sizes:
        assert letters[line.title] == line.result
    if layer.work is None:
        assert explained.macs is None
        assert explained.count == explained.params == ()
        return explained
    for lines in (explained.params, explained.count):
        assert sum(line.result for line in lines[:-1]) in (0, lines[-1].result if lines else 0)
    assert (explained.params[-1].result if explained.params else 0) == layer.params
    assert explained.macs
    assert explained.macs.result == METRICS["macs"].measure(layer, report.convention)
    number = METRICS["count"].measure(layer, report.convention)
    assert (explained.count[-1].result if explained.count else None) == number
    return explained


@pytest.mark.parametrize(("op", "shapes"), cases())
def test_every_op_explains_what_the_engine_counts(op: Op, shapes: tuple[Shape, ...]) -> None:
    for convention in CONVENTIONS.values():
        check_explained(counted(op, shapes, convention), "layer")


@pytest.mark.parametrize(("op", "shapes"), cases())
def test_every_op_explains_what_the_engine_counts_in_training(op: Op, shapes: tuple[Shape, ...]) -> None:
    for convention in CONVENTIONS.values():
        check_explained(counted(op, shapes, convention, "train"), "layer")


@given(convolutions())
def test_every_convolution_explains_its_gradients(case: tuple[Conv, Shape]) -> None:
    op, shape = case
    check_explained(counted(op, (shape,), CONVENTIONS["arithmetic"], "train"), "layer")


@given(convolutions())
def test_every_convolution_explains_what_the_engine_counts(case: tuple[Conv, Shape]) -> None:
    op, shape = case
    check_explained(counted(op, (shape,), CONVENTIONS["arithmetic"]), "layer")


def lines_of(explained: Explanation) -> list[str]:
    macs = (explained.macs,) if explained.macs else ()
    every = (*explained.sizes, *explained.params, *macs, *explained.count)
    return [f"{line.title} = {line.formula} = {line.substitution} = {line.result:,}" for line in every]


def test_lectures_first_layer_of_alexnet() -> None:
    explained = explain_layer(counted(Conv(out=96, kernel=11, stride=4), ((1, 3, 227, 227),)), "layer")
    assert lines_of(explained) == [
        "H2 = (H1 − F + 2·P)/S + 1 = (227 − 11 + 2·0)/4 + 1 = 55",
        "W2 = (W1 − F + 2·P)/S + 1 = (227 − 11 + 2·0)/4 + 1 = 55",
        "weight = D2·D1·F² = 96·3·11² = 34,848",
        "bias = D2 = 96 = 96",
        "all = (D1·F² + 1)·D2 = (3·11² + 1)·96 = 34,944",
        "MACs = (D1·F²)·D2·H2·W2 = (3·11²)·96·55·55 = 105,415,200",
        "all = (2·D1·F²)·D2·H2·W2 = (2·3·11²)·96·55·55 = 210,830,400",
    ]
    assert explained.unit == "FLOP"
    assert explained.convention.startswith("lecture: every dot product of length K")
    assert explained.citation == Conv.citation
    assert explained.notes == ()


def test_a_training_step_of_a_convolution() -> None:
    explained = explain_layer(counted(Conv(out=256, kernel=5, padding=2), ((1, 96, 27, 27),), mode="train"), "layer")
    assert lines_of(explained)[-4:] == [
        "forward = (2·D1·F²)·D2·H2·W2 = (2·96·5²)·256·27·27 = 895,795,200",
        "gradient to inputs = (2·D2·F²·H2·W2 − (H2·S + F − S)·(W2·S + F − S))·D1 = "
        "(2·256·5²·27·27 − (27·1 + 5 − 1)·(27·1 + 5 − 1))·96 = 895,702,944",
        "gradient to weights = (2·D1·F²·H2·W2 − D1·F² + H2·W2 − 1)·D2 = "
        "(2·96·5²·27·27 − 96·5² + 27·27 − 1)·256 = 895,367,168",
        "all = 6·D1·F²·D2·H2·W2 − D1·(H2·S + F − S)·(W2·S + F − S) − D2·D1·F² + D2·H2·W2 − D2 = "
        "6·96·5²·256·27·27 − 96·(27·1 + 5 − 1)·(27·1 + 5 − 1) − 256·96·5² + 256·27·27 − 256 = 2,686,865,312",
    ]


def test_batch_norm_in_training_by_the_lectures_formulas() -> None:
    explained = explain_layer(counted(find_op("bn")(), ((32, 64, 28, 28),), mode="train"), "layer")
    assert [(line.title, line.formula) for line in explained.count] == [
        ("mean", "N·D·H1·W1"),
        ("variance", "3·N·D·H1·W1"),
        ("normalise", "(N·H1·W1 + 1)·2·D"),
        ("scale and shift", "2·N·D·H1·W1"),
        ("running", "6·D"),
        ("gradient to weights", "(3·N·H1·W1 − 2)·D"),
        ("gradient to inputs", "(3 + 4·N·H1·W1)·D"),
        ("all", "(5·N·H1·W1 + 3)·3·D"),
    ]
    assert explained.citation.startswith("lecture, Batch Normalization;")


def test_notes_on_batch_norm_in_training() -> None:
    bn = find_op("bn")()
    kept = "it keeps 16 numbers that are not learned, besides its parameters"
    explained = explain_layer(counted(bn, (IMAGE,), mode="train"), "layer")
    assert explained.notes == (
        kept, "it cannot fold into the layer before it while it is trained: each of its primitives counts 1",
    )  # fmt: skip
    free = explain_layer(counted(bn, (IMAGE,), CONVENTIONS["macs"], "train"), "layer")
    total = 15 * 2 * 8 * 12 * 12 + 9 * 8
    assert free.notes == (kept, f"{total:,} primitive operations are free under the convention 'macs'")


def test_parts_of_a_composite_op_add_up() -> None:
    explained = explain_layer(counted(find_op("attention")(heads=4), (TOKENS,)), "layer")
    assert [line.title for line in explained.count] == ["q", "k", "v", "scores", "values", "out", "all"]
    assert "scores = (2·D − h)·N·T² = (2·8 − 4)·2·12² = 3,456" in lines_of(explained)


def notes(op: Op, *shapes: Shape, convention: Convention = LECTURE) -> tuple[str, ...]:
    return explain_layer(counted(op, shapes, convention), "layer").notes


def test_notes_say_what_is_free_and_why() -> None:
    conv = Conv(out=4, kernel=3)
    assert notes(conv, IMAGE, convention=CONVENTIONS["macs"]) == (
        "adding the bias is free under the convention 'macs'",
    )
    assert notes(find_op("flatten")(), IMAGE) == ("it only moves data: nothing is computed",)
    assert notes(find_op("relu")(), IMAGE) == ("2,304 primitive operations are free under the convention 'lecture'",)
    assert notes(find_op("bn")(), IMAGE) == (
        "it keeps 16 numbers that are not learned, besides its parameters",
        "free, although it cannot fold into the layer before it: it reads the input x0",
    )
    (opaque,) = notes(find_op("opaque")(out=(3,)), IMAGE)
    assert opaque == "nobody knows what it costs: it is left out, and totals are lower bounds"
    attention = find_op("attention")(heads=2, causal=True)
    assert notes(attention, TOKENS)[0] == "2,112 products that the mask throws away are not counted"


def test_adjusted_conventions_are_explained_and_followed() -> None:
    report = counted(find_op("relu")(), (IMAGE,), LECTURE.adjusted(count=["relu"], ignore=["bias"]))
    explained = check_explained(report, "layer")
    assert explained.convention.endswith("; counted besides: relu; ignored: bias")
    assert explained.count[-1].formula == "N·C·H·W"
    assert explained.notes == ()


def network() -> Report:
    """A body of two convolutions, a batch norm and a tied, frozen third."""
    builder = GraphBuilder("net")
    x = builder.input("x", IMAGE)
    (y,) = builder.add(Conv(out=8, kernel=3, padding=1), [x], name="body.conv1")
    (y,) = builder.add(find_op("bn")(), [y], name="body.bn1")
    weights = {weight.name: weight for weight in builder.nodes[0].weights}
    tied = {"weight": weights["body.conv1.weight"]}
    (y,) = builder.add(Conv(out=8, kernel=3, padding=1), [y], name="body.conv2", tied=tied, trainable=False)
    (y,) = builder.add(Conv(out=1, kernel=1), [y], name="head")
    return count(builder.build([y]))


def test_shared_and_frozen_weights() -> None:
    report = network()
    explained = check_explained(report, "body.conv2")
    assert [line.title for line in explained.params] == ["bias", "all"]
    assert explained.params[-1].result == 8
    assert explained.notes == (
        "body.conv1.weight: shared with an earlier layer, which counts them",
        "8 of its parameters are frozen",
    )
    assert check_explained(report, "body.bn1").notes[-1] == (
        "free, although it cannot fold into the layer before it: the weight of body.conv1 (conv) is used elsewhere"
    )


def test_a_tensor_used_twice_by_one_layer_counts_once() -> None:
    builder = GraphBuilder("net")
    x = builder.input("x", TOKENS)
    report = count(builder.build(builder.add(find_op("gru")(hidden=8), [x], name="layer")))
    assert check_explained(report, "layer").params[-1].result == report.layers[0].params


@pytest.mark.parametrize(
    ("name", "what", "hint"),
    [
        ("haed", "no layer is named 'haed'", "did you mean 'head'?"),
        ("body", "'body' is a module, not a layer", "its layers: body.conv1, body.bn1, body.conv2"),
    ],
)
def test_unknown_layers(name: str, what: str, hint: str) -> None:
    with pytest.raises(UsageError) as caught:
        explain_layer(network(), name)
    assert (caught.value.what, caught.value.hint) == (what, hint)


def test_a_large_modules_layers_are_cut_short() -> None:
    builder = GraphBuilder("net")
    y = builder.input("x", IMAGE)
    for i in range(11):
        (y,) = builder.add(find_op("relu")(), [y], name=f"m.{i}")
    with pytest.raises(UsageError) as caught:
        explain_layer(count(builder.build([y])), "m")
    assert str(caught.value.hint).endswith("m.7 and 3 more")


def test_dominant_layers() -> None:
    report = network()
    found = dominant_layers(report)
    assert [(each.name, each.op) for each in found.layers] == [("body.conv1", "conv"), ("body.conv2", "conv")]
    assert found.count == sum(each.count for each in found.layers) < found.total.value
    assert [each.name for each in dominant_layers(report, percent=40).layers] == ["body.conv1"]
    assert [each.name for each in dominant_layers(report, percent=100, most=1).layers] == ["body.conv1"]
    assert len(dominant_layers(report, percent=100).layers) == 3


def test_nothing_dominates_where_nothing_is_counted() -> None:
    assert dominant_layers(counted(find_op("relu")(), (IMAGE,))).layers == ()


SPECS = sorted((Path(__file__).parents[1] / "specs").glob("*.yaml"))


@pytest.mark.parametrize("path", SPECS, ids=lambda path: path.stem)
def test_every_layer_of_every_shipped_network(path: Path) -> None:
    import flopcount

    report = flopcount.analyze(str(path))
    seen: set[Any] = set()
    for layer in report.layers:
        key = (layer.node.op, tuple(tensor.shape for tensor in layer.node.inputs))
        if key not in seen and len(seen) < 60:
            seen.add(key)
            check_explained(report, layer.node.name)
