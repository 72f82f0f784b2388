from __future__ import annotations

import csv
import io
import json

import pytest

from tests.cli.conftest import Run
from tests.golden import assert_golden

ATTENTION = ("explain", "gpt2", "decoder1.attention1")


@pytest.mark.parametrize(
    ("name", "arguments", "width"),
    [
        ("explain-conv", ("explain", "alexnet", "conv1"), 80),
        ("explain-conv-50", ("explain", "alexnet", "conv1"), 50),
        ("explain-attention-80", ATTENTION, 80),
        ("explain-attention-140", ATTENTION, 140),
        ("explain-vgg16", ("explain", "vgg16"), 80),
        ("explain-conv-train", ("explain", "alexnet", "conv2", "--mode", "train"), 80),
        ("explain-bn-train", ("explain", "resnet50", "bn1", "--mode", "train"), 80),
    ],
)
def test_golden(run: Run, monkeypatch: pytest.MonkeyPatch, name: str, arguments: tuple[str, ...], width: int) -> None:
    monkeypatch.setenv("COLUMNS", str(width))
    result = run(*arguments)
    assert (result.status, result.err) == (0, "")
    assert max(map(len, result.out.splitlines())) <= width
    assert_golden(f"{name}.table", result.out)


def test_data_formats_keep_formula_and_substitution_apart(run: Run) -> None:
    rows = list(csv.DictReader(io.StringIO(run("explain", "alexnet", "conv1", "-f", "csv").out)))
    assert rows[-1] == {
        "what": "FLOPs",
        "formula": "(2·D1·F²)·D2·H2·W2",
        "substitution": "(2·3·11²)·96·55·55",
        "result": "210830400",
    }
    assert "| formula | with its numbers |" in run("explain", "alexnet", "conv1", "-f", "markdown").out
    explained = json.loads(run("explain", "alexnet", "conv1", "-f", "json").out)
    assert (explained["schema"], explained["explanation"]["count"][-1]["result"]) == (
        "flopcount.explain/1",
        210_830_400,
    )


def test_the_options_of_a_report_hold_here_too(run: Run) -> None:
    arguments = ("--batch", "2", "--convention", "macs", "-f", "json")
    explained = json.loads(run("explain", "alexnet", "conv1", *arguments).out)["explanation"]
    assert explained["count"][-1]["result"] == 2 * 105_415_200


def test_unknown_layer(run: Run) -> None:
    result = run("explain", "alexnet", "conv11")
    assert (result.status, result.out) == (2, "")
    assert result.err.startswith("error: no layer is named 'conv11'\n  hint: did you mean 'conv1'")


@pytest.mark.parametrize("width", [80, 120])
@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        ("resnet50-thop", ("resnet50", "--vs", "thop")),
        ("resnet50-ptflops", ("resnet50", "--from", "torch", "--vs", "ptflops")),
        ("vit-thop", ("vit_b_16", "--convention", "torch", "--vs", "thop")),
        ("layers", ("resnet50", "layer1.0", "--vs", "ptflops", "--per-layer")),
    ],
)
def test_bridge_golden(
    run: Run, monkeypatch: pytest.MonkeyPatch, name: str, arguments: tuple[str, ...], width: int
) -> None:
    monkeypatch.setenv("COLUMNS", str(width))
    result = run("explain", *arguments)
    assert (result.status, result.err) == (0, "")
    assert max(map(len, result.out.splitlines())) <= width
    assert_golden(f"bridge-{name}-{width}.table", result.out)


@pytest.mark.parametrize("format", ["csv", "markdown", "html", "latex"])
def test_a_bridge_in_other_formats(run: Run, format: str) -> None:
    result = run("explain", "resnet50", "--vs", "ptflops", "-f", format)
    assert (result.status, result.err) == (0, "")
    assert_golden(f"bridge.{format}", result.out)


def test_a_bridge_as_data(run: Run) -> None:
    found = json.loads(run("explain", "resnet50", "--vs", "thop", "--per-layer", "-f", "json").out)
    assert found["schema"] == "flopcount.bridge/1"
    assert found["bridge"]["to"]["count"] == 4_133_742_592
    assert len(found["bridge"]["layers"]) == 53 + 1


def test_what_is_counted_or_ignored_is_so_on_both_sides(run: Run) -> None:
    found = json.loads(run("explain", "resnet50", "--vs", "thop", "--ignore", "bn", "-f", "json").out)["bridge"]
    assert (found["from"]["count"], found["to"]["count"]) == (4_089_184_256, 4_089_184_256 + 50 * 2_048)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--from", "macs"), "error: --from is about two conventions\n  hint: name the other one: --vs thop\n"),
        (("--per-layer",), "error: --per-layer is about two conventions\n  hint: name the other one: --vs thop\n"),
        (
            ("--vs", "thop", "--from", "macs", "-c", "macs"),
            "error: --from and --convention both name the convention to start from\n  hint: leave out one\n",
        ),
        (("--vs", "thopp"), "error: unknown convention 'thopp'\n  hint: did you mean 'thop'?\n"),
    ],
)
def test_a_bridge_has_two_ends(run: Run, arguments: tuple[str, ...], message: str) -> None:
    result = run("explain", "alexnet", *arguments)
    assert (result.status, result.out, result.err) == (2, "", message)


def test_one_layer_under_several_conventions(run: Run) -> None:
    result = run("explain", "alexnet", "conv1", "--conventions", "macs,torch", "--ignore", "bias", "-f", "csv")
    assert (result.status, result.err) == (0, "")
    rows = list(csv.DictReader(io.StringIO(result.out)))
    assert [(row["convention"], row["unit"], row["result"]) for row in rows] == [
        ("macs", "MACs", "105415200"), ("torch", "FLOPs", "210830400"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("arguments", "what"),
    [
        ((), "is about one layer"),
        (("conv1", "--vs", "thop"), "leaves no room for --vs"),
        (("conv1", "-c", "thop"), "leaves no room for --convention"),
    ],
    ids=["network", "vs", "convention"],
)
def test_several_conventions_are_about_one_layer(run: Run, arguments: tuple[str, ...], what: str) -> None:
    result = run("explain", "alexnet", "--conventions", "macs,torch", *arguments)
    assert result.status == 2
    assert (
        result.err == f"error: --conventions {what}\n  hint: flopcount explain SOURCE LAYER --conventions macs,torch\n"
    )
