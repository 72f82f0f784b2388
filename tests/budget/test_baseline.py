from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from flopcount.budget import check
from flopcount.budget.baseline import read_baseline
from flopcount.budget.checking import request_for, snapshot_text
from flopcount.budget.document import check_document
from flopcount.errors import ConfigError
from flopcount.verdict import Check, Verdict
from tests.budget.conftest import BASELINE, NET, UNKNOWN, commit, git, snapshot


def only(found: Check) -> Verdict:
    ((_, verdict),) = found.verdicts
    return verdict


def test_a_snapshot_is_a_line_a_layer(base: Path) -> None:
    text = (base / "base.json").read_text()
    data = json.loads(text)
    assert (data["schema"], [*data["models"]]) == ("flopcount.snapshot/1", ["net.yaml"])
    assert data["models"]["net.yaml"] == {
        "inputs": ["input 1×3×8×8 float32"], "batch": 1, "mode": "eval", "settings": {},
        "totals": {
            "params": 3114, "trainable_params": 3114, "buffers": 0, "macs": 10656, "activations": 298,
            "weight_bytes": 12456,
        },
        "layers": {
            "first": {"op": "conv", "params": 224, "macs": 7776}, "fc": {"op": "linear", "params": 2890, "macs": 2880},
        },
    }  # fmt: skip
    assert '\n        "fc": {"op": "linear", "params": 2890, "macs": 2880}\n' in text
    snapshot(base)
    assert (base / "base.json").read_text() == text


def test_it_holds_what_the_budget_limits(folder: Path) -> None:
    (folder / "flopcount.yaml").write_text(
        "models: [{path: net.yaml, budget: {'flops:torch': 1G, 'bytes:int8': 1M, share: 90%, ops: {deny: [lrn]}}}]"
    )
    model = json.loads(snapshot_text(request_for())[1])["models"]["net.yaml"]
    assert model["totals"]["flops:torch"] == 2 * 10656
    assert model["layers"]["fc"] == {
        "op": "linear",
        "params": 2890,
        "macs": 2880,
        "bytes:int8": 2890,
        "flops:torch": 5760,
    }


def test_within_at_and_over_the_growth_allowed(base: Path) -> None:
    assert only(check()).outcome == "within"
    assert only(check()).limit == 10_656 + 213  # 2 % of it, rounded down
    (base / "net.yaml").write_text(NET.replace("out: 10", "out: 11"))  # 288 more
    verdict = only(check())
    assert (verdict.outcome, verdict.actual, verdict.before) == ("over", 10_944, 10_656)
    assert verdict.message == (
        "macs grew from 10,656 to 10,944, by 288 (+2.7 %); the limit is 10,869 (+2%). "
        "grew: fc (linear) from 2.88 K to 3.17 K [net.yaml:7:5]. "
        "holds most: first (conv) 7.78 K, 71.1 % [net.yaml:5:5]; fc (linear) 3.17 K, 28.9 % [net.yaml:7:5]"
    )
    assert verdict.culprit == "net.yaml:7:5"


@pytest.mark.parametrize(("allowed", "outcome"), [("288", "within"), ("287", "over"), ("not worse", "over")])
def test_absolute_growth_and_not_worse(base: Path, allowed: str, outcome: str) -> None:
    (base / "flopcount.yaml").write_text(BASELINE.replace("2%", allowed))
    (base / "net.yaml").write_text(NET.replace("out: 10", "out: 11"))
    assert only(check()).outcome == outcome


def test_smaller_is_not_worse(base: Path) -> None:
    (base / "flopcount.yaml").write_text(BASELINE.replace("2%", "not worse"))
    (base / "net.yaml").write_text(NET.replace("out: 10", "out: 9"))
    found = check()
    assert only(found).outcome == "within"
    assert [(change.metric, change.after - change.before) for change in found.models[0].changes][:2] == [
        ("params", -289), ("trainable_params", -289),
    ]  # fmt: skip


def test_absolute_limits_name_the_layers_that_grew_too(base: Path) -> None:
    (base / "net.yaml").write_text(NET.replace("linear: {name: fc, out: 10}", "linear: {name: head, out: 20}"))
    found = check(limits={"params": "5K"})
    message = next(verdict for _, verdict in found.verdicts if verdict.metric == "params").message
    assert "grew: head (linear) is new with 5.78 K [net.yaml:7:5]." in message
    (before, after) = [
        (held.before, held.value) for held in found.models[0].layers["params"] if held.name in ("fc", "head")
    ]  # fmt: skip
    assert {before, after} == {(2890, 0), (None, 5780)}


def test_a_missing_baseline_is_a_notice(base: Path) -> None:
    (base / "base.json").unlink()
    found = check()
    assert found.exit_status == 0
    assert found.notices == (
        "growth is not checked: there is no baseline 'base.json' (`flopcount snapshot` writes one)",
    )
    assert only(found).message == "macs has no baseline to grow from"
    assert check(baseline="gone.json").notices[0].startswith("growth is not checked: there is no baseline 'gone.json'")


def test_no_baseline_at_all_is_said_too(folder: Path) -> None:
    found = check("net.yaml", max_increase="2%")
    assert found.notices == ("growth is not checked: there is no baseline (--baseline FILE, --base-ref REF)",)
    assert {verdict.metric for _, verdict in found.verdicts} == {"params", "macs"}


def test_what_the_baseline_does_not_have_is_not_compared(base: Path) -> None:
    (base / "flopcount.yaml").write_text(BASELINE.replace("macs", "'bytes:int8'"))
    found = check()
    assert only(found).message == (
        "the baseline has no bytes:int8 of this model, so that nobody knows whether it has grown; "
        "`flopcount snapshot` writes it anew"
    )
    assert (found.exit_status, only(found).outcome) == (3, "incomplete")
    assert check(allow_partial=True).exit_status == 3  # which speaks of counts that leave layers out
    snapshot(base)
    assert check().exit_status == 0


def test_a_count_that_was_partial_is_not_compared(folder: Path) -> None:
    (folder / "flopcount.yaml").write_text(BASELINE)
    snapshot(folder)
    assert json.loads((folder / "base.json").read_text())["models"]["unknown.yaml"]["totals"]["macs"] is None
    (folder / "unknown.yaml").write_text(UNKNOWN.replace("opaque: {out: [4, 8, 8]}", "conv: {out: 4, kernel: 1}"))
    found = check()
    verdicts = {model.name: verdict for model, verdict in found.verdicts}
    assert verdicts["unknown.yaml"].outcome == "not compared"
    notes = check_document(found).tables[0].notes
    assert "unknown.yaml: macs is not known in the baseline: its count was partial" in notes
    assert verdicts["unknown.yaml"].message == "macs is not known in the baseline: its count was partial"


BAD = {
    "not JSON": ("{", "error: base.json:1:2\n  the baseline is not JSON: expecting property name"),
    "a list": ("[]", "error: base.json\n  the baseline has no schema, and not 'flopcount.snapshot/1'"),
    "another version": (
        '{"schema": "flopcount.snapshot/2", "models": {}}',
        "error: base.json\n  the baseline says 'flopcount.snapshot/2', and not 'flopcount.snapshot/1'\n"
        "  hint: `flopcount snapshot` writes it anew",
    ),
    "a report": ('{"schema": "flopcount.report/1"}', "error: base.json\n  the baseline says 'flopcount.report/1'"),
    "no models": (
        '{"schema": "flopcount.snapshot/1"}',
        "error: base.json\n  the baseline is damaged: expected `object`",
    ),
    "a wrong number": (
        '{"schema": "flopcount.snapshot/1", "models": {"net.yaml": {"inputs": [], "mode": "eval", "settings": {}, '
        '"totals": {"macs": 0.5}, "layers": {}}}}',
        "error: base.json\n  the baseline is damaged: expected `int | null`, got `float`",
    ),
    "a negative number": (
        '{"schema": "flopcount.snapshot/1", "models": {"net.yaml": {"inputs": [], "mode": "eval", "settings": {}, '
        '"totals": {"macs": -5}, "layers": {}}}}',
        "error: base.json\n  the baseline is damaged: expected `int` >= 0 - at `$[...].totals[...]`",
    ),
    "a negative number of a layer": (
        '{"schema": "flopcount.snapshot/1", "models": {"net.yaml": {"inputs": [], "mode": "eval", "settings": {}, '
        '"totals": {}, "layers": {"fc": {"op": "linear", "macs": -5}}}}}',
        "error: base.json\n  the baseline is damaged: expected `int` >= 0 - at `$[...].layers[...]",
    ),
    "a number without end": (
        '{"schema": "flopcount.snapshot/1", "models": ' + "9" * 5000 + "}",
        "error: base.json\n  the baseline holds a number without end",
    ),
    "two numbers for one": (
        '{"schema": "flopcount.snapshot/1", "models": {"net.yaml": {"inputs": [], "mode": "eval", "settings": {}, '
        '"totals": {"macs": 5, "macs": 5000000}, "layers": {}}}}',
        "error: base.json\n  the baseline has 'macs' twice\n  hint: `flopcount snapshot` writes it anew",
    ),
    "depth": ("[" * 100_000, "error: base.json\n  the baseline is nested too deep"),
}


@pytest.mark.parametrize("case", BAD)
def test_bad_baselines(base: Path, case: str) -> None:
    text, message = BAD[case]
    (base / "base.json").write_text(text)
    with pytest.raises(ConfigError) as caught:
        check()
    assert str(caught.value).startswith(message)


def test_metrics_of_another_version_are_left_out(base: Path) -> None:
    text = (base / "base.json").read_text()
    (base / "base.json").write_text(text.replace('"buffers": 0', '"wishes": 3'))
    assert [change.metric for change in check().models[0].changes] == []


def test_no_baseline_where_there_is_no_file(tmp_path: Path) -> None:
    assert read_baseline(str(tmp_path / "none.json")) is None


def test_a_snapshot_holds_all_or_nothing(folder: Path) -> None:
    (folder / "flopcount.yaml").write_text("models: [{path: net.yaml}, {path: gone.yaml}]")
    with pytest.raises(Exception, match=r"there is no file 'gone.yaml'"):
        snapshot_text(request_for())


@pytest.mark.parametrize("ref", [False, True])
def test_what_is_known_of_a_partial_count_may_not_grow_either(repository: Path, ref: bool) -> None:
    """Where a partial count will do, the layers that are known are compared, else their growth would never count."""
    git(repository, "checkout", "-q", "main")
    (repository / "unknown.yaml").write_text(UNKNOWN)
    (repository / "flopcount.yaml").write_text(BASELINE.replace("baseline: base.json", "allow_partial: true"))
    commit(repository)
    git(repository, "checkout", "-q", "-B", "feature")
    snapshot(repository, sources=["net.yaml", "unknown.yaml"])
    base: dict[str, Any] = {"base_ref": "main"} if ref else {"baseline": "flopcount.baseline.json"}

    def verdict() -> Verdict:
        return next(verdict for model, verdict in check(**base).verdicts if model.name == "unknown.yaml")

    assert (verdict().outcome, verdict().before, verdict().actual) == ("within", 2048, 2048)  # 8·4·64
    (repository / "unknown.yaml").write_text(UNKNOWN.replace("out: 8", "out: 9"))
    assert (verdict().outcome, verdict().before, verdict().actual) == ("over", 2048, 2304)
    assert verdict().message.startswith("what is known of macs grew from 2.05 K to 2.30 K, by 256 (+12.5 %); ")
    assert check(**base).exit_status == 1
