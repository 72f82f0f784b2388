from __future__ import annotations

from typing import Any

import pytest

from flopcount.conventions import CONVENTIONS, find_convention
from flopcount.engine import Total, count
from flopcount.errors import UsageError
from flopcount.metrics import METRICS, RATIOS, Figures, Metric, Miss, find_metric, misses
from flopcount.ops import find_op
from tests.samples import Sample, resnet50, small


def of(key: str, **sample: Any) -> list[int | None]:
    return Figures(count(small(**sample))).of(find_metric(key))


def test_resnet50_as_published() -> None:
    figures = Figures(count(resnet50()))
    totals = {key: figures.total(METRICS[key]).value for key in ("params", "buffers", "macs", "activations")}
    assert totals == {"params": 25_557_032, "buffers": 53_120, "macs": 4_089_184_256, "activations": 11_114_984}


# stem.conv: 3·9 products for each of 8·64 outputs; depthwise 9; pointwise 8 for 16·64; linear 1024 for 10.
MACS = [13_824, 0, 4_608, 0, 8_192, 0, 10_240]


BY_HAND: dict[str, list[int]] = {
    "params": [224, 0, 72, 16, 128, 0, 10_250],
    "trainable_params": [224, 0, 72, 16, 128, 0, 10_250],
    "frozen_params": [0] * 7,
    "buffers": [0, 0, 0, 16, 0, 0, 0],
    "macs": MACS,
    # The lecture: 2·K with a bias, 2·K - 1 without, for each output.
    "count": [2 * 13_824, 0, 2 * 4_608 - 512, 0, 2 * 8_192 - 1024, 0, 2 * 10_240],
    "flops": [2 * 13_824, 0, 2 * 4_608 - 512, 0, 2 * 8_192 - 1024, 0, 2 * 10_240],
    "forward": [2 * 13_824, 0, 2 * 4_608 - 512, 0, 2 * 8_192 - 1024, 0, 2 * 10_240],
    "grad_input": [0] * 7,
    "grad_weight": [0] * 7,
    "activations": [512, 0, 512, 0, 1024, 0, 10],
    "weight_bytes": [896, 0, 288, 64, 512, 0, 41_000],
    "bytes:int8": [224, 0, 72, 16, 128, 0, 10_250],
    "bytes:int4": [112, 0, 36, 8, 64, 0, 5_125],
    "activation_bytes": [2048, 2048, 2048, 2048, 4096, 4096, 40],
    # Inputs, outputs and weights in four bytes each; flattening moves none.
    "traffic": [
        4 * (192 + 512 + 224),
        4 * (512 + 512),
        4 * (512 + 512 + 72),
        4 * (512 + 512 + 32),
        4 * (512 + 1024 + 128),
        0,
        4 * (1024 + 10 + 10_250),
    ],
    "depthwise_macs": [0, 0, 4_608, 0, 0, 0, 0],
    "layers": [1] * 7,
}


@pytest.mark.parametrize("key", BY_HAND)
def test_every_metric_by_hand(key: str) -> None:
    assert of(key) == BY_HAND[key]


def test_no_metric_is_forgotten() -> None:
    assert METRICS.keys() <= BY_HAND.keys()


@pytest.mark.parametrize("key", [*METRICS, "bytes:int8"])
def test_keys_titles_and_the_unknown(key: str) -> None:
    metric = find_metric(key)
    assert metric.key == key
    assert metric.summary
    value = of(key, unknown=True)[5]
    assert value == {"activation_bytes": 4096, "layers": 1}.get(key)


@pytest.mark.parametrize("metric", METRICS.values())
def test_what_grows_with_the_batch_says_so(metric: Metric) -> None:
    one, two = (Figures(count(small(batch=batch))).total(metric).value for batch in (1, 2))
    if metric.key == "traffic":  # weights are read once, whatever the batch
        two += sum(4 * weight.elements for node in small().nodes for weight in node.weights)
    assert two == (2 * one if metric.batched else one)


@pytest.mark.parametrize("name", CONVENTIONS)
def test_macs_do_not_depend_on_the_convention(name: str) -> None:
    figures = Figures(count(small(), find_convention(name)))
    assert figures.of(METRICS["macs"]) == MACS
    assert METRICS["count"].title_in(figures.report.convention) == figures.report.convention.unit + "s"


def test_masked_products_are_not_macs() -> None:
    b = Sample("decoder")
    x = b.input("tokens", (1, 4, 8))
    x = b.then(x, "attention", "full", heads=2)
    x = b.then(x, "attention", "causal", heads=2, causal=True)
    figures = Figures(count(b.build([x])))
    full, causal = figures.of(METRICS["macs"])
    # Projections 4·(4·8·8); scores and values 4·4·8 each in full, 10 of 16 pairs under the causal mask.
    assert (full, causal) == (1024 + 256, 1024 + 160)
    # Projections 4·32; scores 2·16 or 2·10; values 32.
    assert figures.of(METRICS["activations"])[0] == 128 + 32 + 32


def test_tied_weights_weigh_once() -> None:
    b = Sample("tied")
    x = b.input("x", (1, 8))
    x = b.then(x, "linear", "one", out=8, bias=False)
    (x,) = b.add(find_op("linear")(out=8, bias=False), [x], name="two", tied={"weight": b.nodes[0].weights[0]})
    figures = Figures(count(b.build([x])))
    assert [figures.of(find_metric(key)) for key in ("params", "weight_bytes", "bytes:int8")] == [
        [64, 0], [256, 0], [64, 0],
    ]  # fmt: skip


def test_group_norm_is_not_depthwise() -> None:
    b = Sample("norm")
    x = b.then(b.input("x", (1, 8, 4, 4)), "gn", "norm", groups=8)
    assert Figures(count(b.build([x]))).of(METRICS["depthwise_macs"]) == [0]


def test_totals_remember_the_unknown() -> None:
    assert Figures(count(small(unknown=True))).total(METRICS["macs"]) == Total(sum(MACS), 1)


def test_ratios_are_of_metrics() -> None:
    assert {key for ratio in RATIOS.values() for key in (ratio.part, ratio.whole)} <= METRICS.keys()


@pytest.mark.parametrize(
    ("key", "convention", "message", "hint"),
    [
        ("parms", "lecture", "unknown metric 'parms'", "did you mean 'params'?"),
        ("bytes:int9", "lecture", "unknown dtype 'int9'", "did you mean "),
        (
            "flops", "macs", "the convention 'macs' counts MACs, not FLOPs",
            "'count' is its number, whatever the unit; or choose another convention",
        ),
    ],
)  # fmt: skip
def test_refuses(key: str, convention: str, message: str, hint: str) -> None:
    with pytest.raises(UsageError) as caught:
        find_metric(key, find_convention(convention))
    assert caught.value.what == message
    assert (caught.value.hint or "").startswith(hint)


@pytest.mark.parametrize(
    ("expect", "options", "found"),
    [
        ({"params": 10_690, "macs": 36_864}, {}, []),
        ({"params": 10_691}, {}, [Miss("params", 10_691, 10_690)]),
        ({"params": 10_691}, {"unknown": True}, []),
        ({"params": 10_689}, {"unknown": True}, [Miss("params", 10_689, 10_690)]),
        ({"params": 1, "macs": 1}, {"batch": 2}, [Miss("params", 1, 10_690)]),
        ({"flops": 1}, {}, [Miss("flops", 1, 72_192)]),
    ],
)
def test_misses(expect: dict[str, int], options: dict[str, Any], found: list[Miss]) -> None:
    assert misses(count(small(expect=expect, **options))) == found


def test_priced_promises_are_the_lectures() -> None:
    assert misses(count(small(expect={"flops": 1, "macs": 36_864}), find_convention("torch"))) == []
