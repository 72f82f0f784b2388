"""What lies between the numbers of two counters: every bridge closes, cause by cause and layer by layer."""

from __future__ import annotations

from itertools import product
from typing import Any

import pytest

from flopcount.api import analyze
from flopcount.bridges import bridge as bridges
from flopcount.bridges.bridge import Bridge, bridge
from flopcount.conventions import CONVENTIONS, Convention
from flopcount.engine import Report, count
from flopcount.errors import BugError, UsageError
from flopcount.tools import Rule, nothing
from tests.samples import resnet50
from tests.tools.test_bridges import CONV, RESNET50, TRANSPOSED, of

BN, RELU, ADDED, POOLED, AVERAGED = 11_113_984, 9_608_704, 5_519_360, 802_816, 100_352
MACS = 4_089_184_256


def between(report: Report, before: str, after: str) -> Bridge:
    return bridge(report, CONVENTIONS[before], CONVENTIONS[after])


def told(spanned: Bridge) -> list[tuple[Any, ...]]:
    return [
        (*cause.ops, cause.quantity, cause.count, cause.before, cause.after, cause.error_of) for cause in spanned.causes
    ]


def check(spanned: Bridge) -> None:
    assert sum(cause.difference for cause in spanned.causes) == spanned.end.value - spanned.start.value
    for cause in spanned.causes:
        assert cause.difference
        if cause.count is not None:
            assert cause.count * (cause.after - cause.before) == cause.difference
    sizes = [abs(cause.difference) for cause in spanned.causes]
    assert sizes == sorted(sizes, reverse=True)


@pytest.mark.parametrize("name", RESNET50)
def test_the_bridges_of_resnet50_close(name: str) -> None:
    report = count(resnet50())
    for other in RESNET50:
        spanned = between(report, other, name)
        assert (spanned.start.value, spanned.end.value) == (RESNET50[other], RESNET50[name])
        check(spanned)


@pytest.mark.parametrize(
    ("layer", "totals"),
    [
        (of("conv", (1, 3, 32, 32), out=8, kernel=3, padding=1), CONV),
        (of("conv_transpose", (1, 3, 2, 2), out=1, kernel=2, stride=2), TRANSPOSED),
    ],
    ids=["conv", "transposed"],
)
def test_the_bridges_of_the_worked_examples_close(layer: Report, totals: dict[str, int]) -> None:
    for before, after in product(totals, totals):
        spanned = between(layer, before, after)
        assert (spanned.start.value, spanned.end.value) == (totals[before], totals[after])
        check(spanned)


@pytest.mark.parametrize(
    ("before", "after", "causes"),
    [
        ("macs", "torch", [("conv", "linear", "products", MACS, 1, 2, "")]),
        ("macs", "ptflops-aten", [("linear", "biases", 1_000, 0, 1, "")]),
        (
            "macs",
            "torchinfo",
            [("bn", "parameters per sample", 53_120, 0, 1, ""), ("linear", "biases", 1_000, 0, 1, "")],
        ),
        ("macs", "fvcore", [("bn", "elements", BN, 0, 2, ""), ("global_avgpool", "inputs", AVERAGED, 0, 1, "")]),
        ("macs", "thop", [("bn", "elements", BN, 0, 4, ""), ("global_avgpool", "outputs", 2_048, 0, 50, "")]),
        ("fvcore", "thop", [("bn", "elements", BN, 2, 4, ""), ("global_avgpool", "outputs", 2_048, 49, 50, "")]),
        (
            "ptflops-modules",
            "ptflops",
            [
                ("relu", "elements", RELU, 0, 1, "ptflops"),
                ("linear", "products", 2_048_000, 0, 1, "ptflops"),
                ("maxpool", "inputs", POOLED, 0, 1, "ptflops"),
                ("global_avgpool", "inputs", AVERAGED, 0, 1, "ptflops"),
            ],
        ),
        ("ptflops", "ptflops-cpu", [("linear", "products", 2_048_000, 1, 0, "ptflops")]),
        ("deepspeed", "calflops", []),
    ],
)
def test_what_lies_between(before: str, after: str, causes: list[tuple[Any, ...]]) -> None:
    assert told(between(count(resnet50()), before, after)) == causes


def test_a_model_left_in_training_mode() -> None:
    spanned = between(count(resnet50(), mode="train"), "macs", "fvcore")
    assert spanned.end.value == 4_144_854_528
    assert ("bn", "elements", BN, 0, 5, "") in told(spanned)
    assert ("conv", "linear", "products, to weights", MACS, 1, 0, "") in told(spanned)


def test_a_known_error_stands_beside_the_truth() -> None:
    layer = of("conv_transpose", (1, 3, 2, 2), out=1, kernel=2, stride=2)
    assert told(between(layer, "torch", "thop")) == [
        ("conv_transpose", "products", 48, 0, 3, "thop"), ("conv_transpose", "products", 48, 2, 1, ""),
    ]  # fmt: skip
    spanned = between(layer, "torch", "thop")
    assert spanned.causes[0].why == ("thop: a transposed convolution as a convolution: too high by its strides",)
    assert told(between(layer, "thop", "torch"))[0] == ("conv_transpose", "products", 48, 3, 0, "thop")


def test_the_zeros_of_the_padding() -> None:
    layer = of("conv", (1, 3, 32, 32), out=8, kernel=3, padding=1)
    spanned = between(layer, "torch", "xla")
    (cause,) = spanned.causes
    assert (cause.count, cause.before, cause.after) == ((442_368 - 424_128) // 2, 2, 0)
    assert cause.why == ("xla: the products with real inputs alone, without the padding's zeros",)


def test_what_only_one_of_them_knows() -> None:
    spanned = between(of("relu", (1, 3, 8, 8)), "arithmetic", "xla")
    assert (spanned.start.unknown, spanned.end.unknown, spanned.end.value) == (0, 1, 0)
    (cause,) = spanned.causes
    assert (cause.count, cause.difference, cause.why) == (None, -192, ("what xla counts here is not known",))
    assert told(between(of("relu", (1, 3, 8, 8)), "xla", "macs")) == []


@pytest.mark.parametrize(
    "name", ["vit_b_16", "gpt2", "googlenet", "mobilenet_v2", "lstm_lm", "unet", "efficientnet_b0"]
)
@pytest.mark.parametrize("mode", ["eval", "train"])
def test_every_bridge_closes(name: str, mode: str) -> None:
    """Between any two conventions, on networks of attention, recurrence, groups and transposed convolution."""
    report = analyze(name, mode=mode)
    for before, after in product(CONVENTIONS, CONVENTIONS):
        spanned = between(report, before, after)
        check(spanned)
        back = between(report, after, before)
        assert sum(cause.difference for cause in back.causes) == -sum(cause.difference for cause in spanned.causes)


def test_layers_close_too() -> None:
    spanned = between(analyze("vit_b_16"), "torch", "ptflops")
    for span in spanned.spans():
        assert span.before is not None
        assert span.after is not None
        assert sum(cause.difference for cause in span.causes) == span.after - span.before
    spans = [*spanned.spans()]
    assert sum((span.after or 0) - (span.before or 0) for span in spans) == spanned.end.value - spanned.start.value
    assert len(spans) < len(spanned.report.layers)


def test_a_part_of_the_network() -> None:
    report = count(resnet50())
    spanned = bridge(report, CONVENTIONS["macs"], CONVENTIONS["thop"], "layer1.0")
    assert {layer.node.name.split(".")[0] for layer in spanned.report.layers} == {"layer1"}
    assert spanned.part == "layer1.0"
    check(spanned)
    with pytest.raises(UsageError, match="no layer or module is named 'layer9'"):
        bridge(report, CONVENTIONS["macs"], CONVENTIONS["thop"], "layer9")


def test_rules_that_undo_an_earlier_error() -> None:
    """The second rule takes away what the first, an error, has put there; the truth stays told."""

    def doubled(use: Any) -> Any:
        return (*use.work, *use.work)

    rules = (Rule("twice", ("linear",), doubled, wrong=True), Rule("nothing", ("linear",), nothing))
    ours = Convention("ours", "MAC", "", "", product=1, rules=rules)
    spanned = bridge(of("linear", (1, 8), out=4, bias=False), CONVENTIONS["macs"], ours)
    assert (spanned.start.value, spanned.end.value) == (32, 0)
    check(spanned)


def test_a_bridge_that_does_not_close_is_a_bug(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bridges, "causes_of", lambda *arguments: ())
    with pytest.raises(BugError, match="the causes between 'macs' and 'thop' sum to 0"):
        between(count(resnet50()), "macs", "thop")
