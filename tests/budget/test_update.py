from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from flopcount.budget import check
from flopcount.budget.checking import request_for
from flopcount.budget.update import update
from flopcount.errors import FlopcountError, SourceError, UsageError
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


def test_a_shared_limit_follows_the_costliest_whichever_is_named(folder: Path) -> None:
    (folder / "other.yaml").write_text(NET.replace("width: 8", "width: 9"))
    text = (
        "models: [{path: '[no]*[tr].yaml', budget: {params: 9999, macs: 20K}}, {path: net.yaml, budget: {layers: 9}}]"
    )
    (folder / "flopcount.yaml").write_text(text)
    update(request_for(["net.yaml"]))
    # other: 27·9 + 9 + 324·10 + 10 = 3,502 parameters, 27·9·36 + 324·10 = 11,988 MACs
    lowered = text.replace("9999", "3502").replace("20K", "11.988K")
    assert (folder / "flopcount.yaml").read_text() == lowered.replace("layers: 9", "layers: 3")
    assert check().exit_status == 0


def test_a_shared_limit_stays_where_one_that_shares_it_is_unknown(folder: Path) -> None:
    text = "models: [{path: '[nu]*.yaml', budget: {params: 9999}}]"
    (folder / "flopcount.yaml").write_text(text)
    assert update(request_for(["net.yaml"])) == []
    assert update(request_for(["net.yaml"]), allow_increase=True) == []
    (folder / "flopcount.yaml").write_text(text.replace("9999", "30"))  # over already, and by how much nobody knows
    assert update(request_for(), allow_increase=True) == []


def test_one_file_by_two_names_is_one_limit(folder: Path) -> None:
    (folder / "net.yaml").write_text(NET + "budget: {params: 4K, macs: 20K}\n")
    (folder / "link.yaml").symlink_to("net.yaml")
    assert len(update(request_for(["net.yaml", "link.yaml"]))) == 2
    assert (folder / "net.yaml").read_text() == NET + "budget: {params: 3.114K, macs: 10.656K}\n"
    assert (folder / "link.yaml").is_symlink()


@pytest.mark.parametrize(
    "how", [{"inputs": ["3x4x4"]}, {"settings": {"width": 4}}, {"batch": 2}, {"mode": "train"}], ids=str
)
def test_a_measurement_by_hand_rewrites_nothing(folder: Path, how: dict[str, Any]) -> None:
    (folder / "net.yaml").write_text(NET + "budget: {params: 4K}\n")
    with pytest.raises(UsageError, match="--update rewrites what a model may cost as its file measures it"):
        update(request_for(["net.yaml"], **how))
    assert (folder / "net.yaml").read_text() == NET + "budget: {params: 4K}\n"


def test_a_measurement_of_the_configuration_s_leaves_the_spec_s_own_budget(folder: Path) -> None:
    own = NET + "budget: {params: 4K}\n"
    (folder / "net.yaml").write_text(own)
    (folder / "flopcount.yaml").write_text("models: [{path: net.yaml, set: {width: 4}, budget: {params: 4K}}]")
    update(request_for())
    assert (folder / "net.yaml").read_text() == own.replace("4K", "3.114K")
    assert "params: 1.562K" in (folder / "flopcount.yaml").read_text()  # 27·4 + 4 + 144·10 + 10
    assert check().exit_status == 0


def test_all_files_or_none(folder: Path) -> None:
    before = {}
    for name in ("a.yaml", "b.yaml", "c.yaml"):
        (folder / name).write_text(NET + "budget: {params: 4K}\n")
        before[name] = (folder / name).read_text()
    (folder / "b.yaml").chmod(0o444)
    with pytest.raises(SourceError, match=r"cannot write '.*b\.yaml': it is read-only"):
        update(request_for(list(before)))
    assert {name: (folder / name).read_text() for name in before} == before


def test_what_cannot_be_checked_afterwards_is_not_begun(folder: Path) -> None:
    (folder / "flopcount.yaml").write_text(CONFIG)
    (folder / "base.json").write_text("{}")
    with pytest.raises(FlopcountError):
        update(request_for(baseline="base.json"))
    assert (folder / "flopcount.yaml").read_text() == CONFIG


def test_standard_input_is_no_file(folder: Path) -> None:
    with pytest.raises(UsageError, match="cannot rewrite a spec on standard input"):
        update(request_for(["-"]))
