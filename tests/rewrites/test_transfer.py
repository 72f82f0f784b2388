from __future__ import annotations

import pytest

from flopcount.engine import count
from flopcount.errors import OpError, UsageError
from flopcount.rewriting import rewrite
from flopcount.sources import load


@pytest.mark.parametrize(
    ("name", "params", "head"),
    [("alexnet", 58_363_284, 81_940), ("resnet50", 23_549_012, 40_980)],
)
def test_all_but_the_head_frozen(name: str, params: int, head: int) -> None:
    totals = count(rewrite(load(name), "transfer:classes=20").after).totals
    assert (totals["params"].value, totals["trainable_params"].value) == (params, head)


def test_a_part_frozen() -> None:
    rewriting = rewrite(load("alexnet"), "transfer:classes=20,freeze=conv1,conv2")
    frozen = {node.name for node in rewriting.after.nodes if not node.trainable}
    assert frozen == {"conv1", "conv2"}
    assert rewriting.replaced == {name: (name,) for name in ("conv1", "conv2", "fc8")}
    totals = count(rewriting.after).totals
    assert totals["params"].value - totals["trainable_params"].value == 34_944 + 614_656


def test_nothing_frozen() -> None:
    totals = count(rewrite(load("alexnet"), "transfer:classes=20,freeze=none").after).totals
    assert totals["params"] == totals["trainable_params"]


def test_a_head_that_is_a_convolution() -> None:
    after = rewrite(load("squeezenet1_1"), "transfer:classes=20").after
    assert after.outputs[0].shape[1] == 20


def test_a_new_head_shares_no_weight() -> None:
    """GPT-2's head is its table of words; a classifier's is not."""
    after = rewrite(load("gpt2"), "transfer:classes=2").after
    assert [weight.name for weight in after.nodes[-1].weights] == ["head.weight"]
    assert count(after).totals["trainable_params"].value == 2 * 768


def test_frozen_layers_named_like_nothing() -> None:
    with pytest.raises(UsageError) as caught:
        rewrite(load("alexnet"), "transfer:classes=20,freeze=features.*")
    assert caught.value.what == "freeze=features.*: alexnet has no layer of this name"


def test_a_head_that_is_left_out() -> None:
    with pytest.raises(OpError, match="transfer replaces the head, which only= or skip= leaves out"):
        rewrite(load("alexnet"), "transfer:classes=20,skip=fc8")


def test_no_head() -> None:
    with pytest.raises(OpError) as caught:
        rewrite(load("inception_module"), "transfer:classes=20")
    assert caught.value.what == "the last layer before the output is neither fully connected nor a convolution"
    assert (caught.value.layer, caught.value.exit_status) == ("concat1 (concat)", 2)
