from __future__ import annotations

from pathlib import Path

from flopcount.budget.culprit import culprit_of
from flopcount.verdict import Held, Verdict


def verdict(*places: str) -> Verdict:
    holds = tuple(Held(f"layer{number}", "conv", 1, where=where) for number, where in enumerate(places))
    return Verdict("params", "max", "error", "over", "1", where="flopcount.yaml:3:9", holds=holds, message="much")


def test_a_spec_s_own_lines(folder: Path) -> None:
    over = verdict("nets/net.yaml:7:5")
    assert culprit_of(over, "nets/net.yaml") == culprit_of(over, "nets/net.yaml#small") == "nets/net.yaml:7:5"
    assert culprit_of(verdict("a#b.yaml:7:5"), "a#b.yaml") == "a#b.yaml:7:5"
    assert culprit_of(verdict("a\nb.yaml:7:5"), "a\nb.yaml") == "a\nb.yaml:7:5"
    assert culprit_of(verdict(""), "nets/net.yaml") == "flopcount.yaml:3:9"


def test_a_shipped_spec_s_are_not_here(folder: Path) -> None:
    (folder / "resnet.yaml").write_text("another")
    assert culprit_of(verdict("resnet.yaml:37:19"), "resnet50") == "flopcount.yaml:3:9"


def test_of_a_torch_model_those_in_files_that_are_here(folder: Path) -> None:
    (folder / "nets.py").write_text("")
    over = verdict("timm/layers/norm.py:12", "nets.py:7", "node 17")
    assert culprit_of(over, "nets:Net") == "nets.py:7"
    assert culprit_of(verdict("timm/layers/norm.py:12"), "timm:vit_tiny") == "flopcount.yaml:3:9"


def test_what_grew_comes_first(folder: Path) -> None:
    over = verdict("net.yaml:5:5")
    grown = Verdict(
        "params", "max", "error", "over", "1", holds=over.holds, grew=(Held("fc", "linear", 1, 0, "net.yaml:7:5"),)
    )
    assert culprit_of(grown, "net.yaml") == "net.yaml:7:5"
