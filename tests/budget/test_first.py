from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flopcount.budget import check
from flopcount.budget.first import rounded_up, write_first
from flopcount.errors import FlopcountError, UsageError
from flopcount.units import parse_quantity
from tests.budget.conftest import NET


def test_todays_numbers_and_a_quarter(folder: Path) -> None:
    (folder / "nets").mkdir()
    (folder / "nets" / "a b.yml").write_text(NET.replace("width: 8", "width: 9"))
    (folder / "unknown.yaml").write_text("steps: [x]\n")
    assert write_first(None, []) == ("flopcount.yaml", 2)
    assert (folder / "flopcount.yaml").read_text() == (
        "# What these models may cost: `flopcount check` fails where one is over. Today's numbers + 25 %,\n"
        "# rounded up, to begin with: lower them to what you really want to allow (`flopcount check --update` helps).\n"
        "models:\n"
        "  - path: net.yaml\n"
        "    budget:\n"
        "      params: 3.9K      # today 3,114\n"
        "      macs: 13.4K       # today 10,656\n"
        "  - path: 'nets/a b.yml'\n"
        "    budget:\n"
        "      params: 4.38K     # today 3,502\n"
        "      macs: 15K         # today 11,988\n"
    )
    assert check().exit_status == 0


def test_what_is_there_is_not_overwritten(folder: Path) -> None:
    (folder / "flopcount.yaml").write_text("mine")
    with pytest.raises(UsageError, match=r"there is a 'flopcount.yaml' already"):
        write_first(None, ["net.yaml"])
    assert (folder / "flopcount.yaml").read_text() == "mine"


@pytest.mark.parametrize("beside", ["pyproject.toml", "flopcount.yml"])
@pytest.mark.parametrize("target", [None, "inner/flopcount.yaml", "inner/flopcount.yml"])
def test_what_is_there_is_not_hidden(folder: Path, beside: str, target: str | None) -> None:
    where = folder / "inner" if target else folder
    where.mkdir(exist_ok=True)
    if target and target.endswith(beside):
        beside = "flopcount.yaml"
    (where / beside).write_text(
        "[[tool.flopcount.models]]\npath = '../net.yaml'\n" if "toml" in beside else "models: []"
    )
    with pytest.raises(UsageError) as caught:
        write_first(target, ["net.yaml"])
    shown = f"inner/{beside}" if target else beside
    what = f"a [tool.flopcount] in '{shown}'" if "toml" in beside else f"a '{shown}'"
    assert caught.value.what == f"there is {what} already, and only one of the two would be read"
    assert [path.name for path in where.glob("*flopcount*")] == ([beside] if "toml" not in beside else [])
    (where / "pyproject.toml").write_text("[project]\nname = 'flopcount'\n")
    (where / beside).unlink(missing_ok="toml" not in beside)
    assert write_first(target, ["net.yaml"])[1] == 1


def test_paths_start_from_the_configuration(folder: Path) -> None:
    (folder / "conf").mkdir()
    (folder / "net.yaml").rename(folder / "a[1]*?.yaml")
    (folder / "a1.yaml").write_text(NET)
    sources = ["a[1]*?.yaml", "./a1.yaml", str(folder / "a1.yaml"), "resnet50"]
    assert write_first("conf/budgets.yaml", sources) == ("conf/budgets.yaml", 3)
    text = (folder / "conf" / "budgets.yaml").read_text()
    assert "  - path: '../a[[]1][*][?].yaml'\n" in text
    found = check(config="conf/budgets.yaml")
    assert [(model.source, model.problem) for model in found.models] == [
        ("conf/../a[1]*?.yaml", None), (str(folder / "a1.yaml"), None), ("resnet50", None),
    ]  # fmt: skip
    assert found.exit_status == 0


def test_patterns_and_what_has_no_path(folder: Path) -> None:
    assert write_first("first.yaml", ["n*.yaml"]) == ("first.yaml", 1)
    with pytest.raises(UsageError, match="standard input has no path that a configuration could name"):
        write_first("second.yaml", ["-"])
    assert not (folder / "second.yaml").exists()


def test_nothing_is_written_for_nothing(folder: Path) -> None:
    (folder / "net.yaml").unlink()
    with pytest.raises(FlopcountError, match=r"unknown.yaml has 1 layer that nobody can count") as caught:
        write_first(None, [])
    assert caught.value.hint == "name the models that have one: flopcount init net.yaml"
    (folder / "unknown.yaml").unlink()
    with pytest.raises(UsageError, match="there is no spec here or below"):
        write_first(None, [])
    assert [*folder.iterdir()] == []


@given(st.integers(0, 10**20))
def test_rounded_up_is_no_less_and_at_most_a_hundredth_more(value: int) -> None:
    read = parse_quantity(rounded_up(value))
    assert value <= read <= value + value // 100
