from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.cli.conftest import Run

WRONG = """
name: wrong
input: [3, 8, 8]
expect: {params: 223, macs: 13824}
layers:
  - conv: {out: 8, kernel: 3, padding: 1}
"""


def test_it_confirms_a_shipped_spec(run: Run) -> None:
    result = run("verify", "lecture_ten_filters", "lecture_separable")
    assert (result.status, result.err) == (0, "")
    assert "lecture_ten_filters: 14 of 14 numbers confirmed" in result.out
    assert "lecture_separable: 18 of 18 numbers confirmed" in result.out


def test_it_shows_what_is_left_over_and_exits_1(run: Run, tmp_path: Path) -> None:
    (tmp_path / "wrong.yaml").write_text(WRONG)
    result = run("verify", tmp_path / "wrong.yaml", "--witness", "torch")
    assert result.status == 1
    assert "wrong: 7 of 8 numbers confirmed" in result.out
    assert result.err.splitlines() == [
        "error: wrong: 1 number that a witness does not confirm",
        "  total, params by expect: 224 and 223",
        "  hint: an expectation is amended in its source; any other difference is a bug in flopcount",
    ]


def test_json(run: Run) -> None:
    result = run("verify", "lecture_ten_filters", "--format", "json", "--witness", "FlopCounterMode")
    (data,) = json.loads(result.out)["verifications"]
    assert data["confirmed"] is True
    assert {check["witness"] for check in data["checks"]} == {"FlopCounterMode", "expect"}


def test_another_input(run: Run) -> None:
    result = run("verify", "lecture_ten_filters", "--input", "3x64x64", "--batch", "2", "-w", "torch")
    assert "2×10×60×60" in result.out


def test_a_torch_model(run: Run) -> None:
    options = ["tests.readers.torch.networks:Small", "--input", "3x16x16", "--kwargs", '{"classes": 3}']
    result = run("verify", *options)
    assert result.status == 0
    assert "Small: 20 of 20 numbers confirmed" in result.out
    assert set(result.err.splitlines()) == {"running"}  # what the model prints
    rows = [line.split()[:3] for line in result.out.splitlines()]
    assert ["fc", "FlopCounterMode", "FLOPs"] in rows
    assert ["total", "fvcore", "MACs"] in rows
    (data,) = json.loads(run("verify", *options, "--format", "json").out)["verifications"]
    assert (data["model"], data["confirmed"], data["source"]) == ("Small", True, options[0])


@pytest.mark.parametrize("witness", ["fvcroe", "torch,fvcroe"])
def test_an_unknown_witness(run: Run, witness: str) -> None:
    result = run("verify", "lecture_ten_filters", "--witness", witness)
    assert (result.status, result.err) == (2, "error: unknown witness 'fvcroe'\n  hint: did you mean 'fvcore'?\n")


def test_against_another_counter(run: Run) -> None:
    pytest.importorskip("torchinfo")
    result = run("verify", "lecture_ten_filters", "--against", "torchinfo")
    assert (result.status, result.err) == (0, "")
    rows = [line.split()[:3] for line in result.out.splitlines() if "torchinfo" in line]
    assert ["conv1", "torchinfo", "MACs"] in rows
    assert ["total", "torchinfo", "MACs"] in rows
    assert "predicted by the convention 'torchinfo'" in " ".join(result.out.split())


def test_witnesses_are_counters_too(run: Run) -> None:
    """`--against torch,fvcore` asks those two by the names of their conventions, once each, and nobody else."""
    pytest.importorskip("fvcore")
    result = run("verify", "lecture_ten_filters", "--against", "torch,fvcore,torch", "--format", "json")
    (data,) = json.loads(result.out)["verifications"]
    assert (result.status, result.err, data["confirmed"]) == (0, "", True)
    said = [check["witness"] for check in data["checks"] if check["layer"] is None and check["witness"] != "expect"]
    assert said == ["FlopCounterMode", "fvcore"]


def test_an_unknown_counter(run: Run) -> None:
    result = run("verify", "lecture_ten_filters", "--against", "thopp")
    assert (result.status, result.err) == (2, "error: unknown counter 'thopp'\n  hint: did you mean 'thop'?\n")


@pytest.mark.parametrize("option", ["--witness", "--against"])
def test_nobody_is_not_everybody(run: Run, option: str) -> None:
    result = run("verify", "lecture_ten_filters", option, "")
    assert (result.status, result.out) == (2, "")
    assert result.err == "error: '' names nothing\n  hint: write names with commas between them: bn,relu\n"
