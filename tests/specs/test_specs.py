"""What every shipped spec promises: its totals, its sources, a length that is pleasant to read."""

from __future__ import annotations

from pathlib import Path

import pytest

from flopcount import library
from flopcount.api import analyze
from flopcount.engine import Report
from flopcount.errors import UsageError
from flopcount.metrics import misses
from flopcount.sources import load, shipped_names

NAMES = shipped_names()

WANTED = {
    "alexnet", "vgg11", "vgg13", "vgg16", "vgg19", "vgg11_bn", "vgg13_bn", "vgg16_bn", "vgg19_bn", "googlenet",
    "googlenet_torchvision", "resnet", "resnet18", "resnet34", "resnet50", "resnet101", "resnet152", "resnet50_v1",
    "mobilenet_v1", "mobilenet_v1_standard", "mobilenet_v2", "squeezenet1_0", "squeezenet1_1", "densenet121",
    "efficientnet_b0", "vit_b_16", "gpt2", "lstm_lm", "unet", "lecture_ten_filters", "lecture_try_this",
    "lecture_inception_reduce", "lecture_inception_direct", "lecture_separable", "lecture_standard",
    "inception_module", "inception_module_naive",
}  # fmt: skip

LONGEST = {"alexnet": 30, "googlenet": 60, "googlenet_torchvision": 60, "resnet": 80, "mobilenet_v1": 40}
"""How many lines a spec may have: they are what users start from."""


def total(report: Report, key: str) -> int:
    assert report.totals[key].unknown == 0
    return report.totals[key].value


def test_the_library_holds_what_users_look_for() -> None:
    assert set(NAMES) >= WANTED
    assert len(set(NAMES)) == len(NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_it_meets_its_published_totals(name: str) -> None:
    report = analyze(name)
    assert {"params", "macs"} <= report.graph.provenance.expect.keys()
    assert misses(report) == []
    assert report.uncounted == ()


@pytest.mark.parametrize("name", NAMES)
def test_it_says_what_it_is_and_who_says_so(name: str) -> None:
    graph = load(name)
    assert graph.provenance.about[0].isupper()
    assert not graph.provenance.about.endswith(".")
    assert len(graph.provenance.about) <= 110
    assert graph.provenance.citation
    assert graph.name == name


@pytest.mark.parametrize("path", library.files(), ids=lambda path: path.stem)
def test_it_is_short(path: Path) -> None:
    lines = path.read_text(encoding="utf-8").splitlines()
    assert len(lines) <= LONGEST.get(path.stem, 65)
    assert max(map(len, lines)) <= 120


@pytest.mark.parametrize("name", NAMES)
def test_work_and_activations_grow_with_the_batch_and_parameters_do_not(name: str) -> None:
    one, three = analyze(name), analyze(name, batch=3)
    for key in ("macs", "flops", "activations"):
        assert total(three, key) == 3 * total(one, key)
    for key in ("params", "trainable_params", "buffers"):
        assert total(three, key) == total(one, key)


@pytest.mark.parametrize(
    ("bare", "variant"),
    [("resnet", "resnet50"), ("vgg", "vgg16"), ("densenet", "densenet121"), ("squeezenet", "squeezenet1_0"),
     ("efficientnet", "efficientnet_b0"), ("vit", "vit_b_16"), ("lstm_lm", "lstm_lm_medium")],
)  # fmt: skip
def test_the_bare_name_is_the_default_variant(bare: str, variant: str) -> None:
    assert load(bare).nodes == load(variant).nodes
    assert load(bare).provenance.expect == load(variant).provenance.expect


def test_other_settings_promise_nothing() -> None:
    assert load("resnet50", settings={"classes": 10}).provenance.expect == {}


def test_a_setting_that_is_none_is_refused() -> None:
    with pytest.raises(UsageError, match="no parameter 'widht'") as caught:
        load("mobilenet_v1", settings={"widht": "0.5"})
    assert caught.value.hint == "did you mean 'width'?"


def test_resnets_layers_are_named_as_in_torchvision() -> None:
    names = [node.name for node in load("resnet50").nodes]
    assert names[:4] == ["conv1", "bn1", "relu1", "maxpool1"]
    assert names[-1] == "fc"
    block = [name.removeprefix("layer2.0.") for name in names if name.startswith("layer2.0.")]
    assert block == [
        "conv1", "bn1", "relu1", "conv2", "bn2", "relu2", "conv3", "bn3", "downsample.0", "downsample.1",
        "add1", "relu3",
    ]  # fmt: skip
    assert not any(name.startswith("layer2.1.downsample") for name in names)
    assert [name for name in names if name.endswith("conv3")][-1] == "layer4.2.conv3"


def test_alexnets_layers_are_named_as_in_the_paper() -> None:
    named = [node.name for node in load("alexnet").nodes if node.op.tag in ("conv", "linear")]
    assert named == ["conv1", "conv2", "conv3", "conv4", "conv5", "fc6", "fc7", "fc8"]


def test_mobilenet_and_its_twin_differ_only_inside_their_blocks() -> None:
    thin, full = load("mobilenet_v1"), load("mobilenet_v1_standard")

    def blocks(name: str) -> dict[str, tuple[int, ...]]:
        return {node.name.split(".")[0]: node.outputs[0].shape for node in load(name).nodes}

    assert blocks("mobilenet_v1") == blocks("mobilenet_v1_standard")
    assert list(blocks("mobilenet_v1")) == [
        "stem", *(f"block{i}" for i in range(1, 14)), "global_avgpool1", "flatten1", "fc"
    ]  # fmt: skip
    per_block = [
        [n.name.split(".", 1)[1] for n in graph.nodes if n.name.startswith("block3.")] for graph in (thin, full)
    ]
    assert per_block == [
        ["depthwise.conv1", "depthwise.bn1", "depthwise.relu1", "pointwise.conv1", "pointwise.bn1", "pointwise.relu1"],
        ["standard.conv1", "standard.bn1", "standard.relu1"],
    ]


def test_gpt2s_output_shares_the_weights_of_its_embedding() -> None:
    report = analyze("gpt2")
    head = report.layers[-1]
    assert (head.node.name, head.params, head.shared) == ("head", 0, ("tokens.weight",))
    assert head.node.outputs[0].shape == (1, 1024, 50257)


def test_a_shorter_context_needs_the_same_parameters() -> None:
    assert total(analyze("gpt2", settings={"length": 128}), "params") == 124_439_808
