from __future__ import annotations

import copy
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import nn

import flopcount
from flopcount.engine import count
from flopcount.errors import MissingExtraError, SourceError, UsageError
from flopcount.readers.torch import read
from flopcount.sources import load
from tests.cli.conftest import Run, run  # noqa: F401
from tests.readers.torch import networks
from tests.readers.torch.witness import tags

HERE = "tests.readers.torch.networks"
IMAGE = ["3x16x16"]


def params(source: str, **options: Any) -> int:
    return count(load(f"{HERE}:{source}", **options)).totals["params"].value


def test_a_class_a_function_a_model_and_an_attribute() -> None:
    assert params("Small", inputs=IMAGE) == 330
    assert params("Small", inputs=IMAGE, kwargs={"classes": 3}) == 267
    assert params("make", inputs=IMAGE, kwargs={"classes": 3}) == 267
    assert params("small", inputs=IMAGE) == 303
    assert params("Container.model", inputs=IMAGE) == 330


@pytest.mark.parametrize(
    ("model", "sizes", "origins", "by_thop"),
    [
        (nn.Linear(10, 20), "10", ["module"], 200),
        (nn.ConvTranspose2d(8, 8, 3, groups=8), "8x7x7", ["module"], 8 * 9 * 9 * 9),
        (nn.Conv2d(3, 8, 3, padding=1, padding_mode="reflect"), "3x9x9", ["module", "module"], 27 * 8 * 81),
        (nn.Sequential(nn.Conv2d(3, 8, (3, 4), padding="same")), "3x9x9", ["module"], 36 * 8 * 81),
    ],
)
def test_a_module_of_torchs_is_one_at_the_root_and_with_its_padding(
    model: nn.Module, sizes: str, origins: list[str], by_thop: int
) -> None:
    """Counters that hook modules see it there too; 1 MAC per product of every output's window, as thop counts."""
    report = flopcount.analyze(model, inputs=sizes, convention="thop")
    assert [layer.node.origin for layer in report.layers] == origins
    assert report.totals["count"].value == by_thop


def test_a_module_itself() -> None:
    report = flopcount.analyze(networks.Small(), inputs="3x16x16", batch=4)
    assert report.totals["params"].value == 330
    assert (report.graph.name, report.graph.inputs[0].name, report.graph.inputs[0].shape) == (
        "Small", "image", (4, 3, 16, 16),
    )  # fmt: skip


def test_layers_and_wiring() -> None:
    graph = load(f"{HERE}:Small", inputs=IMAGE)
    assert [(node.name, node.op.tag, [tensor.name for tensor in node.inputs]) for node in graph.nodes] == [
        ("conv", "conv", ["image"]),
        ("bn", "bn", ["conv"]),
        ("relu", "relu", ["bn"]),
        ("scale", "scale", ["relu"]),
        ("mean", "mean", ["scale"]),
        ("fc", "linear", ["mean"]),
    ]
    assert [weight.name for node in graph.nodes for weight in node.weights] == [
        "conv.weight", "conv.bias", "bn.weight", "bn.bias", "bn.running_mean", "bn.running_var", "fc.weight", "fc.bias",
    ]  # fmt: skip
    assert [node.origin for node in graph.nodes[:4]] == ["module", "module", "in place", "operator"]
    assert graph.nodes[2].where.startswith("tests/readers/torch/networks.py:")
    assert [tensor.name for tensor in graph.outputs] == ["fc"]


def test_the_users_model_is_left_as_it_was() -> None:
    model = networks.Small().train()
    model.bn.eval()
    model.conv.weight.requires_grad_(False)
    before = copy.deepcopy(model.state_dict())
    report = count(read(model, inputs=[("", ((3, 16, 16), None))]))
    assert report.totals["trainable_params"].value == 330 - 216
    assert (model.training, model.bn.training, model.seen) == (True, False, None)
    assert [weight.requires_grad for weight in model.parameters()].count(False) == 1
    assert model.state_dict().keys() == before.keys()
    assert all(torch.equal(model.state_dict()[name], before[name]) for name in before)
    hooks = [vars(module)[name] for module in model.modules() for name in vars(module) if "hooks" in name]
    assert not any(hooks)
    assert not torch.nn.modules.module._global_forward_hooks


def test_a_model_that_cannot_be_copied_for_its_numbers_alone() -> None:
    """Old weight norms hold a weight that is no leaf."""
    model = nn.utils.weight_norm(nn.Linear(4, 3))
    report = count(read(model, inputs=[("", ((4,), None))], batch=2))
    assert report.totals["params"].value == sum(parameter.numel() for parameter in model.parameters())
    assert report.totals["macs"].value == 2 * 4 * 3


def test_inputs_by_name_and_without_a_batch() -> None:
    graph = load(f"{HERE}:Two", inputs=["right=5x6", "left=4x5"], batch=None)
    assert [(tensor.name, tensor.shape) for tensor in graph.inputs] == [("right", (5, 6)), ("left", (4, 5))]
    assert [tensor.shape for tensor in graph.outputs] == [(4, 6), (4, 5), (5, 6)]
    assert graph.batch is None


@pytest.mark.parametrize(
    ("source", "example", "shapes", "batch"),
    [
        ("Small", "image", [(2, 3, 16, 16)], 2),
        ("Small", "arguments", [(2, 3, 16, 16)], 2),
        ("Two", "by_name", [(4, 5), (5, 6)], None),
    ],
)
def test_a_function_that_makes_the_inputs(source: str, example: str, shapes: Any, batch: int | None) -> None:
    graph = load(f"{HERE}:{source}", inputs=f"{HERE}:{example}")
    assert ([tensor.shape for tensor in graph.inputs], graph.batch) == (shapes, batch)


def test_python_that_asks_for_numbers_is_run_for_real_and_says_so() -> None:
    graph = load(f"{HERE}:Asking", inputs=IMAGE)
    assert "mean" in tags(graph)
    assert params("Asking", inputs=IMAGE) == 330
    (note,) = [note for note in graph.provenance.notes if "numbers" in note]
    assert "networks.py:" in note
    assert note.endswith("it was run with real ones, and other inputs may take another path")


def test_terabytes_of_weights_take_no_memory() -> None:
    graph = load(f"{HERE}:Huge", inputs=["1048576"])
    assert count(graph).totals["params"].value == sum(2**20 * w + w for w in (1048576, 1398101, 1747626, 2097152))


@pytest.mark.parametrize(
    ("source", "options", "message", "hint"),
    [
        ("Smal", {}, "networks has no 'Smal'", "did you mean 'Small'"),
        ("number", {}, "is no model, and makes none: it is of type int", ""),
        ("nothing", {}, "makes no torch module, but something of type NoneType", ""),
        ("small", {"kwargs": {"classes": 3}}, "is a model already: it takes no arguments", ""),
        ("Small", {"kwargs": {"clases": 3}}, "Small takes no argument 'clases'", "did you mean 'classes'"),
        ("Small", {}, "the size of the input of tests.readers.torch.networks:Small is not known", "--input 3x224x224"),
        ("Small", {"inputs": ["x=3x16x16"]}, "the model has no input 'x'", "one of: image, scale"),
        ("Small", {"inputs": ["4x16x16"]}, "raised RuntimeError: ", "does the input have the size"),
        ("Small", {"inputs": ["4x16x16"]}, "raised RuntimeError: ", "(it takes: image, scale)"),
        ("Failing", {"inputs": ["4"]}, "raised ValueError: not today", "does the input"),
        ("Small", {"inputs": [f"{HERE}:words"]}, "words makes no tensor", "return a tensor"),
        ("Small", {"inputs": [f"{HERE}:image", "3x4x4"]}, "image makes all inputs", ""),
        ("Small", {"inputs": [f"{HERE}:image", f"{HERE}:words"]}, "two functions are to make the inputs", ""),
        ("Small", {"inputs": IMAGE, "settings": {"width": 2}}, "--set is for the parameters of specs", "--kwargs"),
        ("Small", {"inputs": ["3x16x16:float8"]}, "torch has no dtype 'float8'", ""),
    ],
)
def test_refuses(source: str, options: Any, message: str, hint: str) -> None:
    with pytest.raises((SourceError, UsageError)) as caught:
        load(f"{HERE}:{source}", **options)
    assert message in str(caught.value)
    assert hint in str(caught.value)


def test_a_class_that_needs_arguments() -> None:
    with pytest.raises(SourceError, match="missing 2 required positional arguments: 'in_features'") as caught:
        load("torch.nn:Linear", inputs=["4"])
    assert "--kwargs" in str(caught.value)


def test_a_module_that_does_not_exist_and_one_that_fails(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "broken_network.py").write_text("import nowhere_at_all\n")
    (tmp_path / "local_network.py").write_text("from torch import nn\nnet = nn.Linear(3, 2)\n")
    assert load("local_network:net", inputs=["3"]).outputs[0].shape == (1, 2)
    assert str(tmp_path) not in sys.path
    with pytest.raises(SourceError, match="there is no module 'absent_network'"):
        load("absent_network:net")
    with pytest.raises(SourceError, match="raised ModuleNotFoundError: No module named 'nowhere_at_all'") as caught:
        load("broken_network:net")
    assert "broken_network.py:1" in caught.value.facts["at"]


def test_without_torch_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "torch", None)
    with pytest.raises(MissingExtraError) as caught:
        load(f"{HERE}:Small", inputs=IMAGE)
    assert 'pip install "flopcount[torch]"' in str(caught.value)


@pytest.mark.parametrize("library", ["torchvision", "timm", "transformers"])
def test_without_a_library_it_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, library: str) -> None:
    monkeypatch.setitem(sys.modules, library, None)
    (tmp_path / "config.json").write_text("{}")
    source = f"hf:{tmp_path / 'config.json'}" if library == "transformers" else f"{library}:resnet50"
    with pytest.raises(SourceError, match=library):
        load(source)


def test_what_a_model_prints_is_no_output(run: Run) -> None:  # noqa: F811
    result = run("report", f"{HERE}:Small", "--input", "3x16x16", "--format", "csv", "--kwargs", '{"classes": 3}')
    assert result.status == 0
    assert result.out.startswith("layer,op,")
    assert result.err == "running\n"
    assert run("report", f"{HERE}:Two", "-i", "4x5", "-i", "5x6", "-b", "none").status == 0


def test_arguments_reach_the_model_in_every_command(run: Run, tmp_path: Path) -> None:  # noqa: F811
    """267 parameters with 3 classes, 330 with 10."""
    options = [f"{HERE}:Small", "--input", "3x16x16", "--kwargs", '{"classes": 3}']
    spec = tmp_path / "net.yaml"
    assert run("rewrite", options[0], "fold-bn", *options[1:], "-o", spec).status == 0
    assert count(load(spec)).totals["params"].value == 267 - 16
    for command in (["compare", *options, str(spec)], ["compare", *options, "--rewrite", "fold-bn"]):
        result = run(*command, "--format", "json")
        assert (result.status, '"classes": 3' in result.out) == (0, True), command
    advised, otherwise = (run("advise", *given, "--format", "json") for given in (options, options[:3]))
    assert (advised.status, otherwise.status) == (0, 0)
    assert advised.out != otherwise.out
    verified = run("verify", *options, "--witness", "torch", "--format", "json")
    assert (verified.status, '"ours": 267' in verified.out) == (0, True)


def test_sweeps_over_the_inputs_of_ones_own_model(run: Run) -> None:  # noqa: F811
    result = run("report", f"{HERE}:Small", "--over", "input=3x8x8,3x16x16", "--over", "batch=1,2", "-f", "csv")
    rows = [line.split(",") for line in result.out.splitlines()]
    assert [row[:2] for row in rows[1:]] == [["3x8x8", "1"], ["3x8x8", "2"], ["3x16x16", "1"], ["3x16x16", "2"]]
    macs = rows[0].index("macs")
    assert [int(row[macs]) for row in rows[1:]] == [n * (27 * 8 * size**2 + 80) for size in (8, 16) for n in (1, 2)]
    named = run("report", f"{HERE}:Two", "--over", "left=2x5,4x5", "-i", "right=5x6", "-b", "none", "-f", "csv")
    assert [line.split(",")[0] for line in named.out.splitlines()] == ["left", "2x5", "4x5"]


def test_a_size_that_the_model_refuses_is_a_point_without_numbers(run: Run) -> None:  # noqa: F811
    result = run("report", f"{HERE}:Small", "--over", "input=3x8x8,4x8x8")
    assert result.status == 0
    assert "note: 4×8×8: " in result.out
    assert "raised RuntimeError" in " ".join(result.out.split())
    refused = run("report", f"{HERE}:Small", "--over", "classes=3,4", "-i", "3x8x8")
    assert refused.err.splitlines()[0] == "error: there is no parameter and no input 'classes' to vary"


def test_arguments_of_a_torch_model_are_no_parameters_of_specs(run: Run) -> None:  # noqa: F811
    model = f"{HERE}:Small"
    result = run("compare", model, model, "-i", "3x8x8", "--kwargs", '{"classes": 3}', "--set", "classes=4")
    assert result.status == 2
    assert result.err.splitlines()[-1] == "error: none of the networks has a parameter 'classes'"


def test_torch_is_imported_by_nobody_else() -> None:
    code = "import sys, flopcount.readers.torch, flopcount.sources; print('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True).stdout == "False\n"
