from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.cli.conftest import Run
from tests.golden import assert_golden


@pytest.mark.parametrize("width", [80, 120])
@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        ("thop", ("resnet50", "4,133,742,592")),
        ("layer", ("alexnet", "210,830,400", "--layer", "conv1")),
        ("rounded", ("resnet50", "4.1 GFLOPs")),
    ],
)
def test_golden(run: Run, monkeypatch: pytest.MonkeyPatch, name: str, arguments: tuple[str, ...], width: int) -> None:
    monkeypatch.setenv("COLUMNS", str(width))
    result = run("identify", *arguments)
    assert (result.status, result.err) == (0, "")
    assert max(map(len, result.out.splitlines())) <= width
    assert_golden(f"identify-{name}-{width}.table", result.out)


def test_nothing_gives_it(run: Run) -> None:
    result = run("identify", "alexnet", "1135256097")
    assert result.status == 1
    assert "note: nothing that was tried gives 1135256097: these come nearest" in result.out
    assert result.err.startswith(
        "error: nothing that was tried gives 1135256097 for alexnet\n  hint: nearest: 1,135,256"
    )


def test_json(run: Run) -> None:
    found = json.loads(run("identify", "alexnet", "1,135,256,096", "-f", "json").out)
    assert found["schema"] == "flopcount.identify/1"
    assert found["identification"]["matches"][0]["conventions"] == ["macs", "fvcore", "thop", "netscope"]


def test_a_convention_of_ones_own(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "edge.yaml"
    path.write_text("prices: {product: 3}\n")
    result = run("identify", "alexnet", 3 * 1_135_256_096, "--convention", path)
    assert result.status == 0
    assert "exact  edge" in result.out


def test_no_number(run: Run) -> None:
    result = run("identify", "alexnet", "lots")
    assert (result.status, result.out) == (2, "")
    assert result.err.startswith("error: 'lots' is not a number\n  hint: write it as it was printed")
