from __future__ import annotations

import json
from typing import Any

import pytest

from flopcount.api import compare_rewritten
from flopcount.comparing.effect import Effect, effect_document, remarks
from flopcount.errors import UsageError
from flopcount.registry import load
from flopcount.renderers import json as as_json
from flopcount.table import Share, Table
from tests.renderers.documents import FORMATS

TWIN = "mobilenet_v1_standard"
REQUEST = "separable:between=bn,relu,skip=stem.*"


def tables(effect: Effect, **options: Any) -> tuple[Table, ...]:
    return effect_document(effect, **options).tables


def titles(table: Table) -> list[str]:
    return [column.title for column in table.columns]


def test_before_and_after_side_by_side() -> None:
    networks, *_ = tables(compare_rewritten(TWIN, REQUEST))
    assert titles(networks) == [
        "network", "params", "× params", "MACs", "FLOPs", "× FLOPs", "traffic", "× traffic", "depth",
    ]  # fmt: skip
    before, after = networks.rows
    assert before[:4] == (TWIN, 29_294_088, Share(29_294_088, 29_294_088), 4_867_293_184)
    assert after[:4] == (f"{TWIN} rewritten", 4_231_976, Share(4_231_976, 29_294_088), 568_740_352)
    assert (before[-1], after[-1]) == (15, 28)


def test_each_layers_ratio_beside_the_lectures() -> None:
    """Without a bias the lecture's FLOPs miss 1/D2 + 1/F² by the additions; the MACs have it exactly."""
    _, costs, *_ = tables(compare_rewritten(TWIN, REQUEST))
    assert costs.title == REQUEST
    assert titles(costs) == ["layer", "FLOPs", "→ FLOPs", "× FLOPs", "× MACs", "1/D2 + 1/F²"]
    *rows, same = costs.rows
    assert len(rows) == 13
    assert rows[0] == (
        "block13.standard.conv1", 924_793_856, 103_563_264, Share(103_563_264, 924_793_856),
        Share(49 * 1024 * (9 + 1024), 49 * 1024 * 1024 * 9), Share(1033, 9216),
    )  # fmt: skip
    for row in rows:
        *_, macs, promised = row
        assert isinstance(macs, Share)
        assert isinstance(promised, Share)
        assert macs.part * promised.whole == macs.whole * promised.part
    assert same[0] == "32 same"
    assert costs.totals[0][:3] == ("total", 9_731_475_456, 1_132_438_016)


def test_with_a_bias_the_measured_ratio_is_the_lectures() -> None:
    _, costs, *_ = tables(compare_rewritten("vgg16", "separable"))
    assert titles(costs) == ["layer", "FLOPs", "→ FLOPs", "× FLOPs", "1/D2 + 1/F²"]
    _, costs, *_ = tables(compare_rewritten("resnet18", "separable", convention="macs"))
    assert titles(costs) == ["layer", "MACs", "→ MACs", "× MACs", "1/D2 + 1/F²"]


def test_the_memory_side() -> None:
    """Inputs, outputs and weights once each, in four bytes: fewer operations for each byte that moves."""
    *_, memory = tables(compare_rewritten("lecture_standard", "separable"))
    assert titles(memory) == ["layer", "traffic", "→ traffic", "× traffic", "FLOPs/B", "→ FLOPs/B"]
    ((name, before, after, _, intensity, less),) = memory.rows
    image, filters = 64 * 56 * 56, 128 * 56 * 56
    old = 4 * (image + filters + 128 * 64 * 9 + 128)
    new = 4 * (image + image + 64 * 9 + 64) + 4 * (image + filters + 128 * 64 + 128)
    assert (name, before, after) == ("standard", old, new)
    flops = 2 * 64 * 9 * filters
    assert intensity == Share(flops, old)
    assert less == Share(2 * 9 * image + 2 * 64 * filters, new)
    assert "1 of the 1 layers that need fewer FLOPs move more bytes" in memory.notes


def test_folding_names_the_new_additions_and_the_fall_of_all_others() -> None:
    *_, last = tables(compare_rewritten("resnet50", "fold-bn"))
    assert last.notes == (
        "layers: bn 53 → 0",
        "parameters: 53,120 gone, 26,560 new",
        "11,113,984 of the FLOPs are the additions of new biases",
        "every primitive (the convention 'arithmetic'): 8,228,597,632 → 8,195,202,560",
    )
    # Four primitives an element and two a channel are gone, one an element is new.
    assert 8_228_597_632 - 8_195_202_560 == 3 * 11_113_984 + 2 * 26_560


def test_a_folded_row_is_the_convolution_with_its_batch_norm() -> None:
    _, costs, *_ = tables(compare_rewritten("resnet18", "fold-bn"), top=1)
    assert costs.rows[0][:3] == ("conv1, bn1 → conv1", 235_225_088, 236_027_904)
    assert costs.totals[0][0] == "… 19 more"


def test_what_stays_and_why() -> None:
    *_, stays = tables(compare_rewritten("densenet121", "fold-bn"))
    assert stays.title == "62 stay as they are"
    assert stays.rows[0] == ("block1.0.bn1", "the layer before it is maxpool1 (maxpool)")
    assert len(stays.rows) == 62
    *_, stays = tables(compare_rewritten("densenet121", "fold-bn"), top=3)
    assert (len(stays.rows), stays.totals) == (3, (("… 59 more", ""),))


def test_a_training_step_layer_by_layer() -> None:
    effect = compare_rewritten("alexnet", "transfer:classes=20,freeze=conv*")
    assert effect.comparison.reports[1].mode == "train"
    networks, step = tables(effect)
    assert titles(networks) == [
        "network", "params", "trainable", "forward", "to inputs", "to weights", "FLOPs", "× FLOPs",
    ]  # fmt: skip
    assert titles(step) == ["layer", "trainable", "frozen", "forward", "to inputs", "to weights", "FLOPs"]
    rows = {row[0]: row[1:7] for row in step.rows}
    assert len(rows) == 23
    assert rows["conv2"] == (0, 614_656, 895_795_200, 0, 0, 895_795_200)
    assert rows["fc6"] == (37_752_832, 0, 75_497_472, 0, 37_748_736, 113_246_208)
    assert rows["fc8"] == (81_940, 0, 163_840, 20 * 4096 * 2 - 4096, 81_920, 163_840 + 159_744 + 81_920)
    assert step.totals[0][1:3] == (58_363_284 - 3_747_200, 3_747_200)


def test_other_rewrites_in_training_are_before_and_after() -> None:
    networks, costs = tables(compare_rewritten("resnet18", "separable", mode="train"), top=1)
    assert titles(costs) == ["layer", "FLOPs", "→ FLOPs", "× FLOPs", "× MACs", "1/D2 + 1/F²"]
    assert costs.rows[0][:3] == ("layer3.0.conv2", 692_927_488, 79_495_936)
    assert networks.rows[0][-2] == 10_669_559_104


def test_a_step_is_sorted_where_that_is_asked_for() -> None:
    _, step = tables(compare_rewritten("alexnet", "transfer:classes=20"), sort="params", top=1)
    assert step.rows[0][0] == "fc6"


def test_eval_mode_shows_a_transfers_forward_pass() -> None:
    effect = compare_rewritten("alexnet", "transfer:classes=20", mode="eval")
    assert [report.mode for report in effect.comparison.reports] == ["eval", "eval"]


def test_a_rewrite_that_changes_nothing_says_so() -> None:
    effect = compare_rewritten("vgg16", ["fold-bn", "separable:only=conv1_1"])
    (note,) = remarks(effect.rewriting)
    assert note == "fold-bn changes nothing: no layer is a batch normalisation"
    assert tables(effect)[-1].notes[0] == note
    stubborn = compare_rewritten("vit_b_16", "factorize")
    _, stays = tables(stubborn)
    assert stays.notes == ("factorize changes nothing: every layer that it is meant for stays",)


def test_own_columns_make_one_table() -> None:
    effect = compare_rewritten("vgg16", "separable")
    _, table = tables(effect, columns=["layer", "params", "bytes:int8.after"], by="op")
    assert titles(table) == ["op", "params", "→ params", "Δ params", "→ in int8"]
    with pytest.raises(UsageError, match="unknown column 'parms'"):
        tables(effect, columns=["parms"])


def test_data() -> None:
    data = json.loads(as_json.render(effect_document(compare_rewritten("resnet18", ["fold-bn", "separable"]))))
    assert data["schema"] == "flopcount.compare/1"
    assert [step["request"] for step in data["rewrites"]] == ["fold-bn", "separable"]
    assert data["rewrites"][0]["kept"] == {}
    assert data["rewrites"][1]["promised"]["layer1.0.conv1"] == "73/576"
    assert data["networks"][0]["totals"]["traffic"] > data["networks"][1]["totals"]["traffic"]
    pair = next(pair for pair in data["difference"]["pairs"] if "conv1" in pair["before"]["layers"])
    assert pair["before"]["layers"] == ["conv1", "bn1"]
    assert pair["after"]["layers"] == ["conv1.depthwise", "conv1.pointwise"]


@pytest.mark.parametrize("format", FORMATS)
@pytest.mark.parametrize("request_", [REQUEST, "transfer:classes=20", "fold-bn"])
def test_every_format(format: str, request_: str) -> None:
    text = load("renderers", format).render(effect_document(compare_rewritten(TWIN, request_)))
    assert text.endswith("\n")
    assert "stem" in text
