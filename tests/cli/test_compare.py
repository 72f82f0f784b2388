from __future__ import annotations

import csv
import io
import json
from pathlib import Path
from typing import Any

import pytest

from tests.cli.conftest import Run
from tests.golden import assert_golden
from tests.renderers.documents import FORMATS

NET = """\
name: net
params: {{width: {width}}}
input: [3, 16, 16]
layers:
  - conv: {{out: width, kernel: 3, padding: 1}}
  - relu
  - flatten
  - linear: 10
"""
MAGIC = "input: [3, 8, 8]\nlayers:\n  - opaque: {out: [4, 8, 8]}\n    name: magic\n  - conv: {out: 8, kernel: 1}\n"


@pytest.fixture
def nets(tmp_path: Path) -> list[Path]:
    paths = [tmp_path / "old.yaml", tmp_path / "new.yaml"]
    for path, width in zip(paths, (8, 12), strict=True):
        path.write_text(NET.format(width=width))
    return paths


def data(run: Run, *arguments: object, **options: str) -> dict[str, Any]:
    result = run("compare", *arguments, "--format", "json", **options)
    assert (result.status, result.err) == (0, "")
    decoded: dict[str, Any] = json.loads(result.out)
    assert decoded["schema"] == "flopcount.compare/1"
    return decoded


@pytest.mark.parametrize("width", [80, 100, 140])
def test_mobilenet_beside_its_twin(run: Run, monkeypatch: pytest.MonkeyPatch, width: int) -> None:
    monkeypatch.setenv("COLUMNS", str(width))
    result = run("compare", "mobilenet_v1_standard", "mobilenet_v1")
    assert (result.status, result.err) == (0, "")
    assert max(map(len, result.out.splitlines())) <= width
    assert_golden(f"compare-mobilenet-{width}.table", result.out)


def test_five_networks_side_by_side(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "100")
    result = run("compare", "alexnet", "vgg16", "resnet50", "googlenet", "mobilenet_v1")
    assert (result.status, result.err) == (0, "")
    assert_golden("compare-five.table", result.out)


def test_markdown_for_a_pull_request(run: Run) -> None:
    assert_golden("compare-resnet.markdown", run("compare", "resnet50", "resnet50_v1", "-f", "markdown").out)


@pytest.mark.parametrize("name", FORMATS)
def test_every_format_to_the_terminal_and_to_a_file(run: Run, nets: list[Path], tmp_path: Path, name: str) -> None:
    shown = run("compare", *nets, "--format", name)
    assert (shown.status, shown.err) == (0, "")
    assert "\x1b" not in shown.out
    written = run("compare", *nets, "-f", name, "-o", tmp_path / "out")
    assert (written.status, written.out, written.err) == (0, "", "")
    assert (tmp_path / "out").read_text() == shown.out


def test_files_shipped_names_and_standard_input(run: Run, nets: list[Path]) -> None:
    shown = data(run, nets[0], "alexnet", "-", stdin=NET.format(width=16))
    assert [network["model"] for network in shown["networks"]] == ["net", "alexnet", "net"]
    assert [network["title"] for network in shown["networks"]] == [str(nets[0]), "alexnet.yaml", "<stdin>"]


def test_input_and_batch_hold_for_all(run: Run, nets: list[Path]) -> None:
    shown = data(run, *nets, "--input", "3x32x32", "--batch", "2")
    assert [network["inputs"][0]["shape"] for network in shown["networks"]] == [[2, 3, 32, 32]] * 2
    assert shown["notes"] == []


def test_a_setting_holds_where_there_is_such_a_parameter(run: Run, nets: list[Path]) -> None:
    shown = data(run, *nets, "alexnet", "--set", "width=2*8")
    assert [network["settings"] for network in shown["networks"]] == [{"width": 16}, {"width": 16}, {}]
    assert data(run, *nets, "-s", "width=4")["difference"]["totals"]["params"] == 0


def test_folds_columns_and_order(run: Run) -> None:
    text = run("compare", "resnet18", "resnet34", "--depth", "1", "--columns", "layer,macs.difference,share",
               "--sort", "params", "--top", "2", "-f", "csv").out  # fmt: skip
    rows = [row for row in csv.DictReader(io.StringIO(text)) if row["layer"]]
    assert [row["layer"] for row in rows] == ["layer3", "layer4", "7 same"]
    assert [row["share"] for row in rows] == ["0.467215", "0.467013", "0.000000"]


def test_strict(run: Run, nets: list[Path]) -> None:
    nets[0].write_text(NET.format(width=8) + "expect: {params: 3}\n")
    lax, strict = run("compare", *nets), run("compare", *nets, "--strict")
    assert (lax.status, strict.status) == (0, 1)
    assert lax.out == strict.out
    assert strict.err.startswith("error: net misses the totals that it promises")
    unknown = run("compare", nets[1], "-", "--strict", stdin=MAGIC)
    assert unknown.status == 3
    assert "≥ " in unknown.out


def test_json_is_golden(run: Run, nets: list[Path]) -> None:
    text = run("compare", *nets, "-f", "json").out.replace(str(nets[0].parent), "FOLDER")
    assert_golden("compare-nets.json", text)


@pytest.mark.parametrize(
    ("arguments", "message", "hint"),
    [
        (["alexnet"], "a comparison takes two networks or more", "flopcount compare resnet18 resnet34"),
        (["alexnet", "alexnett"], "there is no file and no shipped spec 'alexnett'", "did you mean 'alexnet'?"),
        (["-", "-"], "standard input is one network, not several", ""),
        (["vgg16", "resnet50", "--kwargs", '{"a": 1}'], "none of the networks is a torch model, which takes", "--set"),
        (["vgg16", "resnet50", "--set", "clases=3"], "none of the networks has a parameter 'clases'", "'classes'?"),
        (["alexnet", "vgg16", "--convention", "lectur"], "unknown convention 'lectur'", "did you mean 'lecture'?"),
        (["alexnet", "vgg16", "--mode", "training"], "unknown mode 'training'", "did you mean 'train'"),
        (["alexnet", "vgg16", "--columns", "parms"], "unknown column 'parms'", "'params'"),
        (["alexnet", "vgg16", "--sort", "parms"], "unknown metric 'parms'", "'params'"),
        (["alexnet", "vgg16", "--by", "modul"], "cannot fold by 'modul'", "did you mean 'module'?"),
        (["alexnet", "vgg16", "--top", "0"], "top must be at least 1, not 0", ""),
        (["alexnet", "vgg16", "vgg19", "--top", "3"], "only two networks are compared layer by layer", "--top"),
        (["alexnet", "vgg16", "--format", "jsn"], "unknown format 'jsn'", "'json'"),
        (["resnet50", "gpt2", "--input", "3x64x64"], "the input 'input' cannot be 3×64×64", ""),
    ],
)
def test_refuses(run: Run, arguments: list[str], message: str, hint: str) -> None:
    result = run("compare", *arguments)
    assert (result.status, result.out) == (2, "")
    assert result.err.startswith("error: ")
    assert result.err.count("error:") == 1
    assert "Traceback" not in result.err
    assert message in result.err
    assert hint in result.err
