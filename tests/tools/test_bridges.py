"""What tools print of ResNet-50 and of two single layers, from one count: no tool is needed for it."""

from __future__ import annotations

from typing import Any

import pytest

from flopcount.conventions import CONVENTIONS, Convention
from flopcount.engine import Report, count
from flopcount.graph import GraphBuilder
from flopcount.metrics import METRICS, Figures
from flopcount.ops import find_op
from tests.samples import resnet50

RESNET50 = {
    "macs": 4_089_184_256,
    "ptflops-aten": 4_089_184_256 + 1_000,
    "torchinfo": 4_089_238_376,
    "fvcore": 4_111_512_576,
    "ptflops-modules": 4_121_925_096,
    "thop": 4_133_742_592,
    "ptflops-cpu": 4_121_925_096 + 9_608_704 + 903_168,
    "ptflops": 4_121_925_096 + 9_608_704 + 903_168 + 2_048_000,
    "torch": 8_178_368_512,
    "deepspeed": 8_178_368_512 + 2 * 11_113_984 + 9_608_704 + 802_816 + 100_352,
    "calflops": 8_178_368_512 + 2 * 11_113_984 + 9_608_704 + 802_816 + 100_352,
    "netscope": 4_089_184_256,
    "onnx-tool": 4_089_184_256 + 1_000 + 31 * 11_113_984 + 9_608_704 + 5_519_360 + 9 * 200_704 + 100_352 + 4 * 2_048,
    "tf": 8_178_368_512 + 1_000 + 2 * 11_113_984 + 5 * 26_560 + 5_519_360 + 9 * 200_704 + 100_352,
}
"""Each as what it adds to the products, from the numbers of elements that each kind of layer has."""

CONV = {
    "fvcore": 221_184, "thop": 221_184, "netscope": 221_184, "macs": 221_184,
    "ptflops": 229_376, "ptflops-modules": 229_376, "ptflops-aten": 229_376, "torchinfo": 229_376, "onnx-tool": 229_376,
    "torch": 442_368, "lecture": 442_368, "deepspeed": 450_560, "calflops": 450_560, "tf": 450_560, "xla": 424_128,
}  # fmt: skip
TRANSPOSED = {
    "fvcore": 48, "ptflops": 64, "ptflops-modules": 64, "ptflops-aten": 64, "torch": 96, "lecture": 96, "macs": 48,
    "thop": 192, "torchinfo": 208, "deepspeed": 112, "tf": 112, "xla": 96,
}  # fmt: skip


def of(tag: str, shape: tuple[int, ...], convention: str = "lecture", **fields: Any) -> Report:
    builder = GraphBuilder("one")
    x = builder.input("x", shape, "int64" if tag == "embedding" else None)
    return count(builder.build(builder.add(find_op(tag)(**fields), [x], name="layer")), CONVENTIONS[convention])


def total(report: Report, convention: Convention | str) -> int:
    chosen = CONVENTIONS[convention] if isinstance(convention, str) else convention
    return sum(METRICS["count"].measure(layer, chosen) or 0 for layer in report.layers)


@pytest.mark.parametrize("name", RESNET50)
def test_resnet50(name: str) -> None:
    assert total(count(resnet50()), name) == RESNET50[name]


def test_resnet50_left_in_training_mode() -> None:
    """What mmengine's documentation prints as 4.145 G."""
    report = count(resnet50(), CONVENTIONS["fvcore"], "train")
    assert Figures(report).total(METRICS["forward"]).value == 4_089_184_256 + 5 * 11_113_984 + 100_352 == 4_144_854_528
    assert report.totals["count"].value == 4_144_854_528


@pytest.mark.parametrize("name", ["deepspeed", "calflops"])
def test_tools_that_look_at_the_mode(name: str) -> None:
    trained = count(resnet50(), CONVENTIONS[name], "train").totals["forward"].value
    assert trained - total(count(resnet50()), name) == 3 * 11_113_984


@pytest.mark.parametrize("name", ["thop", "torchinfo", "ptflops", "ptflops-modules", "ptflops-aten", "torch"])
def test_tools_that_do_not(name: str) -> None:
    assert count(resnet50(), CONVENTIONS[name], "train").totals["forward"].value == RESNET50[name]


@pytest.mark.parametrize("name", CONV)
def test_a_convolution(name: str) -> None:
    assert total(of("conv", (1, 3, 32, 32), out=8, kernel=3, padding=1), name) == CONV[name]


@pytest.mark.parametrize("name", TRANSPOSED)
def test_a_transposed_convolution(name: str) -> None:
    report = of("conv_transpose", (1, 3, 2, 2), out=1, kernel=2, stride=2)
    assert total(report, name) == TRANSPOSED[name]
    wrong = {rule.name for rule in CONVENTIONS[name].errors(report.layers[0].use)}
    assert bool(wrong) == (name in ("thop", "torchinfo"))


@pytest.mark.parametrize(
    ("name", "tag", "shape", "fields", "true", "wrong"),
    [
        ("thop", "conv_transpose", (1, 6, 4, 4), {"out": 6, "kernel": 4, "stride": 2, "groups": 6}, 1536, 9600),
        ("calflops", "conv_transpose", (1, 6, 4, 4), {"out": 6, "kernel": 2, "groups": 6, "bias": False}, 768, 0),
        ("torchinfo", "linear", (1, 197, 768), {"out": 3072}, 197 * 769 * 3072, 769 * 3072),
        ("torchinfo", "embedding", (1, 128), {"vocab": 1000, "dim": 16}, 0, 16_000),
        ("fvcore", "conv", (1, 3, 8, 8), {"out": 4, "kernel": 3, "padding": "same", "bias": False}, 6912, 0),
        ("thop", "attention", (1, 5, 8), {"heads": 2}, 4 * 320 + 2 * 200, 0),
    ],
)
def test_known_errors_are_reproduced_and_named(
    name: str, tag: str, shape: tuple[int, ...], fields: dict[str, Any], true: int, wrong: int
) -> None:
    report = of(tag, shape, **fields)
    (layer,) = report.layers
    assert total(report, name) == wrong
    assert layer.work is not None
    assert sum(CONVENTIONS[name].price(entry, layer.node.op) for entry in layer.work) == true
    assert len([*CONVENTIONS[name].errors(layer.use)]) == 1


def test_what_is_not_surveyed_is_unknown() -> None:
    report = of("relu", (1, 3, 8, 8), "xla")
    assert METRICS["count"].measure(report.layers[0], report.convention) is None
    assert report.totals["count"].unknown == 1
    assert total(of("flatten", (1, 3, 8, 8), "xla"), "xla") == 0
    assert of("flatten", (1, 3, 8, 8), "xla").totals["count"].unknown == 0
