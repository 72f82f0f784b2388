from __future__ import annotations

import json

import pytest

from flopcount.advice import DESIGNS, Candidate, advise
from flopcount.advisory import advice_document
from flopcount.api import analyze
from flopcount.engine import count
from flopcount.errors import FlopcountError, UsageError
from flopcount.renderers import json as as_json
from flopcount.rewriting import rewrite
from flopcount.table import Share
from tests.samples import small


@pytest.mark.parametrize(("convention", "mode"), [("lecture", "eval"), ("lecture", "train"), ("macs", "eval")])
@pytest.mark.parametrize("design", ["separable", "bottleneck", "low-rank:rank=0.25", "factorize"])
def test_what_each_layer_would_cost_is_what_rewriting_it_costs(design: str, convention: str, mode: str) -> None:
    report = analyze("resnet18", convention=convention, mode=mode)
    advice = advise(report, [design])
    rewriting = rewrite(report.graph, design)
    costs = {
        layer.node.name: sum(report.convention.price(work, layer.node.op) for work in layer.work or ())
        for layer in count(rewriting.after, report.convention, mode).layers
    }
    assert {each.name for each in advice.candidates} == set(rewriting.replaced)
    for each in advice.candidates:
        assert each.designs == {design: sum(costs[name] for name in rewriting.replaced[each.name])}


def test_the_layer_that_could_save_most_comes_first() -> None:
    advice = advise(analyze("resnet50"))
    saved = [each.saved(each.best) for each in advice.candidates]
    assert saved == sorted(saved, reverse=True)
    assert advice.designs == DESIGNS
    assert advice.total == 8_167_254_528


def test_a_design_that_costs_more_saves_nothing() -> None:
    each = Candidate("conv1", "conv", 100, {"separable": 120, "factorize": 100})
    assert (each.best, each.saved("separable"), each.saved("grouped")) == ("", 0, 0)


def test_groups_that_do_not_divide_are_no_advice() -> None:
    advice = advise(analyze("alexnet"), ["grouped:groups=2"])
    assert "conv1" not in {each.name for each in advice.candidates}
    assert "conv2" in {each.name for each in advice.candidates}


def test_two_groups_save_half_of_a_step_at_most() -> None:
    report = analyze("resnet18", convention="macs", mode="train")
    for each in advise(report, ["grouped:groups=2,skip=conv1"]).candidates:
        assert each.saved("grouped:groups=2,skip=conv1") * 2 == each.count


def test_a_layer_whose_weight_is_shared_is_no_candidate() -> None:
    """What the rewrite refuses is not advised: GPT-2's head shares the table of words."""
    assert "head" not in {each.name for each in advise(analyze("gpt2")).candidates}


@pytest.mark.parametrize(
    ("design", "message"),
    [
        ("low-rank:rank=1.5", "low-rank: rank must be an integer, or a share of the full rank below 1, not 1.5"),
        ("bottleneck:reduce=1.5", "bottleneck: reduce must be less than 1, not 1.5"),
        ("separable:only=nix*", "only=nix*: alexnet has no layer of this name"),
        ("separable:only=fc6", "it is not a standard convolution (groups 1, kernel larger than 1)"),
        ("grouped:groups=7", "input channels 3 are not divisible by groups 7"),
    ],
)
def test_a_design_is_refused_as_the_rewrite_refuses_it(design: str, message: str) -> None:
    with pytest.raises(FlopcountError) as caught:
        advise(analyze("alexnet"), [design])
    assert caught.value.what == message


def test_only_single_layers() -> None:
    with pytest.raises(UsageError) as caught:
        advise(analyze("alexnet"), ["width:factor=0.5"])
    assert caught.value.what == "width rewrites whole networks, not single layers"
    assert caught.value.hint == "`flopcount compare alexnet --rewrite width:factor=0.5` shows what it changes"


def test_table() -> None:
    (table,) = advice_document(advise(analyze("vgg16"), ["separable", "grouped:groups=2"]), top=2).tables
    assert [column.title for column in table.columns] == ["layer", "separable", "grouped", "of FLOPs"]
    assert table.rows[0] == (
        "conv4_2", Share(3_281_108_992, 3_699_376_128), Share(1_849_688_064, 3_699_376_128),
        Share(3_699_376_128, 30_940_528_640),
    )  # fmt: skip
    assert [row[0] for row in table.totals] == ["… 11 more", "these 13 layers"]
    assert table.notes == (
        "these 8 layers hold 83.7 % of the FLOPs: conv1_2, conv2_2, conv3_2, conv3_3, conv4_2, conv4_3, conv2_1, "
        "conv3_1; separable on them saves 73.9 % of the network's",
    )


def test_nothing_fits() -> None:
    (table,) = advice_document(advise(analyze("lstm_lm"), ["separable"])).tables
    assert (table.rows, table.totals, table.notes) == ((), (), ("no layer fits any of these designs",))


def test_the_unknown_is_said() -> None:
    (table,) = advice_document(advise(count(small(unknown=True)))).tables
    assert table.notes[-1] == "1 layer unknown: shares are of what is known"


def test_data() -> None:
    data = json.loads(as_json.render(advice_document(advise(analyze("alexnet"), ["separable"]))))
    assert data["schema"] == "flopcount.advise/1"
    assert data["advice"]["layers"][0] == {
        "name": "conv2", "op": "conv", "count": 895_795_200, "best": "separable",
        "designs": {"separable": 3_499_200 + 35_831_808},
    }  # fmt: skip


def test_top_is_at_least_one() -> None:
    with pytest.raises(UsageError, match="top must be at least 1, not 0"):
        advice_document(advise(analyze("alexnet")), top=0)
