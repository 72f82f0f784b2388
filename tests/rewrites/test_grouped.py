from __future__ import annotations

from fractions import Fraction

import pytest

from flopcount.errors import OpError
from flopcount.ops.conv import Conv
from flopcount.rewriting import rewrite
from flopcount.sources import load
from tests.rewrites.layers import chain, one, ratio


@pytest.mark.parametrize("groups", [2, 4, 8])
def test_a_gth_of_the_products_remains(groups: int) -> None:
    graph = one(Conv(out=16, kernel=(3, 5), padding=1), (1, 8, 9, 9))
    assert ratio(graph, f"grouped:groups={groups}", "macs") == Fraction(1, groups)
    assert chain(rewrite(graph, f"grouped:groups={groups}").after) == [
        ("layer", Conv(out=16, kernel=(3, 5), padding=1, groups=groups))
    ]


def test_pointwise_convolutions_only_where_they_are_meant() -> None:
    graph = one(Conv(out=16, kernel=1), (1, 8, 9, 9))
    assert not rewrite(graph, "grouped:groups=2").replaced
    assert rewrite(graph, "grouped:groups=2,pointwise=true").replaced == {"layer": ("layer",)}


def test_channels_that_do_not_divide_are_an_error_that_says_how_to_go_on() -> None:
    with pytest.raises(OpError) as caught:
        rewrite(load("alexnet"), "grouped:groups=2")
    assert str(caught.value) == (
        "error: alexnet.yaml:5:5  conv1 (conv)\n"
        "  input channels 3 are not divisible by groups 2\n"
        "  rewrite: grouped:groups=2\n"
        "  input: 1×3×227×227\n"
        "  hint: skip=conv1 leaves it as it is; groups must divide 3 (1, 3)"
    )


def test_one_group_is_what_there_is() -> None:
    rewriting = rewrite(one(Conv(out=16, kernel=3), (1, 8, 9, 9)), "grouped:groups=1")
    assert (rewriting.replaced, rewriting.steps[0].result.kept) == ({}, {"layer": "it is so already"})


def test_alexnet_on_two_gpus() -> None:
    """Krizhevsky et al. 2012 split the second, fourth and fifth convolution between two GPUs: 60,965,224 parameters."""
    from flopcount.engine import count

    after = rewrite(load("alexnet"), "grouped:groups=2,only=conv2,conv4,conv5").after
    assert count(after).totals["params"].value == 60_965_224
