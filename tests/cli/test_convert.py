from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.conftest import Run

NETWORKS = "tests.readers.torch.networks"


def totals(run: Run, *arguments: str) -> list[str]:
    status, out, _ = run("report", *arguments, "--columns", "layer,params,buffers,macs,flops,activations")
    assert status == 0
    return next(line for line in out.splitlines() if line.startswith("total")).split()


def test_a_torch_model_as_a_spec(run: Run) -> None:
    status, out, _ = run("convert", f"{NETWORKS}:Small", "--input", "3x16x16", "--kwargs", '{"classes": 5}')
    assert status == 0
    assert out == (
        f"# {NETWORKS}:Small, converted by flopcount 0.1.0\n"
        "# input 1×3×16×16 float32, batch 1, classes = 5\n"
        "name: Small\n"
        "inputs:\n"
        "  image: [3, 16, 16]\n"
        "layers:\n"
        "  - conv: {name: conv, out: 8, kernel: 3, padding: 1}\n"
        "  - bn: {name: bn}\n"
        "  - relu: {name: relu}\n"
        "  - scale: {name: scale, by: 1}\n"
        "  - mean: {name: mean, axes: [2, 3]}\n"
        "  - linear: {name: fc, out: 5}\n"
    )


def test_the_file_costs_what_its_source_does(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "small.yaml"
    size = ("--input", "3x16x16")
    assert run("convert", f"{NETWORKS}:Small", *size, "-o", path)[:2] == (0, "")
    assert totals(run, str(path)) == totals(run, f"{NETWORKS}:Small", *size)


def test_a_spec_unfolded_at_its_settings(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "mobilenet.yaml"
    asked = ("mobilenet_v1", "--set", "width=0.5", "--input", "3x160x160")
    assert run("convert", *asked, "-o", path).status == 0
    assert "# input 1×3×160×160 float32, batch 1, width = 0.5" in path.read_text(encoding="utf-8")
    assert totals(run, str(path)) == totals(run, *asked)


def test_a_file_is_not_written_over_unless_told_to(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "net.yaml"
    path.write_text("mine", encoding="utf-8")
    assert run("convert", "alexnet", "-o", path) == (
        2, "", f"error: there is a file '{path}' already\n  hint: --force writes over it\n",
    )  # fmt: skip
    assert path.read_text(encoding="utf-8") == "mine"
    assert run("convert", "alexnet", "-o", path, "--force").status == 0
    assert path.read_text(encoding="utf-8").startswith("# alexnet.yaml, converted by flopcount")


def test_what_cannot_be_read_leaves_no_file(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "net.yaml"
    status, _, error = run("convert", f"{NETWORKS}:Small", "-o", path)
    assert (status, path.exists()) == (2, False)
    assert "the size of the input" in error


def test_what_is_put_otherwise_is_said_beside_the_spec(run: Run, tmp_path: Path) -> None:
    onnx = pytest.importorskip("onnx")
    from tests.readers.onnx.models import held, model, node, value

    path = tmp_path / "net.onnx"
    nodes = [node("Add", ["x", "positions"], ["a"]), node("Mystery", ["a"], ["y"])]
    made = model(nodes, [value("x", [1, 5, 4])], held("positions", [1, 5, 4]))
    made.graph.output[0].CopyFrom(value("y", [1, 5]))
    onnx.save(made, path)
    status, out, error = run("convert", path)
    assert status == 0
    assert out.endswith(
        "layers:\n"
        "  - parameter: {name: positions, shape: [1, 5, 4], keep_batch: false}\n"
        "  - add: {name: add, from: [x, positions]}\n"
        "  - opaque: {name: mystery, out: [5]}\n"
    )
    notes = [
        "note: opaque, and of unknown cost: mystery",
        "note: initializers are counted as the file has them: what was folded or merged is not guessed back",
    ]
    assert error.splitlines() == notes
    assert all(f"# {note}" in out.replace("\n#  ", "") for note in notes)


def test_a_rewritten_model_of_any_kind_can_be_written(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "folded.yaml"
    done = run("rewrite", f"{NETWORKS}:Small", "fold-bn", "--input", "3x16x16", "-o", path)
    assert done.status == 0, done.err
    assert "bn" not in path.read_text(encoding="utf-8").partition("layers:")[2]
