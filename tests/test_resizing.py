from __future__ import annotations

import pytest
import torch
from torch import nn

from flopcount.graph import Graph
from flopcount.readers.spec import read
from flopcount.resizing import ANOTHER, fixed_by_size
from flopcount.sources import load, shipped_names

FIXED = """\
input: [3, 32, 32]
layers:
  - conv: {out: 4, kernel: 3, stride: 2}
  - maxpool: 2
  - flatten
  - linear: {name: fc, out: 10}
"""
POOLED = FIXED.replace("flatten", "global_avgpool\n  - flatten")


def at(text: str, *size: int) -> Graph:
    return read(text, "net.yaml", inputs={"": (size, None)} if size else None)


@pytest.mark.parametrize("side", range(28, 40))
@pytest.mark.parametrize("text", [FIXED, POOLED])
def test_a_network_takes_the_sizes_that_torch_takes(text: str, side: int) -> None:
    body = [nn.Conv2d(3, 4, 3, stride=2), nn.MaxPool2d(2)]
    head = [nn.AdaptiveAvgPool2d(1)] if text == POOLED else []
    net = nn.Sequential(*body, *head, nn.Flatten(), nn.LazyLinear(10))
    net(torch.zeros(1, 3, 32, 32))
    try:
        net(torch.zeros(1, 3, side, side))
        takes = True
    except RuntimeError:
        takes = False
    assert (fixed_by_size(at(text), at(text, 3, side, side)) is None) == takes


def test_that_both_answers_occur_above() -> None:
    answers = {side: fixed_by_size(at(FIXED), at(FIXED, 3, side, side)) is None for side in range(28, 40)}
    assert {side for side, takes in answers.items() if takes} == {29, 30, 31, 32}


def test_the_layer_is_named_with_all_that_an_error_has() -> None:
    error = fixed_by_size(at(FIXED), at(FIXED, 3, 64, 64))
    assert str(error) == (
        "error: net.yaml:6:5  fc (linear)\n"
        "  takes 196 features, not 900\n"
        "  input: 1×900\n"
        "  hint: global pooling before an FC layer takes any size"
    )


def test_a_learned_position_embedding_fixes_the_size() -> None:
    error = fixed_by_size(load("vit_b_16"), load("vit_b_16", inputs=["3x160x160"]))
    assert error is not None
    assert (error.layer, error.what, error.hint) == (
        "positions (parameter)", "its weight is 197×768, not 101×768", ANOTHER,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("text", "what"),
    [
        (
            "{input: [3, 8, 8], layers: [{conv: 4, when: input.height > 8}]}",
            "has weights at this size and is not there at the network's own",
        ),
        (
            "{input: [3, 8, 8], layers: [{conv: 4, when: input.height == 8}]}",
            "has weights at the network's own size and is not there at this one",
        ),
        ("{input: [3, 8, 8], layers: [{conv: {out: 4, bias: input.height > 8}}]}", "has 1 learned tensor, not 2"),
        ("{input: [3, 8, 8], layers: [{conv: input.height}]}", "its weight is 8×3×1×1, not 16×3×1×1"),
        ("{input: [3, 8, 8], layers: [{linear: input.height}]}", "its weight is 8×8, not 16×16"),
    ],
)
def test_whatever_depends_on_the_size_is_another_network(text: str, what: str) -> None:
    text = text.replace("conv: 4", "conv: {out: 4, kernel: 1}").replace("out: 4, bias", "out: 4, kernel: 1, bias")
    text = text.replace("conv: input.height", "conv: {out: input.height, kernel: 1}")
    error = fixed_by_size(at(text), at(text, 3, 16, 16))
    assert error is not None
    assert error.what == what


def test_what_is_computed_and_not_learned_may_differ() -> None:
    text = "{input: [8], layers: [{branches: [[], [{constant: {shape: [input.length]}}]], join: add}]}"
    assert fixed_by_size(at(text), at(text, 16)) is None


@pytest.mark.parametrize("name", ["mobilenet_v1", "resnet50", "googlenet", "densenet121", "efficientnet_b0", "unet"])
def test_fully_convolutional_and_pooled_networks_take_any_size(name: str) -> None:
    own = load(name)
    channels, *sides = own.inputs[0].shape[1:]
    larger = "x".join(map(str, (channels, *(side + 64 for side in sides))))
    assert fixed_by_size(own, load(name, inputs=[larger])) is None


@pytest.mark.parametrize("name", shipped_names())
def test_every_network_takes_its_own_size_in_any_batch(name: str) -> None:
    assert fixed_by_size(load(name), load(name, batch=3)) is None
