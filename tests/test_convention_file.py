from __future__ import annotations

from pathlib import Path

import pytest

from flopcount.api import analyze
from flopcount.conventions import CONVENTIONS, find_convention
from flopcount.errors import SourceError

EDGE = """
name: edge
like: macs
source: our accelerator
prices: {bias: 1}
rules:
  relu: {per_output: 1}
  bn: {per_input: 2}
  maxpool: nothing
"""


def written(folder: Path, text: str) -> str:
    path = folder / "edge.yaml"
    path.write_text(text)
    return str(path)


def test_prices_and_rules_of_ones_own(tmp_path: Path) -> None:
    report = analyze("resnet50", convention=written(tmp_path, EDGE))
    assert report.totals["count"].value == 4_089_184_256 + 1_000 + 9_608_704 + 2 * 11_113_984
    assert (report.convention.name, report.convention.unit, report.convention.source) == (
        "edge", "MAC", "our accelerator",
    )  # fmt: skip


def test_a_tool_with_one_difference(tmp_path: Path) -> None:
    report = analyze("resnet50", convention=written(tmp_path, "like: thop\nrules: {relu: {per_output: 1}}\n"))
    assert report.totals["count"].value == 4_133_742_592 + 9_608_704
    assert report.convention.summary == "as thop, with prices and rules of its own"
    assert report.convention.name == "edge"


def test_what_is_not_known_stays_so(tmp_path: Path) -> None:
    report = analyze("resnet50", convention=written(tmp_path, "rules: {relu: unknown}\n"))
    assert report.totals["count"].unknown == 49
    assert CONVENTIONS["macs"].rules == ()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("like: thopp\n", "  like: unknown convention 'thopp'\n  hint: did you mean 'thop'?"),
        ("rules: {rleu: nothing}\n", "  rules: unknown op 'rleu'\n  hint: did you mean 'relu' or 'relu6' or 'prelu'?"),
        ("rules: {relu: free}\n", "  rules: 'free' is no rule for relu\n  hint: nothing, unknown, or {per_output: 1}"),
        (
            "rules: {relu: {per_output: 1, per_input: 1}}\n",
            "  rules: relu needs one number per input or per output\n  hint: {per_output: 1}",
        ),
        ("unit: GFLOP\n", "  unit: 'GFLOP' is none\n  hint: one of: FLOP, MAC, op"),
        (
            "price: {bias: 1}\n",
            "  object contains unknown field `price`\n  hint: a convention has name, like, unit, prices and rules",
        ),
        (
            "prices: {bias: one}\n",
            "  expected `int`, got `str` - at `$.prices.bias`\n"
            "  hint: a convention has name, like, unit, prices and rules",
        ),
        ("[1, 2]\n", "  expected `object`, got `array`\n  hint: a convention has name, like, unit, prices and rules"),
    ],
)
def test_the_whole_message(tmp_path: Path, text: str, message: str) -> None:
    path = written(tmp_path, text)
    with pytest.raises(SourceError) as caught:
        find_convention(path)
    assert str(caught.value) == f"error: {path}\n{message}"


def test_a_file_that_is_not_there() -> None:
    with pytest.raises(SourceError, match=r"there is no file 'nowhere\.yaml'"):
        find_convention("nowhere.yaml")
