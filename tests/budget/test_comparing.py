from __future__ import annotations

from pathlib import Path

import pytest

from flopcount.budget import check
from flopcount.errors import ConfigError
from tests.budget.conftest import BASELINE, NET, snapshot


def test_new_renamed_and_removed_models(base: Path) -> None:
    (base / "other.yaml").write_text(NET.replace("width: 8", "width: 9"))
    snapshot(base)
    (base / "net.yaml").rename(base / "new.yaml")
    (base / "other.yaml").unlink()
    (base / "other2.yaml").write_text(NET.replace("width: 8", "width: 10"))
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
        (NET.replace("3, 8, 8", "3, 9, 9"), "input was input 1×3×8×8 float32, and is input 1×3×9×9 float32"),
        (
            NET.replace("name: net", "name: net\ndtype: float16"),
            "input was input 1×3×8×8 float32, and is input 1×3×8×8 f",
        ),
    ],
)
def test_other_inputs_are_refused(base: Path, change: str, reason: str) -> None:
    (base / "net.yaml").write_text(change)
    with pytest.raises(ConfigError) as caught:
        check()
    assert caught.value.what.startswith(f"net.yaml cannot be compared with base.json: {reason}")
    assert (caught.value.exit_status, caught.value.hint) == (2, "`flopcount snapshot` writes the baseline anew")


def test_another_batch_mode_or_setting_is_another_model(base: Path) -> None:
    (base / "flopcount.yaml").write_text(BASELINE.replace("'[nuo]*.yaml',", "net.yaml, name: net.yaml, batch: 2,"))
    with pytest.raises(ConfigError, match=r"input was input 1×3×8×8 float32, and is input 2×3×8×8 float32"):
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


def test_of_some_models_one_is_renamed_only_if_its_file_is_gone(base: Path) -> None:
    (base / "new.yaml").write_text(NET)
    assert check("new.yaml", baseline="base.json").models[0].note == "new: base.json does not have it"
    (base / "net.yaml").unlink()
    assert check("new.yaml", baseline="base.json").models[0].note == "renamed from net.yaml"
    assert check("new.yaml", baseline="base.json").removed == ()
