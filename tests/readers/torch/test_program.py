from __future__ import annotations

import copy
import io
import json
import pickle
import zipfile
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from torch import nn

from flopcount.engine import count
from flopcount.errors import FlopcountError, SourceError, UsageError
from flopcount.sources import load
from tests.readers.torch.witness import elements, report, torchs_flops


class Net(nn.Module):
    """A bit of everything: convolution, attention, tied weights, a constant, several results."""

    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(3, 16, 4, stride=4)
        self.relu = nn.ReLU(inplace=True)
        self.attend = nn.TransformerEncoderLayer(16, 2, 32, batch_first=True)
        self.first = nn.Linear(16, 16, bias=False)
        self.second = nn.Linear(16, 16, bias=False)
        self.second.weight = self.first.weight
        self.bn = nn.BatchNorm1d(16)

    def forward(self, image: Any) -> Any:
        x = self.relu(self.relu(self.conv(image)))
        x = self.attend(x.flatten(2).transpose(1, 2))
        x = self.second(self.first(x)) + torch.arange(16, device=x.device)
        with torch.no_grad():
            gate = x.sigmoid()
        return {"y": self.bn((x * gate).mean(1)), "parts": x.chunk(2, -1)}


@pytest.fixture(scope="module")
def saved(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("programs") / "net.pt2"
    torch.export.save(torch.export.export(Net().eval(), (torch.rand(2, 3, 16, 16),)), path)
    return path


def test_a_saved_program_counts_as_its_model(saved: Path) -> None:
    counted = report(load(saved))
    model = Net().eval()
    assert counted.uncounted == (), counted.graph.provenance.notes
    assert counted.totals["params"].value == elements(model)
    assert counted.totals["buffers"].value == 32
    args = torch.empty(2, 3, 16, 16, device="meta")
    assert counted.totals["count"].value == torchs_flops(model.to("meta"), args)
    graph = counted.graph
    assert (graph.name, graph.batch, graph.inputs[0].name, graph.inputs[0].shape) == (
        "net", 2, "image", (2, 3, 16, 16),
    )  # fmt: skip
    names = [node.name for node in graph.nodes]
    assert names[:3] == ["conv", "relu", "relu_2"]
    assert {"attend.self_attn.out_proj", "attend.linear1", "first", "second", "bn"} <= {*names}
    assert graph.nodes[0].where.startswith("test_program.py:")
    assert [tensor.shape for tensor in graph.outputs] == [(2, 16), (2, 16, 8), (2, 16, 8)]


def test_as_the_live_model_does(saved: Path) -> None:
    live = count(load(Net(), inputs="3x16x16", batch=2))
    kept = count(load(saved))
    for key in ("params", "buffers", "macs", "activations"):
        assert kept.totals[key] == live.totals[key]


def test_open_sizes_are_those_of_the_example(tmp_path: Path) -> None:
    batch = torch.export.Dim("batch", min=2, max=64)
    program = torch.export.export(nn.Linear(4, 3), (torch.rand(5, 4),), dynamic_shapes=({0: batch},))
    torch.export.save(program, tmp_path / "net.pt2")
    graph = load(tmp_path / "net.pt2")
    assert (graph.inputs[0].shape, graph.outputs[0].shape) == ((5, 4), (5, 3))
    assert graph.provenance.notes == (
        "some sizes of the program are open: those that it was exported with are counted",
    )


def test_torch_is_not_needed(saved: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "torch", None)
    assert count(load(saved)).totals["params"].value > 0


class Evil:
    """Unpickling it would leave a file behind."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> Any:
        return Path.touch, (self.path,)


@pytest.mark.parametrize("name", ["net.pt2", "net.pt", "net.pth", "net.ckpt"])
def test_nothing_is_unpickled(tmp_path: Path, name: str) -> None:
    torch.save({"model": Evil(tmp_path / "ran")}, tmp_path / name)
    with pytest.raises(SourceError, match="pickled Python"):
        load(tmp_path / name)
    assert not (tmp_path / "ran").exists()


def test_a_program_with_evil_weights_is_read_without_them(saved: Path, tmp_path: Path) -> None:
    path = tmp_path / "net.pt2"
    with zipfile.ZipFile(saved) as old, zipfile.ZipFile(path, "w") as new:
        for name in old.namelist():
            weights = "/data/weights/" in name and not name.endswith(".json")
            new.writestr(name, pickle.dumps(Evil(tmp_path / "ran")) if weights else old.read(name))
    assert count(load(path)).totals["params"].value == elements(Net())
    assert not (tmp_path / "ran").exists()


def archive(**files: str) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as file:
        for name, text in files.items():
            file.writestr(name, text)
    return buffer.getvalue()


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"no archive", "is no saved program"),
        (archive(readme="hello"), "holds no program"),
        (archive(**{"models/model.json": "{"}), "is no saved program"),
        (archive(**{"models/model.json": "{}"}), "the program is not as torch writes it: KeyError 'graph_module'"),
        (archive(**{"models/model.json": '{"graph_module": 3}'}), "the program is not as torch writes it"),
    ],
)
def test_refuses(tmp_path: Path, data: bytes, message: str) -> None:
    (tmp_path / "net.pt2").write_bytes(data)
    with pytest.raises(SourceError, match=message):
        load(tmp_path / "net.pt2")


def test_a_missing_file(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="cannot be read: no such file or directory"):
        load(tmp_path / "net.pt2")


@pytest.mark.parametrize("options", [{"inputs": "3x4x4"}, {"batch": 7}, {"kwargs": {"a": 1}}])
def test_a_program_is_as_it_was_saved(saved: Path, options: Any) -> None:
    with pytest.raises(UsageError, match="is a saved program"):
        load(saved, **options)


JUNK: list[Any] = [None, -1, 0, 3, 2**70, "x", [], {}, [[]], {"as_int": -4}, {"as_none": True}, True, 0.5]


def damaged(item: Any, draw: Any) -> Any:
    """The same JSON with one thing in it replaced."""
    junk = draw(
        st.sampled_from([None, -1, 0, 3, 2**70, "x", [], {}, [[]], {"as_int": -4}, {"as_none": True}, True, 0.5])
    )
    if not isinstance(item, list | dict) or not item or draw(st.integers(0, 9)) == 0:
        return junk
    copied = copy.copy(item)
    key = draw(st.integers(0, len(item) - 1)) if isinstance(item, list) else draw(st.sampled_from(sorted(item)))
    if draw(st.integers(0, 19)) == 0:
        del copied[key]
    else:
        copied[key] = damaged(item[key], draw)
    return copied


@given(st.data())
@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_damaged_program_is_read_or_refused(saved: Path, tmp_path: Path, data: st.DataObject) -> None:
    with zipfile.ZipFile(saved) as file:
        (name,) = [name for name in file.namelist() if name.endswith("models/model.json")]
        program = json.loads(file.read(name))
    graph = program["graph_module"]["graph"]
    part = data.draw(st.sampled_from(["nodes", "tensor_values", "outputs", "signature", "graph_module"]))
    if part == "signature":
        program["graph_module"][part] = damaged(program["graph_module"][part], data.draw)
    elif part == "graph_module":
        program[part] = damaged(program[part], data.draw)
    else:
        graph[part] = damaged(graph[part], data.draw)
    (tmp_path / "net.pt2").write_bytes(archive(**{"models/model.json": json.dumps(program)}))
    with suppress(FlopcountError):
        count(load(tmp_path / "net.pt2"))


def test_a_size_that_data_decide(saved: Path, tmp_path: Path) -> None:
    path = tmp_path / "net.pt2"
    with zipfile.ZipFile(saved) as old, zipfile.ZipFile(path, "w") as new:
        for name in old.namelist():
            text = old.read(name)
            if name.endswith("models/model.json"):
                program = json.loads(text)
                values = program["graph_module"]["graph"]["tensor_values"]
                values["conv2d"]["sizes"][0] = {"as_expr": {"expr_str": "u0", "hint": None}}
                text = json.dumps(program).encode()
            new.writestr(name, text)
    with pytest.raises(SourceError, match="the size u0 depends on data"):
        load(path)
