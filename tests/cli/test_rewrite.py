from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.conftest import Run

TWIN = "mobilenet_v1_standard"


def test_the_written_spec_costs_what_the_rewritten_network_does(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "new.yaml"
    done = run("rewrite", TWIN, "separable:between=bn,relu,skip=stem.*", "-o", str(path))
    assert done == (0, "", "")
    status, out, _ = run("report", str(path), "--by", "op", "--columns", "op,params,macs")
    assert status == 0
    assert ["total", "4,231,976", "568,740,352"] in [line.split() for line in out.splitlines()]


def test_without_a_file_it_is_printed(run: Run) -> None:
    status, out, error = run("rewrite", "lecture_standard", "separable")
    assert (status, error) == (0, "")
    assert out.endswith(
        "layers:\n"
        "  - conv: {name: standard.depthwise, out: 64, kernel: 3, padding: 1, groups: 64}\n"
        "  - conv: {name: standard.pointwise, out: 128, kernel: 1}\n"
    )


def test_one_after_the_other(run: Run) -> None:
    status, out, _ = run("rewrite", "resnet18", "fold-bn", "width:factor=0.5")
    assert status == 0
    assert "bn:" not in out
    assert "- conv: {out: 32, kernel: 7, stride: 2, padding: 3}" in out


def test_what_changes_nothing_says_so_beside_the_spec(run: Run) -> None:
    status, out, error = run("rewrite", "vgg16", "fold-bn")
    assert (status, out.partition("\n")[0]) == (0, "name: vgg16 rewritten")
    assert error == "note: fold-bn changes nothing: no layer is a batch normalisation\n"


def test_what_cannot_apply_leaves_no_file(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "new.yaml"
    status, out, error = run("rewrite", "alexnet", "resolution:size=160", "-o", str(path))
    assert (status, out) == (2, "")
    assert "fc6 (linear)\n  takes 9216 features, not 2304" in error
    assert not path.exists()


@pytest.mark.parametrize("command", ["rewrite", "compare"])
def test_unknown_rewrites(run: Run, command: str) -> None:
    option = [] if command == "rewrite" else ["--rewrite"]
    status, _, error = run(command, "alexnet", *option, "seperable")
    assert (status, error) == (2, "error: unknown rewrite 'seperable'\n  hint: did you mean 'separable'?\n")


def test_before_and_after(run: Run) -> None:
    status, out, _ = run("compare", "resnet18", "--rewrite", "separable", "--rewrite", "fold-bn", "--top", "2")
    assert status == 0
    assert out.splitlines()[0] == "side by side"
    assert "separable fold-bn" in out


def test_one_network_is_compared_with_its_rewriting(run: Run) -> None:
    status, _, error = run("compare", "resnet18", "resnet34", "--rewrite", "separable")
    assert (status, error) == (
        2,
        "error: --rewrite takes one network, which it is compared with\n  hint: leave out the others\n",
    )


def test_advice(run: Run) -> None:
    status, out, _ = run("advise", "vgg16", "--top", "3", "--rewrite", "separable")
    assert status == 0
    assert out.splitlines()[1].split() == ["layer", "separable", "of", "FLOPs"]
    assert "… 10 more" in out
    status, _, error = run("advise", "vgg16", "-r", "fold-bn")
    assert status == 2
    assert error.startswith("error: fold-bn rewrites whole networks, not single layers\n")
