from __future__ import annotations

import pytest

from flopcount.errors import OpError, UsageError
from flopcount.graph import Graph
from flopcount.rewriting import rewrite
from flopcount.sources import load
from tests.rewrites.layers import structure
from tests.samples import Sample


@pytest.mark.parametrize(
    ("name", "size", "input_"),
    [("mobilenet_v1", "160", "3x160x160"), ("resnet50", "192x256", "3x192x256"), ("unet", "128", "1x128x128")],
)
def test_it_is_the_spec_at_that_size(name: str, size: str, input_: str) -> None:
    rewritten = rewrite(load(name), f"resolution:size={size}")
    assert structure(rewritten.after) == structure(load(name, inputs=[input_]))
    assert rewritten.replaced


def test_a_fully_connected_layer_fixes_the_size() -> None:
    with pytest.raises(OpError) as caught:
        rewrite(load("alexnet"), "resolution:size=160")
    assert str(caught.value) == (
        "error: alexnet.yaml:21:5  fc6 (linear)\n"
        "  takes 9216 features, not 2304\n"
        "  rewrite: resolution:size=160\n"
        "  input: 1×2304\n"
        "  hint: global pooling before an FC layer takes any size"
    )


def test_learned_positions_fix_the_size() -> None:
    with pytest.raises(OpError, match="1×101×768 and 1×197×768 do not join"):
        rewrite(load("vit_b_16"), "resolution:size=160")


def test_a_size_that_no_layer_takes() -> None:
    with pytest.raises(OpError) as caught:
        rewrite(load("alexnet"), "resolution:size=5")
    assert caught.value.what == "kernel 11 is larger than its padded input 5"
    assert caught.value.layer == "conv1 (conv)"


@pytest.mark.parametrize(
    ("size", "message"),
    [
        ("0", "resolution: size must be a size, 160, or one per axis, 160x192, not 0"),
        ("160,192", "resolution: size must be a size, 160, or one per axis, 160x192, not ['160', '192']"),
        ("a", "resolution: size must be a size, 160, or one per axis, 160x192, not 'a'"),
        ("1x2x3x4", "resolution: size must be a size, 160, or one per axis, 160x192, not '1x2x3x4'"),
        ("9999999999999", "resolution: size must be a size, 160, or one per axis, 160x192, not '9999999999999'"),
    ],
)
def test_sizes_that_are_none(size: str, message: str) -> None:
    with pytest.raises(UsageError) as caught:
        rewrite(load("alexnet"), f"resolution:size={size}")
    assert caught.value.what == message


def test_what_reads_no_image() -> None:
    with pytest.raises(OpError, match="lstm_lm reads no image\n"):
        rewrite(load("lstm_lm"), "resolution:size=160")
    with pytest.raises(OpError, match="alexnet reads no image with 3 spatial axes"):
        rewrite(load("alexnet"), "resolution:size=8x160x160")


def test_the_size_that_it_has() -> None:
    rewriting = rewrite(load("alexnet"), "resolution:size=227")
    assert (rewriting.replaced, rewriting.steps[0].result.kept) == ({}, {"input": "it has this size already"})


def test_no_layer_is_left_out() -> None:
    with pytest.raises(UsageError, match="resolution changes what the whole network reads, and can leave no layer out"):
        rewrite(load("alexnet"), "resolution:size=200,skip=conv1")


def test_only_images_change_and_all_of_them() -> None:
    def of(size: int) -> Graph:
        b = Sample("several")
        inputs = [b.input("left", (1, 3, size, size)), b.input("right", (1, 3, size, size)), b.input("code", (1, 9))]
        joined = b.then(inputs[0], "concat", "concat", inputs[1])
        return b.build([b.then(joined, "conv", "conv", out=4, kernel=3), b.then(inputs[2], "relu", "relu")])

    assert structure(rewrite(of(32), "resolution:size=16").after) == structure(of(16))
