from __future__ import annotations

from pathlib import Path

import pytest

from flopcount.budget import check, workshop
from flopcount.budget.workshop import is_spec
from flopcount.engine import Report, count
from flopcount.graph import Graph
from flopcount.sources import load
from tests.budget.conftest import NET


def test_each_model_is_counted_once(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    counted = []

    def counting(graph: Graph, mode: str) -> Report:
        counted.append(graph.name)
        return count(graph, mode=mode)

    monkeypatch.setattr(workshop, "analyze", counting)
    (folder / "flopcount.yaml").write_text(
        "models: [{path: net.yaml, budget: {params: 5}}, {path: '*t.yaml', budget: {macs: 5}}]"
    )
    assert len(check().verdicts) == 2
    assert counted == ["net"]


def test_sources_of_other_kinds_are_left_to_their_readers(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []

    def analyze(source: str, **options: object) -> Report:
        asked.append((source, options))
        return count(load("alexnet"))

    monkeypatch.setattr(workshop, "analyze", analyze)
    (folder / "nets").mkdir()
    (folder / "nets" / "a.onnx").write_bytes(b"")
    (folder / "flopcount.yaml").write_text(
        "models:\n  - {path: nets/*.onnx, budget: {params: 62378344}}\n"
        "  - {path: 'package.module:make', batch: 2, input: 3x9x9, budget: {params: 1}}\n"
    )
    found = check()
    assert [(model.name, model.verdicts[0].outcome) for model in found.models] == [
        ("nets/a.onnx", "within"), ("package.module:make (input 3x9x9, batch 2)", "over"),
    ]  # fmt: skip
    assert asked == [
        ("nets/a.onnx", {"inputs": None, "batch": 1, "settings": None, "mode": "eval"}),
        ("package.module:make", {"inputs": ("3x9x9",), "batch": 2, "settings": None, "mode": "eval"}),
    ]


@pytest.mark.parametrize("name", ["#1.yaml", "a#b.yaml", "##[error]y.yml"])
def test_a_file_whose_name_has_a_hash_keeps_its_own_budget(folder: Path, name: str) -> None:
    (folder / name).write_text(NET + "budget: {params: 3113}\n")
    assert is_spec(name)
    assert [verdict.outcome for _, verdict in check(name).verdicts] == ["over"]
