from __future__ import annotations

from pathlib import Path

import pytest

from flopcount.budget import check, edits
from flopcount.budget.checking import request_for
from flopcount.budget.update import update
from flopcount.errors import ConfigError
from tests.budget.conftest import NET

SHARED = """\
models:
  - path: net.yaml
    budget: &ours            # for both
      params: &most  4K      # about
      weight_bytes: &bytes
        '20KiB'
  - {path: other.yaml, budget: *ours}
  - {path: n*t.yaml, name: n, set: {width: 4}, budget: {trainable_params: *most, params: [*most, {max: *most}]}}
"""


def test_an_anchor_stays_and_follows_the_costliest_of_its_aliases(folder: Path) -> None:
    (folder / "other.yaml").write_text(NET.replace("width: 8", "width: 9"))
    (folder / "flopcount.yaml").write_text(SHARED)
    update(request_for())
    # other: 27·9 + 9 + 324·10 + 10 = 3,502 parameters of 4 bytes
    assert (folder / "flopcount.yaml").read_text() == SHARED.replace("4K", "3.502K").replace("20KiB", "14008B")
    assert check().exit_status == 0
    assert update(request_for()) == []


@pytest.mark.parametrize(
    "text",
    [
        "models: [{path: net.yaml, set: {width: &w 9}, budget: {params: 5K, layers: *w}}]",
        "models: [{path: net.yaml, batch: &w 9, budget: {layers: *w}}]",
        "models: [{path: net.yaml, budget: {share: &w 90%, params: {max: 4K, max_increase: *w}}}]",
        "{max_increase: &w 90%, models: [{path: net.yaml, budget: {share: *w}}]}",
    ],
)
def test_a_value_that_is_no_limit_elsewhere_is_not_rewritten(folder: Path, text: str) -> None:
    (folder / "flopcount.yaml").write_text(text)
    with pytest.raises(ConfigError, match="its value stands for something else too") as raised:
        update(request_for())
    assert (raised.value.where or "").startswith("flopcount.yaml:1:")
    assert (folder / "flopcount.yaml").read_text() == text


def test_a_spec_s_layer_does_not_follow_its_budget(folder: Path) -> None:
    text = NET.replace("out: 10", "out: &n 10") + "budget: {layers: *n}\n"
    (folder / "net.yaml").write_text(text)
    with pytest.raises(ConfigError, match="its value stands for something else too"):
        update(request_for(["net.yaml"]))
    assert (folder / "net.yaml").read_text() == text


@pytest.mark.parametrize("form", ["!", '"\\x34K"', "|\n        4K\n", "&a # why\n        4K"])
def test_what_does_not_stand_there_plainly_is_refused(folder: Path, form: str) -> None:
    text = f"models:\n  - path: net.yaml\n    budget:\n      layers: 9\n      params: {form}"
    (folder / "flopcount.yaml").write_text(text)
    with pytest.raises(Exception, match=r"does not stand there plainly|is not a quantity|tag|must be a value"):
        update(request_for())
    assert (folder / "flopcount.yaml").read_text() == text


def test_a_file_that_changed_meanwhile_is_left_alone(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    text = "models: [{path: net.yaml, budget: {params: 4K}}]"
    (folder / "flopcount.yaml").write_text(text)
    monkeypatch.setattr(edits, "read_text", lambda path: "# new\n" + text)
    with pytest.raises(ConfigError, match="cannot be rewritten"):
        update(request_for())
    assert (folder / "flopcount.yaml").read_text() == text


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("- {a: 4, b: 5}", "- {a: 4, b: 6}"), ("[1, 2]", "[1]"), ("{a: [1]}", "{a: {b: 1}}"), ("a: 1", "b: 1"),
        ("{budget: {a: 1}}", "{budget: {a: 2}}"),
    ],
)  # fmt: skip
def test_any_other_difference_is_seen(before: str, after: str) -> None:
    compare = edits._Comparison("f.yaml", []).compare
    compare(edits._composed(before, "f.yaml"), edits._composed(before, "f.yaml"))
    with pytest.raises(ConfigError, match="more than they would change"):
        edits._Comparison("f.yaml", []).compare(edits._composed(before, "f.yaml"), edits._composed(after, "f.yaml"))
