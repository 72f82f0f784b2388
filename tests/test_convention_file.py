from __future__ import annotations

from pathlib import Path

import pytest

from flopcount.api import analyze
from flopcount.conventions import CONVENTIONS, find_convention
from flopcount.errors import FlopcountError, SourceError

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


def test_a_rule_of_ones_own_replaces_that_of_the_tool(tmp_path: Path) -> None:
    """Of the tool's rule the other ops stay: thop's, for normalisation, is one for three of them."""
    text = "like: thop\nrules: {bn: {per_output: 1}}\nprices: {backward: true}\n"
    convention = find_convention(written(tmp_path, text))
    assert analyze("resnet50", convention=convention).totals["count"].value == 4_133_742_592 - 3 * 11_113_984
    assert [rule.ops for rule in convention.rules if "ln" in rule.ops] == [("instance_norm", "ln")]
    assert convention.backward
    assert not CONVENTIONS["thop"].backward


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("like: thopp\n", ":1:7\n  unknown convention 'thopp'\n  hint: did you mean 'thop'?"),
        ("rules: {rleu: nothing}\n", ":1:9\n  unknown op 'rleu'\n  hint: did you mean 'relu' or 'relu6' or 'prelu'?"),
        (
            "rules: {relu: free}\n",
            ":1:15\n  'free' is no rule for relu\n  hint: nothing, unknown, or {per_output: 1}",
        ),
        (
            "rules: {relu: {per_output: 1, per_input: 1}}\n",
            ":1:15\n  relu needs one number, per input or per output\n  hint: {per_output: 1}",
        ),
        ("unit: GFLOP\n", ":1:7\n  unknown unit 'GFLOP'\n  hint: did you mean 'FLOP'?"),
        ("price: {bias: 1}\n", ":1:1\n  unknown key 'price'\n  hint: did you mean 'prices'?"),
        ("like: macs\nprices: {bias: one}\n", ":2:16\n  the price 'bias' is an integer, not 'one'"),
        ("prices: {bias: 1.5}\n", ":1:16\n  the price 'bias' is an integer, not '1.5'"),
        ("prices: {bias: [1]}\n", ":1:16\n  the price 'bias' is an integer"),
        ("prices: {masked: 1}\n", ":1:18\n  'masked' is true or false, not '1'"),
        ("[1, 2]\n", ":1:1\n  a convention must be a mapping of names to values"),
        (
            "name: thop\n",
            ":1:7\n  'thop' is a convention already\n"
            "  hint: give yours a name of its own, and name that one under `like`",
        ),
    ],
)
def test_the_whole_message(tmp_path: Path, text: str, message: str) -> None:
    path = written(tmp_path, text)
    with pytest.raises(FlopcountError) as caught:
        find_convention(path)
    assert str(caught.value) == f"error: {path}{message}"


def test_a_file_that_is_not_there() -> None:
    with pytest.raises(SourceError, match=r"there is no file 'nowhere\.yaml'"):
        find_convention("nowhere.yaml")
