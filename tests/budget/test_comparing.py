from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from flopcount.budget import check, comparing
from flopcount.errors import ConfigError
from tests.budget.conftest import BASELINE, NET, OTHER, snapshot


def test_new_renamed_and_removed_models(base: Path) -> None:
    (base / "other.yaml").write_text(NET.replace("width: 8", "width: 9"))
    snapshot(base)
    (base / "net.yaml").rename(base / "new.yaml")
    (base / "other.yaml").unlink()
    (base / "other2.yaml").write_text(OTHER)
    found = check()
    assert [(model.name, model.note) for model in found.models] == [
        ("new.yaml", "renamed from net.yaml"),
        ("other2.yaml", "new: base.json does not have it"),
    ]
    assert found.removed == ("other.yaml",)
    assert [verdict.outcome for _, verdict in found.verdicts] == ["within", "not compared"]
    assert found.exit_status == 0


def test_a_moved_file_is_a_renamed_one_although_it_grew(base: Path) -> None:
    (base / "nets").mkdir()
    (base / "nets" / "net.yaml").write_text(NET.replace("out: 10", "out: 20"))
    (base / "net.yaml").unlink()
    (base / "flopcount.yaml").write_text(BASELINE.replace("[nuo]*", "nets/*"))
    found = check()
    assert (found.models[0].note, found.exit_status) == ("renamed from net.yaml", 1)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (
            NET.replace("3, 8, 8", "3, 9, 9"),
            "counted on input 1×3×8×8 float32, and is counted on input 1×3×9×9 float32",
        ),
        (
            NET.replace("name: net", "name: net\ndtype: float16"),
            "counted on input 1×3×8×8 float32, and is counted on input 1×3×8×8 f",
        ),
    ],
)
def test_other_inputs_are_refused(base: Path, change: str, reason: str) -> None:
    (base / "net.yaml").write_text(change)
    with pytest.raises(ConfigError) as caught:
        check()
    assert caught.value.what.startswith(f"net.yaml cannot be compared with base.json: it was {reason}")
    assert (caught.value.exit_status, caught.value.hint) == (2, "`flopcount snapshot` writes the baseline anew")


def test_another_batch_mode_or_setting_is_another_model(base: Path) -> None:
    (base / "flopcount.yaml").write_text(BASELINE.replace("'[nuo]*.yaml',", "net.yaml, name: net.yaml, batch: 2,"))
    with pytest.raises(ConfigError, match=r"counted on input 1×3×8×8 float32, and is counted on input 2×3×8×8 float32"):
        check()
    for how, reason in (
        ("mode: train", "mode was eval, and is train"),
        ("set: {width: 8}", "set was nothing, and is w"),
    ):
        (base / "flopcount.yaml").write_text(BASELINE.replace("'[nuo]*.yaml',", f"net.yaml, name: net.yaml, {how},"))
        with pytest.raises(ConfigError, match=reason):
            check()


def test_another_convention_is_refused(folder: Path) -> None:
    config = "baseline: base.json\nmodels: [{path: net.yaml, budget: {'flops:torch': {max_increase: 2%}}}]\n"
    (folder / "flopcount.yaml").write_text(config)
    snapshot(folder)
    assert check().exit_status == 0
    (folder / "flopcount.yaml").write_text(config.replace("torch", "lecture"))
    with pytest.raises(ConfigError, match="flops was counted by 'torch', and is counted by 'lecture'"):
        check()


def test_a_renamed_model_that_grew_is_held_to_what_it_was(base: Path) -> None:
    (base / "net.yaml").unlink()
    (base / "other.yaml").write_text(NET.replace("width: 8", "width: 16"))
    found = check()
    assert (found.models[0].note, found.exit_status, found.removed) == ("renamed from net.yaml", 1, ())
    assert found.models[0].verdicts[0].before == 10_656


def test_of_several_that_are_gone_the_one_that_resembles_it_most(base: Path) -> None:
    (base / "other.yaml").write_text(
        NET.replace("- flatten", "- relu\n  - conv: {name: x, out: 2, kernel: 1}\n  - flatten")
    )
    snapshot(base)
    (base / "net.yaml").unlink()
    (base / "other.yaml").rename(base / "nice.yaml")
    text = (base / "nice.yaml").read_text()
    (base / "nice.yaml").write_text(text.replace("width: 8", "width: 9"))
    assert check().models[0].note == "renamed from other.yaml"
    assert check().removed == ("net.yaml",)


def test_what_resembles_what_is_asked_of_so_many_and_no_more(base: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (base / "net.yaml").unlink()
    (base / "other.yaml").write_text(NET.replace("width: 8", "width: 16"))
    monkeypatch.setattr(comparing, "MAX_PAIRS", 0)
    assert check().models[0].note == "new: base.json does not have it"


def test_another_name_is_the_same_model(base: Path) -> None:
    (base / "net.yaml").write_text(NET.replace("out: 10", "out: 11").replace("name: net", "name: fresh"))
    (base / "flopcount.yaml").write_text(BASELINE.replace("'[nuo]*.yaml',", "net.yaml, name: fresh,"))
    found = check()
    assert (found.models[0].name, found.models[0].note, found.exit_status) == ("fresh", "renamed from net.yaml", 1)
    snapshot(base)
    assert '"source": "net.yaml"' in (base / "base.json").read_text()
    (base / "flopcount.yaml").write_text(BASELINE)
    assert check().models[0].note == "renamed from fresh"


def test_a_name_that_moves_to_another_file_takes_its_past_along(base: Path) -> None:
    config = BASELINE.replace("'[nuo]*.yaml',", "net.yaml, name: small,")
    (base / "flopcount.yaml").write_text(config)
    snapshot(base)
    (base / "net.yaml").unlink()
    (base / "other.yaml").write_text(OTHER)
    (base / "flopcount.yaml").write_text(config.replace("net.yaml", "other.yaml"))
    assert check().models[0].compared == "small"


@pytest.mark.parametrize("way", ["./net.yaml", "absolute", "below", "below absolute", "elsewhere"])
def test_another_spelling_of_a_path_is_the_same_model(base: Path, monkeypatch: pytest.MonkeyPatch, way: str) -> None:
    (base / "net.yaml").write_text(NET.replace("out: 10", "out: 11"))
    (base / "inner").mkdir()
    (base / "flopcount.yaml").unlink()
    source, baseline = "./net.yaml", "base.json"
    if "below" in way:
        monkeypatch.chdir(base / "inner")
        source, baseline = "../net.yaml", "../base.json"
    if "absolute" in way:
        source = str(base / "net.yaml")
    if way == "elsewhere":
        monkeypatch.chdir("/")
        source, baseline = str(base / "net.yaml"), str(base / "base.json")
    found = check(source, baseline=baseline, max_increase="not worse")
    assert (found.exit_status, found.models[0].compared, found.models[0].note) == (1, "net.yaml", "")


def test_a_baseline_that_was_moved_still_knows_its_models_by_name(base: Path) -> None:
    (base / "inner").mkdir()
    (base / "base.json").rename(base / "inner" / "base.json")
    (base / "net.yaml").write_text(NET.replace("out: 10", "out: 11"))
    (base / "flopcount.yaml").write_text(BASELINE.replace("base.json", "inner/base.json"))
    found = check()
    assert (found.exit_status, found.models[0].compared, found.models[0].note) == (1, "net.yaml", "")
    snapshot(base)
    assert '"source": "../net.yaml"' in (base / "inner" / "base.json").read_text()
    assert check().models[0].compared == "net.yaml"


@pytest.mark.parametrize(
    ("how", "reason"),
    [
        ({"inputs": ["3x9x9"]}, "it was counted on input 1×3×8×8 float32, and is counted on input 1×3×9×9 float32"),
        ({"batch": 2}, "it was counted on input 1×3×8×8 float32, and is counted on input 2×3×8×8 float32"),
        ({"settings": {"width": 9}}, "set was nothing, and is width=9"),
        ({"mode": "train"}, "mode was eval, and is train"),
    ],
)
def test_another_measurement_by_hand_is_refused(base: Path, how: dict[str, Any], reason: str) -> None:
    for configured in (True, False):
        if not configured:
            (base / "flopcount.yaml").unlink()
        with pytest.raises(ConfigError) as caught:
            check("net.yaml", baseline="base.json", max_increase="2%", **how)
        assert "cannot be compared with 'net.yaml' in base.json: " + reason in caught.value.what
        assert caught.value.exit_status == 2


def test_a_configuration_that_measures_otherwise_is_refused(base: Path) -> None:
    (base / "flopcount.yaml").write_text(BASELINE.replace("',", "', set: {width: 9},"))
    with pytest.raises(
        ConfigError, match=r"net.yaml \(width=9\) cannot be compared with 'net.yaml' in base.json: set was"
    ):
        check()


def test_a_further_measurement_is_a_new_model(base: Path) -> None:
    twice = BASELINE.replace("]\n", ", {path: net.yaml, set: {width: 9}, budget: {macs: 1M}}]\n")
    (base / "flopcount.yaml").write_text(twice)
    found = check()
    assert [(model.name, model.compared, model.note) for model in found.models] == [
        ("net.yaml", "net.yaml", ""), ("net.yaml (width=9)", None, "new: base.json does not have it"),
    ]  # fmt: skip
    snapshot(base)
    assert [model.compared for model in check().models] == ["net.yaml", "net.yaml (width=9)"]


def test_of_some_models_one_is_renamed_only_if_its_file_is_gone(base: Path) -> None:
    (base / "new.yaml").write_text(NET)
    assert check("new.yaml", baseline="base.json").models[0].note == "new: base.json does not have it"
    (base / "net.yaml").unlink()
    assert check("new.yaml", baseline="base.json").models[0].note == "renamed from net.yaml"
    assert check("new.yaml", baseline="base.json").removed == ()
