from __future__ import annotations

import csv
import io
import json
from pathlib import Path
from typing import Any

import pytest

from tests.cli.conftest import Run
from tests.golden import assert_golden
from tests.renderers.documents import FOR_CHECKS, FORMATS

NET = """\
params: {width: 8}
input: [3, 16, 16]
layers:
  - conv: {out: width, kernel: 3, padding: 1}
  - relu
  - branches:
      main: [{conv: {out: width, kernel: 1}}, bn]
      skip: []
    join: add
  - flatten
  - linear: 10
"""
MAGIC = "input: [3, 8, 8]\nlayers:\n  - opaque: {out: [4, 8, 8]}\n    name: magic\n  - conv: {out: 8, kernel: 1}\n"


@pytest.fixture
def net(tmp_path: Path) -> Path:
    path = tmp_path / "net.yaml"
    path.write_text(NET)
    return path


def data(run: Run, *arguments: object, **options: str) -> dict[str, Any]:
    result = run("report", *arguments, "--format", "json", **options)
    assert (result.status, result.err) == (0, "")
    decoded = json.loads(result.out)
    assert decoded["schema"] == "flopcount.report/1"
    report: dict[str, Any] = decoded["reports"][0]
    return report


def rows(run: Run, *arguments: object) -> list[dict[str, str]]:
    result = run("report", *arguments, "--format", "csv")
    assert (result.status, result.err) == (0, "")
    return list(csv.DictReader(io.StringIO(result.out)))


@pytest.mark.parametrize("width", [80, 120])
def test_alexnet_as_the_lecture_prints_it(run: Run, monkeypatch: pytest.MonkeyPatch, width: int) -> None:
    monkeypatch.setenv("COLUMNS", str(width))
    result = run("report", "alexnet")
    assert (result.status, result.err) == (0, "")
    assert max(map(len, result.out.splitlines())) <= width
    assert_golden(f"alexnet-{width}.table", result.out)


@pytest.mark.parametrize("width", [80, 140])
@pytest.mark.parametrize("name", ["alexnet", "vit_b_16", "lstm_lm"])
def test_a_training_step_fits(run: Run, monkeypatch: pytest.MonkeyPatch, name: str, width: int) -> None:
    monkeypatch.setenv("COLUMNS", str(width))
    result = run("report", name, "--mode", "train")
    assert (result.status, result.err) == (0, "")
    assert max(map(len, result.out.splitlines())) <= width
    assert_golden(f"{name}-train-{width}.table", result.out)


def test_a_table_per_network(run: Run) -> None:
    heads = [line for line in run("report", "alexnet", "vgg16").out.splitlines() if line in ("alexnet", "vgg16")]
    assert heads == ["alexnet", "vgg16"]


@pytest.mark.parametrize("name", FORMATS)
def test_every_format_to_the_terminal_and_to_a_file(run: Run, tmp_path: Path, name: str) -> None:
    shown = run("report", "lecture_ten_filters", "--format", name)
    assert (shown.status, shown.err) == (0, "")
    assert "\x1b" not in shown.out
    written = run("report", "lecture_ten_filters", "-f", name, "-o", tmp_path / "out")
    assert (written.status, written.out, written.err) == (0, "", "")
    assert (tmp_path / "out").read_text() == shown.out


def test_a_file_is_written_whole_or_not_at_all(run: Run, tmp_path: Path) -> None:
    (tmp_path / "out").write_text("old")
    assert run("report", "alexnet", "--columns", "nope", "-o", tmp_path / "out").status == 2
    assert (tmp_path / "out").read_text() == "old"
    assert [path.name for path in tmp_path.iterdir()] == ["out"]
    result = run("report", "alexnet", "-o", tmp_path / "none" / "out")
    assert (result.status, result.err.startswith(f"error: cannot write '{tmp_path}/none/out'")) == (2, True)


def test_standard_input(run: Run, net: Path) -> None:
    assert data(run, "-", stdin=NET)["totals"] == data(run, net)["totals"]


def test_input_and_batch(run: Run, net: Path) -> None:
    report = data(run, net, "--input", "3x32x32", "--batch", "2")
    assert report["inputs"] == [{"name": "input", "shape": [2, 3, 32, 32], "dtype": "float32"}]
    assert report["batch"] == 2
    assert report["totals"]["macs"] == 2 * (32 * 32 * 8 * (27 + 8) + 8 * 32 * 32 * 10)


def test_a_named_input(run: Run) -> None:
    assert data(run, "gpt2", "--input", "input=1024:int32")["inputs"][0]["dtype"] == "int32"


def test_settings_are_expressions_and_are_recorded(run: Run, net: Path) -> None:
    report = data(run, net, "--set", "width=2*8")
    assert report["settings"] == {"width": 16}
    assert report["layers"][0]["params"] == 16 * 28


def test_conventions_and_their_adjustments(run: Run, net: Path) -> None:
    lecture, macs = data(run, net), data(run, net, "--convention", "macs")
    assert lecture["totals"]["flops"] == lecture["totals"]["count"] == 2 * lecture["totals"]["macs"]
    assert (macs["totals"]["count"], macs["totals"]["flops"]) == (lecture["totals"]["macs"], None)
    counted = data(run, net, "--count", "bn, relu", "--ignore", "bias")
    assert counted["convention"]["counted"] == ["bn", "relu"]
    assert counted["convention"]["ignored"] == ["bias"]
    assert counted["layers"][1]["flops"] == 8 * 16 * 16
    assert counted["layers"][0]["flops"] == lecture["layers"][0]["flops"] - 8 * 16 * 16


def test_folding_keeps_the_sum(run: Run) -> None:
    totals = data(run, "resnet18")["totals"]
    folds: list[list[object]] = [["--depth", 1], ["--by", "module"], ["--by", "op"], ["--by", "module", "--depth", 1]]
    for fold in folds:
        folded = rows(run, "resnet18", *fold)
        assert len(folded) < 60
        for key in ("params", "macs", "flops"):
            assert sum(int(row[key]) for row in folded) == totals[key]


def test_sort_and_top(run: Run) -> None:
    largest = rows(run, "vgg16", "--sort", "params", "--top", 2)
    assert [row["params"] for row in largest] == ["102764544", "16781312"]
    assert "more" in run("report", "vgg16", "--top", "3").out


def test_columns(run: Run) -> None:
    assert rows(run, "lecture_ten_filters", "--columns", "layer,params,bytes:int8")[0] == {
        "layer": "conv1",
        "params": "760",
        "bytes:int8": "760",
    }


@pytest.mark.parametrize(
    ("text", "status", "error"),
    [
        (NET, 0, ""),
        (NET + "expect: {params: 3}\n", 1, "error: <stdin> misses the totals that it promises\n  params: 20,"),
        (MAGIC, 3, "error: <stdin> has 1 layer that nobody can count\n  magic: <stdin>:3:5"),
    ],
)
def test_strict(run: Run, text: str, status: int, error: str) -> None:
    lax, strict = run("report", "-", stdin=text), run("report", "-", "--strict", stdin=text)
    assert (lax.status, strict.status) == (0, status)
    assert lax.out == strict.out
    assert lax.err == ""
    assert strict.err.replace("error: stdin", "error: <stdin>").startswith(error)


def test_what_is_missed_or_unknown_is_noted_without_strict(run: Run) -> None:
    assert "but the source promises 3" in run("report", "-", stdin=NET + "expect: {params: 3}\n").out
    unknown = run("report", "-", stdin=MAGIC).out
    assert "1 layer unknown: totals are lower bounds" in unknown
    assert "≥ " in unknown


def test_batch_norms_that_cannot_fold_are_noted(run: Run) -> None:
    note = "62 of 121 batch norms cannot fold into the layer before at test time, and count as 0 all the same"
    assert note in run("report", "densenet121").out.replace("\n      ", " ")
    assert "cannot fold" not in run("report", "densenet121", "--count", "bn").out
    assert "cannot fold" not in run("report", "resnet50").out


@pytest.mark.parametrize("width", [80, 120])
def test_over(run: Run, monkeypatch: pytest.MonkeyPatch, width: int) -> None:
    monkeypatch.setenv("COLUMNS", str(width))
    result = run(
        "report", "mobilenet_v1", "--over", "width=0.25,0.5,1.0", "--over", "input=3x160x160,3x224x224", "--views", 10
    )
    assert (result.status, result.err) == (0, "")
    assert max(map(len, result.out.splitlines())) <= width
    assert_golden(f"over-mobilenet-{width}.table", result.out)


def test_over_says_in_its_row_which_layer_fixes_the_size(run: Run) -> None:
    result = run("report", "alexnet", "--over", "input=3x160x160,3x227x227")
    assert (result.status, result.err) == (0, "")
    assert "\n3×160×160\n3×227×227  62,378,344  1,135,256,096  2,270,512,192" in result.out
    assert "note: 3×160×160: fc6 (linear): takes 9216 features, not 2304 (global pooling" in result.out


def test_over_where_no_row_has_numbers(run: Run) -> None:
    result = run("report", "alexnet", "--over", "input=3x160x160,3x8x8")
    assert (result.status, result.out) == (2, "")
    assert result.err == (
        "error: alexnet.yaml:21:5  fc6 (linear)\n"
        "  takes 9216 features, not 2304\n"
        "  input: 1×2304\n"
        "  hint: global pooling before an FC layer takes any size\n"
    )


def test_over_lists_several_networks_and_the_batch(run: Run) -> None:
    result = run("report", "resnet", "-", "--over", "batch=1,8", "-f", "json", stdin=NET)
    decoded = json.loads(result.out)
    assert (decoded["schema"], result.err) == ("flopcount.over/1", "")
    assert [[row["batch"] for row in swept["rows"]] for swept in decoded["sweeps"]] == [[1, 8], [1, 8]]
    lists = json.loads(run("report", "resnet", "--over", "depths=[2,2,2,2],[3,4,6,3]", "-f", "json").out)
    (swept,) = lists["sweeps"]
    assert [row["settings"]["depths"] for row in swept["rows"]] == [[2, 2, 2, 2], [3, 4, 6, 3]]


@pytest.mark.parametrize(
    ("text", "status", "error"),
    [
        (NET, 2, "error: <stdin>:11:5  linear1 (linear)\n  takes 2048 features, not 8192"),
        (MAGIC, 3, "error: <stdin> has 1 layer that nobody can count\n  input: 3x8x8\n"),
    ],
)
def test_over_and_strict(run: Run, text: str, status: int, error: str) -> None:
    own = "3x16x16,3x32x32" if text == NET else "3x8x8,3x9x9"
    lax, strict = (run("report", "-", "--over", f"input={own}", *flag, stdin=text) for flag in ([], ["--strict"]))
    assert (lax.status, lax.err, lax.out) == (0, "", strict.out)
    assert strict.status == status
    assert strict.err.replace("error: stdin", "error: <stdin>").startswith(error)


def test_ten_crops(run: Run) -> None:
    report = data(run, "alexnet", "--views", 10)
    assert (report["views"], report["totals"]["macs"]) == (10, 11_352_560_960)
    assert report["totals"]["params"] == 62_378_344
    assert "batch 1 · 10 views of every sample · eval" in run("report", "alexnet", "--views", 10).out


@pytest.mark.parametrize(
    ("arguments", "message", "hint"),
    [
        (["alexnett"], "there is no file and no shipped spec 'alexnett'", "did you mean 'alexnet'?"),
        (["vgg16", "--set", "clases=3"], "'clases'", "did you mean 'classes'?"),
        (["alexnet", "--set", "classes"], "cannot read --set 'classes'", "write --set width=0.5"),
        (["alexnet", "--set", "classes=1", "--set", "classes=2"], "--set classes is given twice", ""),
        (["alexnet", "--input", "3x2x"], "cannot read the input '3x2x'", "write 3x224x224"),
        (["alexnet", "--input", "3:float31"], "unknown dtype 'float31'", "did you mean 'float32'"),
        (["alexnet", "--input", "x=3x8x8"], "'x'", ""),
        (["alexnet", "--input", "3x8x8"], "kernel", ""),
        (["alexnet", "--convention", "lectur"], "unknown convention 'lectur'", "did you mean 'lecture'?"),
        (["alexnet", "--count", "rellu"], "unknown op 'rellu'", "'relu'"),
        (["alexnet", "--ignore", "biass"], "cannot ignore 'biass'", "did you mean 'bias'?"),
        (["alexnet", "--columns", "parms"], "unknown column 'parms'", "'params'"),
        (["alexnet", "--sort", "parms"], "unknown column 'parms'", "'params'"),
        (["alexnet", "--by", "modul"], "cannot fold by 'modul'", "did you mean 'module'?"),
        (["alexnet", "--depth", "0"], "depth must be at least 1, not 0", ""),
        (["alexnet", "--top", "0"], "top must be at least 1, not 0", ""),
        (["alexnet", "--format", "jsn"], "unknown format 'jsn'", "'json'"),
        (["alexnet", "--views", "0"], "invalid value for '--views': 0 is not in the range x>=1", ""),
        (["alexnet", "--views", "2", "--mode", "train"], "several views of a sample are for test time", "leave out"),
        (["alexnet", "--over", "input"], "cannot read --over 'input'", "write --over width=0.5,1.0"),
        (["alexnet", "--over", "batch=1", "--over", "batch=2"], "--over batch is given twice", ""),
        (["alexnet", "--over", "batch=1", "--batch", "2"], "batch is both given and varied", "leave out one of"),
        (["alexnet", "--over", "batch=1", "--depth", "1"], "--depth is about layers", ""),
        (["alexnet", "--over", "batch=1", "--by", "op"], "--by is about layers", ""),
        (["alexnet", "--over", "batch=1", "--top", "1"], "--top is about layers", ""),
        (["alexnet", "--over", "batch=1", "--columns", "macs"], "--columns is about layers", ""),
        (["vgg16", "--over", "clases=1,2"], "no parameter and no input 'clases'", "did you mean 'classes'?"),
        (["alexnet", "--batch", "0"], "cannot read --batch '0'", "a positive integer, or none"),
        (["alexnet", "--kwargs", "{"], "cannot read --kwargs", "write --kwargs '{"),
        (["alexnet", "--kwargs", "[1]"], "--kwargs is a JSON object, not [1]", "write --kwargs '{"),
        (["alexnet", "--kwargs", '{"a": 1}'], "'alexnet' is no torch model and takes no arguments", "--set"),
    ],
)
def test_refuses(run: Run, arguments: list[str], message: str, hint: str) -> None:
    result = run("report", *arguments)
    assert (result.status, result.out) == (2, "")
    assert result.err.startswith("error: ")
    assert result.err.count("error:") == 1
    assert "Traceback" not in result.err
    assert message in result.err
    assert hint in result.err


def test_an_error_in_a_spec_has_its_place(run: Run) -> None:
    result = run("report", "-", stdin="input: [64, 56, 56]\nlayers:\n  - conv: {out: 64, kernel: 3, groups: 3}\n")
    assert result.status == 2
    assert_golden("groups.error", result.err)


@pytest.mark.parametrize("name", FOR_CHECKS)
def test_formats_for_checks_are_refused(run: Run, net: Path, tmp_path: Path, name: str) -> None:
    result = run("report", net, "--format", name, "-o", tmp_path / "out")
    assert (result.status, result.out) == (2, "")
    assert f"the format '{name}' shows the result of `flopcount check`, and nothing else" in result.err
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("width", [80, 120])
def test_several_conventions(run: Run, monkeypatch: pytest.MonkeyPatch, width: int) -> None:
    monkeypatch.setenv("COLUMNS", str(width))
    result = run("report", "vit_b_16", "--conventions", "macs,torch,fvcore", "--by", "op")
    assert (result.status, result.err) == (0, "")
    assert max(map(len, result.out.splitlines())) <= width
    assert_golden(f"conventions-vit-{width}.table", result.out)


def test_several_conventions_are_several_reports_as_data(run: Run) -> None:
    reports = json.loads(run("report", "resnet50", "--conventions", "macs,thop", "-f", "json").out)["reports"]
    assert [report["convention"]["name"] for report in reports] == ["macs", "thop"]
    assert [report["totals"]["count"] for report in reports] == [4_089_184_256, 4_133_742_592]
    assert rows(run, "resnet50", "--conventions", "macs,thop", "--top", "1", "--sort", "count:thop")[0][
        "count:thop"
    ] == str(118_013_952)


def test_several_conventions_are_counted_and_ignored_alike(run: Run) -> None:
    reports = json.loads(run("report", "resnet50", "--conventions", "macs,thop", "--ignore", "bn", "-f", "json").out)
    assert reports["reports"][1]["totals"]["count"] == 4_089_184_256 + 50 * 2_048


@pytest.mark.parametrize(
    ("arguments", "given"), [(("-c", "macs"), "convention"), (("--over", "batch=1,2"), "over")], ids=["one", "over"]
)
def test_several_conventions_or_one(run: Run, arguments: tuple[str, ...], given: str) -> None:
    result = run("report", "alexnet", "--conventions", "macs,torch", *arguments)
    assert result.status == 2
    assert result.err == f"error: --conventions has a column for each, and --{given} has one\n"
