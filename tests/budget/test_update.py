from __future__ import annotations

from pathlib import Path

import pytest

from flopcount.budget import check
from flopcount.budget.checking import request_for
from flopcount.budget.update import update
from flopcount.errors import ConfigError
from tests.budget.conftest import NET

CONFIG = """\
# our budgets
convention:   torch    # a comment with 4K

models:
  - path: net.yaml
    budget:
      params: 4K            # about
      "macs": '20 KMACs'
      weight_bytes: {max: 20KiB, level: warn}   # and more
      bytes:int8: 4_000
      share: 80 %
      layers: 2             # stays: it is over
      flops: "1,000,000"
"""
LOWERED = (
    CONFIG.replace("params: 4K ", "params: 3.114K ")
    .replace("'20 KMACs'", "'10.656 KMACs'")
    .replace("20KiB", "12456B")
    .replace("4_000", "3_114")
    .replace("80 %", "72.98%")
    .replace("1,000,000", "21,312")
)


def test_numbers_are_lowered_where_they_stand(folder: Path) -> None:
    (folder / "flopcount.yaml").write_text(CONFIG)
    changed = update(request_for())
    assert (folder / "flopcount.yaml").read_text() == LOWERED
    assert [change.metric for change in changed] == [
        "params", "macs", "weight_bytes", "bytes:int8", "share:macs", "flops:torch",
    ]  # fmt: skip
    assert [verdict.metric for _, verdict in check().failures] == ["layers"]
    assert update(request_for()) == []


def test_and_raised_only_where_that_is_allowed(folder: Path) -> None:
    (folder / "flopcount.yaml").write_text(CONFIG)
    update(request_for(), allow_increase=True)
    assert (folder / "flopcount.yaml").read_text() == LOWERED.replace("layers: 2 ", "layers: 3 ")
    assert check().exit_status == 0


def test_toml_keeps_its_form(folder: Path) -> None:
    text = (
        "[project] # with a comment\nname = 'x'\n\n[[tool.flopcount.models]]\npath = 'net.yaml'\n"
        "budget = { params = 4_000, 'bytes:int8' = '4KiB', layers = 9 } # tight\n"
    )
    (folder / "pyproject.toml").write_bytes(text.replace("\n", "\r\n").encode())
    update(request_for())
    after = text.replace("4_000", "3_114").replace("4KiB", "3114B").replace("= 9", "= 3").replace("\n", "\r\n")
    assert (folder / "pyproject.toml").read_bytes() == after.encode()


def test_a_spec_s_own_budget_and_its_byte_order_mark(folder: Path) -> None:
    (folder / "net.yaml").write_text("\ufeff# über\n" + NET + "budget: {params: 4K}  # ours\n")
    update(request_for(["net.yaml"]))
    assert (folder / "net.yaml").read_text() == "\ufeff# über\n" + NET + "budget: {params: 3.114K}  # ours\n"


def test_a_limit_of_several_models_follows_the_costliest(folder: Path) -> None:
    (folder / "other.yaml").write_text(NET.replace("width: 8", "width: 9"))
    (folder / "flopcount.yaml").write_text("models: [{path: '[no]*[tr].yaml', budget: {params: 9999}}]")
    update(request_for())
    assert "params: 3502}" in (folder / "flopcount.yaml").read_text()  # 27·9 + 9 + 324·10 + 10


def test_what_cannot_be_counted_lowers_nothing(folder: Path) -> None:
    text = "models: [{path: '[nu]*.yaml', budget: {params: 9999}}]"
    (folder / "flopcount.yaml").write_text(text)
    assert update(request_for()) == []
    (folder / "unknown.yaml").write_text("input: [3]\nlayers: [reul]\n")
    assert update(request_for()) == []
    assert (folder / "flopcount.yaml").read_text() == text


def test_limits_by_hand_and_growth_are_not_rewritten(folder: Path) -> None:
    (folder / "flopcount.yaml").write_text("models: [{path: net.yaml, budget: {params: {max_increase: 2%}}}]")
    assert update(request_for(limits={"macs": "1G"})) == []


@pytest.mark.parametrize("form", ["!", "&a 4K", '"\\x34K"', "|\n        4K\n"])
def test_what_does_not_stand_there_plainly_is_refused(folder: Path, form: str) -> None:
    text = f"models:\n  - path: net.yaml\n    budget:\n      layers: 9\n      params: {form}"
    (folder / "flopcount.yaml").write_text(text)
    with pytest.raises(Exception, match=r"does not stand there plainly|is not a quantity|tag|must be a value"):
        update(request_for())
    assert (folder / "flopcount.yaml").read_text() == text


def test_an_interruption_leaves_the_old_file_and_no_other(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (folder / "flopcount.yaml").write_text(CONFIG)
    names = {path.name for path in folder.iterdir()}

    def interrupted(self: Path, target: Path) -> Path:
        raise KeyboardInterrupt

    monkeypatch.setattr(Path, "replace", interrupted)
    with pytest.raises(KeyboardInterrupt):
        update(request_for())
    assert (folder / "flopcount.yaml").read_text() == CONFIG
    assert {path.name for path in folder.iterdir()} == names


def test_a_file_that_changed_meanwhile_is_left_alone(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from flopcount.budget import update as module

    (folder / "flopcount.yaml").write_text(CONFIG)
    monkeypatch.setattr(module, "read_text", lambda path: "# new\n" + CONFIG)
    with pytest.raises(ConfigError, match="cannot be rewritten"):
        update(request_for())
    assert (folder / "flopcount.yaml").read_text() == CONFIG
