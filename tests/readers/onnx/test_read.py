"""A file as people give it: by the command, with its weights elsewhere, damaged."""

from __future__ import annotations

import builtins
import io
import random
import resource
import runpy
import time
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from onnx import external_data_helper

import flopcount
from flopcount.engine import count
from flopcount.errors import FlopcountError, SourceError
from flopcount.readers.onnx import is_model, read
from tests.readers.onnx.models import graph_of, held, layers, model, node, numbers, value, written
from tests.readers.onnx.mutating import mutated
from tests.test_init import loaded

X = value("x", ["batch", 4, 8])


def small() -> Any:
    """A network of a few layers, with shape arithmetic and a branch."""
    then = onnx.helper.make_graph([node("Relu", ["h"], ["t"])], "then", [], [value("t", None)])
    other = onnx.helper.make_graph([node("Neg", ["h"], ["e"])], "else", [], [value("e", None)])
    nodes = [
        node("Conv", ["x", "w", "b"], ["c"], name="/stem/conv/Conv", pads=[1, 1]),
        node("Shape", ["c"], ["shape"]),
        node("Slice", ["shape", "zero", "one"], ["n"]),
        node("Concat", ["n", "rest"], ["wanted"], axis=0),
        node("Reshape", ["c", "wanted"], ["h"], name="/flatten/Reshape"),
        node("If", ["yes"], ["a"], then_branch=then, else_branch=other),
        node("Gemm", ["a", "fc.weight", "fc.bias"], ["y"], name="/fc/Gemm", transB=1),
    ]
    return model(
        nodes, [X], held("w", (6, 4, 3)), held("b", (6,)), numbers("zero", [0]), numbers("one", [1]),
        numbers("rest", [-1]), numbers("yes", True, np.bool_), held("fc.weight", (10, 48)), held("fc.bias", (10,)),
    )  # fmt: skip


def test_places_of_the_best_are_integers(tmp_path: Path) -> None:
    best = node("TopK", ["x", "k"], ["y", "places"])
    graph = graph_of(model([best], [X], numbers("k", [3]), outputs=["y", "places"]), tmp_path)
    assert [(tensor.shape, tensor.dtype) for tensor in graph.outputs] == [((1, 4, 3), "float32"), ((1, 4, 3), "int64")]


def test_the_whole_of_it(tmp_path: Path) -> None:
    report = flopcount.analyze(written(small(), tmp_path), batch=2)
    assert layers(report.graph) == [
        ("stem.conv", "conv", (2, 6, 8)), ("flatten", "reshape", (2, 48)), ("if.then.relu", "relu", (2, 48)),
        ("fc", "linear", (2, 10)),
    ]  # fmt: skip
    assert report.totals["params"].value == 6 * 4 * 3 + 6 + 10 * 48 + 10
    assert report.totals["macs"].value == 2 * (6 * 8 * 4 * 3 + 48 * 10)
    assert report.graph.batch == 2


def test_nothing_but_the_standard_library_and_our_own_is_imported(tmp_path: Path) -> None:
    path = written(small(), tmp_path)
    assert loaded(f"flopcount.analyze({path!r})") <= {"flopcount", "msgspec", "typing_extensions", "cython_runtime"}


def test_a_model_is_known_by_its_ending_or_by_its_first_bytes(tmp_path: Path) -> None:
    path = Path(written(small(), tmp_path))
    other = path.rename(tmp_path / "weights.bin")
    assert is_model(other)
    assert flopcount.analyze(other).totals["layers"].value == 4
    for name, data in (
        ("a.txt", b"name: net"),
        ("b.bin", b"\x08"),
        ("c.yaml", b"\x08\x07\x12\x00"),
        ("d.bin", b"\x08\x80"),
    ):
        (tmp_path / name).write_bytes(data)
        assert not is_model(tmp_path / name)
    assert is_model(tmp_path / "missing.onnx")
    assert not is_model(tmp_path / "missing")


def test_weights_in_other_files_are_never_opened(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    inside = small()
    expected = count(graph_of(inside, tmp_path)).totals
    onnx.save(inside, tmp_path / "outside.onnx")
    apart = onnx.load(tmp_path / "outside.onnx")
    for tensor in apart.graph.initializer:
        if tensor.name in ("w", "fc.weight"):
            external_data_helper.set_external_data(tensor, "../../../../etc/passwd", offset=-5, length=10**18)
            tensor.ClearField("raw_data")
    path = tmp_path / "apart.onnx"
    path.write_bytes(apart.SerializeToString())
    opened = []
    real = io.open

    def watched(file: Any, *arguments: Any, **options: Any) -> Any:
        opened.append(str(file))
        return real(file, *arguments, **options)

    monkeypatch.setattr(builtins, "open", watched)
    monkeypatch.setattr(io, "open", watched)
    assert count(read(str(path))).totals == expected
    assert {name for name in opened if not name.endswith(".pyc")} == {str(path)}


def test_a_gigabyte_of_weights_is_skipped(tmp_path: Path) -> None:
    benchmark = runpy.run_path(str(Path(flopcount.__file__).parents[1] / "benchmarks" / "onnx_files.py"))
    path = tmp_path / "large.onnx"
    assert benchmark["write"](path, 2048) > 10**9
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    report = count(read(str(path)))
    assert report.totals["params"].value == report.totals["macs"].value == benchmark["LAYERS"] * 2048**2
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 100_000  # kilobytes


@pytest.mark.parametrize(
    ("data", "what"),
    [
        (b"", "the file is empty"),
        (b"\x08\x07", "no graph in it"),
        (b"hello world", "field number 104, wire type"),
        (b"\x08\x07\x3a\x7f", "a field of 127 bytes where 0 are left (at byte 2)"),
        (b"\x3a\x04\x0a\x02\x0a\x09", "a field of 9 bytes where 0 are left (at byte 4)"),
    ],
)
def test_what_is_no_model(data: bytes, what: str, tmp_path: Path) -> None:
    path = tmp_path / "bad.onnx"
    path.write_bytes(data)
    with pytest.raises(SourceError) as caught:
        read(str(path))
    assert str(caught.value).startswith(f"error: {path}\n  ")
    assert caught.value.what.startswith(what) or "at byte" in caught.value.what


def test_what_is_no_file(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match=r"cannot read '.*missing\.onnx': No such file or directory"):
        flopcount.analyze(tmp_path / "missing.onnx")
    (tmp_path / "folder.onnx").mkdir()
    with pytest.raises(SourceError, match=r"cannot read '.*folder\.onnx': Is a directory"):
        flopcount.analyze(tmp_path / "folder.onnx")


MODEL = small().SerializeToString()


@given(st.integers(0, 2**32))
@settings(max_examples=400)
def test_damaged_files_are_read_or_refused_quickly(tmp_path_factory: Any, seed: int) -> None:
    path = tmp_path_factory.getbasetemp() / "damaged.onnx"
    path.write_bytes(mutated(MODEL, random.Random(seed)))
    start = time.perf_counter()
    try:
        count(read(str(path)))
    except FlopcountError as error:
        message = str(error)
    else:
        message = "error: none"
    assert message.startswith("error: ")
    assert time.perf_counter() - start < 2


@pytest.mark.parametrize("length", range(0, len(MODEL), 7))
def test_a_file_that_is_cut_short(length: int, tmp_path: Path) -> None:
    path = tmp_path / "cut.onnx"
    path.write_bytes(MODEL[:length])
    with pytest.raises(FlopcountError):
        read(str(path))


def test_graphs_within_graphs_have_an_end(tmp_path: Path) -> None:
    def graph(nodes: list[Any]) -> Any:
        return onnx.helper.make_graph(nodes, "g", [], [value("t", None)])

    inner = graph([node("Relu", ["x"], ["t"])])
    for _ in range(28):
        other = graph([node("Neg", ["x"], ["t"])])
        inner = graph([node("If", ["yes"], ["t"], then_branch=inner, else_branch=other)])
    made = model(list(inner.node), [X], numbers("yes", True, np.bool_), outputs=["t"])
    with pytest.raises(SourceError, match="graphs within graphs, more than 24 deep"):
        graph_of(made, tmp_path)
