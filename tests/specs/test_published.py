"""Numbers that others have published, met digit for digit.

`data/torchvision_layers.csv`: what torchvision's models do, layer by layer in the order of execution, recorded with
hooks on one sample. `data/torchvision_totals.csv`: parameters and GMACs in the metadata of torchvision's weights.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator
from fractions import Fraction
from functools import cache
from pathlib import Path
from typing import NamedTuple

import pytest

from flopcount.api import analyze
from flopcount.engine import Layer, Report

DATA = Path(__file__).parent / "data"
SPECS = {"googlenet": "googlenet_torchvision"}


class Row(NamedTuple):
    """One layer: its shapes without the batch, parameters and MACs."""

    input: tuple[int, ...]
    output: tuple[int, ...]
    params: int
    macs: int


def table(name: str) -> Iterator[dict[str, str]]:
    with (DATA / name).open(encoding="utf-8") as file:
        yield from csv.DictReader(file)


def shape(text: str) -> tuple[int, ...]:
    return tuple(int(size) for size in text.split("x"))


@cache
def recorded() -> dict[tuple[str, str], list[Row]]:
    rows: dict[tuple[str, str], list[Row]] = {}
    for row in table("torchvision_layers.csv"):
        entry = Row(shape(row["input"]), shape(row["output"]), int(row["params"]), int(row["macs"]))
        rows.setdefault((row["model"], row["op"]), []).append(entry)
    return rows


@cache
def report(name: str) -> Report:
    return analyze(name)


def macs(layer: Layer) -> int:
    assert layer.work is not None
    return sum(work.count for work in layer.work if work.kind == "dot")


def counted(layer: Layer) -> Row:
    assert layer.params is not None
    node = layer.node
    return Row(node.inputs[0].shape[1:], node.outputs[0].shape[1:], layer.params, macs(layer))


def total(name: str, key: str, **settings: object) -> int:
    found = analyze(name, settings=settings) if settings else report(name)
    return found.totals[key].value


def layer(name: str, layer: str) -> Layer:
    return next(found for found in report(name).layers if found.node.name == layer)


@pytest.mark.parametrize(("model", "op"), list(recorded()))
def test_layers_are_torchvisions(model: str, op: str) -> None:
    layers = report(SPECS.get(model, model)).layers
    assert [counted(found) for found in layers if found.node.op.tag == op] == recorded()[model, op]


@pytest.mark.parametrize("row", list(table("torchvision_totals.csv")), ids=lambda row: row["model"])
def test_totals_are_torchvisions(row: dict[str, str]) -> None:
    found = report(row["model"])
    assert found.graph.inputs[0].shape == (1, 3, int(row["crop"]), int(row["crop"]))
    assert total(row["model"], "params") == int(row["params"])
    assert abs(Fraction(total(row["model"], "macs"), 10**9) - Fraction(row["gmacs"])) <= Fraction(1, 2000)


ALEXNET = {
    "conv1": 34_944, "conv2": 614_656, "conv3": 885_120, "conv4": 1_327_488, "conv5": 884_992,
    "fc6": 37_752_832, "fc7": 16_781_312, "fc8": 4_097_000,
}  # fmt: skip


def test_alexnet_is_the_lectures_table() -> None:
    assert {found.node.name: found.params for found in report("alexnet").layers if found.params} == ALEXNET
    conv, fc = ([ALEXNET[name] for name in ALEXNET if name.startswith(kind)] for kind in ("conv", "fc"))
    assert (sum(conv), sum(fc)) == (3_747_200, 58_631_144)
    assert total("alexnet", "params") == 62_378_344


def test_alexnets_shapes() -> None:
    shapes = [found.node.outputs[0].shape[1:] for found in report("alexnet").layers if found.node.op.tag == "maxpool"]
    assert layer("alexnet", "conv1").node.outputs[0].shape == (1, 96, 55, 55)
    assert shapes == [(96, 27, 27), (256, 13, 13), (256, 6, 6)]


def test_alexnets_first_layer_in_the_lectures_flops() -> None:
    first = layer("alexnet", "conv1")
    assert first.work is not None
    found = report("alexnet")
    assert sum(found.convention.price(work, first.node.op) for work in first.work) == 210_830_400


def test_ten_filters() -> None:
    (only,) = report("lecture_ten_filters").layers
    assert only.node.outputs[0].shape == (1, 10, 28, 28)
    assert only.params == 760


def test_try_this() -> None:
    assert total("lecture_try_this", "flops") == 117_600


def test_separable_saves_what_the_lecture_says() -> None:
    """Reduction = 1/D2 + 1/F², exactly."""
    reduction = Fraction(total("lecture_separable", "flops"), total("lecture_standard", "flops"))
    assert reduction == Fraction(1, 128) + Fraction(1, 9)


def test_halving_the_channels_halves_the_filters_cost() -> None:
    reduced, direct = layer("lecture_inception_reduce", "filters"), layer("lecture_inception_direct", "filters")
    assert macs(direct) == 2 * macs(reduced)
    assert total("lecture_inception_reduce", "flops") < total("lecture_inception_direct", "flops")


def test_inception_modules() -> None:
    assert report("inception_module").graph.outputs[0].shape == (1, 256, 28, 28)
    assert report("inception_module_naive").graph.outputs[0].shape == (1, 416, 28, 28)
    inside = [found for found in report("googlenet").layers if found.node.name.startswith("inception3a.")]
    assert total("inception_module", "macs") == sum(macs(found) for found in inside)


@pytest.mark.parametrize(
    ("name", "params", "products"),
    [
        ("vgg16", 138_357_544, 15_470_264_320),
        ("googlenet", 6_998_552, 1_582_671_872),
        ("googlenet_torchvision", 6_624_904, 1_498_376_192),
        ("resnet18", 11_689_512, 1_814_073_344),
        ("resnet50", 25_557_032, 4_089_184_256),
        ("resnet50_v1", 25_557_032, 3_857_973_248),
        ("resnet152", 60_192_808, 11_513_626_624),
        ("mobilenet_v1", 4_231_976, 568_740_352),
        ("mobilenet_v1_standard", 29_294_088, 4_867_293_184),
        ("mobilenet_v2", 3_504_872, 300_774_272),
        ("squeezenet1_0", 1_248_424, 818_924_576),
        ("densenet121", 7_978_856, 2_834_161_664),
        ("efficientnet_b0", 5_288_548, 385_814_752),
        ("vit_b_16", 86_567_656, 17_563_828_224),
    ],
)
def test_totals(name: str, params: int, products: int) -> None:
    assert (total(name, "params"), total(name, "macs")) == (params, products)


def test_resnet50s_activations() -> None:
    assert total("resnet50", "activations") == 11_114_984


def test_mobilenet_at_half_width() -> None:
    assert total("mobilenet_v1", "params", width="0.5") == 1_331_592
    assert total("mobilenet_v1", "macs", width="0.5") == 149_497_088


@pytest.mark.parametrize(
    ("width", "resolution", "mega_macs", "mega_params"),
    [("1.0", 224, 569, "4.2"), ("0.75", 224, 325, "2.6"), ("0.5", 224, 149, "1.3"), ("0.25", 224, 41, "0.5"),
     ("1.0", 192, 418, "4.2"), ("1.0", 160, 290, "4.2"), ("1.0", 128, 186, "4.2")],
)  # fmt: skip
def test_mobilenets_of_the_paper(width: str, resolution: int, mega_macs: int, mega_params: str) -> None:
    """Howard et al. 2017, Tables 6 and 7, which round down here and there."""
    found = analyze("mobilenet_v1", settings={"width": width, "resolution": resolution})
    assert abs(Fraction(found.totals["macs"].value, 10**6) - mega_macs) < 1
    assert abs(Fraction(found.totals["params"].value, 10**6) - Fraction(mega_params)) < Fraction(1, 10)


@pytest.mark.parametrize(
    ("name", "width", "depth", "params"),
    [("gpt2", 768, 12, 124_439_808), ("gpt2_medium", 1024, 24, 354_823_168), ("gpt2_large", 1280, 36, 774_030_080),
     ("gpt2_xl", 1600, 48, 1_557_611_200)],
)  # fmt: skip
def test_gpt2(name: str, width: int, depth: int, params: int) -> None:
    """Parameters as published with the weights; products by hand: 12·w² a token and layer, and the pairs it may see."""
    tokens, vocabulary = 1024, 50257
    pairs = sum(range(1, tokens + 1))
    assert total(name, "params") == params
    assert total(name, "macs") == depth * (12 * width**2 * tokens + 2 * width * pairs) + vocabulary * width * tokens


@pytest.mark.parametrize(("name", "width", "steps"), [("small", 200, 20), ("medium", 650, 35), ("large", 1500, 35)])
def test_language_models_by_hand(name: str, width: int, steps: int) -> None:
    """Two layers of four gates, each reading the layer below and its own state; a table of words before and after."""
    words = 10_000
    gates = 2 * 4 * 2 * width * width
    assert total(f"lstm_lm_{name}", "params") == gates + 2 * 4 * 2 * width + 2 * words * width + words
    assert total(f"lstm_lm_{name}", "macs") == steps * (gates + words * width)


def test_unet_by_hand() -> None:
    """Two 3×3 convolutions a level, on the way up after a 2×2 transposed one and with twice the channels in front."""
    widths, size = (64, 128, 256, 512, 1024), 512
    products, channels = 0, 1
    for level, width in enumerate(widths):
        products += 9 * (channels + width) * width * (size >> level) ** 2
        channels = width
    for level, width in reversed(list(enumerate(widths[:-1]))):
        products += (4 * 2 * width * width) * (size >> level + 1) ** 2
        products += 9 * (2 * width + width) * width * (size >> level) ** 2
    assert total("unet", "macs") == products + 64 * 2 * size**2
    assert report("unet").graph.outputs[0].shape == (1, 2, 512, 512)
